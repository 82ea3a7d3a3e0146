"""In-painting methods without mathematics: their draws tell what was asked, their steps wait."""

import threading

import pytest

from engines.inpaint.method import Method, filling
from engines.model import Exactness, Knob, Procedure, Step

SECONDS = 20  # until a test that hangs is called a failure
HEAT = Knob("heat", "Heat", 1.0, 0.0, 2.0, 0.1, "Turns up the heat.", warn="too hot")


class PuppetMethod:
    """Draw i has the levels seed and 10 · i at (0, 0) and (0, 1), 100 · heat and class + 1 below.

    A live one runs at once; every step of the other waits for a permit.
    """

    def __init__(self, name, *, live):
        self.live, self.steps, self.error, self.poor = live, 1, None, ""
        self.asked = []
        self._permits = threading.Semaphore(0)
        standing = Exactness.EXACT if live else Exactness.HEURISTIC
        self.method = Method(
            name,
            name.capitalize(),
            f"Fills {name}ly.",
            lambda model: True,
            lambda model, knobs: Procedure(standing, "strings", "Collodi 1883"),
            filling(self.fill, (HEAT,)),
            (HEAT,),
            live,
        )

    def allow(self, steps=1):
        for _ in range(steps):
            self._permits.release()

    def fill(self, hole):
        self.asked.append(hole)
        x = hole.picture.repeat(hole.count, 1, 1, 1)
        x[:, 0, 0, 0] = hole.seed % 256 / 127.5 - 1
        for i in range(hole.count):
            x[i, 0, 0, 1] = 10 * i % 256 / 127.5 - 1
        x[:, 0, 1, 0] = round(100 * hole.knobs["heat"]) / 127.5 - 1
        label = 0 if hole.label == len(hole.card.labels) else hole.label + 1
        x[:, 0, 1, 1] = label / 127.5 - 1
        x[:, 0, :, -1] = 0.3  # a known column of the left half: it must not come through
        for i in range(self.steps):
            if not self.live:
                assert self._permits.acquire(timeout=SECONDS), "no permit came"
            if self.error:
                raise self.error
            yield Step(i + 1, self.steps, x.clone(), calls=i + 1, poor=self.poor)
        return x


@pytest.fixture
def methods(open_window, monkeypatch):
    """Every model has a quick method, its default, and a slow one."""
    found = {name: PuppetMethod(name, live=name == "quick") for name in ("quick", "slow")}
    monkeypatch.setattr(
        "engines.inpaint.methods_for", lambda model: tuple(p.method for p in found.values())
    )
    yield found
    found["slow"].allow(1000)
