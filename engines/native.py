"""Parts of an object by its members, and the field `native` that models had before them."""

from __future__ import annotations

import warnings
from typing import Any

from engines.parts import PARTS


def of_object(machinery: object) -> dict[str, Any]:
    """The parts that an object is, by their names: by its members alone.

    A codec has members that others have too, so it is one only where it is nothing else.
    """
    found: dict[str, Any] = {
        name: machinery for name, part in PARTS.items() if isinstance(machinery, part)
    }
    if len(found) > 1:
        found.pop("codec", None)
    if "pipeline" in found:
        found["codec"] = found["pipeline"].codec
    return found


def take_native(model: object, machinery: object, stacklevel: int) -> None:
    """Give a model the parts that its `native` is, where it names no others; warn of that field."""
    found = of_object(machinery)
    said = ", ".join(f"{name}=" for name in found) or "none of engines.parts that it is"
    warnings.warn(
        f"Model(native=…) goes with the next version; give its parts: {said}",
        DeprecationWarning,
        stacklevel=stacklevel,
    )
    for name, part in found.items():
        if getattr(model, name) is None:
            object.__setattr__(model, name, part)
    object.__setattr__(model, "native", None)
