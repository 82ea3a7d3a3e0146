"""From a badge or a "?" to its entry in the glossary, wherever that is shown."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from widgets.look import glossary


def explain(widget: QWidget, word: str) -> bool:
    """Have the window around `widget` show the entry of `word`; False where nothing shows it."""
    above: QWidget | None = widget
    while above is not None:
        show = getattr(above, "show_term", None)
        if callable(show) and glossary.find(word) is not None:
            show(word)
            return True
        above = above.parentWidget()
    return False
