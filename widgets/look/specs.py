"""Whom the rows and columns of the tabs are for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RowSpec:
    """Who a row is for: "mnist/vae", "VAE", its family."""

    name: str
    title: str
    family: str
