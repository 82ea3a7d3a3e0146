"""A workspace: what is chosen and what stands in every tab, in one file. No Qt, no torch.

It holds recipes, not results: those are made again. Pictures of one's own are inside.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.recipes import files
from app.session import recovery
from app.session import settings as remembered
from app.session.recovery import Left
from app.session.settings import Settings

SUFFIX = files.WORKSPACE
FORMAT = 1
MAX_BYTES = 64 << 20
FIELDS = (
    "data",
    "models",
    "seed",
    "seed_locked",
    "count",
    "points",
    "counts",
    "batch",
    "classes",
    "given",
    "knobs",
    "copies",
    "methods",
    "prompt",
    "negative",
    "prompt_to",
)
"""Of the settings, what a workspace brings; theme, window and folders stay those of the person."""


class WorkspaceError(ValueError):
    """A workspace cannot be opened; the message is one sentence for people."""


@dataclass(frozen=True)
class Workspace:
    """Settings of which FIELDS count, and what stands in the tabs."""

    settings: Settings
    left: Left

    def packed(self) -> bytes:
        """As `read` reads it."""
        table = {
            "format": FORMAT,
            "settings": {name: getattr(self.settings, name) for name in FIELDS},
            "tabs": self.left.to_json(),
        }
        return (json.dumps(table, ensure_ascii=False, indent=1, default=dict) + "\n").encode()

    def onto(self, settings: Settings) -> Settings:
        """A person's settings with those of the workspace in them."""
        values = {**vars(settings), **{name: getattr(self.settings, name) for name in FIELDS}}
        return Settings(**values)


def read(path: Path) -> Workspace:
    """A workspace out of a file, trusting nothing. Raises WorkspaceError."""
    try:
        raw = files.read_bytes(path, MAX_BYTES)
    except ValueError as error:
        raise WorkspaceError(f"{path.name} {error}") from error
    try:
        table = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise WorkspaceError(f"{path.name} is no workspace: it is not valid JSON") from error
    made = table.get("format") if isinstance(table, dict) else None
    if not isinstance(table, Mapping) or type(made) is not int or made < 1:
        raise WorkspaceError(f"{path.name} is no workspace: it has no format number")
    if made > FORMAT:
        raise WorkspaceError(f"{path.name} was saved by a newer Genscope; update it to open this")
    return Workspace(_settings(table, path), _left(table, path))


def _settings(table: Mapping[str, Any], path: Path) -> Settings:
    found = table.get("settings")
    if not isinstance(found, dict):
        raise WorkspaceError(f"{path.name} is a damaged workspace: it has no settings")
    return remembered.of_table({name: found[name] for name in FIELDS if name in found})


def _left(table: Mapping[str, Any], path: Path) -> Left:
    text = table.get("tabs")
    try:
        return recovery.read(str(text).encode())
    except (ValueError, RecursionError) as error:
        raise WorkspaceError(f"{path.name} is a damaged workspace: its tabs {error}") from error
