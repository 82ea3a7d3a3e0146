"""Checkpoints on disk and in memory: cards, weights, files, budgets, devices."""
