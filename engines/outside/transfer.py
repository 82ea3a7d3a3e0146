"""Large files of the hub: fetched in pieces, gone on with where a transfer broke off, and checked.

They are put where huggingface_hub keeps them. That library fetches a file from its start each time,
and knows no more of it than its size.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engines.checkpoints.catalog import CheckpointError

CHUNK = 1 << 18
"""Bytes between two looks at whether a transfer is still wanted."""
_TRIES = 5


@dataclass(frozen=True)
class Blob:
    """One file of a model on the hub, by the sha256 of what is in it."""

    name: str
    revision: str
    file: str
    size: int
    sha256: str


def bring(library: Any, blob: Blob, add: Callable[[int], object]) -> None:
    """Fetch what is not here yet of a file; `add` hears how many bytes came, or were here.

    Raises what `add` raises: what came until then is kept. Raises CheckpointError for a file that
    is not what the hub says it is.
    """
    home = Path(library.constants.HF_HUB_CACHE) / f"models--{blob.name.replace('/', '--')}"
    whole = home / "blobs" / blob.sha256
    part = whole.with_name(f"{blob.sha256}.genscope")
    if whole.exists():
        add(blob.size)
        return
    whole.parent.mkdir(parents=True, exist_ok=True)
    with part.open("ab") as file:
        if file.tell() > blob.size:
            file.truncate(0)
        add(file.tell())
        _append(library, blob, file, add)
    with part.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != blob.sha256:
        part.unlink()
        raise CheckpointError(
            f"{blob.file} of '{blob.name}' came damaged (its sha256); fetch it again"
        )
    part.replace(whole)


def _append(library: Any, blob: Blob, file: Any, add: Callable[[int], object]) -> None:
    """Fetch to the end; a connection that breaks is opened anew while that brings anything."""
    session = library.get_session()
    # the library has changed its HTTP client before: its own one's errors are meant
    broken = importlib.import_module(type(session).__module__.partition(".")[0]).TransportError
    url = library.hf_hub_url(blob.name, blob.file, revision=blob.revision)
    tries = _TRIES
    while (start := file.tell()) < blob.size:
        headers = library.utils.build_hf_headers() | {
            "Range": f"bytes={start}-",
            "Accept-Encoding": "identity",
        }
        try:
            # its own client waits for ever where nothing else is said
            with session.stream(
                "GET",
                url,
                headers=headers,
                follow_redirects=True,
                timeout=library.constants.HF_HUB_DOWNLOAD_TIMEOUT,
            ) as answer:
                library.utils.hf_raise_for_status(answer)
                if start and answer.status_code != 206:  # all of it from the start
                    file.truncate(0)
                    add(-start)
                for chunk in answer.iter_bytes(CHUNK):
                    file.write(chunk)
                    file.flush()
                    add(len(chunk))
        except broken:
            tries = _TRIES if file.tell() > start else tries - 1
            if not tries:
                raise
