"""How the command line is read: numbers may begin with a minus, and a fault is one sentence."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from engines import naming

_NEGATIVE = re.compile(r"-(\.?\d|inf|nan)", re.IGNORECASE)
"""How a number or a point begins that is no option: -1e6, -.5, -1,0."""
_WRONG_USAGE = 2


def no_window(reasons: Sequence[str]) -> str:
    """Why no window can be opened, in one sentence, and what works without one."""
    why = next((text.strip().splitlines()[0] for text in reasons if text.strip()), "")
    said = f" ({why.rstrip('.')})" if why else ""
    return (
        f"no window can be opened here{said}: start it where there is a display, or work without "
        "one, such as with: python main.py sample mnist/flow --out grid.png"
    )


class Parser(argparse.ArgumentParser):
    """argparse's, with faults of one sentence and no page of usage before it."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        # argparse's own pattern knows neither exponents nor two coordinates: bpo-9334
        self._negative_number_matcher = _NEGATIVE

    def refuse(self, message: str) -> NoReturn:
        """End the program: one sentence on stderr, exit status 2."""
        self.exit(_WRONG_USAGE, f"{self.prog}: {naming.within(naming.readable(message))}\n")

    def error(self, message: str) -> NoReturn:
        """As `refuse`, for what argparse finds: where the options are explained is said, too."""
        self.refuse(f"{message.replace(chr(10), ' ')}; {self.prog} --help explains every option")
