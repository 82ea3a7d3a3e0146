"""The points of the tab Learn: drawn, taken, read from a file, and kept as a data set."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from app.exchange import file_dialogs
from app.exchange.intake import sentence
from app.tab.parts import Parts
from app.work.lane import Failure, Job
from engines.data import own
from engines.data.own import DataError, Points
from engines.learning.examples import FEW, FEWEST, sampled_points
from engines.learning.shapes import SHAPES, points_of
from widgets.learn.data_panel import DataPanel
from widgets.learn.frame import Box
from widgets.learn.sheet import MOST
from widgets.window.messages import Cause, Severity

FILES = "Tables of points (*.csv *.tsv *.txt)"
FIRST, DRAWN = "moons", "drawn"
"""The set that the tab begins with, and what points are called that nobody else has made."""
_ROOM = 0.12
"""Share of their size that is free around points."""
OWN = "own:"
"""Before the names of the user's own data sets, in the menu of ready ones."""


class Data(QObject):
    """`changed` when the points are others; `moved` when another part of the plane is in view.

    `title` is what a model of them is called after.
    """

    changed = Signal()
    moved = Signal()

    def __init__(self, panel: DataPanel, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self._panel, self._parts = panel, parts
        self.title, self.classes = DRAWN, tuple[str, ...]()
        self.origin = ""
        """The shape that the points are, where nothing was drawn since."""
        self._note, self._taking = "", False
        self._reading = parts.channels.open("learn: points")
        self._reading.done.connect(self._receive)
        self._reading.failed.connect(self._refuse)
        panel.canvas.edited.connect(self._edited)
        panel.taken.connect(self.take)
        panel.open_wanted.connect(self._ask)
        panel.save_wanted.connect(self.save)
        panel.classes_toggled.connect(self._edited)
        self.offer()

    def offer(self) -> None:
        """Fill the menu of ready sets: the shapes, then the user's own sets of the plane."""
        mine = [(f"{OWN}{name}", name) for name in own.names()]
        self._panel.set_sets([*((name, shape.title) for name, shape in SHAPES.items()), *mine])

    def begin(self) -> None:
        """Take the points of the data set in view, else something worth a look."""
        data = self._parts.session.data
        known = f"{OWN}{data}" if data in own.names() else data if data in SHAPES else FIRST
        self.take(known)

    def problem(self) -> str:
        """Why the points cannot be learned, a sentence; "" where they can."""
        sheet = self._panel.canvas.sheet
        if len(sheet) < FEWEST:
            return f"Too few points: {len(sheet)}. A family needs at least {FEWEST}."
        flat = [f"x{axis + 1}" for axis in (0, 1) if not np.ptp(sheet.xy[:, axis]) > 0]
        return f"The points do not vary along {flat[0]}." if flat else ""

    def points(self) -> Points:
        """The points as they stand, with classes where they are to be learned."""
        sheet = self._panel.canvas.sheet
        if not self._panel.with_classes.isChecked():
            return Points(sheet.xy, ("x", "y"))
        used, labels = np.unique(sheet.labels, return_inverse=True)
        names = tuple(self._class_name(int(label)) for label in used)
        if len(names) < 2:
            return Points(sheet.xy, ("x", "y"))
        return Points(sheet.xy, ("x", "y"), labels.reshape(-1).astype(np.int64), names)

    def _class_name(self, label: int) -> str:
        return self.classes[label] if label < len(self.classes) else f"class {label + 1}"

    @Slot(str)
    def take(self, name: str) -> None:
        """Take the points of a ready set."""
        self._reading.submit(taking(name, int(self._panel.count.value())))

    @Slot()
    def _ask(self) -> None:
        path = file_dialogs.open_file(
            self._panel.window(), "Open a table of points", self._parts.export.folder, FILES
        )
        if path is not None:
            self.open(path)

    def open(self, path: Path) -> None:
        """Take the points of a file."""
        self._reading.submit(reading(path))

    @Slot(object)
    def _receive(self, found: Found) -> None:
        self._parts.messages.settle(Cause.OPENING)
        points = found.points
        labels = np.zeros(len(points.x), np.int64) if points.labels is None else points.labels
        self._panel.canvas.set_box(box_of(points.x))
        self.title, self.classes = found.title, points.classes
        self._taking = True
        self._panel.canvas.put(points.x, labels)
        self._taking = False
        self.origin, self._note = found.origin, found.note
        self._tell()
        self.moved.emit()

    @Slot(object)
    def _refuse(self, failure: Failure) -> None:
        self._parts.messages.settle(Cause.OPENING)
        said = sentence(failure.sentence)
        self._parts.messages.tell(said, failure.details, about=Cause.OPENING)

    @Slot()
    def _edited(self) -> None:
        if self.sender() is self._panel.canvas:
            self.origin = self._note = ""
            if not len(self._panel.canvas.sheet):
                self.title, self.classes = DRAWN, ()
        if not self._taking:
            self._tell()
            self.changed.emit()

    def _tell(self) -> None:
        """Say how many points there are, or what is wrong with them."""
        sheet, problem = self._panel.canvas.sheet, self.problem()
        if problem:
            self._panel.say(problem, warn=True)
            return
        classes = len(np.unique(sheet.labels))
        text = f"{len(sheet):,} points" + (f" in {classes} classes" if classes > 1 else "")
        if len(sheet) < FEW:
            text += f": too few to say much; take {FEW} or more"
        elif len(sheet) >= MOST:
            text += ", as many as there may be"
        note = self._note
        if classes < 2 and self._panel.with_classes.isChecked():
            note = f"{note} Draw in a second colour to have classes.".lstrip()
        self._panel.say(f"{text}. {note}".rstrip(), warn=len(sheet) < FEW)

    @Slot()
    def save(self) -> None:
        """Keep the points as a data set of the user's own."""
        from engines.learning.fitting import data_set

        if problem := self.problem():
            self._parts.messages.tell(problem, severity=Severity.WARNING, about=Cause.SAVING)
            return
        try:
            name = data_set(self.points(), self.title)
        except DataError as error:
            self._parts.messages.tell(sentence(str(error)), about=Cause.SAVING)
            return
        self.offer()
        self._parts.messages.settle(Cause.SAVING)
        self._parts.messages.tell(
            f"The points are kept as '{name}'; a model of them brings them into every tab.",
            severity=Severity.NOTE,
        )


class Found:
    """Points that were read, what they are called after, and what is to be said of them."""

    def __init__(self, points: Points, title: str, note: str = "", origin: str = "") -> None:
        self.points, self.title, self.note, self.origin = points, title, note, origin


def taking(name: str, count: int) -> Job:
    """A job that returns the points of a shape or of one of the user's own sets."""

    def job() -> Generator[None, None, Found]:
        yield
        if name.startswith(OWN):
            return _own(name.removeprefix(OWN), count)
        x, labels, classes = points_of(name, count, 0)
        several = len(classes) > 1
        points = Points(
            x.numpy(), ("x", "y"), labels.numpy() if several else None, classes if several else ()
        )
        return Found(points, name, origin=name)

    return job


def _own(name: str, count: int) -> Found:
    points = own.load(name)
    if points.x.shape[1] != 2:
        raise DataError(f"'{name}' is no set of the plane: it has {points.x.shape[1]} columns")
    if len(points.x) <= count:
        return Found(points, name)
    rows = np.sort(np.random.default_rng(0).choice(len(points.x), count, replace=False))
    labels = None if points.labels is None else points.labels[rows]
    few = Points(points.x[rows], points.columns, labels, points.classes)
    return Found(few, name, f"Drawn from the {len(points.x):,} of {name}.")


def reading(path: Path) -> Job:
    """A job that returns the points of a file, at most `MOST` of them."""

    def job() -> Generator[None, None, Found]:
        yield
        points, rows = sampled_points(path, MOST)
        note = f"Drawn from the {rows:,} rows of {path.name}." if rows > len(points.x) else ""
        return Found(points, path.stem, note)

    return job


def box_of(x: np.ndarray) -> Box:
    """A square part of the plane with all points in it and some room around."""
    low, high = x.min(0).astype(np.float64), x.max(0).astype(np.float64)
    half = max(float((high - low).max()) * (0.5 + _ROOM), 1e-6)
    (a, b) = ((low + high) / 2).tolist()
    return a - half, a + half, b - half, b + half
