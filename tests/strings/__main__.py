"""Prints every string of the window and the command line with its place; one that stands at
several places is printed at the first. `--part sources` prints one part alone."""

import argparse
import os
import tempfile

PARTS = ("command_line", "sources", "window")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.strings", description=__doc__)
    parser.add_argument("--part", choices=PARTS, action="append", help="default: all three")
    with tempfile.TemporaryDirectory(prefix="genscope-strings-") as home:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
            os.environ[name] = home
        seen: set[str] = set()
        for part in parser.parse_args().part or PARTS:
            print(f"\n# {part.replace('_', ' ')}")
            for place, text in strings(part):
                if text.strip() and text not in seen:
                    seen.add(text)
                    print(f"{place}\t{text!r}", flush=True)


def strings(part):
    """The places and strings of one part."""
    from importlib import import_module

    return import_module(f"tests.strings.{part}").strings()


if __name__ == "__main__":
    main()
