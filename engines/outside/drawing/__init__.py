"""Sampling from denoisers of others: networks, noise levels, schedulers."""
