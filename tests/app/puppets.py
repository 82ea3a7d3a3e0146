"""Models without networks: their steps wait for permits, their pictures tell what was asked."""

import threading

import pytest
import torch

from engines.drawing import TEMPERATURE
from engines.model import Exactness, Model, Procedure, SampleRequest, Step, settle

WARM_UP = SampleRequest(1, 0)  # which the window asks of every model it opens
SECONDS = 20  # until a test that hangs is called a failure


class Puppet:
    """A model of pictures that opens without a look at its weights.

    Every step waits for a permit. Picture i of a request has the levels seed, 100 · temperature,
    class + 1 (0 for any) and i (modulo 256) at the start of its first row.
    """

    def __init__(self):
        self.steps = 1
        self.knob = TEMPERATURE
        self.error = None
        self.asked = []
        self.closed = []
        self._permits = threading.Semaphore(0)

    def allow(self, steps=1):
        for _ in range(steps):
            self._permits.release()

    def model(self, card):
        self.shape = card.shape
        standing = Procedure(Exactness.EXACT, "strings", "Collodi 1883")
        return Model(card, self.sample, lambda knobs: standing, (self.knob,))

    def sample(self, request):
        if request == WARM_UP:
            yield Step(1, 1, self.pictures(request))
            return self.pictures(request)
        self.asked.append(request)
        try:
            x = self.pictures(request)
            for i in range(self.steps):
                assert self._permits.acquire(timeout=SECONDS), "no permit came"
                if self.error:
                    raise self.error
                yield Step(i + 1, self.steps, x.clone(), calls=i + 1)
            return x
        finally:
            self.closed.append(request)

    def pictures(self, request):
        heat = settle((self.knob,), request.knobs)["temperature"]
        labels = request.labels() or [-1] * request.count
        x = torch.zeros(request.count, *self.shape)
        x[:, 0, 0, 0] = request.seed
        x[:, 0, 0, 1] = round(100 * heat)
        x[:, 0, 0, 2] = torch.tensor(labels) + 1
        x[:, 0, 0, 3] = torch.tensor(list(request.indices)) % 256
        return x / 127.5 - 1


class Troupe:
    """The puppets, by the name of the model each stands for."""

    def __init__(self):
        self._puppets = {}

    def __getitem__(self, name):
        return self._puppets.setdefault(name, Puppet())

    def open(self, card, _device):
        return self[card.name].model(card)

    def send_home(self):
        for puppet in self._puppets.values():
            puppet.allow(1_000)


@pytest.fixture
def puppets(open_window, monkeypatch):
    """Every model that opens is a puppet; all steps are allowed before the window closes."""
    troupe = Troupe()
    monkeypatch.setattr("engines.open_model", troupe.open)
    yield troupe
    troupe.send_home()
