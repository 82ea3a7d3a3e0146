"""Models of the hub by their id, "owner/name": fetched once, resumed where a transfer broke off.

huggingface_hub does the work: it keeps what it fetches where all tools find it, and follows
HF_ENDPOINT, HF_TOKEN, HF_HOME and HF_HUB_OFFLINE. Large files go by `transfer`.
The library loads its submodules when they are first imported: `_library` imports those in use here.
"""

from __future__ import annotations

import glob
import importlib
import os
import re
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from engines import extras
from engines.checkpoints.catalog import CheckpointError
from engines.outside import selection, transfer
from engines.outside.transfer import Blob

_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
_LOOK, _PATIENCE = 0.1, 2.0
"""Seconds between two steps, and until a transfer that hangs is left to end by itself."""
_ANSWER, _DEADLINE = 5.0, 6.0
"""Seconds the hub has for each part of its answer, and for all of it with the look-up of its name,
on which no timeout of a connection has a hold."""
_PARTS = ("constants", "errors", "utils", "utils.logging")
"""What is used of huggingface_hub besides its own names: no attribute of it before its import."""


def is_id(name: str) -> bool:
    """Whether a name could be a model's on the hub."""
    return bool(_ID.fullmatch(name)) and ".." not in name and "--" not in name


@dataclass(frozen=True)
class Transfer:
    """How many bytes of what was missing are here, and how many it is; None while unknown."""

    done: int
    total: int | None


class _StoppedError(Exception):
    """Nobody wants this transfer any more."""


def fetch(name: str) -> Path:
    """The folder of a model of the hub, fetched where it is not here yet.

    Raises CheckpointError where it does not exist, needs a token, cannot be reached, or offline
    mode is on and it was not fetched before. What was fetched of it stays for the next time.
    """
    library = _library(name)
    wants = _wants(library, name)
    if wants is None:
        return _kept(library, name)
    total = sum(size for size, _ in wants.missing)
    with library.utils.tqdm(total=total, unit="B", unit_scale=True, desc=name) as bar:
        return _fetched(library, name, wants, bar.update)


def here(name: str) -> Path | None:
    """The folder of a model of the hub where all of it is on this machine; asks nobody."""
    with suppress(CheckpointError):
        return _kept(_library(name), name)
    return None


def fetching(name: str) -> Generator[Transfer, None, Path]:
    """`fetch` in steps. Closing it stops the transfer; what was fetched is kept and resumed."""
    library = _library(name)
    meter = _Meter()
    found: Future[Path] = Future()

    def work() -> None:
        try:
            wants = _wants(library, name)
            if wants is None:
                found.set_result(_kept(library, name))
                return
            meter.total = sum(size for size, _ in wants.missing) if wants.missing else None
            made = _fetched(library, name, wants, meter.add, tqdm_class=meter.bar)
            found.set_result(made)
        except BaseException as error:  # noqa: BLE001  # it is raised where the result is asked for
            found.set_exception(error)

    thread = threading.Thread(target=work, name="fetching", daemon=True)
    thread.start()
    try:
        while not wait([found], timeout=_LOOK).done:
            yield Transfer(meter.done, meter.total)
        return found.result()
    finally:
        meter.stop.set()
        thread.join(_PATIENCE)


