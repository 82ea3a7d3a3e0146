"""A family, a knob, an in-painting method and a tab, written as CONTRIBUTING says.

Each is a list of files: a new one, or (old, new) for the line that is put into one that is there.
"""

FAMILY = {
    "engines/families/blob/__init__.py": "",
    "engines/families/blob/net.py": '''
"""One Gaussian blob."""

import torch


class Blob:
    """N(0, I), scaled."""

    def place(self, z: torch.Tensor, scale: float) -> torch.Tensor:
        return scale * z
''',
    "engines/families/blob/model.py": '''
"""The blob as a model."""

from engines import model
from engines.drawing import in_batches
from engines.families.blob.net import Blob
from engines.noise import Streams

EXACT = model.Procedure(model.Exactness.EXACT, "x = s z, z ~ N(0, I)", "Gauss 1809")
KNOBS = ()


def load(card, device):
    net = Blob()

    def draw(request, knobs, labels):
        scale = model.settle(KNOBS, knobs).get("scale", 1.0)
        x = net.place(Streams(request.seed, request.indices).normal(2), scale)
        yield model.Step(len(x), len(x), x.clone(), calls=1)
        return x

    return model.Model(
        card=card, sample=in_batches(draw, card, KNOBS), procedure=lambda k: EXACT, knobs=KNOBS
    )
''',
    "engines/registry.py": (
        '    "mfa": mfa.load,\n',
        '    "mfa": mfa.load,\n    "blob": blob.load,\n',
        "from engines.families.autoregressive import model as autoregressive\n",
        "from engines.families.autoregressive import model as autoregressive\n"
        "from engines.families.blob import model as blob\n",
    ),
}
KNOB = {
    "engines/families/blob/model.py": (
        "KNOBS = ()",
        'KNOBS = (model.Knob("scale", "Scale", 1.0, 0.5, 4.0, 0.5, "Scales the blob."),)',
    ),
}
METHOD = {
    "engines/inpaint/guess.py": '''
"""The unknown values are drawn from N(0, I), whatever is known."""

import torch

from engines.inpaint.method import Method, filling
from engines.model import Exactness, Procedure, Step

HOW = Procedure(Exactness.HEURISTIC, "a guess", "nobody")


def run(hole):
    x = torch.zeros(hole.count, *hole.card.shape)
    yield Step(hole.count, hole.count, x.clone())
    return x


GUESS = Method(
    name="guess",
    title="Guess",
    says="Zeros, whatever is known.",
    fits=lambda model: model.card.family == "blob",
    procedure=lambda model, knobs: HOW,
    run=filling(run, ()),
)
''',
    "engines/inpaint/__init__.py": (
        "    *foreign.METHODS,\n",
        "    *foreign.METHODS,\n    guess.GUESS,\n",
        "from engines.inpaint import (\n",
        "from engines.inpaint import (\n    guess,\n",
    ),
}
TAB = {
    "widgets/notes/__init__.py": "",
    "widgets/notes/tab.py": '''
"""A page of notes."""

from PySide6.QtWidgets import QPlainTextEdit


class NotesTab(QPlainTextEdit):
    """What a person writes."""
''',
    "app/notes/__init__.py": "",
    "app/notes/presenter.py": '''
"""The notes of a session: nothing to run, nothing to save."""


class Notes:
    def __init__(self, tab, parts, parent):
        self.tab, self.parts = tab, parts

    def run(self, *, first):
        pass

    def stop(self):
        pass

    def save(self):
        pass

    def adopt(self, source):
        return False

    def restore(self, recipe):
        pass

    def settings(self, settings):
        return settings
''',
    "app/window/tabs.py": (
        "TABS: tuple[tuple[str, str",
        """def _notes(parts: Parts, window: QWidget) -> Made:
    from app.notes.presenter import Notes
    from widgets.notes.tab import NotesTab

    tab = NotesTab(window)
    return tab, Notes(tab, parts, window)


TABS: tuple[tuple[str, str""",
        "    (Task.DENSITY, Task.DENSITY.tab, _density, PAGES.refusal),\n",
        "    (Task.DENSITY, Task.DENSITY.tab, _density, PAGES.refusal),\n"
        '    ("notes", "Notes", _notes, lambda kind: ""),\n',
    ),
    "pyproject.toml": (
        '    "sampling | ',
        '    "notes | sampling | ',
        '    "inpainting | ',
        '    "notes | inpainting | ',
    ),
}
