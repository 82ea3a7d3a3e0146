"""A model's folder that someone else made, read with suspicion: only JSON and safetensors, inside.

Knows files and no networks; needs neither torch nor diffusers.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engines.checkpoints.catalog import CheckpointError
from engines.checkpoints.files import hashing

MAX_JSON = 4 * 2**20
_MAX_NUMBER, _MAX_DEPTH, _MAX_LIST, _MAX_STEPS = 2**17, 512, 100_000, 100_000
_DEEP = re.compile(r"layer|blocks?$|depth")
_STEPS = re.compile(r"timesteps|id$|vocab|embed|max_|hash")
_FREE = {"total_size", "lambda_min_clipped"}
"""Bytes of all shards; minus infinity is usual."""
_PICKLES = (".bin", ".ckpt", ".pt", ".pth", ".pkl", ".tar", ".msgpack")
VARIANTS = ("fp32", "fp16", "bf16", "ema", "non_ema")
"""What a folder may hold in place of its full weights, the best first."""


@dataclass(frozen=True)
class Folder:
    """The files of one model below `path`, none of them reached through a link that leads out."""

    path: Path

    def has(self, name: str) -> bool:
        """Whether there is a file or folder of this name."""
        return (self.path / name).exists()

    def inside(self, name: str) -> Path:
        """The path of a file of the folder. Raises CheckpointError where it is missing or outside.

        The hub's cache keeps a model's files beside its folder and links to them: those are inside.
        """
        path = self.path / name
        real, root = path.resolve(), _root(self.path)
        if not real.is_relative_to(root):
            raise CheckpointError(f"{path} leads out of its folder, to {real}, and was not opened")
        if not real.is_file():
            raise CheckpointError(f"{path} is missing")
        return path

    def table(self, name: str) -> dict[str, Any]:
        """A JSON table of the folder, its numbers checked. Raises CheckpointError."""
        path = self.inside(name)
        try:
            if path.stat().st_size > MAX_JSON:
                raise CheckpointError(f"{path} is larger than any configuration and was not read")
            table = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise CheckpointError(f"{path} cannot be read: it is not valid JSON") from error
        if not isinstance(table, dict):
            raise CheckpointError(f"{path} is not a table of settings")
        for key, value in _numbers(table, ""):
            _check_number(path, key, value)
        return table

    def weights(self, part: str, stem: str, variant: str = "") -> tuple[Path, ...]:
        """The safetensors files of a part: one, or the shards that its index names.

        Raises CheckpointError for none, for pickles, and for shards that are missing.
        """
        place = f"{part}/" if part else ""
        whole, sharded = (f"{place}{name}" for name in _weight_names(stem, variant))
        if self.has(whole):
            return (self.inside(whole),)
        if not self.has(sharded):
            raise CheckpointError(self._without(part, stem))
        return self._shards(place, sharded)

    def variant(self, part: str, stem: str) -> str:
        """Which of its weights a part is opened with: "" for the full ones, else "fp16" or so."""
        folder = self.path / part
        for variant in ("", *VARIANTS):
            if any((folder / name).exists() for name in _weight_names(stem, variant)):
                return variant
        return ""

    def _shards(self, place: str, index: str) -> tuple[Path, ...]:
        named = self.table(index).get("weight_map")
        if not isinstance(named, dict) or not named:
            raise CheckpointError(f"{self.path / index} names no shards")
        shards = sorted({str(name) for name in named.values()})
        if bad := [name for name in shards if Path(name).name != name or _is_pickle(name)]:
            raise CheckpointError(f"{self.path / index} names an impossible shard '{bad[0]}'")
        return tuple(self.inside(f"{place}{name}") for name in shards)

    def _without(self, part: str, stem: str) -> str:
        folder = self.path / part if part else self.path
        found = sorted(p.name for p in folder.glob("*") if _is_pickle(p.name))
        if found:
            return (
                f"{folder} has its weights only as {found[0]}: a pickle may run any code when it "
                "is opened, so it was not; save the model with safetensors"
            )
        return f"{folder} has no weights: {stem}.safetensors is missing"

    def tensors(self, path: Path) -> dict[str, tuple[int, ...]]:
        """Names and shapes in a safetensors file, its values unread.

        Raises CheckpointError for a file that is cut off or damaged.
        """
        import safetensors

        try:
            with safetensors.safe_open(str(path), framework="np") as file:
                return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
        except (safetensors.SafetensorError, OSError, ValueError) as error:
            raise CheckpointError(
                f"{path} is cut off or damaged ({error}); fetch it again"
            ) from error

    def licence(self) -> str:
        """The licence that the folder's model card names, "not named" where there is none."""
        readme = self.path / "README.md"
        try:
            with self.inside("README.md").open(encoding="utf-8") as file:
                head = file.read(16_384)
        except (CheckpointError, OSError, UnicodeDecodeError):
            return "not named"
        front = re.match(r"---\n(.*?)\n---", head, re.DOTALL)
        named = re.search(
            r"^licen[sc]e:\s*[\"']?([\w .+/-]{1,80})", front[1] if front else "", re.M
        )
        return named[1].strip() if named else f"not named in {readme.name}"


def count(shapes: dict[str, tuple[int, ...]]) -> int:
    """Numbers held by tensors of these shapes."""
    return sum(math.prod(shape) for shape in shapes.values())


def fingerprint(folder: Path, files: list[Path]) -> Generator[None, None, str]:
    """One sha256 of the names and contents of a model's files, in steps of some milliseconds."""
    whole = hashlib.sha256()
    for path in sorted(files):
        whole.update(f"{path.relative_to(folder)}\n".encode())
        whole.update(bytes.fromhex((yield from hashing(path))))
    return whole.hexdigest()


def _root(path: Path) -> Path:
    """Where a folder's files may truly lie: in it, or in the model's place in the hub's cache."""
    real = path.resolve()
    if real.parent.name == "snapshots" and real.parent.parent.name.startswith("models--"):
        return real.parent.parent
    return real


def _weight_names(stem: str, variant: str) -> tuple[str, str]:
    """One file of weights, and the index of many, as diffusers and transformers name them."""
    mark = f".{variant}" if variant else ""
    return f"{stem}{mark}.safetensors", f"{stem}.safetensors.index{mark}.json"


def _is_pickle(name: str) -> bool:
    return name.endswith(_PICKLES)


def _numbers(value: Any, key: str) -> Iterator[tuple[str, float]]:
    """Every number of a table with the name it stands under."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _numbers(inner, str(name))
    elif isinstance(value, list):
        if len(value) > _MAX_LIST:
            yield key, math.inf
        for inner in value[:_MAX_LIST]:
            yield from _numbers(inner, key)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield key, value


def _check_number(path: Path, key: str, value: float) -> None:
    """Refuse sizes that no network has, before anything of that size is made."""
    if _STEPS.search(key):
        most = 10 * _MAX_STEPS
    elif _DEEP.search(key) and "channels" not in key:
        most = _MAX_DEPTH
    else:
        most = _MAX_NUMBER
    if key in _FREE:
        return
    if not -most <= value <= most:
        raise CheckpointError(f"{path} gives '{key}' the absurd value {value:g} and was not opened")
