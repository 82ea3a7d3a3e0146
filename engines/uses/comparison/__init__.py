"""Which model explains data better, and what can be said of it: by densities and by samples."""
