"""What every family's sampling shares: labels, batches, temperature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from engines.model import (
    Card,
    Exactness,
    Given,
    Knob,
    Knobs,
    Procedure,
    Run,
    SampleRequest,
    Steps,
    batch_of,
    in_force,
    settle,
)

TEMPERATURE = Knob(
    "temperature",
    "Temperature",
    1.0,
    0.0,
    1.5,
    0.05,
    "Scales the standard deviation of the latent noise. "
    "1 is the model's distribution; below, samples are more typical and less varied.",
    warn="not the model's distribution",
)

GUIDANCE = Knob(
    "guidance",
    "Guidance",
    1.0,
    0.0,
    4.0,
    0.1,
    (
        "Weight w in D(any) + w (D(class) − D(any)), D being the network's prediction. 1 is "
        "the learned p(x | class), 0 ignores the class, more exaggerates it; no effect when no "
        "class is chosen. Away from 1 a step costs two network calls."
    ),
    warn="not the model's distribution",
    of_class=True,
)
GUIDED_BY = "Ho & Salimans 2022"


def class_indices(card: Card, labels: list[int] | Tensor | None, count: int) -> Tensor:
    """Class index per example (count,) int64; len(card.labels) stands for "any".

    Of a model with several attributes it is the place of each one's value, (count, attributes),
    len(values) for "any". Raises ValueError for a class or value the model does not have.
    """
    if card.attributes and not card.labels:
        return _codes(card, labels, count)
    classes = len(card.labels)
    if labels is None:
        return torch.full((count,), classes)
    indices = torch.as_tensor(labels, dtype=torch.int64)
    if not classes:
        raise ValueError(f"{card.name} has no classes; leave the label out")
    if indices.numel() and not 0 <= int(indices.min()) <= int(indices.max()) < classes:
        raise ValueError(f"{card.name} has classes 0 … {classes - 1}, got {labels}")
    if len(indices) != count:
        raise ValueError(f"{len(indices)} labels for {count} examples")
    return indices


def asked(card: Card, given: Given, count: int) -> Tensor | None:
    """The condition as `class_indices` gives it, the same for every example; None for none.

    Raises ValueError for an attribute or a value that the model does not have.
    """
    if not given:
        return None
    codes = torch.tensor(card.codes(given)).expand(count, -1)
    return codes[:, 0] if card.labels else codes


def codes_of(card: Card, label: int | None, given: Given, count: int) -> Tensor | None:
    """Labels for `count` examples of a class, or of values of attributes; None for p(x).

    Raises ValueError for a class, an attribute or a value that the model does not have, and for
    a class and values at once.
    """
    if given and label is not None:
        raise ValueError("a label and given attributes at once; give one of them")
    found = asked(card, given, count) if given else label
    if isinstance(found, int):
        return class_indices(card, [found] * count, count)
    return found


def _codes(card: Card, codes: list[int] | Tensor | None, count: int) -> Tensor:
    most = torch.tensor([len(each.values) for each in card.attributes])
    if codes is None:
        return most.expand(count, -1)
    found = torch.as_tensor(codes, dtype=torch.int64)
    if found.shape != (count, len(most)):
        raise ValueError(
            f"{card.name} takes a value of each of its {len(most)} attributes for {count} "
            f"examples, got {tuple(found.shape)}"
        )
    if not ((found >= 0) & (found <= most)).all():
        raise ValueError(f"{card.name} has no such values of its attributes")
    return found


def in_batches(
    draw: Callable[[SampleRequest, dict[str, float], Tensor], Run],
    card: Card,
    knobs: tuple[Knob, ...],
) -> Callable[[SampleRequest], Run]:
    """The `sample` of a model from a `draw(request, knobs, labels)` that holds one batch in memory.

    Steps count in pictures of the whole request; only those of the first batch carry a guess, as
    whoever wants to watch a long request asks for it in batches.
    """

    def sample(request: SampleRequest) -> Run:
        settled = settle(knobs, request.knobs)
        given = asked(card, request.given, request.count)
        labels = class_indices(card, request.labels() if given is None else given, request.count)
        finished: list[Tensor] = []
        size = batch_of(card)
        for start in range(0, request.count, size):
            count = min(size, request.count - start)
            part = replace(request, count=count, first=request.first + start)
            run = draw(part, settled, labels[start : start + count])
            finished.append((yield from _within(run, range(start, start + count), request.count)))
        return torch.cat(finished)

    return sample


def _within(run: Run, batch: range, total: int) -> Run:
    """Pass on the steps of a batch, counted within the whole request."""
    steps = Steps(run)
    for step in steps:
        if total > len(batch):
            share = step.done / step.total if step.total else 0.0
            done = batch.start + int(share * len(batch))
            guess = None if batch.start else step.guess
            step = replace(step, done=done, total=total, guess=guess, note="")
        yield step
    return steps.result


@dataclass(frozen=True)
class Guided:
    """Classifier-free guidance (Ho & Salimans 2022, equation 6; here w = 1 is none).

    A network is asked of `spread(x)` under `labels`; `combined` makes one answer of its answers:
    any + w (class − any). Without guidance, or a class, all three leave things as they are.
    """

    labels: Tensor
    weight: float
    copies: int
    """Network calls that one answer takes."""

    @classmethod
    def of(cls, labels: Tensor, anyone: int, weight: float) -> Guided:
        """For labels (n,), of which `anyone` stands for no class in particular."""
        free = torch.full_like(labels, anyone)
        if weight == 1.0 or torch.equal(labels, free):
            return cls(labels, weight, 1)
        return cls(torch.cat([free, labels]), weight, 2)

    def spread(self, x: Tensor) -> Tensor:
        """x (n, …) once for every label."""
        return x.repeat(self.copies, *[1] * (x.dim() - 1))

    def combined(self, found: Tensor) -> Tensor:
        """(n, …) of answers, one for every label."""
        if self.copies == 1:
            return found
        loose, given = found.chunk(2)
        return loose + self.weight * (given - loose)


def tempered(procedure: Procedure, knobs: Knobs) -> Procedure:
    """The procedure at these knobs: temperature and guidance of 1 alone are the model's."""
    turned = [f"{k} {knobs[k]:g}" for k in ("temperature", "guidance") if knobs.get(k, 1.0) != 1.0]
    if not turned:
        return procedure
    method = f"{procedure.method}; {', '.join(turned)}: not the model's distribution"
    source = f"{GUIDED_BY}; {procedure.source}" if "guidance" in method else procedure.source
    return Procedure(Exactness.HEURISTIC, method, source)


def need_exact(knobs: tuple[Knob, ...], request: SampleRequest, exact: Knobs) -> None:
    """Raise ValueError where a knob has another value than that at which samples have codes."""
    values = in_force(knobs, request)
    for knob in knobs:
        value, wanted = values[knob.name], exact.get(knob.name, values[knob.name])
        if value != wanted:
            raise ValueError(
                f"samples have no exact codes at {knob.title.lower()} {knob.text(value)}, only at "
                f"{knob.text(wanted)}"
            )


def to_levels(u: Tensor) -> Tensor:
    """Dequantised pictures u in (0, 1) as the 256 levels in [-1, 1]."""
    return (u * 256).floor().clamp(0, 255) / 127.5 - 1
