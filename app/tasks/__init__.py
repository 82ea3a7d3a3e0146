"""Jobs of the lane and their recipes: sampling, filling, walking, mapping, scoring. No Qt."""
