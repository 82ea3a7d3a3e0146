"""What a use of a density cannot do, in one sentence for people."""

from __future__ import annotations

from engines.naming import Sentence


class UseError(Sentence):
    """A model cannot be used so; the message is one sentence for a person."""
