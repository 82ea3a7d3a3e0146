"""What a model and the codecs say of examples, and the scores that this makes: more is stranger.

What is measured needs the examples alone; a score may need held-out ones beside it, for what is
usual. So both are measured alike, and what was measured otherwise is refused.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engines.checkpoints.catalog import no_density
from engines.kinds import Pictures
from engines.model import Knobs, LogDensity, Meaning, Model, Step, Steps
from engines.naming import Sentence
from engines.uses.outliers import background, codelength, own
from engines.uses.outliers.codelength import Coder

Floats: TypeAlias = npt.NDArray[np.float64]
NLL, TYPICALITY, COMPLEXITY = "nll", "typicality", "complexity"
RATIO, OWN = "ratio", "own"
SCORES = (NLL, TYPICALITY, COMPLEXITY, RATIO, OWN)
BATCH = 16
_QUICK = {"importance": 8.0, "steps": 8.0, "dequantisation": 1.0, "probes": 1.0}
"""Knobs of densities of pictures that take long, as far as their defaults are higher."""
_MOST = float(np.finfo(np.float64).max) / 4
"""Stands for −log 0: any score is a finite number."""


class MixedReferenceError(Sentence):
    """Examples and held-out ones were not measured alike; the message is one sentence."""


@dataclass(frozen=True)
class Way:
    """How a model's examples are measured: what must be the same for those that are compared.

    `coders` is empty where examples have no code length, `background`, the weights of the model of
    the background, where there is none.
    """

    weights: str
    meaning: Meaning
    method: str
    own: str
    coders: str
    background: str = ""


@dataclass(frozen=True, eq=False)
class Measured:
    """Of n examples: −log p in nats (n,), bits of their shortest code (n,), columns (n, K), and
    −log p under a model of the background (n,)."""

    way: Way
    nll: Floats
    code: Floats | None
    own: Floats | None
    background: Floats | None = None

    def __len__(self) -> int:
        return len(self.nll)

    def rows(self, part: slice) -> Measured:
        """Some of the examples."""
        code, mine, behind = (
            None if column is None else column[part]
            for column in (self.code, self.own, self.background)
        )
        return Measured(self.way, self.nll[part], code, mine, behind)


@dataclass(frozen=True, eq=False)
class Part:
    """What is measured so far of `total` examples; None before the first."""

    so_far: Measured | None
    total: int


Measuring: TypeAlias = Generator[Part, None, Measured]


def quick_knobs(model: Model) -> Knobs:
    """The knobs of a density for thousands of examples: a rougher bound where there is one."""
    if model.density is None or not isinstance(model.card.kind, Pictures):
        return {}
    fewer = {
        knob.name: max(knob.minimum, _QUICK[knob.name])
        for knob in model.density.knobs
        if knob.default > _QUICK.get(knob.name, knob.default)
    }
    return {**fewer, **model.density.rough}


def refusal(model: Model) -> str:
    """Why a model scores no outliers, in a sentence; "" where it does."""
    return "" if model.density is not None else no_density(model.card)


def measure(model: Model, x: Tensor, coders: tuple[Coder, ...] = ()) -> Measuring:
    """Measure examples x (n, …) under p(x), batch by batch.

    Without `coders` they have no code length, as points have none. Raises ValueError for a model
    without a density.
    """
    if why := refusal(model):
        raise ValueError(why)
    yield Part(None, len(x))
    so_far: Measured | None = None
    for batch in x.split(BATCH):
        steps = Steps(_batch(model, batch, coders))
        for _ in steps:
            yield Part(so_far, len(x))
        so_far = steps.result if so_far is None else joined(so_far, steps.result)
        yield Part(so_far, len(x))
    if so_far is None:
        raise ValueError("there are no examples to score")
    return so_far


def joined(one: Measured, other: Measured) -> Measured:
    """The examples of both. Raises MixedReferenceError where they were not measured alike."""
    check_alike(one.way, other.way)
    both = (
        None if a is None or b is None else np.concatenate([a, b])
        for a, b in (
            (one.code, other.code),
            (one.own, other.own),
            (one.background, other.background),
        )
    )
    return Measured(one.way, np.concatenate([one.nll, other.nll]), *both)


def check_alike(one: Way, other: Way) -> None:
    """Raise MixedReferenceError unless both are the same way of measuring."""
    for what, a, b in (
        ("by other weights", one.weights[:12], other.weights[:12]),
        ("by another kind of density", one.meaning.value, other.meaning.value),
        ("by another method", one.method, other.method),
        ("by another score of the model's own", one.own, other.own),
        ("with other codecs", one.coders, other.coders),
        ("beside another background", one.background[:12], other.background[:12]),
    ):
        if a != b:
            raise MixedReferenceError(
                f"the held-out examples were measured {what} ({b or 'none'}, not {a or 'none'}): "
                "their scores are no reference for these; measure them again"
            )


def _batch(model: Model, x: Tensor, coders: tuple[Coder, ...]) -> Generator[Step, None, Measured]:
    assert model.density is not None
    mine, columns = own.own_of(model), None
    shared = mine is not None and mine.last_is_nll and model.density.meaning is Meaning.EXACT
    found, nll = yield from _nats(model, x[:1] if shared else x)
    behind, under = background.of(model), None
    if behind is not None:
        _, under = yield from _nats(behind, x)
    if mine is not None:
        run = Steps(mine.run(model, x))
        yield from run
        columns = np.clip(np.nan_to_num(run.result.numpy(), posinf=_MOST), -_MOST, _MOST)
        if mine.last_is_nll:
            nll, columns = columns[:, -1] if shared else nll, columns[:, :-1]
    code = None
    if coders and isinstance(model.card.kind, Pictures):
        lengths = Steps(codelength.shortest(levels_of(x), coders))
        yield from lengths
        code = lengths.result
    way = Way(
        model.card.sha256,
        found.meaning,
        found.method,
        mine.name if mine else "",
        codelength.edition(coders) if code is not None else "",
        behind.card.sha256 if behind is not None else "",
    )
    return Measured(way, nll, code, columns, under)


def _nats(model: Model, x: Tensor) -> Generator[Step, None, tuple[LogDensity, Floats]]:
    """The density of x, and −log p (n,) as finite numbers."""
    assert model.density is not None
    density = Steps(model.density.run(x, None, quick_knobs(model)))
    yield from density
    found = density.result
    return found, np.clip(np.nan_to_num(-found.value.numpy(), posinf=_MOST), -_MOST, _MOST)


def levels_of(x: Tensor) -> npt.NDArray[np.uint8]:
    """Pictures (n, C, H, W) in [-1, 1] as levels (n, H, W, C)."""
    levels = ((x + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return np.ascontiguousarray(levels.permute(0, 2, 3, 1).cpu().numpy())


# scores


@dataclass(frozen=True, eq=False)
class Usual:
    """What is usual, of held-out examples that are in no p-value: their mean −log p, and mean and
    standard deviation of each column of the model's own score."""

    way: Way
    nll: float
    mean: Floats | None
    spread: Floats | None


