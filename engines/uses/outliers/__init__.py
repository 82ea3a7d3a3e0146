"""Outliers: how unlike its data a model finds an example, in one unit for all models.

A score may be anything of which more is stranger; what is shown is its conformal p-value, the
share of held-out examples that are at least as strange.
"""
