"""Families that learn points of one's own, step by step: what a window or a command drives."""
