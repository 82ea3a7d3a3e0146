"""The networks of NVlabs' code in their `.pkl` files, read without running any of it.

stylegan2-ada-pytorch and stylegan3 save a table {"G", "D", "G_ema", …} of networks, each as a
record of torch_utils/persistence.py: the source text of its class, the name of that class, and what
the object holds. The text is never looked at; names, numbers and shapes say what the network is.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engines import naming
from engines.checkpoints import budget
from engines.checkpoints.catalog import CheckpointError
from engines.outside.formats import storages
from engines.outside.formats.pickles import Box, Machine, Maker, Reader
from engines.outside.formats.storages import Storage, Strided, boxed, first, table

_RECORD = "torch_utils.persistence _reconstruct_persistent_obj"
_PREFERRED = ("G_ema", "G")
_MOST_MODULES, _DEEPEST = 2_000, 12
_OLD, _NEW = "numpy.core", "numpy._core"
_ARRAYS = (
    "numpy dtype",
    *(f"{core}.multiarray {name}" for core in (_OLD, _NEW) for name in ("_reconstruct", "scalar")),
    *(f"{core}.numeric _frombuffer" for core in (_OLD, _NEW)),
)
"""Arrays and numbers of numpy stay records: no network is told by them."""
_SETS = ("builtins set", "__builtin__ set")


@dataclass(frozen=True)
class Found:
    """A generator of StyleGAN2: its tensors by NVlabs' names, and its sizes as cards have them."""

    entry: str
    tensors: Mapping[str, Strided]
    shape: tuple[int, int, int]
    sizes: Mapping[str, Any]


def reading(path: Path, limit: int | None = None) -> Generator[None, None, Found]:
    """The generator in a file, in steps. Raises CheckpointError with one sentence."""
    try:
        size = path.stat().st_size
        budget.check(2 * size, str(path), limit)  # the file's bytes, and the tensors made of them
        with path.open("rb") as file:
            machine = Machine(str(path), _makers(path, size), frozenset(["numpy ndarray"]))
            held = yield from machine.reading(Reader(file, size))
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error
    if not isinstance(held, dict):
        raise CheckpointError(f"{path} is a pickle of something else than NVlabs' networks")
    entry = next((name for name in _PREFERRED if type(held.get(name)) is Box), None)
    if entry is None:
        there = naming.listed((naming.shortened(str(name), 20) for name in held), 6)
        raise CheckpointError(f"{path} has no generator 'G_ema'; it has: {there}")
    return _generator(path, entry, held[entry])


def _makers(path: Path, size: int) -> dict[str, Maker]:
    """Everything that such a file may name."""
    return {
        **storages.TENSORS,
        "torch.storage _load_from_bytes": storages.from_bytes(str(path), size),
        "_codecs encode": storages.encoded(size),
        "dnnlib.util EasyDict": table,
        _RECORD: boxed(_RECORD),
        **{name: first for name in _SETS},
        **{name: boxed(name) for name in _ARRAYS},
    }


def _generator(path: Path, entry: str, record: Box) -> Found:
    tensors: dict[str, Strided] = {}
    fields: dict[str, Mapping[str, Any]] = {}
    for name, state in _modules(path, record, "", 0):
        fields[name] = state
        if len(fields) > _MOST_MODULES:
            raise CheckpointError(f"{path}: '{entry}' has more layers than any network")
        for group in ("_parameters", "_buffers"):
            held = state.get(group)
            for key, value in (held if isinstance(held, dict) else {}).items():
                if type(value) is Strided:
                    tensors[f"{name}{key}"] = value
    if "synthesis.input." in fields:
        raise CheckpointError(
            f"{path} is an alias-free StyleGAN3 generator, which this version cannot open; "
            "StyleGAN2 generators of the same code it opens"
        )
    if "synthesis.b4.const" not in tensors:
        raise CheckpointError(f"{path}: '{entry}' is no StyleGAN2 generator")
    _silence(fields, tensors)
    return Found(entry, tensors, *_sizes(path, fields, tensors))


