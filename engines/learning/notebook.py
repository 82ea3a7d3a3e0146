"""A training of points as a notebook: the data, the recipe, the run, and what came of it.

The format is nbformat 4.5 (JSON), written without the packages of Jupyter. The cells run where this
program is installed, in order; they need nothing else, and draw with matplotlib where it is there.
"""

from __future__ import annotations

import base64
import json
import pprint
import zlib
from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engines.checkpoints.catalog import FAMILY_TITLES
from engines.data.own import Points
from engines.facts.taxonomy import ABOUT
from engines.learning.learner import Change, Learner
from engines.model import Card
from engines.training.loop import Moment, Training
from engines.training.recipe import Options

_WIDE = 76
_IMPORTS = """\
import base64
import zlib

import numpy as np
import torch

from engines.data.own import Points
from engines.learning.fitting import figures_of, packed, parted, sha256_of
from engines.learning.learner import learner
from engines.learning.notebook import replay
from engines.learning.portrait import View, ground_of, portray
from engines.maps.area import Area
from engines.model import finish

torch.set_num_threads(1)  # small networks: more would cost time, and give other bits
torch.set_flush_denormal(True)"""
_TRAIN = """\
made = learner(
    FAMILY, *train, seed=SEED, steps=PLANNED, options=OPTIONS, classes=points.classes, name=NAME
)
curve = [
    (moment.step, next(iter(moment.losses.values())))
    for moment in replay(made, CHANGES, STEPS)
]
weights = made.course.weights()
print(made.step, "steps,", round(made.course.seconds, 1), "s of processor time")"""
_SAME = """\
found = sha256_of(packed(weights))
print("sha256 of the weights:", found)
if SHA256:
    print("the same weights" if found == SHA256 else "other weights: see above")"""
_FIGURES = """\
model = made.opened(weights)
for name, figure in finish(figures_of(model, held_out)).items():
    print(name, figure)"""
_DRAW = """\
low, high = points.x.min(0), points.x.max(0)
half = 0.62 * float((high - low).max())
(x, y) = ((low + high) / 2).tolist()
area = Area(x - half, x + half, y - half, y + half)
ground = finish(ground_of(train[0], held_out[0], area))
seen = finish(portray(made, View(area), ground))
try:
    import matplotlib.pyplot as plt
except ImportError:
    plt = None
if plt is None:
    for row in np.exp(seen.log_p - seen.log_p.max())[::-4, ::2]:
        print("".join(" .:-=+*#%@"[min(9, int(10 * value))] for value in row))
    print("samples:", seen.samples[:5].tolist())
else:
    _, (left, middle, right) = plt.subplots(1, 3, figsize=(13, 4))
    left.plot(*zip(*curve))
    left.set(title="loss", xlabel="step")
    extent = (area.x0, area.x1, area.y0, area.y1)
    middle.imshow(np.exp(seen.log_p), origin="lower", extent=extent)
    middle.set(title="density: " + seen.method)
    right.scatter(*points.x[:1000].T, s=2, label="points")
    right.scatter(*seen.samples.T, s=2, label="samples")
    right.legend()
    plt.show()"""


@dataclass(frozen=True)
class Run:
    """What a training was asked for, as far as the same weights depend on it.

    `steps` is how many were done of `planned` (None: a fit has as many as it takes). `sha256` is
    that of the weights where the run gives the same again, else "".
    """

    family: str
    name: str
    seed: int
    steps: int
    planned: int | None
    options: Options
    changes: Sequence[Change] = ()
    sha256: str = ""


def run_of(made: Learner, sha256: str = "") -> Run:
    """The run of a learner as it stands. One that was given other points has no `sha256`."""
    stepped = isinstance(made.course, Training)
    return Run(
        made.family,
        made.data.name,
        made.seed,
        made.step,
        made.planned if stepped else None,
        {name: value for name, value in made.options.items() if value is not None},
        tuple(made.changes) if stepped else (),
        "" if made.exchanged else sha256,
    )


