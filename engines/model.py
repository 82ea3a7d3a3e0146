"""The vocabulary of the engines: what one loaded checkpoint can do, and how work reports itself.

A part of a `Model` that is None is something this model cannot do; there are no feature flags
beside the parts. Knows nothing of files, networks or windows, and imports torch for types only:
the window reads cards before torch is there.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from engines import naming, native, parts
from engines.card import CLASS as CLASS
from engines.card import NOTHING as NOTHING
from engines.card import Attribute as Attribute
from engines.card import Card as Card
from engines.card import Given as Given
from engines.card import batch_of as batch_of
from engines.card import class_attributes as class_attributes
from engines.steps import Steps as Steps
from engines.steps import finish as finish

if TYPE_CHECKING:
    from torch import Tensor

Knobs: TypeAlias = Mapping[str, float]
NO_KNOBS: Knobs = MappingProxyType({})


class NotFiniteError(Exception):
    """A network or a method gave NaN or infinite values; the message is one sentence for people."""


@dataclass(frozen=True)
class Step:
    """What every long computation yields, at least once.

    `guess` holds the best pictures or points so far, (n, …) in data scale; always a new tensor.
    `calls` counts network evaluations so far **per picture**. The last step has done == total.
    `note` is what a run finds of its own quality, such as "acceptance 0.57"; empty for none. `poor`
    says in words what of it is poor so far, and the remedy; that of the last step is the run's.
    """

    done: int
    total: int | None
    guess: Tensor | None = None
    calls: int = 0
    note: str = ""
    poor: str = ""


Run: TypeAlias = "Generator[Step, None, Tensor]"


class Meaning(Enum):
    """What a log-density value is."""

    EXACT = "log p(x)"
    BOUND = "lower bound on log p(x)"
    ESTIMATE = "estimate of log p(x)"
    UNNORMALISED = "log p(x) up to a constant"


class Exactness(Enum):
    """How a procedure relates to the trained model's own distribution (never to the data)."""

    EXACT = "exact"
    ASYMPTOTIC = "asymptotically exact"
    HEURISTIC = "heuristic"


@dataclass(frozen=True)
class Procedure:
    """How a result is made, for the badge beside it: one method, its standing and its source."""

    exactness: Exactness
    method: str
    source: str
    class_from: str = ""
    """Who draws a class where none is asked, such as "a separate classifier"; empty for nobody."""


@dataclass(frozen=True)
class Knob:
    """One number a person may turn.

    `choices`, where given, names the values minimum, minimum + step, …: a switch or a menu.
    `warn` says what is lost away from `own`, such as "not the model's distribution"; that is the
    default, unless the checkpoint's card recommends another. `of_class` marks one that has no
    effect where no class is asked.
    """

    name: str
    title: str
    default: float
    minimum: float
    maximum: float
    step: float
    help: str
    choices: tuple[str, ...] = ()
    warn: str = ""
    own: float | None = None
    of_class: bool = False

    @property
    def rest(self) -> float:
        """The value at which nothing is lost."""
        return self.default if self.own is None else self.own

    def strays(self, value: float) -> bool:
        """Whether `warn` holds at this value."""
        return bool(self.warn) and value != self.rest

    def text(self, value: float) -> str:
        """The value in words: a choice by its name."""
        place = round((value - self.minimum) / self.step)
        return self.choices[place] if 0 <= place < len(self.choices) else f"{value:g}"


@dataclass(frozen=True)
class LogDensity:
    """Log-densities in nats, one per example: (n,) float64."""

    value: Tensor
    meaning: Meaning
    method: str
    stderr: Tensor | None = None


DensityRun: TypeAlias = "Generator[Step, None, LogDensity]"


@dataclass(frozen=True)
class Density:
    """`run(x, labels, knobs)`: x (n, …) in data scale, labels (n,) int64 or None for p(x).

    `grid(xs, ys, label, knobs)`, where there is a faster way on a plane's grid: increasing xs (a,)
    and ys (b,), one class or None; the values of `run` at torch.cartesian_prod(xs, ys), in that
    order (a·b,), or of a tighter bound if its method says so. `at_once` says that such a grid costs
    little more than its rows and columns. `preview` is a rougher way for a first look; `rough` are
    the knobs for a look at thousands of pictures, such as a map, where the defaults take too long.
    """

    meaning: Meaning
    run: Callable[[Tensor, Tensor | None, Knobs], DensityRun]
    knobs: tuple[Knob, ...] = ()
    grid: Callable[[Tensor, Tensor, int | None, Knobs], DensityRun] | None = None
    at_once: bool = True
    preview: Callable[[Tensor, Tensor, int | None, Knobs], DensityRun] | None = None
    rough: Knobs = field(default_factory=dict)


class Pace(Enum):
    """Whether a picture keeps up with a moving hand on two processor cores."""

    FAST = "follows the hand"
    SLOW = "refines when the hand rests"


