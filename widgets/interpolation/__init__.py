"""Widgets of the interpolation tab."""
