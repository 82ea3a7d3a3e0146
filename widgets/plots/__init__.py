"""Plots: heat maps, scatters, contours, curves."""
