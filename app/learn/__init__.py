"""The tab Learn: points that a person draws, and families that learn them while one watches."""
