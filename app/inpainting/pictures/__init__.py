"""Holes in pictures: source, mask, rows, inspector."""
