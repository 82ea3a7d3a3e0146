"""Principal directions of a model's codes, and a map of the data by them. Kept by weights.

Where codes of data can be had, by PCA of them. A GAN's codes are isotropic by making: there the
directions are those that move what comes out (Härkönen et al. 2020, "GANSpace", section 2.2).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from engines import parts
from engines.checkpoints import disk, weights
from engines.checkpoints.catalog import ROOT, read_card
from engines.data import examples
from engines.data.toys import TOYS
from engines.kinds import Kind, Pictures, Points, chosen
from engines.latents.walks import Walk, classes_of
from engines.model import Card, Latents, Model, Pace, Step, Steps
from engines.noise import Streams

STUDIED = {Pace.FAST: 10_000, Pace.SLOW: 256}
MAPPED = 1_500
_KEPT, _ROWS, _VERSION = 10, 64, 1
_SCORES = 30


@dataclass(frozen=True)
class Directions:
    """k directions of codes: unit rows of `axes` (k, K), standard deviations `spread` (k,).

    `share` (k,) is how much of the variance each explains: of the codes, or, for `effects`, of the
    examples. `single` (K,) has the deviation of every dimension. The map: `scores` (m, s) of m
    examples `x` (m, …) with classes `labels` (m,); `centre` and `view` (s, …) take a code, or with
    `effects` an example, to its scores.
    """

    mean: Tensor
    axes: Tensor
    spread: Tensor
    share: Tensor
    single: Tensor
    scores: Tensor
    x: Tensor
    labels: Tensor
    centre: Tensor
    view: Tensor
    count: Tensor
    effects: Tensor

    def place(self, what: Tensor) -> Tensor:
        """Scores (n, s) on the map of codes (n, K), or with `effects` of examples (n, …)."""
        return (what.flatten(1).double() - self.centre) @ self.view.T

    def offset(self, turned: Tensor, *, single: bool = False) -> Tensor:
        """What sliders turned so far (k or K,), in standard deviations, add to a code: (K,)."""
        if single:
            return turned.double() * self.single
        return (turned.double() * self.spread) @ self.axes


def principal(codes: Tensor, kept: int = _KEPT) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """PCA of codes (n, K): mean (K,), axes (k, K), deviations (k,), shares of variance (k,).

    The largest entry of every axis is positive, so that signs do not depend on rounding.
    """
    z = codes.double()
    mean = z.mean(0)
    values, vectors = torch.linalg.eigh((z - mean).T @ (z - mean) / (len(z) - 1))
    values, vectors = values.flip(0).clamp_min(0), vectors.flip(1)
    k = min(kept, z.shape[1])
    axes = vectors[:, :k].T
    largest = axes.gather(1, axes.abs().argmax(1, keepdim=True))
    return mean, axes * largest.sign(), values[:k].sqrt(), values[:k] / values.sum()


def by_effect(codes: Tensor, x: Tensor, kept: int = _KEPT) -> tuple[Tensor, Tensor]:
    """Directions of codes (n, K) that move examples (n, D) along their principal components.

    Codes regressed on the normalised scores of x (GANSpace, equation 3): unit axes (k, K) and
    shares of the variance of x (k,).
    """
    mean, axes, spread, share = principal(x, min(kept, codes.shape[1]))
    scores = ((x.double() - mean) @ axes.T) / spread.clamp_min(1e-12)
    found = torch.linalg.lstsq(scores, codes.double() - codes.double().mean(0)).solution
    return found / found.norm(dim=1, keepdim=True).clamp_min(1e-12), share


def study(model: Model, walk: Walk, root: Path = ROOT) -> Generator[Step, None, Directions]:
    """Find a model's directions.

    Raises ValueError for a walk that nothing can be moved in, or where no data fit the model.
    """
    if not walk.free:
        raise ValueError("This model has no latent space, so there are no sliders.")
    if model.generator is not None and model.latents is not None:
        return (yield from _by_effects(model, model.generator, model.latents))
    x, labels = data_of(model.card, STUDIED[walk.pace], root)
    codes = []
    for start in range(0, len(x), _ROWS):
        found = yield from _counted(walk, x[start : start + _ROWS], start, len(x))
        codes.append(found)
    z = torch.cat(codes).double()
    mean, axes, spread, share = principal(z)
    _, view, _, _ = principal(z, _SCORES)
    m = min(MAPPED, len(z))
    return Directions(
        mean,
        axes,
        spread,
        share,
        z.std(0),
        (z[:m] - mean) @ view.T,
        x[:m],
        labels[:m],
        mean,
        view,
        torch.tensor(len(z)),
        torch.tensor(False),
    )


def _counted(walk: Walk, x: Tensor, done: int, total: int) -> Generator[Step, None, Tensor]:
    steps = Steps(walk.encode(x, None))
    for step in steps:
        share = step.done / step.total if step.total else 0.0
        yield Step(done + int(share * len(x)), total, calls=step.calls)
    return steps.result


def _by_effects(
    model: Model, part: parts.Generator, latents: Latents
) -> Generator[Step, None, Directions]:
    (size,) = latents.shape
    count, made, codes, classes = STUDIED[Pace.FAST], [], [], []
    for start in range(0, count, _ROWS):
        rows = min(_ROWS, count - start)
        code = Streams(0, range(start, start + rows)).normal(size)
        x = yield from latents.decode(code, None)
        made.append(x)
        codes.append(code[:, : part.latent])
        labelled = model.card.labels and size > part.latent
        classes.append(classes_of(part, code[:, -1]) if labelled else torch.zeros(rows).long())
        yield Step(start + rows, count, calls=1)
    z, x = torch.cat(codes).double(), torch.cat(made)
    axes, share = by_effect(z, x.flatten(1))
    centre, view, _, _ = principal(x.flatten(1), _SCORES)
    m = min(MAPPED, count)
    return Directions(
        z.mean(0),
        axes,
        (z @ axes.T).std(0),
        share,
        z.std(0),
        (x[:m].flatten(1).double() - centre) @ view.T,
        x[:m],
        torch.cat(classes)[:m],
        centre,
        view,
        torch.tensor(count),
        torch.tensor(True),
    )


def data_of(card: Card, count: int, root: Path = ROOT) -> tuple[Tensor, Tensor]:
    """At most `count` examples (n, …) as models take them, with classes (n,).

    Training pictures where the data set's kernel density estimate keeps them, else held-out ones.
    Raises ValueError where these have another size than the model's.
    """
    return chosen(card.kind, _DATA, "directions")(card, count, root)


def _points_of(card: Card, count: int, root: Path) -> tuple[Tensor, Tensor]:
    if card.data in TOYS:
        return TOYS[card.data].sample(count, torch.Generator().manual_seed(0))
    x = examples.points(card.data, count)
    return x, torch.zeros(len(x), dtype=torch.int64)


def _pictures_of(card: Card, count: int, root: Path) -> tuple[Tensor, Tensor]:
    path = root / card.data / "kde.toml"
    if path.is_file():
        kept = weights.load(read_card(path))
        if tuple(kept["levels"].shape[1:]) == card.shape:
            return kept["levels"][:count].float() / 127.5 - 1, kept["labels"][:count]
    try:
        shown = examples.pictures(card.data)
    except FileNotFoundError:
        raise ValueError(
            f"Directions are found from pictures of {card.data}, and none come with it."
        ) from None
    size, wanted = shown.levels.shape[1:3], card.shape[1:]
    if size != wanted:
        raise ValueError(
            f"Directions are found from the examples of {card.data}, {size[0]} × {size[1]} pixels; "
            f"{card.name} makes pictures of {wanted[0]} × {wanted[1]}."
        )
    levels = torch.from_numpy(shown.levels[:count, :, :, : card.shape[0]]).permute(0, 3, 1, 2)
    return levels.float() / 127.5 - 1, torch.tensor(shown.labels[:count])


_DATA: Mapping[type[Kind], Callable[[Card, int, Path], tuple[Tensor, Tensor]]] = MappingProxyType(
    {Pictures: _pictures_of, Points: _points_of}
)


def provenance(card: Card, found: Directions) -> str:
    """Where directions come from, in one sentence."""
    what = f"{int(found.count):,} " + ("draws" if found.effects else "encodings")
    how = "moving the principal components of" if found.effects else "PCA of"
    return f"{how} {what}, {card.name}, weights {card.sha256[:12]}"


# kept on disk


def kept(card: Card, folder: Path) -> Directions | None:
    """The directions found before for these very weights, None where there are none to be read."""
    try:
        tensors = safetensors.torch.load((_path(card, folder)).read_bytes())
        return Directions(**{f.name: tensors[f.name] for f in fields(Directions)})
    except (OSError, SafetensorError, KeyError, ValueError):
        return None


def keep(card: Card, found: Directions, folder: Path) -> None:
    """Keep directions for the next time. Raises OSError where they cannot be written."""
    tensors = {f.name: getattr(found, f.name).clone().contiguous() for f in fields(Directions)}
    disk.write_atomically(_path(card, folder), safetensors.torch.save(tensors))


def _path(card: Card, folder: Path) -> Path:
    return folder / f"{card.sha256[:32]}-{_VERSION}.safetensors"
