"""The page of pixels: what every model says of the single pixels of a picture."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QWidget

from app.density.pictures.export import Arrays
from app.density.pictures.figure import Maps
from app.density.pictures.source import PictureSource
from app.models.open_models import Loading, Models
from app.models.titles import family_title
from app.recipes.condition import Condition
from app.recipes.pictures import Pixels, to_tensor
from app.tab.answers import LiveAnswers
from app.tab.parts import Parts
from app.tasks.map_sheet import Panel
from app.work.lane import Failure, Job
from engines.checkpoints.promises import parts_of
from engines.maps.kinds import Kind
from engines.model import Card
from engines.steps import quietly
from widgets.controls.help_mark import explained
from widgets.controls.slider import Slider
from widgets.density.picture_pages import PicturePages
from widgets.look import lay, theme
from widgets.look.colours import Scale
from widgets.look.frames import keep_only
from widgets.look.labels import small_print
from widgets.look.state import State
from widgets.plots.heat_panel import HeatPanel

_HELP = (
    "An autoregressive model's −log₂ p(x_i | earlier pixels) adds up to the picture's bits, "
    "a VAE's E[−log₂ p(x_i | z)] with the KL term to its bound. Energies and flows show slopes "
    "∂ log p/∂x_i, a diffusion how badly it denoises each pixel at a noise level."
)
_COLUMNS, _LOW = 3, 152
_ANY = frozenset({"denoise"})
"""What a model may have of which nothing is known before it is open."""


@dataclass(frozen=True, eq=False)
class PixelFrame:
    """A map over pixels (H, W), the first row on top; `signed` ones are shown diverging."""

    values: npt.NDArray[np.float32]
    unit: str
    kind: Kind
    signed: bool
    summary: str
    method: str


@dataclass(frozen=True)
class Nothing:
    """A model that says nothing of pixels, and why."""

    reason: str


class PixelPage(QObject):
    """One panel per model; works while its page is in front. `finished` when a map is."""

    finished = Signal()

    def __init__(self, view: PicturePages, source: PictureSource, parts: Parts) -> None:
        super().__init__(view)
        self._view, self._source = view, source
        self._session = parts.session
        self._asked = LiveAnswers(parts.channels, "density: pixels of ", self)
        self._asked.stepped.connect(self._take)
        self._asked.failed.connect(self._fail)
        self._asked.rested.connect(self._rest)
        self.panels: dict[str, HeatPanel] = {}
        self.frames: dict[str, PixelFrame] = {}
        self.noise, self._says, self.under = Slider(view), QLabel(view), QLabel(view)
        self._grid, self._last = QGridLayout(), QHBoxLayout()
        self._silent: set[str] = set()
        """The models that say nothing of this picture's pixels: below the others, and low."""
        self._build()

    def _build(self) -> None:
        self.noise.setRange(0, 7)
        self.noise.setValue(3)
        self.noise.setAccessibleName("Noise level of the denoising error")
        self.noise.setToolTip(
            "Noise level at which a diffusion model denoises the picture (8 levels)."
        )
        self.noise.valueChanged.connect(self.refresh)
        self._says.setToolTip("σ: standard deviation of the noise, at the level of the slider.")
        small_print(self._says, self.under, wrap=True)
        controls, page = QWidget(self._view), QWidget(self._view)
        lay.down(
            explained("Pixel by pixel", _HELP, "bits per dimension"),
            QLabel("Noise level (diffusion)"),
            self.noise,
            self._says,
            self.under,
            lay.STRETCH,
            on=controls,
        )
        for layout in (self._grid, self._last):
            lay.bare(layout)
        lay.down((self._grid, 1), self._last, on=page)
        self._view.add_page("pixels", page, controls)

    @Slot()
    def refresh(self) -> None:
        """Map the picture under every model."""
        cards = self._session.chosen()
        self._arrange(cards)
        level = self.noise.value()
        self._says.setText(f"σ = {NOISES[level]:g} × the spread of clean pixels (in logits)")
        if self._source.picture is None:
            return
        label, chosen = self._view.classes.label(), self._view.attributes.given()
        for card in cards:
            noise = NOISES[level] if "denoise" in (parts_of(card) or _ANY) else NOISES[3]
            condition = Condition(label, chosen).of(card)
            asked = (card.sha256, condition, noise, self._source.picture.tobytes())
            job = _map(self._session.open, card, self._source.picture, condition, noise)
            asks = self._asked.ask(card.name, asked, job)
            if asks and self.panels[card.name].state is not State.LOADING:
                self.panels[card.name].set_state(State.WORKING)

    def set_noise(self, level: int) -> None:
        """Another noise level, silently."""
        self.noise.blockSignals(True)
        self.noise.setValue(level)
        self.noise.blockSignals(False)

    def sheet(self) -> list[Panel]:
        """The maps as they are shown."""
        return [
            Panel(
                self.panels[name].title(),
                f"{frame.kind.value} · {frame.summary}",
                np.ascontiguousarray(frame.values[::-1]),
                _scale(frame),
                frame.unit,
            )
            for name, frame in self._shown().items()
        ]

    def maps(self) -> Maps:
        """The maps as a figure has them: rows are counted from the top."""
        shown = self._shown()
        high, wide = next((f.values.shape for f in shown.values()), (1, 1))
        title = f"Pixel by pixel: {self._source.title}"
        return Maps(title, self.sheet(), (0, wide, high, 0), ("column", "row"))

    def content(self) -> Arrays | None:
        """The values of the maps (H, W), the first row on top."""
        found = self._shown()
        notes = [f"{n}: {f.kind.value}; {f.unit}; {f.method}" for n, f in found.items()]
        arrays = {name.replace("/", "_"): frame.values for name, frame in found.items()}
        return Arrays({**arrays}, tuple(notes)) if found else None

    def _shown(self) -> dict[str, PixelFrame]:
        return {name: self.frames[name] for name in self.panels if name in self.frames}

    def _arrange(self, cards: tuple[Card, ...]) -> None:
        kept = {card.name for card in cards}
        for name in self._asked.keep(kept):
            self.frames.pop(name, None)
        keep_only(self.panels, kept)
        self._silent &= kept
        for card in cards:
            if card.name not in self.panels:
                self._add(card)
        said = [card.name for card in cards if card.name not in self._silent]
        columns = _COLUMNS if len(said) > 2 else max(1, len(said))
        for place, name in enumerate(said):
            self._grid.addWidget(self.panels[name], place // columns, place % columns)
            self.panels[name].setMinimumHeight(0)
        for name in (card.name for card in cards if card.name in self._silent):
            self._last.addWidget(self.panels[name])
            self.panels[name].setMinimumHeight(theme.px(_LOW))
        rows = -(-len(said) // columns) if said else 1
        for i in range(max(self._grid.columnCount(), columns)):
            self._grid.setColumnStretch(i, int(i < columns))
        for i in range(max(self._grid.rowCount(), rows)):
            self._grid.setRowStretch(i, int(i < rows))

    def _add(self, card: Card) -> None:
        panel = HeatPanel(self._view, scaled=True)
        panel.set_identity(family_title(card), card.family, closable=False)
        high, wide = card.shape[1:]
        panel.map.set_range(0, wide, 0, high)
        panel.map.set_axes("column", "row")
        panel.map.number_rows(high)
        panel.map.setToolTip("Drag pans, wheel zooms, double-click resets.")
        panel.map.hovered.connect(self._hover)
        panel.map.left.connect(lambda: self.under.setText(""))
        panel.retry_wanted.connect(lambda: self._retry(card.name))
        for other in self.panels.values():
            panel.map.link(other.map)
        self.panels[card.name] = panel

    @Slot(str, object)
    def _take(self, name: str, step: Loading | PixelFrame | Nothing) -> None:
        panel = self.panels.get(name)
        if panel is None:
            return
        if isinstance(step, Loading):
            panel.set_state(State.LOADING, "Loading…")
        elif isinstance(step, Nothing):
            _reveal(panel, shown=False)
            panel.set_state(State.EMPTY, step.reason)
            self._silent.add(name)
            self._arrange(self._session.chosen())
        else:
            self.frames[name] = step
            _reveal(panel, shown=True)
            if name in self._silent:
                self._silent.remove(name)
                self._arrange(self._session.chosen())
            _show(panel, step)
            self.finished.emit()

    @Slot(str)
    def _rest(self, name: str) -> None:
        if name in self.panels:
            self.panels[name].set_state(State.READY if name in self.frames else State.EMPTY)

    @Slot(str, object)
    def _fail(self, name: str, failure: Failure) -> None:
        if name in self.panels:
            self.panels[name].set_state(State.FAILED, failure.sentence)

    def _retry(self, name: str) -> None:
        self._asked.forget(name)
        self.refresh()

    @Slot(float, float)
    def _hover(self, x: float, y: float) -> None:
        """The values of the pixel under the cursor, in every map."""
        lines = []
        for name, panel in self.panels.items():
            panel.map.set_cross((x, y))
            value = panel.map.value_at(x, y)
            if value is not None and name in self.frames:
                lines.append(f"{name.split('/')[1]}: {value:.3g} {self.frames[name].unit}")
        if lines:
            row = next(iter(self.frames.values())).values.shape[0] - 1 - int(y)
            lines.insert(0, f"Pixel in row {row}, column {int(x)}")
        self.under.setText("\n".join(lines).replace("-", "−"))


NOISES = (0.05, 0.1, 0.2, 0.35, 0.6, 1.0, 1.7, 3.0)


def _scale(frame: PixelFrame) -> Scale:
    most = float(np.quantile(np.abs(frame.values), 0.998)) or 1.0
    return Scale(-most if frame.signed else 0.0, most, diverging=frame.signed)


def _reveal(panel: HeatPanel, *, shown: bool) -> None:
    """Axes and colours of nothing would lie below the words that say why."""
    panel.map.setVisible(shown)
    panel.bar.setVisible(shown)


def _show(panel: HeatPanel, frame: PixelFrame) -> None:
    high, wide = frame.values.shape
    scale = _scale(frame)
    panel.map.set_scale(scale)
    panel.map.set_map(np.ascontiguousarray(frame.values[::-1]), (0, wide, 0, high))
    panel.set_kind(frame.kind.value, f"{frame.kind.says} {frame.method}.")
    panel.set_state(State.READY)
    panel.bar.set_scale(scale, frame.unit)
    panel.set_footer(frame.summary, f"{frame.method}.")


def _map(models: Models, card: Card, picture: Pixels, asked: Condition, noise: float) -> Job:
    """A job that yields a PixelFrame, or Nothing."""

    def job() -> Generator[Loading | PixelFrame | Nothing | None, None, None]:
        model = yield from models.get(card)
        from engines.maps.pixels import pixel_map

        x = to_tensor(picture[None], card.shape[0])
        run = pixel_map(model, x, asked.one, noise, given=asked.given)
        try:
            found = yield from quietly(run)
        except ValueError as error:
            yield Nothing(str(error))
            return
        yield PixelFrame(
            found.values.float().numpy(),
            found.unit,
            found.kind,
            found.signed,
            found.summary,
            found.method,
        )

    return job
