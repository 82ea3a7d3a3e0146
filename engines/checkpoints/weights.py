"""Weights on disk: safetensors with a known sha256, checked before use. No pickle is ever read."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import safetensors
import safetensors.torch
from torch import Tensor, nn

from engines.checkpoints.allowance import Allowance, AllowanceError, impossible
from engines.checkpoints.catalog import FAMILY_TITLES, ROOT, CheckpointError
from engines.checkpoints.disk import write_atomically
from engines.kinds import UnfitKindError, chosen
from engines.model import Card

N = TypeVar("N", bound=nn.Module)
T = TypeVar("T")


@dataclass(frozen=True)
class Unsaved(Card):
    """A card of weights that no file holds yet: `open_model` takes it like any other.

    The tensors are copied when it is opened, so that training on does not change the model.
    """

    tensors: Mapping[str, Tensor] = field(default_factory=dict, compare=False, repr=False)


_SPARE, _TIMES = 64 << 20, 16
"""Building may allocate this much and so many times the size of the weights: the way to a start
that is drawn at random makes tensors that do not stay."""
_OWN: Mapping[str, str] = MappingProxyType({})


def load(card: Card) -> dict[str, Tensor]:
    """The card's tensors, on the CPU.

    Those of an `Unsaved` card are copies. Raises CheckpointError with one sentence when the file
    is missing, is not what the card promised, or is not safetensors.
    """
    if isinstance(card, Unsaved):
        return {name: tensor.detach().clone().cpu() for name, tensor in card.tensors.items()}
    path = card.folder / card.weights
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = "is missing" if isinstance(error, FileNotFoundError) else "cannot be read"
        raise CheckpointError(f"{card.name}: the weights {path} {reason}") from error
    found = hashlib.sha256(raw).hexdigest()
    if found != card.sha256:
        raise CheckpointError(
            f"{card.name}: the weights {path} are not the ones the card describes "
            f"(sha256 {found[:12]}…, expected {card.sha256[:12]}…); fetch them again"
        )
    try:
        return safetensors.torch.load(raw)
    except (safetensors.SafetensorError, ValueError, KeyError) as error:
        kind = "a pickle" if raw[:2] in (b"PK", b"\x80\x02", b"\x80\x04") else "not safetensors"
        raise CheckpointError(f"{card.name}: {path} is {kind} and was not opened") from error


def build(kind: Callable[..., N], card: Card) -> N:
    """The network `kind(**card.net)`, else CheckpointError when card and network disagree.

    A network larger than its weights is refused before its memory is touched.
    """
    shape = card.net.get("shape", [card.net.get("dim")])
    if shape != list(card.shape) or card.net.get("classes") != len(card.labels):
        raise CheckpointError(f"{card.name}: the card gives its network another shape or classes")
    if absurd := next(impossible(card.net), None):
        raise CheckpointError(f"{card.name}: no network has a size of {absurd}")
    try:
        with _limit(card), warnings.catch_warnings():
            # a size of 0 is told when its weights do not fit
            warnings.filterwarnings("ignore", "Initializing zero-element tensors", UserWarning)
            return kind(**card.net)
    except AllowanceError:
        raise CheckpointError(
            f"{card.name}: the network that the card describes is far larger than its weights"
        ) from None
    except (TypeError, ValueError, IndexError, RuntimeError, ArithmeticError) as error:
        raise CheckpointError(f"{card.name}: the network cannot be built: {error}") from error


def of_kind(choices: Mapping[type[Any], T], card: Card) -> T:
    """What a family has for the card's kind of data; CheckpointError where it has nothing."""
    try:
        return chosen(card.kind, choices, FAMILY_TITLES.get(card.family, card.family))
    except UnfitKindError as error:
        raise CheckpointError(f"{card.name}: {error}") from None


def _limit(card: Card) -> AbstractContextManager[object]:
    """What building may allocate. Our own cards go without: counting imports torch's compiler."""
    if isinstance(card, Unsaved) or card.folder.is_relative_to(ROOT):
        return nullcontext()
    return Allowance(_SPARE + _TIMES * _size(card))


def _size(card: Card) -> int:
    """Bytes of the weights; none where there is no file, which is told when it is read."""
    try:
        return (card.folder / card.weights).stat().st_size
    except OSError:
        return 0


def fill(
    net: nn.Module, tensors: Mapping[str, Tensor], card: Card, titles: Mapping[str, str] = _OWN
) -> None:
    """Copy tensors into a network of the same names and shapes, else raise CheckpointError.

    `titles` are the names that a person knows them by, where those differ.
    """
    expected = net.state_dict()
    if missing := sorted(expected.keys() - tensors.keys()):
        raise CheckpointError(
            f"{card.name}: the weights lack '{titles.get(missing[0], missing[0])}' "
            f"({len(missing)} in all)"
        )
    if extra := sorted(tensors.keys() - expected.keys()):
        name = titles.get(extra[0], extra[0])
        raise CheckpointError(f"{card.name}: the weights hold an unknown '{name}'")
    for name, tensor in tensors.items():
        title = titles.get(name, name)
        if tensor.shape != expected[name].shape:
            raise CheckpointError(
                f"{card.name}: '{title}' has shape {tuple(tensor.shape)}, "
                f"the network needs {tuple(expected[name].shape)}"
            )
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise CheckpointError(f"{card.name}: '{title}' holds values that are not finite")
    net.load_state_dict(dict(tensors))


def save(tensors: Mapping[str, Tensor], path: Path) -> str:
    """Write atomically and return the sha256 of the file."""
    raw = safetensors.torch.save(
        {name: t.detach().cpu().contiguous() for name, t in tensors.items()}
    )
    write_atomically(path, raw)
    return hashlib.sha256(raw).hexdigest()
