"""Widgets of the in-painting tab."""
