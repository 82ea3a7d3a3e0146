"""How many steps the recipes take, by family and data set.

The numbers are those that the shipped cards record, rounded; those cards were made with a budget
in minutes. What that cost, in minutes of the run (cards do not record the threads):

| family | in the plane | mnist |
|---|---|---|
| vae | 1.8 | 61 |
| gan | 1.6; cities 3; moons and spirals 16 | 10 |
| autoregressive | 0.9 to 1.5; cities 2 | 5.4 on an H100, batch 512 |
| any-order | 0.7; cities 3 | 5.4 on an H100, batch 256 |
| flow | 3; rings 9; spirals 5.4 on an H100, batch 4096 | 77, then 5 on an H100, batch 512 |
| diffusion | 5 (cities 2.5) on an H100, batch 16384 | 5.4 on an H100, batch 512 |
| latent-diffusion | 0.9 on an H100, batch 4096; cities 2.5 | 9 |
| energy | 1 to 1.6; cities 3 | 5.4 on an H100, batch 256 |

Where a GPU is named, the cost on a CPU, with the smaller batch of the recipe, is not known.
"""

from __future__ import annotations

from collections.abc import Mapping

_PICTURES = "pictures"
_POINTS = "points"
_STEPS: Mapping[str, Mapping[str, int]] = {
    "vae": {_POINTS: 1_500, "cities": 1_600, _PICTURES: 4_600},
    "gan": {_POINTS: 2_500, "cities": 4_500, "moons": 18_000, "spirals": 18_000, _PICTURES: 2_600},
    "autoregressive": {
        _POINTS: 3_300,
        "checkerboard": 3_900,
        "cities": 6_700,
        "moons": 4_300,
        "rings": 5_000,
        "spirals": 2_900,
        _PICTURES: 7_600,
    },
    "any-order": {_POINTS: 2_500, "cities": 8_200, "rings": 2_300, _PICTURES: 5_000},
    "flow": {
        _POINTS: 3_000,
        "checkerboard": 6_000,
        "cities": 3_500,
        "gaussians": 3_300,
        "moons": 2_100,
        "rings": 2_400,
        _PICTURES: 8_900,
    },
    "diffusion": {_POINTS: 20_000, "cities": 17_000, _PICTURES: 5_000},
    "latent-diffusion": {_POINTS: 1_500, "gaussians": 2_100, _PICTURES: 6_600},
    "energy": {
        _POINTS: 1_200,
        "cities": 3_300,
        "moons": 2_300,
        "rings": 1_800,
        _PICTURES: 2_500,
    },
}


def steps(family: str, data: str, *, pictures: bool) -> int:
    """The budget of a family on a data set; one that no card records has that of its kind."""
    found = _STEPS[family]
    return found.get(data, found[_PICTURES if pictures else _POINTS])
