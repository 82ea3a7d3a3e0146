"""Widgets of the sampling tab."""
