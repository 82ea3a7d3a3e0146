"""Widgets of the density tab."""
