"""The inspector of the interpolation tab: directions of the chosen row's latents, pad and map."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from app.exchange.intake import sentence
from app.interpolation.row import WalkRow
from app.kinds import view_of
from app.models.open_models import Loading
from app.models.titles import family_title
from app.tasks import latent_study, walking
from app.tasks.latent_study import LAYOUTS, SINGLE_MOST, Study
from app.tasks.path_making import offset_of
from app.tasks.walking import Array, Film, Progress, Still, Walks
from app.work.channels import Channels
from app.work.lane import Failure
from engines.model import Card
from widgets.interpolation.latent_sliders import LOCKED, DirectionSpec
from widgets.interpolation.tab import InterpolationTab
from widgets.plots.plane import ink_of

PRINCIPAL, SINGLE = "principal", "single"
NOTHING = "This model has no latent space to move in."


class Panel(QObject):
    """`turned(model)` follows sliders and pad, `rested` their end; `picked(value, title)` a point
    of the map; `mixed(model, weights)` the pad over four pictures.
    """

    turned = Signal(str)
    rested = Signal()
    picked = Signal(object, str)
    mixed = Signal(str, object)

    def __init__(
        self,
        tab: InterpolationTab,
        rows: Mapping[str, WalkRow],
        channels: Channels,
        walks: Walks,
        keys: Callable[[], int],
    ) -> None:
        super().__init__(tab)
        self._tab, self._rows, self._walks, self._keys = tab, rows, walks, keys
        self.folder: Path | None = latent_study.cache_folder()
        self.studies: dict[str, Study] = {}
        self.values: dict[tuple[str, str], tuple[float, ...]] = {}
        self.names: dict[str, str] = {}
        self.name = ""
        self._basis: dict[str, str] = {}
        self._layout = "pca"
        self._hover_stamp = 0
        self._near: tuple[int, ...] = ()
        """The chosen example of the map, and those nearest to it."""
        self._look = channels.open("interpolation: directions")
        self._peek = channels.open("interpolation: pad")
        self._look.stepped.connect(self._take_study)
        self._look.failed.connect(self._fail)
        self._peek.stepped.connect(self._take_peek)
        panel = tab.latents
        for layout in tuple(LAYOUTS)[1:]:
            refused = latent_study.refused(layout)
            panel.add_layout(LAYOUTS[layout], layout, refused and sentence(refused))
        panel.basis_changed.connect(self._basis_changed)
        panel.axes_changed.connect(self._place_pad)
        panel.layout_changed.connect(self._layout_changed)
        panel.sliders.moved.connect(self._slid)
        panel.sliders.rested.connect(self.rested)
        panel.sliders.reset.connect(self._reset)
        panel.sliders.renamed.connect(self._renamed)
        panel.pad.moved.connect(self._dragged)
        panel.pad.rested.connect(self.rested)
        panel.pad.hovered.connect(self._hovered)
        panel.map.hovered.connect(self._hovered_map)
        panel.map.picked.connect(self._picked)
        panel.near_chosen.connect(lambda i: self._picked(int(self._near[i])))

    # whose latents

    def choose(self, name: str) -> None:
        """Be about this row."""
        if name != self.name:
            self._tab.latents.pad.clear_thumb()
            self._tab.latents.show_thumb(None, "")
            self._tab.latents.map.set_path(*(np.empty((0, 2), np.float32),) * 2)
            self._tab.latents.show_near(None, "")
            self._near = ()
        self.name = name
        self.refresh()

    def refresh(self) -> None:
        """Show what is known of the chosen row, and find out what is not."""
        row, panel = self._rows.get(self.name), self._tab.latents
        if row is None:
            return
        panel.set_title(
            f"Latents of {family_title(row.card)}", row.codes.nature if row.codes else ""
        )
        if row.codes is None:
            panel.sliders.set_nothing("Sliders appear once the end points are encoded.")
        elif not row.codes.free:
            panel.sliders.set_nothing(NOTHING)
            panel.set_directions((), four=self._keys() >= 4)
            panel.map.set_points(np.empty((0, 2), np.float32))
            panel.legend.set_entries(())
        elif (study := self.studies.get(self.name)) is None or study.layout != self._layout:
            if study is None:
                panel.sliders.set_nothing("Finding directions…")
            self._look.submit(latent_study.study(self._walks, row.card, self.folder, self._layout))
        if row.codes is not None and self.name in self.studies:
            self._show(self.studies[self.name])

    @Slot(object)
    def _take_study(self, payload: Loading | Progress | Study) -> None:
        if isinstance(payload, Progress) and self.name not in self.studies:
            note = f"Finding directions: {100 * payload.share:.0f} % of the codes."
            self._tab.latents.sliders.set_nothing(note)
        elif isinstance(payload, Study):
            self.studies[payload.card.name] = payload
            if payload.card.name == self.name:
                self._show(payload)
            self.turned.emit(payload.card.name)

    @Slot(object)
    def _fail(self, failure: Failure) -> None:
        self._tab.latents.sliders.set_nothing(failure.sentence)

    def _show(self, study: Study) -> None:
        panel, name = self._tab.latents, study.card.name
        panel.basis.setEnabled(len(study.single) <= SINGLE_MOST)
        basis = self.basis(name)
        specs = self._specs(study, basis)
        values = self.turned_of(name)
        values = values + (0.0,) * (len(specs) - len(values))
        self.values[name, basis] = values
        panel.sliders.set_directions(specs, values)
        panel.set_directions(tuple(spec.name for spec in specs), four=self._keys() >= 4)
        self._place_pad()
        panel.map.set_points(study.xy, study.labels)
        panel.map.set_axes(*study.axes_of_map())
        names = enumerate(study.card.labels)
        panel.legend.set_entries([(word, ink_of(label)) for label, word in names])
        self._show_near(study)
        self.draw_path(self.name)

    def _specs(self, study: Study, basis: str) -> tuple[DirectionSpec, ...]:
        single = basis == SINGLE
        count = len(study.single) if single else len(study.spread)
        specs = []
        for i in range(count):
            given = self.names.get(self._key(study, basis, i))
            if single:
                plain, tip = f"z{i + 1}", f"Dimension {i + 1} of {count}."
            else:
                plain = f"direction {i + 1}"
                of = "of what comes out" if study.effects else "of the variance"
                tip = f"Direction {i + 1}, {100 * study.share[i]:.1f} % {of}: {study.provenance}."
            specs.append(DirectionSpec(given or plain, tip))
        return tuple(specs)

    @staticmethod
    def _key(study: Study, basis: str, i: int) -> str:
        return f"{study.card.sha256[:16]} {basis} {i}"

    def basis(self, name: str) -> str:
        """Along what the sliders of a model go."""
        study = self.studies.get(name)
        wanted = self._basis.get(name, PRINCIPAL)
        small = study is None or len(study.single) <= SINGLE_MOST
        return wanted if small else PRINCIPAL

    def turned_of(self, name: str) -> tuple[float, ...]:
        """How far the sliders of a model are turned, in σ."""
        return self.values.get((name, self.basis(name)), ())

    def offset(self, name: str) -> Array | None:
        """What the sliders add to codes of a model; None while they rest or nothing is known."""
        study, turned = self.studies.get(name), self.turned_of(name)
        if study is None or not any(turned):
            return None
        return offset_of(study, turned, self.basis(name))

    def expect(self, name: str, basis: str, turned: tuple[float, ...]) -> None:
        """Stand as a recipe says, as soon as directions are known."""
        self._basis[name] = basis
        self.values[name, basis] = turned

    def put(self, name: str, basis: str, turned: tuple[float, ...]) -> None:
        """Turn the sliders of a model to where they were."""
        self.expect(name, basis, turned)
        if name == self.name and name in self.studies:
            self._show(self.studies[name])
        self.turned.emit(name)
        self.rested.emit()

    # the hand

    @Slot(int, float)
    def _slid(self, i: int, value: float) -> None:
        values = list(self.turned_of(self.name))
        values[i] = value
        self.values[self.name, self.basis(self.name)] = tuple(values)
        self._place_pad()
        self.turned.emit(self.name)

    @Slot()
    def _reset(self) -> None:
        key = self.name, self.basis(self.name)
        self.values[key] = (0.0,) * len(self.values.get(key, ()))
        self._place_pad()
        self.turned.emit(self.name)

    @Slot()
    def _basis_changed(self) -> None:
        self._basis[self.name] = str(self._tab.latents.basis.currentData())
        if self.name in self.studies:
            self._show(self.studies[self.name])
            self.turned.emit(self.name)
            self.rested.emit()

    @Slot(int, str)
    def _renamed(self, i: int, text: str) -> None:
        study = self.studies[self.name]
        self.names[self._key(study, self.basis(self.name), i)] = text
        specs = self._specs(study, self.basis(self.name))
        self._tab.latents.set_directions(tuple(spec.name for spec in specs), four=self._keys() >= 4)

    # the pad

    @Slot()
    def _place_pad(self) -> None:
        panel, values = self._tab.latents, self.turned_of(self.name)
        axes = panel.axes()
        if axes is not None and max(axes, default=0) < len(values):
            panel.pad.set_place(values[axes[0]] / LOCKED, values[axes[1]] / LOCKED)

    def _turned_at(self, x: float, y: float) -> tuple[float, ...] | None:
        axes, values = self._tab.latents.axes(), list(self.turned_of(self.name))
        if axes is None or max(axes) >= len(values):
            return None
        values[axes[0]], values[axes[1]] = round(LOCKED * x, 3), round(LOCKED * y, 3)
        return tuple(values)

    @Slot(float, float)
    def _dragged(self, x: float, y: float) -> None:
        if self._tab.latents.mixes():
            self.mixed.emit(self.name, self._weights(x, y))
        elif (turned := self._turned_at(x, y)) is not None:
            self.values[self.name, self.basis(self.name)] = turned
            self._tab.latents.sliders.set_values(turned)
            self.turned.emit(self.name)

    def _weights(self, x: float, y: float) -> walking.Reals:
        """Bilinear shares of A (top left), B (top right), C (bottom left), D (bottom right)."""
        right, up = (x + 1) / 2, (y + 1) / 2
        shares = np.array([(1 - right) * up, right * up, (1 - right) * (1 - up), right * (1 - up)])
        return np.pad(shares, (0, self._keys() - 4))

    @Slot(float, float)
    def _hovered(self, x: float, y: float) -> None:
        """Show what is under the mouse on the pad."""
        row = self._rows.get(self.name)
        if row is None or row.wish is None or not _seen(row.card):
            return
        self._hover_stamp += 1
        self._hover_at = x, y
        if self._tab.latents.mixes():
            job = walking.mixture(
                row.walks, row.card, row.wish, self._weights(x, y), self._hover_stamp
            )
        else:
            turned, study = self._turned_at(x, y), self.studies.get(self.name)
            if turned is None or study is None:
                return
            offset = offset_of(study, turned, self.basis(self.name))
            wish = replace(row.wish, offset=offset)
            job = walking.still(row.walks, row.card, wish, row.place, self._hover_stamp, rough=True)
        self._peek.submit(job)

    @Slot(object)
    def _take_peek(self, payload: Loading | Progress | Still) -> None:
        pad = self._tab.latents.pad
        row = self._rows.get(self.name)
        if not isinstance(payload, Still) or row is None:
            return
        picture = view_of(row.card).picture(payload.values[0])
        if payload.stamp == self._hover_stamp and picture is not None and pad.hovers():
            pad.show_thumb(picture, *self._hover_at)

    # the map

    @Slot()
    def _layout_changed(self) -> None:
        self._layout = str(self._tab.latents.layouts.currentData())
        self.refresh()

    def draw_path(self, name: str) -> None:
        """Draw the path of the chosen row on its map."""
        study, row = self.studies.get(name), self._rows.get(name)
        if name != self.name or study is None or row is None or row.film is None:
            return
        film = row.film
        if not film.complete or film.wish is None or film.wish.codes is not row.codes:
            return
        path, ends = self._placed(study, film)
        self._tab.latents.map.set_path(path, ends)

    def _placed(self, study: Study, film: Film) -> tuple[Array, Array]:
        assert film.wish is not None
        if study.effects:
            view = view_of(study.card)
            values, shown = (
                view.tensor_of(v).numpy() for v in (film.values, film.wish.codes.shown)
            )
            return study.placed(values), study.placed(shown)
        ends = study.placed(film.wish.codes.z)
        return study.placed(film.codes) if film.codes is not None else ends, ends

    def _show_near(self, study: Study) -> None:
        """Ring the chosen example and its nearest, and show them."""
        panel, near = self._tab.latents, self._near
        panel.map.ring(near)
        if not near:
            return
        where = f"among the {study.card.kind.things}" if study.effects else "in the latent space"
        others = ", ".join(_name(study, i).removeprefix("class ") for i in near[1:])
        says = f"Chosen: {_name(study, near[0])}; nearest {where}: {others}."
        seen = [view_of(study.card).picture(study.values[i]) for i in near]
        pictures = [picture for picture in seen if picture is not None]
        panel.show_near(np.stack(pictures) if pictures else None, says)

    @Slot(int)
    def _hovered_map(self, i: int) -> None:
        study, panel = self.studies.get(self.name), self._tab.latents
        if study is None or i < 0:
            panel.show_thumb(None, study.provenance if study else "")
            return
        panel.show_thumb(view_of(study.card).picture(study.values[i]), _name(study, i))

    @Slot(int)
    def _picked(self, i: int) -> None:
        study = self.studies.get(self.name)
        if study is not None:
            self._near = tuple(study.near(i).tolist())
            self._show_near(study)
            what = "draw" if study.effects else f"training {study.card.kind.thing}"
            self.picked.emit(study.values[i], f"{what.capitalize()} {i:,} of the map")


def _name(study: Study, i: int) -> str:
    """An example of the map in words."""
    labels = study.card.labels
    return f"class {labels[study.labels[i]]}" if labels else f"example {i + 1}"


def _seen(card: Card) -> bool:
    """Whether an example is a picture that can be shown under the mouse."""
    view = view_of(card)
    return view.picture(view.room(1)[0]) is not None
