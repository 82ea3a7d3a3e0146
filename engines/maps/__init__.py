"""Densities as maps: which part of the plane, what is looked at there, and how it is refined."""
