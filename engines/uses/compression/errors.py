"""What compression cannot do, in one sentence for people."""

from __future__ import annotations

from engines.uses.errors import UseError


class CompressionError(UseError):
    """A model cannot code, a file cannot be read, or it needs another computer's arithmetic."""
