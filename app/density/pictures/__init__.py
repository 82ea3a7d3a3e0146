"""Densities of pictures: pages of numbers, pixels, dimensions, samples."""