def _modules(
    path: Path, record: Any, prefix: str, depth: int
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every module's name, which ends in a dot, and what the object holds."""
    meta = record.given[0] if type(record) is Box and len(record.given) == 1 else None
    state = meta.get("state") if isinstance(meta, dict) and meta.get("type") == "class" else None
    if not isinstance(state, dict) or depth > _DEEPEST:
        raise CheckpointError(
            f"{path}: '{naming.shortened(prefix.rstrip('.'), 60)}' is no network of NVlabs"
        )
    yield prefix, state
    inner = state.get("_modules")
    for name, module in (inner if isinstance(inner, dict) else {}).items():
        if module is not None:
            yield from _modules(path, module, f"{prefix}{str(name)[:80]}.", depth + 1)


def _silence(fields: Mapping[str, Mapping[str, Any]], tensors: dict[str, Strided]) -> None:
    """Layers without noise have none of its tensors: their noise has strength 0."""
    for name, state in fields.items():
        if state.get("use_noise") is False and f"{name}weight" in tensors:
            zero = Storage("FloatStorage", 1, bytes(4))
            tensors.setdefault(f"{name}noise_strength", Strided(zero, 0, (), ()))


def _sizes(
    path: Path, fields: Mapping[str, Mapping[str, Any]], tensors: Mapping[str, Strided]
) -> tuple[tuple[int, int, int], dict[str, Any]]:
    """Shape of the pictures and sizes of the network. Raises CheckpointError."""
    top = fields[""]
    if top.get("c_dim"):
        raise CheckpointError(
            f"{path} is a StyleGAN2 generator with {str(top['c_dim'])[:12]} classes, which this "
            "version cannot open; those without classes it opens"
        )
    for name, state in fields.items():
        for key, known in (("architecture", ("skip",)), ("activation", ("lrelu", "linear"))):
            if key in state and state[key] not in known:
                raise CheckpointError(
                    f"{path}: '{name.rstrip('.')}' has the {key} {str(state[key])[:40]!r}, "
                    "which this version cannot open"
                )
    sides = sorted(
        int(name.split(".")[1][1:])
        for name in fields
        if name.startswith("synthesis.b") and name.count(".") == 2 and name[11:-1].isdecimal()
    )
    layers = sum(f"mapping.fc{i}.weight" in tensors for i in range(16))
    if sides != [4 * 2**i for i in range(len(sides))] or not 2 <= len(sides) <= 9 or not layers:
        raise CheckpointError(f"{path}: the generator's layers are not those of a StyleGAN2")
    colours = _shape(path, tensors, f"synthesis.b{sides[-1]}.torgb.weight", 4)[0]
    if colours not in (1, 3):
        raise CheckpointError(f"{path} makes pictures of {colours} channels; known are 1 and 3")
    width = [_shape(path, tensors, f"synthesis.b{side}.conv1.weight", 4)[0] for side in sides]
    style, latent = _shape(path, tensors, "mapping.fc0.weight", 2)
    rate = fields["mapping.fc0."].get("bias_gain", 1)
    if not isinstance(rate, int | float) or not 0 < rate < 1e3:
        raise CheckpointError(f"{path}: the generator learns at an impossible rate")
    sizes = {
        "latent": latent,
        "style": style,
        "mapping": layers,
        "mapping_rate": float(rate),
        "width": width,
        "channels": colours,
    }
    return (colours, sides[-1], sides[-1]), sizes


def _shape(path: Path, tensors: Mapping[str, Strided], name: str, sides: int) -> tuple[int, ...]:
    found = tensors.get(name)
    if found is None or len(found.shape) != sides or not all(0 < s <= 8192 for s in found.shape):
        raise CheckpointError(f"{path}: the generator has no '{name}' of {sides} dimensions")
    return found.shape
