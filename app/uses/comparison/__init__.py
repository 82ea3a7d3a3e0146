"""The page of comparison."""
