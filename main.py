"""Genscope: opens the window, or does one of its tasks without it. Imports nothing heavy."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from app.command.parser import COMMANDS, FAILED, INTERRUPTED, WRONG_USAGE, build_parser
from app.command.usage import no_window
from app.recipes.files import APP, SaveError, log_failure
from app.recipes.recipe import RecipeError
from engines import naming
from engines.checkpoints.catalog import CheckpointError
from engines.extras import MissingExtra
from engines.kinds import UnfitKindError
from engines.model import NotFiniteError
from engines.tables.sheet import TableError
from engines.uses.errors import UseError


def main(argv: Sequence[str] | None = None) -> int:
    """Run Genscope and return its exit code.

    0 is success, 1 work that failed, 2 wrong usage, 130 an interrupt from the keyboard.
    """
    sys.excepthook = _report
    for stream in (sys.stdout, sys.stderr):
        # a console whose code page lacks a letter shows "?" in its place, and the work goes on
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] not in (*COMMANDS, "-h", "--help", "--version"):
        words.insert(0, "open")
    try:
        arguments = build_parser(_open, words[0]).parse_args(words)
        code: int = arguments.act(arguments)
        if sys.stdout:  # there is none where a desktop starts the window
            sys.stdout.flush()
        return code
    except SystemExit as end:  # argparse has printed help, the version or what is wrong
        return end.code if isinstance(end.code, int) else WRONG_USAGE
    except (
        CheckpointError,
        MissingExtra,
        NotFiniteError,
        RecipeError,
        SaveError,
        TableError,
        UnfitKindError,
        UseError,
    ) as error:
        print(f"{APP}: {naming.readable(str(error))}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read stdout has gone; keep the interpreter from flushing it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        print(f"{APP}: {_of_system(error)}", file=sys.stderr)
        return FAILED


def _of_system(error: OSError) -> str:
    """What the system refuses, in a sentence; the traceback goes to the log."""
    _log(error)
    reason = (error.strerror or str(error)).splitlines()[:1]
    where = f"'{naming.shortened(str(error.filename))}' cannot be used: " * bool(error.filename)
    return f"{where}{''.join(reason).lower()}"


def _log(error: BaseException) -> Path | None:
    import platformdirs

    return log_failure(platformdirs.user_log_path(APP, appauthor=False), error)


def _open(arguments: argparse.Namespace) -> int:
    for name in arguments.files:
        if not os.path.exists(name):  # pathlib raises where a name is too long
            commands = ", ".join(COMMANDS)
            shown = naming.shortened(name)
            arguments.parser.refuse(f"there is no file or command '{shown}'; commands: {commands}")
    try:
        from app.window.run import run_window
    except ImportError as error:  # Qt, or a library of the system that it needs, is missing
        print(f"{APP}: {no_window([str(error)])}", file=sys.stderr)
        return FAILED
    files = [Path(name) for name in arguments.files]
    return run_window(device=arguments.device, theme=arguments.theme, files=files)


def _report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The exception hook: one sentence for the person, the traceback for the log."""
    log = _log(error)
    details = f"the details are in {log}" if log else "the details could not be written to a log"
    first = naming.readable((str(error).splitlines() or [""])[0])
    print(f"{APP} failed: {kind.__name__}: {first}; {details}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
