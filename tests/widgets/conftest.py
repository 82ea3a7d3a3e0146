"""Fixtures of the tests of widgets."""

from tests.widgets.mask.hand import canvas, editor, told

__all__ = ["canvas", "editor", "told"]
