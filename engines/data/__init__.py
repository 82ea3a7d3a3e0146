"""Data sets: known densities, held-out examples, folders of pictures."""
