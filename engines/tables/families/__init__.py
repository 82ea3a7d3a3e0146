"""The families that impute tables, each in a file of its own."""
