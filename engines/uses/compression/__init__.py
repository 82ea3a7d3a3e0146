"""Lossless compression by a model's probabilities: `.gsz` files, and the codecs beside them."""
