"""Held-out examples, measured: what the scores of others are held against.

Measuring a thousand examples takes minutes for some models, so what was measured is kept on disk,
and comes with the program for the models that do. It is found by the weights, by the examples and
by how they were measured; codes by the versions of the codecs.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engines.checkpoints import disk
from engines.data import examples
from engines.data.own import DataError
from engines.kinds import Pictures, is_plane
from engines.model import Card, Meaning, Model, Step, Steps
from engines.uses.outliers import background, codelength, conformal, measuring, own
from engines.uses.outliers.codelength import Coder
from engines.uses.outliers.measuring import Floats, Measured, Measuring, Part, Usual, Way

ROOT = Path(__file__).resolve().parents[3] / "assets" / "reference"
USUAL, CALIBRATION = 200, 1000
"""Held-out examples that say what is usual, and others that p-values are ranks among."""
_EDITION = 1
"""Raised when a score changes without a change of weights: what was kept before is not read."""


@dataclass(frozen=True, eq=False)
class Reference:
    """What examples of one model are held against; `scores` are of the calibration examples."""

    usual: Usual
    own: own.Own | None
    scores: Mapping[str, Floats]

    @property
    def way(self) -> Way:
        return self.usual.way

    @property
    def held_out(self) -> int:
        """How many calibration examples there are."""
        return len(self.scores[measuring.NLL])


@dataclass(frozen=True, eq=False)
class Judged:
    """Scores (n,) of examples and their p-values (n,), by the name of the score."""

    scores: Mapping[str, Floats]
    p: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.scores[measuring.NLL])


def judge(measured: Measured, reference: Reference) -> Judged:
    """The scores of examples and their ranks among held-out ones.

    Raises MixedReferenceError where they were not measured alike.
    """
    found = _scored(measured, reference.usual, reference.own)
    p = {name: conformal.p_values(each, reference.scores[name]) for name, each in found.items()}
    return Judged(found, p)


def _scored(measured: Measured, usual: Usual, mine: own.Own | None) -> Mapping[str, Floats]:
    return measuring.scores(measured, usual, profile=mine is not None and mine.profile)


def examples_of(card: Card) -> Tensor:
    """Held-out examples (n, …) for a model's data. Raises DataError where there are none."""
    count = USUAL + CALIBRATION
    if is_plane(card.kind):
        return examples.held_out_points(card.data, count)
    if not isinstance(card.kind, Pictures):
        raise DataError(f"there are no held-out {card.kind.things} of the data '{card.data}' here")
    levels = examples.held_out(card.data).levels[:count]
    x = torch.from_numpy(levels[..., : card.kind.channels].copy()).permute(0, 3, 1, 2)
    return x.float() / 127.5 - 1


def refer(
    model: Model, x: Tensor, coders: tuple[Coder, ...] = (), *, folder: Path | None = None
) -> Generator[Part, None, Reference]:
    """What held-out examples x (n, …) make of a model, from the disk where it is kept there.

    The first sixth of them, at most USUAL, say what is usual; so there must be at least 12.
    """
    if len(x) < 12:
        raise ValueError(f"{len(x)} held-out examples are too few; there must be at least 12")
    measured = yield from _measured(model, x, coders, folder or cache_folder())
    first = min(USUAL, len(x) // 6)
    usual, mine = measuring.usual(measured.rows(slice(None, first))), own.own_of(model)
    scores = _scored(measured.rows(slice(first, None)), usual, mine)
    return Reference(usual, mine, scores)


def _measured(model: Model, x: Tensor, coders: tuple[Coder, ...], folder: Path) -> Measuring:
    name = _name(model, x)
    found = kept(ROOT / model.card.data / name) or kept(folder / name)
    if found is None or len(found) != len(x) or found.way.weights != model.card.sha256:
        found = yield from measuring.measure(model, x)
        write(found, folder / name)
    if not coders or not isinstance(model.card.kind, Pictures):
        return found
    code = yield from _codes(x, coders, folder, found)
    return replace(found, code=code, way=replace(found.way, coders=codelength.edition(coders)))


def _codes(
    x: Tensor, coders: tuple[Coder, ...], folder: Path, found: Measured
) -> Generator[Part, None, Floats]:
    said = codelength.edition(coders)
    place = folder / f"codes-{_digest(x)}-{hashlib.sha256(said.encode()).hexdigest()[:16]}.npz"
    kept = _arrays(place)
    if kept is not None and kept.get("code", np.empty(0)).shape == (len(x),):
        return kept["code"]
    steps: Steps[Step, Floats] = Steps(codelength.shortest(measuring.levels_of(x), coders))
    for _ in steps:
        yield Part(found, len(x))
    _keep(place, {"code": steps.result})
    return steps.result


def _name(model: Model, x: Tensor) -> str:
    """The file of a model's measurements of these examples."""
    knobs = json.dumps(dict(measuring.quick_knobs(model)), sort_keys=True)
    said = f"{_EDITION} {model.card.sha256} {_digest(x)} {knobs}"
    if (behind := background.card_of(model.card)) is not None:
        said += f" {behind.sha256}"
    stem = model.card.name.rpartition("/")[2]
    return f"{stem}-{hashlib.sha256(said.encode()).hexdigest()[:16]}.npz"


def _digest(x: Tensor) -> str:
    return hashlib.sha256(x.contiguous().numpy().tobytes()).hexdigest()[:16]


def cache_folder() -> Path:
    """Where what was measured is kept."""
    import platformdirs

    return platformdirs.user_cache_path("genscope", appauthor=False) / "outliers"


def place_shipped(model: Model, x: Tensor) -> Path:
    """Where a shipped model's measurements belong."""
    return ROOT / model.card.data / _name(model, x)


def write(measured: Measured, place: Path) -> None:
    """Keep what was measured; where it cannot be kept, it will be measured again."""
    way = {
        "weights": measured.way.weights,
        "meaning": measured.way.meaning.name,
        "method": measured.way.method,
        "own": measured.way.own,
        "background": measured.way.background,
    }
    arrays = {"nll": measured.nll, "way": np.array(json.dumps(way))}
    if measured.own is not None:
        arrays["own"] = measured.own
    if measured.background is not None:
        arrays["background"] = measured.background
    _keep(place, arrays)


def kept(place: Path) -> Measured | None:
    """What was measured and kept in a file; None where that is nothing that can be read."""
    arrays = _arrays(place)
    try:
        if arrays is None:
            return None
        said = json.loads(str(arrays["way"]))
        way = Way(
            said["weights"],
            Meaning[said["meaning"]],
            said["method"],
            said["own"],
            "",
            said.get("background", ""),
        )
        nll, mine, behind = arrays["nll"], arrays.get("own"), arrays.get("background")
    except (KeyError, TypeError, ValueError):
        return None
    good = nll.ndim == 1 and np.isfinite(nll).all()
    for column, dims in ((mine, 2), (behind, 1)):
        if column is not None:
            fits = column.ndim == dims and len(column) == len(nll)
            good = good and fits and np.isfinite(column).all()
    good = good and (behind is None) == (not way.background)
    return Measured(way, nll, None, mine, behind) if good else None


def _arrays(place: Path) -> dict[str, npt.NDArray[Any]] | None:
    try:
        with np.load(io.BytesIO(place.read_bytes()), allow_pickle=False) as found:
            return {name: found[name] for name in found.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None


def _keep(place: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    with io.BytesIO() as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
        raw = file.getvalue()
    with contextlib.suppress(OSError):  # it will be measured again
        place.parent.mkdir(parents=True, exist_ok=True)
        disk.write_atomically(place, raw)
