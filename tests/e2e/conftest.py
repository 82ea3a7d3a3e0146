"""Windows for the end-to-end tests."""

from tests.windows import catalogue, open_window

__all__ = ["catalogue", "open_window"]
