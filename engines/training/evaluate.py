"""Measuring a checkpoint on the full held-out test set; the figures go into its card."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from engines.checkpoints import devices
from engines.checkpoints.catalog import ROOT, CheckpointError
from engines.kinds import Pictures
from engines.model import Card, Model
from engines.opening import find, open_model
from engines.readers import classifier
from engines.training import cost, likelihood
from engines.training.cards import write_card
from engines.training.datasets import DataSet, load
from engines.training.quality import Reference, reference, sample_quality
from engines.training.reports.inpainting import PREFIX

Figure: TypeAlias = Mapping[str, Any]
Figures: TypeAlias = Mapping[str, Figure]
_Measure: TypeAlias = Callable[[Model, DataSet], Figures]

GROUPS = ("cost", "likelihood", "quality")


def evaluate(
    *names: str, root: Path = ROOT, only: Sequence[str] = GROUPS, device: str = "cpu"
) -> None:
    """Measure checkpoints by name, write the figures into their cards and print them.

    `only` some groups of figures leaves the others in the card as they are. Costs are always
    measured on the CPU. Raises CheckpointError when one cannot be opened.
    """
    devices.prepare_thread()  # as in the window
    references: dict[str, Reference] = {}
    for name in names:
        card = find(name, root)
        data = load(card.data)
        found: dict[str, Figure] = {}
        for group in GROUPS:
            if group in only:
                model = open_model(card, "cpu" if group == "cost" else device)
                found |= dict(_measured(model, data, _plan(model, group, references)))
                _write(card, root, {**find(name, root).figures, **found})
        if set(only) == set(GROUPS):
            # nothing else is left of earlier versions, but what another command measured
            kept = {k: v for k, v in find(name, root).figures.items() if k.startswith(PREFIX)}
            _write(card, root, found | kept)
        print(f"{name}: wrote {len(found)} figures into its card", flush=True)


def _plan(model: Model, group: str, references: dict[str, Reference]) -> Sequence[_Measure]:
    """What this group can measure of this model; `references` are made at their first use."""

    def quality(model: Model, data: DataSet) -> Figures:
        if data.name not in references:
            print(f"{data.name}: the floors of quality", flush=True)
            references[data.name] = reference(data)
        return sample_quality(model, references[data.name])

    if group == "cost":
        costs: list[_Measure] = [cost.parameters, cost.latents, cost.sampling]
        return costs if model.density is None else [*costs, cost.density_ms]
    if group == "likelihood":
        return likelihood.plan(model)
    readable = isinstance(model.card.kind, Pictures) and classifier.exists(model.card.data)
    return [quality] if readable and model.labels else []


def _measured(
    model: Model, data: DataSet, plan: Sequence[_Measure]
) -> Iterator[tuple[str, Figure]]:
    """The figures by name, each printed as it is known."""
    for of in plan:
        for figure, value in of(model, data).items():
            shown = "  ".join(f"{key} {_short(entry)}" for key, entry in value.items())
            print(f"{model.card.name}: {figure}: {shown}", flush=True)
            yield figure, value


def _write(card: Card, root: Path, figures: Figures) -> None:
    """Write figures into the card of the very weights that were measured."""
    now = find(card.name, root)
    if now.sha256 != card.sha256:
        raise CheckpointError(f"{card.name}: its weights were replaced meanwhile; evaluate again")
    write_card(replace(now, figures=dict(figures)))


def _short(entry: object) -> str:
    return f"{entry:.5g}" if isinstance(entry, float) else str(entry)
