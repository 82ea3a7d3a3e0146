"""Densities of the plane: maps, differences, posteriors, points."""
