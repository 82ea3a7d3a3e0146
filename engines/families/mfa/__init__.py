"""Mixtures of factor analysers."""