class _Meter:
    """Adds up the bytes that come, and stops them when told to."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.total: int | None = None
        self.done = 0
        self._guard = threading.Lock()

    def add(self, amount: int) -> None:
        """Count more bytes. Raises _StoppedError once nobody wants them."""
        if self.stop.is_set():
            raise _StoppedError
        with self._guard:
            self.done += amount

    def bar(self, *_: object, desc: str = "", unit: str = "it", **__: object) -> _Bar:
        """What stands in for a bar of tqdm. The library counts the same bytes in two of them."""
        return _Bar(self if unit == "B" and not desc.startswith("Downloading bytes") else None)


class _Bar:
    """A bar of tqdm as far as huggingface_hub asks one: it counts, and shows nothing."""

    def __init__(self, meter: _Meter | None) -> None:
        self._meter = meter
        self.n = self.total = 0

    def update(self, amount: float | None = 1) -> None:
        if self._meter is not None:
            self._meter.add(int(amount or 0))

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def refresh(self, *_: object, **__: object) -> None:
        """Nothing is shown."""

    close = set_description = set_description_str = set_postfix_str = refresh


File: TypeAlias = tuple[int, Blob | None]
"""Bytes of a file of the hub, and where to find it if it is a large one."""


@dataclass(frozen=True)
class _Wants:
    """The names of all files that a model needs, and those that are not here yet."""

    names: tuple[str, ...]
    missing: tuple[File, ...]


def _wants(library: Any, name: str) -> _Wants | None:
    """What a model needs; None where the hub cannot be asked.

    Raises CheckpointError where the hub refuses.
    """
    info = _asked(library, name)
    if info is None:
        return None
    every = {file.rfilename: file for file in info.siblings}
    names = tuple(selection.wanted(every))
    missing = [
        every[each]
        for each in names
        if not isinstance(library.try_to_load_from_cache(name, each, revision=info.sha), str)
    ]
    return _Wants(
        names,
        tuple(
            (
                file.size,
                file.lfs and Blob(name, info.sha, file.rfilename, file.size, file.lfs.sha256),
            )
            for file in missing
        ),
    )


def _asked(library: Any, name: str) -> Any:
    """What the hub says of a model; None in offline mode, and where no answer comes in time.

    Raises CheckpointError where the hub refuses.
    """
    if library.constants.HF_HUB_OFFLINE:
        return None
    found: Future[Any] = Future()

    def ask() -> None:
        try:
            api = library.HfApi()
            found.set_result(api.model_info(name, files_metadata=True, timeout=_ANSWER))
        except BaseException as error:  # noqa: BLE001  # it is raised where the result is asked for
            found.set_exception(error)

    threading.Thread(target=ask, name="asking the hub", daemon=True).start()
    try:
        return found.result(timeout=_DEADLINE)
    except library.errors.HfHubHTTPError as error:
        refused = isinstance(error, library.errors.RepositoryNotFoundError)
        if refused or here(name) is None:
            raise CheckpointError(_said(name, error)) from error
        return None
    except Exception:  # noqa: BLE001  # each HTTP library has errors of its own for no answer
        return None


def _kept(library: Any, name: str) -> Path:
    """What is here of a model whose hub cannot be asked. Raises CheckpointError if not all is."""
    # what an older version of the library fetched has no list of files here: there is what there is
    names = None
    if hasattr(library, "get_cached_repo_tree"):
        with suppress(library.errors.CachedRepoTreeNotFoundError):
            names = selection.wanted(file.path for file in library.get_cached_repo_tree(name))
    return _snapshot(library, name, names, local_files_only=True)


def _library(name: str) -> Any:
    """huggingface_hub, set up. Raises CheckpointError where it is not installed."""
    # or it asks the hub which programs there are, to tell it which one this is
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        library = extras.module("diffusers", "huggingface_hub")
        for part in _PARTS:
            extras.module("diffusers", f"huggingface_hub.{part}")
    except extras.MissingExtra as error:
        raise CheckpointError(f"'{name}' is no model here, and {error}") from error
    # transfers in chunks of files go through servers of their own, which no endpoint leads to
    library.constants.HF_HUB_DISABLE_XET = True
    if sys.stderr is None or not sys.stderr.isatty():
        library.utils.disable_progress_bars()
    library.utils.logging.set_verbosity_error()
    return library


def _fetched(
    library: Any, name: str, wants: _Wants, add: Callable[[int], object], **more: Any
) -> Path:
    """The large files that are missing first, then what else there is. Raises CheckpointError."""
    with _in_words(name):
        for _, blob in wants.missing:
            if blob is not None:
                transfer.bring(library, blob, add)
    return _snapshot(library, name, wants.names, **more)


def _snapshot(library: Any, name: str, names: Iterable[str] | None, **more: Any) -> Path:
    """What the library has or fetches of a model. Raises CheckpointError."""
    with _in_words(name):
        return Path(
            library.snapshot_download(
                name, allow_patterns=None if names is None else [*map(glob.escape, names)], **more
            )
        )


@contextmanager
def _in_words(name: str) -> Iterator[None]:
    """What goes wrong becomes one sentence."""
    try:
        yield
    except (_StoppedError, CheckpointError):
        raise
    except Exception as error:
        raise CheckpointError(_said(name, error)) from error


def _said(name: str, error: Exception) -> str:
    """What went wrong, in one sentence."""
    errors: Any = importlib.import_module("huggingface_hub.errors")
    constants: Any = importlib.import_module("huggingface_hub.constants")
    if isinstance(error, errors.GatedRepoError):
        return f"'{name}' asks for a token: accept its terms on the hub and set HF_TOKEN"
    if isinstance(error, errors.RepositoryNotFoundError):
        return (
            f"there is no model '{name}' on the hub, or it is private and HF_TOKEN does not open it"
        )
    if isinstance(error, errors.LocalEntryNotFoundError):
        why = "offline mode is on" if constants.HF_HUB_OFFLINE else "the hub cannot be reached"
        return f"'{name}' is not on this machine and {why}; what was fetched of it is kept"
    first = (str(error).splitlines() or [""])[0] or type(error).__name__
    return f"'{name}' could not be fetched: {first}; what is here is kept, try again"
