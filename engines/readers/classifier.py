"""The committed classifiers in `assets/classifiers/`: readers of samples, no generative models."""

from __future__ import annotations

import tomllib
from pathlib import Path

import torch

from engines.checkpoints import weights
from engines.checkpoints.catalog import CheckpointError
from engines.kinds import of_shape
from engines.model import Card, class_attributes
from engines.readers.net import Classifier

HOLES = "-holes"
"""Ends the name of the classifier that reads a data set's pictures through holes."""
ROOT = Path(__file__).resolve().parents[2] / "assets" / "classifiers"


def read(data: str, root: Path = ROOT) -> Card:
    """The card of a data set's classifier. Raises CheckpointError when it cannot be read."""
    path = root / f"{data}.toml"
    try:
        table = tomllib.loads(path.read_text("utf-8"))
        kind, labels = of_shape(tuple(table.pop("shape"))), tuple(table.pop("labels"))
        return Card(folder=root, kind=kind, attributes=class_attributes(labels), **table)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"the classifier card {path} cannot be read: {error}") from error


def exists(data: str, root: Path = ROOT) -> bool:
    """Whether a data set has a classifier."""
    return (root / f"{data}.toml").is_file()


def open_classifier(data: str, device: str | torch.device = "cpu", root: Path = ROOT) -> Classifier:
    """The frozen classifier of a data set, its weights checked against the sha256 of its card.

    Raises CheckpointError with one sentence when it cannot be opened.
    """
    card = read(data, root)
    net = weights.build(Classifier, card)
    weights.fill(net, weights.load(card), card)
    return net.eval().requires_grad_(False).to(device)
