"""The page of samples against data: both in one fixed embedding, their log-ratio, and a lasso."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QPointF, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from app.density.pictures.export import Arrays
from app.density.pictures.figure import Maps
from app.density.pictures.source import PictureSource
from app.models.open_models import Loading
from app.models.titles import family_title
from app.tab.answers import ONE, LiveAnswers
from app.tab.parts import Parts
from app.tasks.map_sheet import Panel
from app.tasks.uses.comparing import Compared, Floats, Grounds, compare
from app.work.lane import Failure
from engines.maps.kinds import Kind
from engines.model import SampleRequest
from widgets.controls.combo import Combo
from widgets.controls.help_mark import explained
from widgets.controls.number import NumberBox
from widgets.density.picture_pages import PicturePages
from widgets.look import lay, theme
from widgets.look.colours import Scale
from widgets.look.labels import small_print
from widgets.look.state import State
from widgets.pictures.gallery import Gallery
from widgets.plots.colour_bar import ColourBar
from widgets.plots.heat_panel import HeatPanel

MOST_SHOWN = 60
FEW = 1000
"""Of fewer samples every single one is seen as a spot: kernels are as narrow as for the data."""
AXES = "1st axis of the plane", "2nd axis of the plane"
_HELP = (
    "Samples and data as kernel densities q and p in one plane that a classifier of the "
    "data spans, whatever the model. log q − log p: blue where samples are missing, red "
    "where there are too many. Drag a lasso around a region to see its pictures."
)


class SamplesPage(QObject):
    """One model at a time; works while its page is in front. `finished` when its maps are."""

    finished = Signal()

    def __init__(self, view: PicturePages, source: PictureSource, parts: Parts) -> None:
        super().__init__(view)
        self._view, self._session = view, parts.session
        self.models, self.count, self.clear = (
            Combo(view),
            NumberBox(view),
            QPushButton("Clear lasso"),
        )
        self.panels = {key: HeatPanel(view) for key in ("data", "samples", "ratio")}
        self.bar, self.ratio_bar = ColourBar(view), ColourBar(view)
        self.gallery, self._says = Gallery(view), QLabel(view)
        self.found: Compared | None = None
        self.lasso: list[tuple[float, float]] = []
        self._kept = Grounds()
        self._asked = LiveAnswers(parts.channels, "density: samples and data", self)
        self._asked.stepped.connect(self._take)
        self._asked.failed.connect(self._fail)
        self._asked.rested.connect(self._rest)
        self._build()

    def _build(self) -> None:
        unit = theme.UNIT
        self.count.setDecimals(0)
        self.count.setRange(32, 5000)
        self.count.setValue(256)
        self.count.setAccessibleName("Samples")
        self.count.setToolTip("Number of samples. More give a smoother map.")
        self.models.setAccessibleName("Model of the samples")
        self.models.setToolTip("The model whose samples are compared with the data.")
        self.clear.setToolTip("Remove the lasso and show pictures from everywhere.")
        small_print(self._says, wrap=True)
        self._says.setToolTip("What lies in the lasso, and what few samples can tell.")
        controls, page = QWidget(self._view), QWidget(self._view)
        lay.down(
            explained("Samples and data", _HELP, "kernel density"),
            self.models,
            QLabel("Samples"),
            self.count,
            self.clear,
            self._says,
            lay.STRETCH,
            on=controls,
        )
        maps = QHBoxLayout()
        titles = {"data": "Data", "samples": "Samples", "ratio": "log samples / data"}
        for key, panel in self.panels.items():
            panel.set_identity(titles[key], "data", closable=False)
            panel.map.set_lasso_mode(True)
            panel.map.set_axes(*AXES)
            panel.map.setToolTip("Drag a lasso to see the pictures inside. Wheel zooms.")
            panel.map.lassoed.connect(self._select)
            maps.addWidget(panel, 1)
        for a in self.panels.values():
            for b in self.panels.values():
                if a is not b:
                    a.map.view_moved.connect(b.map.follow)
        bars = lay.across((self.bar, 2), (self.ratio_bar, 1), spacing=None)
        maps.setSpacing(unit)
        lay.down((maps, 3), bars, (self.gallery, 2), on=page)
        self._view.add_page("samples", page, controls)
        self.models.currentIndexChanged.connect(self.refresh)
        self.count.valueChanged.connect(self.refresh)
        self.clear.clicked.connect(lambda: self._select([]))
        for panel in self.panels.values():
            panel.retry_wanted.connect(self._retry)

    def offer(self) -> None:
        """List the models chosen, silently; what was picked among them stays."""
        self.models.offer([(family_title(card), card.name) for card in self._session.chosen()])

    def choose(self, name: str, count: int) -> None:
        """Another model and number of samples, silently."""
        self.models.choose(name)
        with QSignalBlocker(self.count):
            self.count.setValue(count)

    def sheet(self) -> list[Panel]:
        """The maps as they are shown."""
        if self.found is None:
            return []
        return [
            Panel(self.panels[key].title(), text, values, scale, unit)
            for key, (values, scale, text, unit) in _maps(self.found).items()
        ]

    def maps(self) -> Maps:
        """The maps as a figure has them."""
        box = (0.0, 1.0, 0.0, 1.0) if self.found is None else self.found.area.box
        title = f"Samples of {self.models.currentText()} and data"
        return Maps(title, self.sheet(), box, AXES)

    def content(self) -> Arrays | None:
        """The maps (H, W), the lowest row first, and where samples and data lie."""
        if self.found is None:
            return None
        found, (high, wide) = self.found, self.found.data.shape
        across, up = found.area.axes(wide, high)
        values: dict[str, npt.NDArray[np.generic]] = {
            "x": across,
            "y": up,
            "log_data": found.data,
            "log_samples": found.samples,
            "log_ratio": found.ratio,
            "data_places": found.data_places,
            "sample_places": found.sample_places,
        }
        return Arrays(values, (f"samples of {self.models.currentData()}", _HELP))

    @Slot()
    def refresh(self, _: object = None) -> None:
        """Draw samples of the model chosen and compare them with the data."""
        self.offer()
        card = self._session.cards.get(str(self.models.currentData()))
        if card is None:
            return
        asked = (card.sha256, int(self.count.value()), self._session.seed)
        base = self._session.cards.get(f"{card.data}/kde")
        request = SampleRequest(int(self.count.value()), self._session.seed)
        job = compare(self._session.open, self._kept, card, base, request)
        if not self._asked.ask(ONE, asked, job):
            return
        for panel in self.panels.values():
            panel.set_state(State.WORKING)
        self.panels["samples"].set_identity(
            f"Samples: {family_title(card)}", card.family, closable=False
        )

    @Slot(str, object)
    def _take(self, _: str, step: Loading | Compared) -> None:
        if isinstance(step, Loading):
            for panel in self.panels.values():
                panel.set_state(State.LOADING, f"Loading {step.name}…")
        elif step is not self.found:
            self._show(step)

    def _show(self, found: Compared) -> None:
        first = self.found is None
        self.found, area = found, found.area
        box = area.box
        shown = _maps(found)
        for key, (values, colours, text, _) in shown.items():
            panel = self.panels[key]
            if first:
                panel.map.set_range(*box)
            panel.map.set_scale(colours)
            panel.map.set_map(values, box)
            panel.set_footer(text)
            kind = Kind.DATA if key == "data" else Kind.SAMPLES
            panel.set_kind(
                kind.value,
                (
                    "Kernel densities in the plane of a classifier, both with the bandwidth "
                    "that was fitted to the data."
                ),
            )
            panel.set_state(State.READY)
        for bar, key in ((self.bar, "data"), (self.ratio_bar, "ratio")):
            bar.set_scale(shown[key][1], shown[key][3])
        self.panels["data"].map.set_data(found.data_places)
        colour = theme.family_colour(str(self.models.currentData()).split("/")[-1])
        self.panels["samples"].map.set_samples(found.sample_places, colour)
        self._fill()
        self.finished.emit()

    @Slot(object)
    def _select(self, lasso: list[tuple[float, float]]) -> None:
        self.lasso = lasso
        for panel in self.panels.values():
            panel.map.set_lasso(lasso)
        self._fill()

    def inside(self, places: Floats) -> npt.NDArray[np.bool_]:
        """Which places lie in the lasso; all where there is none."""
        if len(self.lasso) < 3:
            return np.ones(len(places), bool)
        ring = QPolygonF([QPointF(x, y) for x, y in self.lasso])
        rule = Qt.FillRule.OddEvenFill
        return np.array([ring.containsPoint(QPointF(x, y), rule) for x, y in places.tolist()], bool)

    def _fill(self) -> None:
        """Samples and data of the region in turn, so that both are seen."""
        if self.found is None:
            return
        found = self.found
        theirs, ours = self.inside(found.data_places), self.inside(found.sample_places)
        half = MOST_SHOWN // 2
        a, b = found.sample_pictures[ours][:half], found.data_pictures[theirs][:half]
        shown = [*a, *b]
        captions = ["sample"] * len(a) + ["data"] * len(b)
        self.gallery.set_count(len(shown))
        self.gallery.set_captions(captions)
        if shown:
            self.gallery.put(0, np.stack(shown))
        mine, others = (100 * (part.mean() if len(part) else 0.0) for part in (ours, theirs))
        share = f"{mine:.1f} % of samples, {others:.1f} % of the data"
        said = [f"In the lasso: {share}." if self.lasso else "No selection."]
        if found.total < FEW:
            said.append(f"Only {found.total:,} samples: single spots in the ratio are noise.")
        self._says.setText(" ".join(said))

    @Slot(str)
    def _rest(self, _: str) -> None:
        for panel in self.panels.values():
            panel.set_state(State.EMPTY if self.found is None else State.READY)

    @Slot(str, object)
    def _fail(self, _: str, failure: Failure) -> None:
        for panel in self.panels.values():
            panel.set_state(State.FAILED, failure.sentence)

    @Slot()
    def _retry(self) -> None:
        self._asked.forget(ONE)
        self.refresh()


def _maps(found: Compared) -> dict[str, tuple[npt.NDArray[np.float32], Scale, str, str]]:
    """Values, scale, words and unit of each map."""
    top = float(found.data.max())
    scale, gap, unit = Scale(top - 6, top), Scale(-3, 3, diverging=True), "log-density, embedding"
    count = f"{len(found.sample_places):,} of {found.total:,}"
    return {
        "data": (found.data, scale, f"{len(found.data_places):,} pictures", unit),
        "samples": (found.samples, scale, count, unit),
        "ratio": (found.ratio, gap, "blue: too few samples, red: too many", "nats"),
    }
