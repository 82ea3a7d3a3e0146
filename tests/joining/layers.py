"""`python -m tests.joining.layers`: draws the layers of pyproject.toml in docs/architecture.md."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs" / "architecture.md"
BEGIN, END = "<!-- layers: drawn by python -m tests.joining.layers -->", "<!-- /layers -->"
_WIDE = 46


def picture() -> str:
    """The three packages as boxes; each row may import the rows below it."""
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    found = {c["containers"][0]: c["layers"] for c in contracts if c["type"] == "layers"}
    app = _box("app", found["app"], 2 * _WIDE + 5)
    below = [_box(name, found[name], _WIDE) for name in ("widgets", "engines")]
    tall = max(map(len, below))
    below = [[*box, *[" " * (_WIDE + 2)] * (tall - len(box))] for box in below]
    rows = [*app, f"{'imports │':>{_WIDE // 2 + 5}}{'│ imports':>{_WIDE + 4}}"]
    rows.append(f"{'▼':>{_WIDE // 2 + 5}}{'▼':>{_WIDE - 4}}")
    rows += [f"{left}   {right}".rstrip() for left, right in zip(*below, strict=True)]
    return "\n".join(("```text", *rows, "```"))


def _box(title: str, layers: list[str], wide: int) -> list[str]:
    rows = [f"┌─ {title} {'─' * (wide - len(title) - 3)}┐"]
    for place, layer in enumerate(layers):
        if place:
            rows.append(f"├{'┄' * wide}┤")
        for line in _wrapped(layer, wide - 2):
            rows.append(f"│ {line:<{wide - 1}}│")
    return [*rows, f"└{'─' * wide}┘"]


def _wrapped(layer: str, wide: int) -> list[str]:
    lines, line = [], ""
    for name in layer.split(" | "):
        joined = f"{line} · {name}" if line else name
        if len(joined) > wide:
            lines, joined = [*lines, line], name
        line = joined
    return [*lines, line]


def with_picture(text: str) -> str:
    """The page with today's picture in it."""
    drawn = f"{BEGIN}\n{picture()}\n{END}"
    return re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: drawn, text, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(with_picture(PAGE.read_text("utf-8")), "utf-8")
    print(picture())
