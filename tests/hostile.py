"""Pictures that no model of digits was trained on, to ask densities about far off their support.

Each kind is a function of held-out digits (n, H, W) in [0, 1], of which it needs at least the
number and the size, and of a generator. Deterministic: the same count gives the same pictures.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from engines.data.examples import pictures

Kind = Callable[[Tensor, torch.Generator], Tensor]
_SEED = 22


def hostile(count: int) -> dict[str, Tensor]:
    """`count` pictures of every kind, (count, 1, 28, 28) in [-1, 1] on the 256 levels, by kind."""
    known = torch.from_numpy(pictures("mnist").levels[..., 0]).float() / 255
    digits = known[torch.arange(count) % len(known)]
    made = {}
    for name, kind in KINDS.items():
        levels = (kind(digits, torch.Generator().manual_seed(_SEED)).clamp(0, 1) * 255).round()
        made[name] = levels[:, None] / 127.5 - 1
    return made


def _uniform(digits: Tensor, g: torch.Generator) -> Tensor:
    return torch.rand(digits.shape, generator=g)


def _level(level: float) -> Kind:
    return lambda digits, g: torch.full_like(digits, level)


def _each(digits: Tensor, g: torch.Generator) -> Tensor:
    """A number in [0, 1) for each picture."""
    return torch.rand(len(digits), 1, 1, generator=g)


def _whole(digits: Tensor, g: torch.Generator, low: int, high: int) -> Tensor:
    """A whole number in low … high for each picture."""
    return torch.randint(low, high + 1, (len(digits), 1, 1), generator=g)


def _rows_and_columns(digits: Tensor) -> tuple[Tensor, Tensor]:
    return torch.arange(digits.shape[1])[:, None], torch.arange(digits.shape[2])


def _inverted(digits: Tensor, g: torch.Generator) -> Tensor:
    return 1 - digits


def _greys(digits: Tensor, g: torch.Generator) -> Tensor:
    return _each(digits, g).expand_as(digits)


def _binary_noise(digits: Tensor, g: torch.Generator) -> Tensor:
    return (_uniform(digits, g) < _each(digits, g)).float()


def _sparse_noise(digits: Tensor, g: torch.Generator) -> Tensor:
    return (_uniform(digits, g) < 0.02).float()


def _faint_noise(digits: Tensor, g: torch.Generator) -> Tensor:
    return 0.5 + 0.05 * torch.randn(digits.shape, generator=g)


def _coarse_noise(digits: Tensor, g: torch.Generator) -> Tensor:
    n, height, width = digits.shape
    few = torch.rand(n, 1, height // 4, width // 4, generator=g)
    return torch.nn.functional.interpolate(few, (height, width))[:, 0]


def _stripes(digits: Tensor, g: torch.Generator) -> Tensor:
    rows, columns = _rows_and_columns(digits)
    width, way = _whole(digits, g, 1, 7), _whole(digits, g, 0, 2)
    along = torch.where(way == 0, rows, torch.where(way == 1, columns, rows + columns))
    return (along // width % 2).float()


def _checkerboards(digits: Tensor, g: torch.Generator) -> Tensor:
    rows, columns = _rows_and_columns(digits)
    width = _whole(digits, g, 1, 10)
    return ((rows // width + columns // width) % 2).float()


def _shuffled(digits: Tensor, g: torch.Generator) -> Tensor:
    flat = digits.flatten(1)
    return flat.gather(1, torch.rand(flat.shape, generator=g).argsort(1)).view_as(digits)


def _shifted(digits: Tensor, g: torch.Generator) -> Tensor:
    by = torch.randint(4, 25, (len(digits), 2), generator=g).tolist()
    return torch.stack([d.roll(tuple(b), (0, 1)) for d, b in zip(digits, by, strict=True)])


def _flipped(digits: Tensor, g: torch.Generator) -> Tensor:
    return digits.flip(1).mT


def _dim(digits: Tensor, g: torch.Generator) -> Tensor:
    return digits * (0.05 + 0.4 * _each(digits, g))


def _thin(digits: Tensor, g: torch.Generator) -> Tensor:
    return -torch.nn.functional.max_pool2d(-digits[:, None], 3, 1, 1)[:, 0]


def _thick(digits: Tensor, g: torch.Generator) -> Tensor:
    return torch.nn.functional.max_pool2d(digits[:, None], 5, 1, 2)[:, 0]


def _noisy(digits: Tensor, g: torch.Generator) -> Tensor:
    return digits + _each(digits, g) * torch.randn(digits.shape, generator=g)


def _mosaics(digits: Tensor, g: torch.Generator) -> Tensor:
    small = digits[:, ::2, ::2].roll(1, 0)
    return torch.cat([torch.cat([small, 1 - small], 2), torch.cat([small.mT, small], 2)], 1)


def _blocks(digits: Tensor, g: torch.Generator) -> Tensor:
    """Flat rectangles on a flat ground, as in drawn avatars."""
    made = _each(digits, g).repeat(1, *digits.shape[1:])
    side = digits.shape[1]
    for picture in made:
        for level in torch.rand(6, generator=g):
            top, left, high, wide = torch.randint(1, side // 2, (4,), generator=g).tolist()
            picture[top : top + high, left : left + wide] = level
    return made


def _frames(digits: Tensor, g: torch.Generator) -> Tensor:
    rows, columns = _rows_and_columns(digits)
    edge = torch.minimum(torch.minimum(rows, columns), digits.shape[1] - 1 - rows.maximum(columns))
    return (edge < _whole(digits, g, 1, 6)).float()


def _gradients(digits: Tensor, g: torch.Generator) -> Tensor:
    rows, columns = _rows_and_columns(digits)
    angle = 6.2832 * _each(digits, g)
    along = angle.cos() * rows + angle.sin() * columns
    low, high = along.amin((1, 2), keepdim=True), along.amax((1, 2), keepdim=True)
    return (along - low) / (high - low)


def _discs(digits: Tensor, g: torch.Generator) -> Tensor:
    rows, columns = _rows_and_columns(digits)
    y, x = _whole(digits, g, 4, 23), _whole(digits, g, 4, 23)
    near = (rows - y).square() + (columns - x).square() < _whole(digits, g, 2, 12).square()
    return near.float()


def _one_pixel(digits: Tensor, g: torch.Generator) -> Tensor:
    """One white pixel on black, or one black pixel on white."""
    flat = torch.zeros_like(digits).flatten(1)
    at = torch.randint(flat.shape[1], (len(flat),), generator=g)
    flat[torch.arange(len(flat)), at] = 1
    return (flat.view_as(digits) - _whole(digits, g, 0, 1)).abs()


KINDS: dict[str, Kind] = {
    "inverted": _inverted,
    "black": _level(0),
    "grey": _level(0.5),
    "white": _level(1),
    "greys": _greys,
    "uniform noise": _uniform,
    "binary noise": _binary_noise,
    "sparse noise": _sparse_noise,
    "faint noise": _faint_noise,
    "coarse noise": _coarse_noise,
    "stripes": _stripes,
    "checkerboards": _checkerboards,
    "shuffled": _shuffled,
    "shifted": _shifted,
    "flipped": _flipped,
    "dim": _dim,
    "thin": _thin,
    "thick": _thick,
    "noisy": _noisy,
    "mosaics": _mosaics,
    "blocks": _blocks,
    "frames": _frames,
    "gradients": _gradients,
    "discs": _discs,
    "one pixel": _one_pixel,
}
