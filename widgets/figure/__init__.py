"""Figures for papers and slides: a grid of examples with its axes, captions and recipes."""
