"""Weights files, for plug-ins and scripts: `engines.checkpoints.weights` under its short name."""

from engines.checkpoints.weights import build, fill, load, save

__all__ = ["build", "fill", "load", "save"]
