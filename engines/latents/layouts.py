"""Maps of many dimensions in the plane by a library, in a process of its own.

It compiles itself and takes its time, and nothing else could go on beside it on one thread.
`python -m engines.latents.layouts` reads an array from stdin and writes the places to stdout.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engines import extras

Array = npt.NDArray[Any]
SEED, NEIGHBOURS = 0, 15
_WAIT = 0.05


def umap(scores: Array) -> Generator[float, None, Array]:
    """UMAP (McInnes et al. 2018) of scores (m, s): places (m, 2) float32. Yields the seconds gone.

    The seed is fixed: the same scores give the same map. Raises MissingExtra where it is not
    installed, RuntimeError where it fails; closing the generator ends the process.
    """
    extras.require("maps")
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as made:
        np.save(given, np.ascontiguousarray(scores, np.float32))
        given.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-m", "engines.latents.layouts"],
            stdin=given,
            stdout=made,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).parents[2],
        )
        try:
            start = time.monotonic()
            while process.poll() is None:
                yield time.monotonic() - start
                time.sleep(_WAIT)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
        if process.returncode:
            raise RuntimeError("the map by UMAP failed; the one by PCA stays")
        made.seek(0)
        found: Array = np.load(made)
        return found


def main() -> None:
    """Lay out what stdin holds."""
    library = extras.module("maps", "umap")
    scores = np.load(io.BytesIO(sys.stdin.buffer.read()))
    reducer = library.UMAP(n_neighbors=min(NEIGHBOURS, len(scores) - 1), random_state=SEED)
    places = np.asarray(reducer.fit_transform(scores), np.float32)
    raw = io.BytesIO()
    np.save(raw, places)
    sys.stdout.buffer.write(raw.getvalue())


if __name__ == "__main__":
    if absent := extras.missing("maps"):
        sys.exit(absent)
    main()
