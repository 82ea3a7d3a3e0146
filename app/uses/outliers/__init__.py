"""The page of outliers."""
