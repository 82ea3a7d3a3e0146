"""Networks from elsewhere that a card may name: their sizes, checked and counted without torch.

What a card asks for is known to fit before a byte of it is allocated.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

from engines.checkpoints.catalog import CheckpointError
from engines.outside.formats.table import Table, positive

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from engines.model import Card, Model

Shape: TypeAlias = tuple[int, ...]
Sizes: TypeAlias = dict[str, Any]

_LARGEST, _MOST_DIMENSIONS = 8192, 1024
_OUTPUTS = {"tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0), "none": (-1.0, 1.0)}


@dataclass(frozen=True)
class Architecture:
    """`read` checks the table of sizes, `parameters` counts from them what will be allocated.

    `values` counts the largest layer's numbers for one example; `build` makes the model.
    """

    family: str
    read: Callable[[Table, Shape], Sizes]
    parameters: Callable[[Sizes], int]
    values: Callable[[Sizes], int]
    build: Callable[[Card, Mapping[str, Tensor], torch.device], Model]


def _picture(shape: Shape, table: Table) -> None:
    if len(shape) != 3 or shape[0] not in (1, 3):
        raise table.fault("shape", "given above as [1 or 3, height, width]")


def _points(shape: Shape, table: Table) -> None:
    if len(shape) != 1 or shape[0] > _MOST_DIMENSIONS:
        raise table.fault("shape", f"given above as [dimensions], at most {_MOST_DIMENSIONS}")


# DCGAN


def _dcgan(table: Table, shape: Shape) -> Sizes:
    _picture(shape, table)
    width = table.wholes("width", 1, _LARGEST, most=10)
    n = len(width)
    sizes: Sizes = {
        "latent": table.whole("latent", 1, _LARGEST),
        "width": width,
        "kernel": table.wholes("kernel", 1, 16, most=11, default=[4] * (n + 1)),
        "stride": table.wholes("stride", 1, 8, most=11, default=[1] + [2] * n),
        "padding": table.wholes("padding", 0, 8, most=11, default=[0] + [1] * n),
        "normalised": table.truth("normalised", True),
        "output": table.choice("output", _OUTPUTS, "tanh"),
        "channels": shape[0],
    }
    sizes["range"] = table.numbers("range", 2, list(_OUTPUTS[sizes["output"]]))
    if sizes["range"][0] >= sizes["range"][1]:
        raise table.fault("range", "two rising numbers")
    for key in ("kernel", "stride", "padding"):
        if len(sizes[key]) != n + 1:
            raise table.fault(key, f"{n + 1} numbers, one for each layer")
    side = sides(sizes)[-1]
    if shape[1:] != (side, side):
        raise CheckpointError(
            f"these layers make pictures of {side} × {side}, the card's shape is {list(shape)}"
        )
    return sizes


def sides(sizes: Mapping[str, Any]) -> list[int]:
    """Sides of the pictures behind every transposed convolution, from one pixel on."""
    side, found = 1, []
    for k, s, p in zip(sizes["kernel"], sizes["stride"], sizes["padding"], strict=True):
        side = (side - 1) * s - 2 * p + k
        if not 1 <= side <= _LARGEST:
            raise CheckpointError(f"these layers make pictures of an impossible side, {side}")
        found.append(side)
    return found


def _dcgan_layers(sizes: Sizes) -> list[tuple[int, int, int]]:
    """Channels in and out, and the kernel, of every layer."""
    inward = [sizes["latent"], *sizes["width"]]
    outward = [*sizes["width"], sizes["channels"]]
    return list(zip(inward, outward, sizes["kernel"], strict=True))


def _dcgan_parameters(sizes: Sizes) -> int:
    count = sum(a * b * k * k for a, b, k in _dcgan_layers(sizes))
    return int(count + 2 * sum(sizes["width"]) * sizes["normalised"])


def _dcgan_values(sizes: Sizes) -> int:
    layers = zip(_dcgan_layers(sizes), sides(sizes), strict=True)
    return int(max(b * side**2 for (_, b, _), side in layers))


def _build_dcgan(card: Card, tensors: Mapping[str, Tensor], device: torch.device) -> Model:
    from engines.outside import dcgan  # torch comes in here

    return dcgan.build(card, tensors, device)


# StyleGAN2


def _stylegan2(table: Table, shape: Shape) -> Sizes:
    _picture(shape, table)
    side = shape[1]
    if shape[2] != side or side not in (2**i for i in range(3, 11)):
        raise table.fault("shape", "given above with equal sides 8, 16, … or 1024")
    levels = side.bit_length() - 2
    default = [min(512, 2**14 // 2 ** (i + 2)) for i in range(levels)]
    sizes: Sizes = {
        "latent": table.whole("latent", 1, 2048, 512),
        "style": table.whole("style", 1, 2048, 512),
        "mapping": table.whole("mapping", 1, 16, 8),
        "mapping_rate": table.numbers("mapping_rate", 1, [0.01])[0],
        "width": table.wholes("width", 1, 2048, most=9, default=default),
        "channels": shape[0],
    }
    if len(sizes["width"]) != levels:
        raise table.fault("width", f"{levels} numbers, for sides of 4 to {side}")
    if not positive([sizes["mapping_rate"]]):
        raise table.fault("mapping_rate", "a number above 0")
    return sizes


def _stylegan2_parameters(sizes: Sizes) -> int:
    width, style = sizes["width"], sizes["style"]
    count = (sizes["latent"] + 1) * style + (sizes["mapping"] - 1) * (style + 1) * style
    count += 16 * width[0]
    inward = [width[0], *(w for pair in pairwise(width) for w in pair)]
    outward = [width[0], *(w for w in width[1:] for _ in range(2))]
    for a, b in zip(inward, outward, strict=True):
        count += 9 * a * b + b + 1 + (style + 1) * a
    colours = sizes["channels"]
    return int(count + sum(colours * w + colours + (style + 1) * w for w in width))


def _stylegan2_values(sizes: Sizes) -> int:
    return int(max(w * 16 * 4**i for i, w in enumerate(sizes["width"])))


def _build_stylegan2(card: Card, tensors: Mapping[str, Tensor], device: torch.device) -> Model:
    from engines.outside import stylegan2  # torch comes in here

    return stylegan2.build(card, tensors, device)


# flows of points


def _standardised(table: Table, dim: int) -> Sizes:
    sizes: Sizes = {
        "dim": dim,
        "mean": table.numbers("mean", dim, [0.0] * dim),
        "scale": table.numbers("scale", dim, [1.0] * dim),
    }
    if not positive(sizes["scale"]):
        raise table.fault("scale", f"{dim} numbers above 0")
    return sizes


def _zuko(table: Table, shape: Shape) -> Sizes:
    _points(shape, table)
    return _standardised(table, shape[0]) | {
        "kind": table.choice("kind", ("NSF", "MAF", "NICE"), "NSF"),
        "transforms": table.whole("transforms", 1, 64, 3),
        "bins": table.whole("bins", 2, 256, 8),
        "hidden": table.wholes("hidden", 1, _LARGEST, most=16, default=[64, 64]),
        "passes": table.whole("passes", 0, 4096, 0),
    }


def _zuko_parameters(sizes: Sizes) -> int:
    """What the networks hold, masks included; a little more than zuko really makes."""
    outward = sizes["dim"] * (3 * sizes["bins"] if sizes["kind"] == "NSF" else 2)
    widths = [sizes["dim"], *sizes["hidden"], outward]
    # zuko finds its masks from a table of what depends on what
    one = sum((a + 1) * b for a, b in pairwise(widths)) + outward * sizes["dim"]
    return int(2 * sizes["transforms"] * one)


def _zuko_values(sizes: Sizes) -> int:
    return int(max(*sizes["hidden"], sizes["dim"] * 3 * sizes["bins"]))


def _build_zuko(card: Card, tensors: Mapping[str, Tensor], device: torch.device) -> Model:
    from engines.outside import flows  # torch comes in here

    return flows.build_zuko(card, tensors, device)


def _realnvp(table: Table, shape: Shape) -> Sizes:
    _points(shape, table)
    sizes = _standardised(table, shape[0]) | {
        "couplings": table.whole("couplings", 1, 256),
        "hidden": table.wholes("hidden", 1, _LARGEST, most=16, default=[64, 64]),
        "slope": table.numbers("slope", 1, [0.0])[0],
    }
    if not 0 <= sizes["slope"] <= 1:
        raise table.fault("slope", "[a number in 0 … 1]")
    return sizes


def _realnvp_parameters(sizes: Sizes) -> int:
    widths = [sizes["dim"], *sizes["hidden"], sizes["dim"]]
    one = sum((a + 1) * b for a, b in pairwise(widths))
    return int(sizes["couplings"] * (2 * one + 3 * sizes["dim"]))


def _build_realnvp(card: Card, tensors: Mapping[str, Tensor], device: torch.device) -> Model:
    from engines.outside import flows  # torch comes in here

    return flows.build_realnvp(card, tensors, device)


ARCHITECTURES: Mapping[str, Architecture] = {
    "dcgan": Architecture("gan", _dcgan, _dcgan_parameters, _dcgan_values, _build_dcgan),
    "stylegan2": Architecture(
        "gan", _stylegan2, _stylegan2_parameters, _stylegan2_values, _build_stylegan2
    ),
    "zuko": Architecture("flow", _zuko, _zuko_parameters, _zuko_values, _build_zuko),
    "realnvp": Architecture(
        "flow", _realnvp, _realnvp_parameters, lambda s: max(s["hidden"]), _build_realnvp
    ),
}


def largest_batch(values: int, count: int) -> int:
    """Bytes of the largest layer's values, in and out, for `count` examples."""
    return 2 * 4 * math.prod((values, count))
