"""The names that StyleGAN2's tensors go by in two public code bases, as those used here.

The layout of rosinality's stylegan2-pytorch (`model.py`, class Generator) and of NVlabs'
stylegan2-ada-pytorch (`training/networks.py`, class Generator), both as of 2021.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from engines import naming
from engines.checkpoints.catalog import CheckpointError
from engines.model import Card

Rules: TypeAlias = tuple[tuple[str, Callable[[re.Match[str]], str]], ...]

_FILTER = torch.tensor([1.0, 3.0, 3.0, 1.0])

_ROSINALITY: Rules = (
    (r"style\.(\d+)\.(weight|bias)", lambda m: f"mapping.{int(m[1]) - 1}.{m[2]}"),
    (r"input\.input", lambda m: "start"),
    (r"conv1\.(.+)", lambda m: f"layers.0.{m[1]}"),
    (r"convs\.(\d+)\.(.+)", lambda m: f"layers.{int(m[1]) + 1}.{m[2]}"),
    (r"to_rgb1\.(.+)", lambda m: f"colours.0.{m[1]}"),
    (r"to_rgbs\.(\d+)\.(.+)", lambda m: f"colours.{int(m[1]) + 1}.{m[2]}"),
    (r"noises\.noise_(\d+)", lambda m: f"layers.{m[1]}.noise"),
)
_ROSINALITY_PARTS = {
    "conv.weight": "weight",
    "conv.modulation.weight": "affine.weight",
    "conv.modulation.bias": "affine.bias",
    "noise.weight": "strength",
    "activate.bias": "bias",
    "bias": "bias",
    "noise": "noise",
    "weight": "weight",
}
_NVLABS: Rules = (
    (r"mapping\.fc(\d+)\.(weight|bias)", lambda m: f"mapping.{m[1]}.{m[2]}"),
    (r"synthesis\.b4\.const", lambda m: "start"),
    (
        r"synthesis\.b(\d+)\.conv([01])\.(.+)",
        lambda m: f"layers.{2 * _level(m[1]) - 1 + int(m[2])}.{m[3]}",
    ),
    (r"synthesis\.b(\d+)\.torgb\.(.+)", lambda m: f"colours.{_level(m[1])}.{m[2]}"),
)
_NVLABS_PARTS = {
    "noise_strength": "strength",
    "noise_const": "noise",
    "weight": "weight",
    "bias": "bias",
    "affine.weight": "affine.weight",
    "affine.bias": "affine.bias",
}
_MEANS = ("latent_avg", "mapping.w_avg")
_FILTERS = ("kernel", "resample_filter")


@dataclass(frozen=True)
class Named:
    """Tensors by the names used here, the names they came with, and the mean style if given."""

    tensors: dict[str, Tensor]
    titles: dict[str, str]
    mean: Tensor | None


def _level(side: str) -> int:
    """0 for a side of 4, 1 for 8, …; raises ValueError for what is no power of two."""
    number = int(side)
    if number < 4 or number & (number - 1):
        raise ValueError(side)
    return number.bit_length() - 3


def translated(tensors: Mapping[str, Tensor], card: Card) -> Named:
    """Raises CheckpointError for a name of neither code base, and for another filter."""
    mean = next((tensors[n] for n in _MEANS if n in tensors), None)
    if mean is not None and mean.dim() == 2 and len(mean) == 1:  # as a mean over rows may be kept
        mean = mean[0]
    named = Named({}, {}, mean)
    rules, parts = (_ROSINALITY, _ROSINALITY_PARTS)
    if any(name.startswith("synthesis.") for name in tensors):
        rules, parts = (_NVLABS, _NVLABS_PARTS)
    for name, tensor in tensors.items():
        last = name.rpartition(".")[2]
        if name in _MEANS:
            continue
        if last in _FILTERS:
            _check_filter(name, tensor, card)
            continue
        new = _renamed(name, rules, parts)
        if new is None:
            raise CheckpointError(
                f"{card.name}: the weights hold '{naming.shortened(name)}', which is no part "
                "of a StyleGAN2 generator without classes"
            )
        named.tensors[new], named.titles[new] = _shaped(new, tensor), name
    return named


def _renamed(name: str, rules: Rules, parts: Mapping[str, str]) -> str | None:
    for pattern, rename in rules:
        if match := re.fullmatch(pattern, name):
            try:
                new = rename(match)
            except ValueError:
                return None
            head, _, part = new.partition(".")
            if head in ("layers", "colours"):
                index, _, part = part.partition(".")
                return f"{head}.{index}.{parts[part]}" if part in parts else None
            return str(new)
    return None


def _shaped(name: str, tensor: Tensor) -> Tensor:
    """Without the leading and trailing sides of length 1 that some of the layouts have."""
    wanted = {"weight": 4, "bias": 1, "noise": 2, "strength": 0, "start": 3}
    dims = wanted[name.rpartition(".")[2]]
    if name.startswith("mapping") or ".affine." in name:
        dims = tensor.dim()
    while tensor.dim() > dims and tensor.shape[0] == 1:
        tensor = tensor[0]
    while tensor.dim() > dims and tensor.shape[-1] == 1:
        tensor = tensor[..., 0]
    return tensor


def _check_filter(name: str, tensor: Tensor, card: Card) -> None:
    """Only the filter of the paper is known here, whatever its gain."""
    square = _FILTER[:, None] * _FILTER
    if tensor.shape != square.shape or not torch.allclose(
        tensor.float() / tensor.float().sum(), square / square.sum(), atol=1e-5
    ):
        raise CheckpointError(f"{card.name}: '{name}' is another filter than (1, 3, 3, 1)")