def run_of_card(card: Card) -> Run:
    """The run of a model that `fit` has just made."""
    training = card.training
    steps = int(training["steps"])
    return Run(
        card.family,
        card.data,
        card.seed,
        steps,
        int(training.get("planned", steps)) if "batch" in training else None,
        training["options"],
        [Change(*change) for change in training.get("changes", ())],
        card.sha256,
    )


def replay(
    made: Learner, changes: Sequence[Sequence[Any]], steps: int
) -> Generator[Moment, None, None]:
    """So many steps of a learner, with changes (step, name, value) made where they were made.

    A fit goes to its end.
    """
    waiting, moments = deque(changes), made.moments()
    while True:
        while waiting and waiting[0][0] <= made.step:
            _, name, value = waiting.popleft()
            made.change(name, value)
        if made.step >= steps and isinstance(made.course, Training):
            return
        if (moment := next(moments, None)) is None:
            return
        yield moment


def notebook(points: Points, run: Run) -> bytes:
    """The notebook, as the file's bytes."""
    title = f"{FAMILY_TITLES[run.family]} learns {run.name}"
    about = ABOUT.get(run.family, "")
    cells = [
        _said(
            f"# {title}",
            about,
            "Exported from Genscope. Run it where Genscope is installed (`pip install` its "
            "repository), from the first cell to the last.",
        ),
        _code("0-imports", _IMPORTS),
        _said("## Points", f"{len(points.x):,} of them, a tenth of which is held out."),
        _code("1-points", _points_of(points)),
        _said(
            "## Training",
            "What the weights depend on: the points, these values, the version of torch and the "
            "kind of processor.",
        ),
        _code("2-recipe", _recipe_of(run)),
        _code("3-train", _TRAIN),
        _code("4-same", _SAME),
        _said("## What came of it"),
        _code("5-figures", _FIGURES),
        _code("6-draw", _DRAW),
    ]
    found = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "cells": [{"id": f"cell-{place}", **cell} for place, cell in enumerate(cells)],
    }
    return (json.dumps(found, indent=1, ensure_ascii=False) + "\n").encode()


def _points_of(points: Points) -> str:
    """A cell that makes the points: the very bits."""
    labels, classes = "None", "()"
    if points.labels is not None:
        labels, classes = f"unpacked({_packed(points.labels)}, np.int64)", repr(points.classes)
    return f"""\
def unpacked(text, kind):
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), kind).copy()


x = unpacked({_packed(points.x)}, np.float32).reshape(-1, 2)
labels = {labels}
points = Points(x, {points.columns!r}, labels, {classes})
train, held_out = parted(points)
print(len(train[0]), "points to learn from,", len(held_out[0]), "held out")"""


def _packed(values: np.ndarray[Any, Any]) -> str:
    """Numbers as text in lines, little-endian and deflated."""
    raw = np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes()
    text = base64.b64encode(zlib.compress(raw, 9)).decode()
    lines = [text[start : start + _WIDE] for start in range(0, len(text), _WIDE)]
    return '"""\n' + "\n".join(lines) + '\n"""'


def _recipe_of(run: Run) -> str:
    """A cell of values: what was chosen, and the rest as it was then."""
    options = pprint.pformat(dict(run.options), width=_WIDE, sort_dicts=False)
    changes = pprint.pformat([tuple(change) for change in run.changes], width=_WIDE)
    return f"""\
FAMILY, NAME, SEED = {run.family!r}, {run.name!r}, {run.seed}
STEPS, PLANNED = {run.steps}, {run.planned}
OPTIONS = {options}
CHANGES = {changes}  # (step, name, value): made while it learned
SHA256 = {run.sha256!r}"""


def _said(*paragraphs: str) -> dict[str, Any]:
    text = "\n\n".join(filter(None, paragraphs))
    return {"cell_type": "markdown", "metadata": {}, "source": text.splitlines(keepends=True)}


def _code(name: str, text: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {"name": name},
        "outputs": [],
        "source": text.splitlines(keepends=True),
    }
