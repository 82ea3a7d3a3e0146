"""The strings in the source files: what is said only at times, such as messages and errors."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PLACES = ("main.py", "app", "widgets", "engines")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_CODE = re.compile(r"^[\w./*:<>=%^$&#-]+$")
"""One word, a key or a path: what the window shows of these, its walk finds."""
_SHOWN = {
    "addAction",
    "addItem",
    "addTab",
    "setAccessibleDescription",
    "setAccessibleName",
    "setPlaceholderText",
    "setText",
    "setTitle",
    "setToolTip",
    "setWindowTitle",
}
"""Qt's own names of what shows a string: one word counts there, too."""


def strings(places: tuple[str, ...] = PLACES) -> Iterator[tuple[str, str]]:
    """Where it stands ("app/tab/row.py:12") and the string; a place to fill in reads {name}."""
    for place in places:
        path = REPOSITORY / place
        files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        for file in files:
            where = file.relative_to(REPOSITORY).as_posix()
            for line, text in _Reader.read(file.read_text("utf-8")):
                yield f"{where}:{line}", text


class _Reader(ast.NodeVisitor):
    """Collects strings; leaves out docstrings, types and what only the code reads."""

    def __init__(self) -> None:
        self.found: list[tuple[int, str]] = []
        self._shown = False

    @classmethod
    def read(cls, source: str) -> list[tuple[int, str]]:
        reader = cls()
        reader.visit(ast.parse(source))
        return reader.found

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a docstring
            self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_arg(self, node: ast.arg) -> None:
        """Types of arguments are no strings to read."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for each in (*node.args.defaults, *filter(None, node.args.kw_defaults), *node.body):
            self.visit(each)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)
        if not isinstance(node.slice, ast.Constant):
            self.visit(node.slice)

    def visit_Call(self, node: ast.Call) -> None:
        before, name = self._shown, ast.unparse(node.func).rpartition(".")[2]
        self._shown = name in _SHOWN
        self.generic_visit(node)
        self._shown = before

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._take(node.lineno, node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        parts = []
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                parts.append(f"{{{ast.unparse(part.value)}}}")
                self.visit(part.value)
            elif isinstance(part, ast.Constant):
                parts.append(str(part.value))
        self._take(node.lineno, "".join(parts))

    def _take(self, line: int, text: str) -> None:
        words = bool(_WORDS.search(text))
        if words and (self._shown or not _CODE.match(text.strip())):
            self.found.append((line, text))
