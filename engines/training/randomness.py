"""The draws of a training come from its own generator: nothing here touches the global one.

Several trainings may run in one process, in turns and on several threads, so a global seed would
tie them to each other. Initial weights are the hard part: `nn.Linear` and its kind draw their own
when they are built, and torch's constructors take no generator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

_TAKE_ONE: frozenset[Any] = frozenset(
    {
        torch.rand,
        torch.randn,
        torch.randint,
        torch.randperm,
        torch.normal,
        torch.bernoulli,
        torch.multinomial,
        torch.poisson,
        Tensor.bernoulli,
        Tensor.bernoulli_,
        Tensor.cauchy_,
        Tensor.exponential_,
        Tensor.geometric_,
        Tensor.log_normal_,
        Tensor.multinomial,
        Tensor.normal_,
        Tensor.random_,
        Tensor.uniform_,
        nn.init.uniform_,
        nn.init.normal_,
        nn.init.trunc_normal_,
        nn.init.xavier_uniform_,
        nn.init.xavier_normal_,
        nn.init.kaiming_uniform_,
        nn.init.kaiming_normal_,
        nn.init.orthogonal_,
        nn.init.sparse_,
    }
)
"""What draws and takes a generator."""
_TAKE_NONE: frozenset[Any] = frozenset(
    {
        torch.rand_like,
        torch.randn_like,
        torch.randint_like,
        nn.functional.dropout,
        nn.functional.alpha_dropout,
        nn.functional.feature_alpha_dropout,
        nn.functional.dropout1d,
        nn.functional.dropout2d,
        nn.functional.dropout3d,
        nn.functional.rrelu,
    }
)
"""What draws and takes none in every version of torch that is supported."""


class drawn_from(TorchFunctionMode):  # used as `with drawn_from(generator):`
    """Within this block, on this thread alone, what torch draws comes from the generator.

    It is meant for building networks: `with drawn_from(generator): net = PointVAE(**sizes)`. The
    distributions are those of the constructors themselves, zeroed, scaled and orthogonal layers
    included, for the constructors do the drawing. To draw all weights again afterwards would
    overwrite those, and to seed the global generator for the time being would reach other
    threads. Raises RuntimeError for a function that draws and takes no generator.
    """

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        self._generator = generator

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # whatever the function returns
        given = dict(kwargs or {})
        if func in _TAKE_NONE:
            raise RuntimeError(f"{func.__name__} draws and takes no generator: use another here")
        if func in _TAKE_ONE and given.get("generator") is None:
            given["generator"] = self._generator
        return func(*args, **given)


def seeded(seed: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator of this seed on the device where the training computes."""
    return torch.Generator(device=device).manual_seed(seed)


def normal(generator: torch.Generator, *shape: int) -> Tensor:
    """Standard normal draws of this shape, on the generator's device."""
    return torch.randn(*shape, generator=generator, device=generator.device)


def uniform(generator: torch.Generator, *shape: int) -> Tensor:
    """Draws of this shape from [0, 1), on the generator's device."""
    return torch.rand(*shape, generator=generator, device=generator.device)


def integers(generator: torch.Generator, high: int, *shape: int, low: int = 0) -> Tensor:
    """Draws of this shape from low … high − 1, int64, on the generator's device."""
    return torch.randint(low, high, shape, generator=generator, device=generator.device)


def shuffled(generator: torch.Generator, count: int) -> Tensor:
    """The numbers 0 … count − 1 in random order (count,), on the generator's device."""
    return torch.randperm(count, generator=generator, device=generator.device)