@dataclass(frozen=True)
class Latents:
    """A latent space of the given shape per example; `nature` says what the word means here.

    `decode(z, labels)` and `encode(x, labels)` return Runs of (n, …) tensors; `inverse` says how
    codes are found. Where decoding is slow, `sketch` is a cheaper one for a hand that moves.
    `drawn(request)` has the codes (n, …) that `sample` makes the examples of a request of, for any
    class; None where samples are not made of codes. It raises ValueError for knobs at which they
    are not; at those of `exact` they are.
    """

    shape: tuple[int, ...]
    nature: str
    decode: Callable[[Tensor, Tensor | None], Run]
    encode: Callable[[Tensor, Tensor | None], Run] | None = None
    inverse: Procedure | None = None
    pace: Pace = Pace.FAST
    sketch: Callable[[Tensor, Tensor | None], Run] | None = None
    drawn: Callable[[SampleRequest], Tensor] | None = None
    exact: Knobs = field(default_factory=dict)


@dataclass(frozen=True)
class SampleRequest:
    """Which pictures to draw: (seed, first), …, (seed, first + count − 1).

    `given` names values of attributes; one that is missing is left open. `label` is the short form
    for a model with classes: an index, a tuple of them dealt out by picture index (picture i gets
    label[i mod len]), or None. With neither, the model draws from p(x). Raises ValueError for both.
    """

    count: int
    seed: int
    label: int | tuple[int, ...] | None = None
    knobs: Knobs = field(default_factory=dict)
    first: int = 0
    given: Given = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"count must be at least 1, got {self.count}")
        if not 0 <= self.seed < 2**64:
            raise ValueError(f"seed must lie in 0 … 2^64 − 1, got {self.seed}")
        if not 0 <= self.first <= 2**32 - self.count:
            raise ValueError(f"pictures are numbered 0 … 2^32 − 1, got first {self.first}")
        if self.label == ():
            raise ValueError("label is an empty tuple; pass None for p(x)")
        if self.given and self.label is not None:
            raise ValueError("a label and given attributes at once; give one of them")

    @property
    def indices(self) -> range:
        return range(self.first, self.first + self.count)

    def labels(self) -> list[int] | None:
        """The class index of each picture, or None for p(x)."""
        if self.label is None:
            return None
        if isinstance(self.label, int):
            return [self.label] * self.count
        return [self.label[i % len(self.label)] for i in self.indices]


@dataclass(frozen=True)
class Prompt:
    """A text to draw, and a text to stay away from where a model is guided.

    With `other`, what lies between two texts: `share` of the way from `text` to `other`.
    """

    text: str
    negative: str = ""
    other: str = ""
    share: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError(f"share must lie in 0 … 1, got {self.share:g}")

    def at(self, share: float) -> Prompt:
        """What lies so far on the way to `other`, where there is one."""
        return replace(self, share=share) if self.other else self


NO_PROMPT = Prompt("")


@dataclass(frozen=True)
class Model:
    """What one checkpoint can do: a part that is None disables what needs it. See parts.py."""

    card: Card
    sample: Callable[[SampleRequest], Run]
    procedure: Callable[[Knobs], Procedure]
    """How `sample` makes its pictures at these knobs."""
    knobs: tuple[Knob, ...] = ()
    density: Density | None = None
    latents: Latents | None = None
    denoise: parts.Denoise | None = None
    conditionals: parts.Conditionals | None = None
    axes: parts.Axes | None = None
    energy: parts.Energy | None = None
    posterior: parts.Posterior | None = None
    decoded: parts.Decoded | None = None
    generator: parts.Generator | None = None
    bijection: parts.Bijection | None = None
    components: parts.Components | None = None
    kernels: parts.Kernels | None = None
    codec: parts.Codec | None = None
    pipeline: parts.Pipeline | None = None
    native: object | None = None
    """Taken for one more version, for the parts that it is; it reads as None. Deprecated."""
    prompted: Callable[[Prompt], Model] | None = None
    """The model of p(x | text), a model like any other; None where no text is read. Before it is
    asked, a model that reads texts is that of the empty one."""

    def __post_init__(self) -> None:
        if self.native is not None:
            native.take_native(self, self.native, stacklevel=4)

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names; empty for a model without classes."""
        return self.card.labels

    @property
    def part_names(self) -> frozenset[str]:
        """The names of the parts that it has, density and latents among them."""
        names = ("density", "latents", *parts.PARTS)
        return frozenset(name for name in names if getattr(self, name) is not None)


def own_knobs(knobs: tuple[Knob, ...]) -> Knobs:
    """The values that give the model's own distribution, of the knobs whose default is another."""
    return {knob.name: knob.own for knob in knobs if knob.own is not None}


def in_force(knobs: tuple[Knob, ...], request: SampleRequest) -> Knobs:
    """The effective value of every knob: without a condition, guidance is none."""
    return {
        knob.name: knob.rest
        if knob.of_class and request.label is None and not request.given
        else request.knobs.get(knob.name, knob.default)
        for knob in knobs
    }


def settle(knobs: tuple[Knob, ...], given: Knobs) -> dict[str, float]:
    """Every knob's value: the one given or the default.

    Raises ValueError for a name the model does not have and for a value out of range.
    """
    known = {knob.name: knob for knob in knobs}
    for name, value in given.items():
        if name not in known:
            offer = naming.offered(name, known, "its knobs")
            raise ValueError(f"this model has no knob '{name}'; {offer}")
        low, high = known[name].minimum, known[name].maximum
        if not low <= value <= high:
            raise ValueError(f"{name} must lie in {low:g} … {high:g}, got {value:g}")
    return {name: float(given.get(name, knob.default)) for name, knob in known.items()}