def usual(held_out: Measured) -> Usual:
    """What is usual of these examples."""
    nll = float(held_out.nll.mean())
    if held_out.own is None:
        return Usual(held_out.way, nll, None, None)
    spread = np.maximum(held_out.own.std(0), 1e-12)
    return Usual(held_out.way, nll, held_out.own.mean(0), spread)


def scores(measured: Measured, beside: Usual, *, profile: bool) -> Mapping[str, Floats]:
    """Scores (n,) by name, of which more is stranger: those that these examples have.

    "nll" is −log p in nats; "typicality" is | −log p − its usual mean | (Nalisnick et al. 2019);
    "complexity" is −log₂ p − L(x) in bits (Serrà et al. 2020, equation 5); "ratio" is
    log p_background − log p in nats (Ren et al. 2019, equation 2); "own" is what the model alone
    can say. `profile` says whether its columns count by their distance from the usual.
    """
    check_alike(measured.way, beside.way)
    found = {NLL: measured.nll, TYPICALITY: np.abs(measured.nll - beside.nll)}
    if measured.code is not None:
        found[COMPLEXITY] = measured.nll / math.log(2) - measured.code
    if measured.background is not None:
        found[RATIO] = measured.nll - measured.background
    if measured.own is not None:
        found[OWN] = measured.own[:, 0]
        if profile:
            assert beside.mean is not None
            assert beside.spread is not None
            away = (measured.own - beside.mean) / beside.spread
            found[OWN] = np.sqrt(np.square(np.clip(away, -1e150, 1e150)).mean(1))
    return found


def sayings(way: Way, mine: own.Own | None) -> Iterator[tuple[str, str, str]]:
    """Name, title and a sentence or two of each score that a model has."""
    lacks = way.meaning is Meaning.UNNORMALISED
    yield (
        NLL,
        "−log p" if not lacks else "energy E(x)",
        f"From the {way.meaning.value}: {way.method}. Fails on simple pictures, which are "
        "likelier than any digit.",
    )
    yield (
        TYPICALITY,
        "typicality",
        "How far −log p lies from its mean over held-out examples, to either side: Nalisnick et "
        "al. 2019. Fails on what is as likely as an example.",
    )
    if way.coders:
        yield (
            COMPLEXITY,
            "complexity-corrected",
            "−log₂ p(x) − L(x), with L(x) the bits of the shortest file of this one picture by "
            f"{way.coders}: Serrà et al. 2020. Fails on complex pictures under weak models.",
        )
    if way.background:
        yield (
            RATIO,
            "ratio to a background",
            "log p_b(x) − log p(x), with p_b the same net trained on digits of which some pixels "
            "are replaced by random levels: Ren et al. 2019. What both find likely cancels.",
        )
    if mine is not None:
        yield OWN, mine.name, mine.says
