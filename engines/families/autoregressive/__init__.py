"""Raster-order autoregressive models."""
