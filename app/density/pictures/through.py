"""The page of planes: a map of the plane through three pictures, and the picture under the cursor.

In the latent space of a model that has one, else among pixels.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from app.density.pictures.export import Arrays
from app.density.pictures.figure import Maps
from app.density.pictures.source import PictureSource
from app.models.open_models import Loading, Models
from app.models.titles import family_title
from app.recipes.pictures import Pixels, to_pixels, to_tensor
from app.tab.answers import ONE, LiveAnswers
from app.tab.asking import Answer, answering
from app.tab.parts import Parts
from app.tasks.map_sheet import Panel
from app.tasks.mapping import MapFrame, MapRequest, refined
from app.work.lane import Failure, Job
from engines.maps.area import Area
from engines.maps.kinds import Kind
from engines.model import Card
from engines.steps import Steps
from widgets.controls.combo import Combo
from widgets.controls.help_mark import explained
from widgets.density.picture_pages import PictureBox, PicturePages
from widgets.look import lay, theme
from widgets.look.colours import Scale
from widgets.look.labels import small_print
from widgets.look.state import State
from widgets.plots.colour_bar import ColourBar
from widgets.plots.heat_panel import HeatPanel

SIDE = {"latent": 256, "picture": 48}
"""Pixels of a map: a latent's density is a formula, a picture's costs a network call each."""
CORNERS = "1", "2", "3"
AXES = "a, from picture 1 towards picture 2", "b, towards picture 3"
_HELP = (
    "Three pictures span a plane: x(a, b) = z₁ + a e₁ + b e₂ in a model's latents, "
    "decoded, or in pixels where it has none. Colours are log p of the latent, or of the "
    "decoded picture in bits per dimension; −E(x) in nats where log p lacks a constant. "
    "The badge and the line below the map say which."
)


@dataclass(frozen=True, eq=False)
class Corners:
    """Where the three pictures are on the plane, and in which space it lies."""

    places: npt.NDArray[np.float32]
    latent: bool
    space: str
    plane: object


class PlanePage(QObject):
    """One model at a time; works while its page is in front. `finished` when its map is."""

    finished = Signal()

    def __init__(self, view: PicturePages, source: PictureSource, parts: Parts) -> None:
        super().__init__(view)
        self._view, self._source, self._session = view, source, parts.session
        self.models, self.what = Combo(view), Combo(view)
        self.panel, self.bar, self.under = HeatPanel(view), ColourBar(view), PictureBox(view)
        self._boxes = [PictureBox(view) for _ in range(3)]
        self._says = QLabel(view)
        self.corners: Corners | None = None
        self.frame: MapFrame | None = None
        self._asked = LiveAnswers(parts.channels, "density: plane map", self)
        self._asked.stepped.connect(self._take)
        self._asked.failed.connect(self._fail)
        self._asked.rested.connect(self._rest)
        self._look = parts.channels.open("density: plane picture")
        self._look.stepped.connect(self._take_picture)
        self._build()

    def _build(self) -> None:
        unit = theme.UNIT
        self.what.offer(
            (("Density of the latent", "latent"), ("Density of the picture", "picture"))
        )
        self.models.setAccessibleName("Model of the plane")
        self.models.setToolTip(
            "The model in whose latent space the plane lies, and whose density is mapped."
        )
        self.what.setAccessibleName("What is mapped")
        self.what.setToolTip(
            "The density of the latent is a formula; that of the decoded picture takes a network "
            "call for every pixel of the map."
        )
        small_print(self._says, wrap=True)
        controls, page = QWidget(self._view), QWidget(self._view)
        lay.down(
            explained("Plane through three", _HELP, "latent code"),
            self.models,
            self.what,
            self._says,
            lay.STRETCH,
            on=controls,
        )
        corners = QLabel("Corners of the plane: 1, 2, 3")
        corners.setToolTip("The pictures at the rings of these numbers on the map.")
        side = lay.down(
            QLabel("Under the cursor"),
            self.under,
            corners,
            spacing=unit // 2,
        )
        row = QHBoxLayout()
        for box in self._boxes:
            box.setFixedSize(64, 64)
            row.addWidget(box)
        side.addLayout(row)
        side.addStretch(1)
        self.under.setMinimumWidth(224)
        left = lay.down((self.panel, 1), self.bar)
        lay.across((left, 1), side, on=page, spacing=2 * unit)
        self._view.add_page("plane", page, controls)
        self.models.currentIndexChanged.connect(self.refresh)
        self.what.currentIndexChanged.connect(self.refresh)
        self.panel.map.set_axes(*AXES)
        self.panel.map.hovered.connect(self._hover)
        self.panel.map.left.connect(lambda: self.panel.map.set_cross(None))
        self.panel.map.setToolTip("Move over the map to see the picture there. Drag pans.")
        self.panel.retry_wanted.connect(self._retry)

    def choose(self, name: str, what: str) -> None:
        """Another model or density, silently."""
        self.models.choose(name)
        self.what.choose(what)

    def sheet(self) -> list[Panel]:
        """The map as it is shown."""
        if self.frame is None:
            return []
        scale, unit = _scale(self.frame)
        caption = f"{self.frame.kind.value} · {self.panel.footer()}"
        return [Panel(self.panel.title(), caption, self.frame.values, scale, unit)]

    def maps(self) -> Maps:
        """The map as a figure has it, with its corners."""
        if self.frame is None or self.corners is None:
            return Maps("", (), (0, 1, 0, 1), ("", ""))
        said = (
            f"Rings: {self._source.title}, and examples of two other classes; {AXES[0]}, {AXES[1]}."
        )
        box = self.frame.request.area.box
        return Maps(
            "Plane through three pictures", self.sheet(), box, ("a", "b"), self.corners.places, said
        )

    def content(self) -> Arrays | None:
        """The values of the map (H, W), the lowest row first, its axes and its corners."""
        if self.frame is None or self.corners is None:
            return None
        request, notes = self.frame.request, (self.frame.method, self.corners.space)
        across, up = request.area.axes(request.wide, request.high)
        values: dict[str, npt.NDArray[np.generic]] = {
            "a": across,
            "b": up,
            "corners": self.corners.places,
            "values": self.frame.values,
        }
        return Arrays(values, (self.frame.kind.value, *notes))

    @Slot()
    def refresh(self) -> None:
        """Map the plane through the picture and two examples of other classes."""
        self.offer()
        three = self._source.three()
        card = self._session.cards.get(str(self.models.currentData()))
        if card is None or len(three) != 3:
            return
        what = str(self.what.currentData())
        asked = (card.sha256, what, tuple(picture.tobytes() for picture in three))
        job = _through(self._session.open, card, three, what)
        if not self._asked.ask(ONE, asked, job):
            return
        for box, picture in zip(self._boxes, three, strict=True):
            box.set_picture(picture)
        self.panel.set_identity(family_title(card), card.family, closable=False)
        self.panel.set_state(State.WORKING)
        self.corners = self.frame = None

    def offer(self) -> None:
        """List the models chosen, silently; what was picked among them stays."""
        self.models.offer([(family_title(card), card.name) for card in self._session.chosen()])

    @Slot(str, object)
    def _take(self, _: str, step: Loading | tuple[Corners, MapFrame | None]) -> None:
        if isinstance(step, Loading):
            self.panel.set_state(State.LOADING, "Loading…")
        else:
            corners, frame = step
            if corners is not self.corners:
                self.corners = corners
                self._says.setText(f"In {corners.space}.")
            if frame is not None and frame is not self.frame:
                self._show(frame)

    def _show(self, frame: MapFrame) -> None:
        assert self.corners is not None
        first = self.frame is None
        self.frame, area = frame, frame.request.area
        box = area.box
        pictures = _of_pictures(frame)
        scale, unit = _scale(frame)
        self.panel.map.set_scale(scale)
        self.bar.set_scale(scale, unit)
        if first:
            self.panel.map.set_range(*box)
        self.panel.map.set_map(frame.values, box)
        places = [tuple(place) for place in self.corners.places.tolist()]
        self.panel.map.set_marks(places, CORNERS)
        self.panel.set_kind(frame.kind.value, f"{frame.kind.says} {frame.method}.")
        what = "of the decoded picture" if pictures else "of the latent"
        self.panel.set_footer(f"log-density {what} · {frame.request.wide} × {frame.request.high}")
        self.panel.set_state(
            State.READY if frame.complete else State.WORKING, f"{100 * frame.share:.0f} %"
        )
        if frame.complete:
            self.finished.emit()

    @Slot(str)
    def _rest(self, _: str) -> None:
        self.panel.set_state(State.EMPTY if self.frame is None else State.READY)

    @Slot(str, object)
    def _fail(self, _: str, failure: Failure) -> None:
        self.panel.set_state(State.FAILED, failure.sentence)

    @Slot()
    def _retry(self) -> None:
        self._asked.forget(ONE)
        self.refresh()

    @Slot(float, float)
    def _hover(self, x: float, y: float) -> None:
        self.panel.map.set_cross((x, y))
        card = self._session.cards.get(str(self.models.currentData()))
        if self.corners is not None and card is not None:
            job = _at(self._session.open, card, self.corners, (x, y))
            self._look.submit(answering(self.corners, job))

    @Slot(object)
    def _take_picture(self, answer: Answer | None) -> None:
        if answer is None or answer.question is not self.corners:
            return  # of the plane before
        if isinstance(answer.step, np.ndarray):
            self.under.set_picture(answer.step)


def _of_pictures(frame: MapFrame) -> bool:
    return "of the decoded picture" in frame.method


def _scale(frame: MapFrame) -> tuple[Scale, str]:
    low, high = (float(np.quantile(frame.values, q)) for q in (0.02, 0.999))
    if not _of_pictures(frame):
        unit = "log p(z), nats"
    elif frame.kind is Kind.UNNORMALISED:
        unit = "−E(x), nats: log p + constant"
    else:
        unit = "log₂ p / D: −bits per dimension"
    return Scale(low, max(high, low + 1e-6)), unit


def _through(models: Models, card: Card, three: Sequence[Pixels], what: str) -> Job:
    """A job that yields (Corners, MapFrame or None)."""

    def job() -> Generator[Loading | tuple[Corners, MapFrame | None], None, None]:
        model = yield from models.get(card)
        from engines.maps import planes
        from engines.model import finish

        plane = finish(planes.plane_through(model, to_tensor(np.stack(three), card.shape[0])))
        corners = Corners(plane.corners.numpy(), plane.latent, plane.space, plane)
        yield corners, None
        latent = what == "latent" and plane.latent
        field = planes.of_latent(plane) if latent else planes.of_picture(model, plane)
        (x0, y0), (x1, y1) = plane.corners.amin(0).tolist(), plane.corners.amax(0).tolist()
        area = Area(x0, x1, y0, y1).grown(0.35).of_shape(4, 3)
        wide, high = area.pixels(SIDE["latent" if latent else "picture"])
        for frame in refined(field, MapRequest(area, wide, high)):
            if not isinstance(frame, Loading):
                yield corners, frame

    return job


def _at(models: Models, card: Card, corners: Corners, at: tuple[float, float]) -> Job:
    """A job that yields the picture at a place of the plane."""

    def job() -> Generator[Loading | Pixels, None, None]:
        model = yield from models.get(card)
        import torch

        from engines.maps import planes

        plane = corners.plane
        assert isinstance(plane, planes.Plane)
        steps = Steps(planes.decoded(model, plane, *(torch.tensor([v]) for v in at)))
        for step in steps:
            if step.guess is not None:
                yield to_pixels(step.guess)[0]
        yield to_pixels(steps.result)[0]

    return job
