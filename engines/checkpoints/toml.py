"""Tables as TOML 1.0, for cards that the program itself writes. What reads them is `tomllib`."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


def dumps(table: Mapping[str, Any]) -> str:
    """The text of a table of texts, numbers, truths, lists and tables.

    Raises TypeError for values that TOML does not have, None among them.
    """
    return "\n".join(_lines(table, ()))


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    """A table's values first, then the tables in it, each under its header."""
    inner = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    lines = [f"{_key(key)} = {_value(table[key])}" for key in table if key not in inner]
    for key, value in inner.items():
        where = (*path, key)
        lines += ["", f"[{'.'.join(map(_key, where))}]", *_lines(value, where)]
    return lines if path else [*lines, ""]


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
        # repr leaves the point out before an exponent, which TOML allows
        return repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + "}"
    raise TypeError(f"TOML has no {type(value).__name__}")


def _text(text: str) -> str:
    """A basic string; JSON escapes the same letters but the last control character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
