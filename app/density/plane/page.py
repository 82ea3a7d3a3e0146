"""Presents the density tab for points: maps of the truth and of every model beside each other."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Slot

from app.density.page import Page
from app.density.plane.cross import Cross
from app.density.plane.difference import show_difference
from app.density.plane.export import DensityExport
from app.density.plane.map import DensityMap, number
from app.density.plane.overlays import Overlays
from app.density.plane.points import Points
from app.density.plane.posterior import PosteriorPart
from app.density.plane.views import detail, remember, settings_of, show_view, view_of_controls
from app.exchange.figures import Drawn
from app.kinds.points import axes_of
from app.models.titles import family_title
from app.recipes.condition import Condition
from app.session.settings import Settings
from app.tab.conditions import Conditions
from app.tab.continuing import Standing
from app.tab.parts import Parts
from app.tab.row_buttons import RowButtons
from app.tasks.mapping import TRUTH, Fields, MapRequest, map_data, map_model
from app.tasks.mapping_recipe import View
from app.work.channels import Channel
from app.work.lane import Job
from engines.checkpoints.promises import parts_of
from engines.maps.area import Area
from engines.maps.kinds import Kind
from engines.maps.moments import Moment, process_of
from widgets.density.numbers import Line
from widgets.density.plane_view import PanelSpec, PlaneView
from widgets.look import theme
from widgets.look.colours import Scale

DIFFERENCE = "difference"
NO_PROCESS = "None of these models has steps to look into: choose a diffusion, a flow or an energy."


class Plane(Page):
    """Needs its view, the session and the lane."""

    view: PlaneView

    def __init__(self, view: PlaneView, parts: Parts, fields: Fields, parent: QObject) -> None:
        super().__init__(parent)
        self.view, self._session = view, parts.session
        self._channels, self._fields = parts.channels, fields
        self.maps: dict[str, DensityMap] = {}
        self.data = self._titled = ""
        self._known: dict[str, frozenset[str] | None] = {}
        self.home: Area | None = None
        self.conditions = Conditions(view.controls.attributes)
        self.points = Points(self._channel("points"), fields, self)
        self.undo = self.points.undo(view, lambda: self.data)
        self.cross = Cross(view, self.maps, DIFFERENCE, self._channel("cursor"), fields, self)
        self.overlays = Overlays(parts.channels, parts.session, self)
        self.posterior = PosteriorPart(view.posterior, parts.channels, parts.session.open, self)
        self._export = DensityExport(parts.session, parts.export, parts.messages)
        self._buttons = RowButtons(
            view, parts.session, parts.messages, lambda name: self.maps[name].failure
        )
        self._pending: View | None = None
        remember(view.controls, parts.settings)
        if sizes := parts.settings.splitters.get("density"):
            view.splitter.setSizes(list(sizes))
        self._join()

    def _join(self) -> None:
        view, controls = self.view, self.view.controls
        view.hovered.connect(self._hover)
        view.left.connect(self.cross.hide)
        view.clicked.connect(self._click)
        view.click_undone.connect(self.points.take_back)
        view.view_moved.connect(self.refresh)
        view.close_wanted.connect(self._buttons.close)
        view.retry_wanted.connect(self._retry)
        view.details_wanted.connect(self._buttons.tell_details)
        controls.changed.connect(self._ask_anew)
        controls.look_changed.connect(self.recolour)
        controls.difference_changed.connect(self.rebuild)
        controls.reset_wanted.connect(self._reset)
        controls.clear_wanted.connect(lambda: self.points.set_points([]))
        controls.time.changed.connect(self._time_changed)
        controls.save_picture_wanted.connect(self.save)
        controls.save_values_wanted.connect(self.save_values)
        view.numbers.stepped.connect(self.points.step)
        view.numbers.removed.connect(self.points.remove)
        self.points.changed.connect(self._show_points)
        self.overlays.arrived.connect(self._take_backdrop)
        self.overlays.changed.connect(self._show_samples)
        self._session.seed_changed.connect(self._show_samples)

    def _channel(self, name: str) -> Channel:
        return self._channels.of(f"density: {name}")

    @Slot()
    def rebuild(self) -> None:
        """A map for the truth and for every chosen model, and one for a difference."""
        if not self.view.isVisible():
            return
        if self._session.data != self.data:
            self._change_data()
        if cards := self._session.chosen():
            self.view.set_axes(*axes_of(cards[0].kind, cards[0].data))
            self.view.controls.show_classes(self.conditions.offer(cards))
        self._titled = self._truth_title()
        named = [(TRUTH, self._titled), *((c.name, family_title(c)) for c in cards)]
        controls = self.view.controls
        controls.set_maps(named)
        specs = [PanelSpec(TRUTH, self._titled, "data", closable=False)]
        specs += [PanelSpec(card.name, family_title(card), card.family) for card in cards]
        if controls.difference():
            specs.append(PanelSpec(DIFFERENCE, self._difference_title(), "", closable=False))
        self._set_maps(specs)
        self._known = self._parts()
        inside = [(c.name, family_title(c)) for c in cards if process_of(c) is not None]
        controls.time.set_models(inside, NO_PROCESS)
        self.view.numbers.set_lines([Line(s.name, s.title, s.family) for s in specs])
        self._show_points()
        self.refresh()
        self.recolour()

    def _parts(self) -> dict[str, frozenset[str] | None]:
        """What is known of the parts of the chosen models."""
        return {card.name: parts_of(card) for card in self._session.chosen()}

    def _change_data(self) -> None:
        for name in list(self.maps):
            self.maps.pop(name).close()
        self.view.set_panels(())
        self.data, self.home = self._session.data, None
        self.points.set_points([])
        cards = self._session.chosen()
        self.view.controls.classes.set_classes(cards[0].labels if cards else (), None)
        self.overlays.show_data(self.data)

    def _set_maps(self, specs: list[PanelSpec]) -> None:
        for name in self.maps.keys() - {spec.name for spec in specs}:
            self.maps.pop(name).close()
        self.view.set_panels(tuple(specs))
        for spec in specs:
            panel = self.view.panel(spec.name)
            if panel is None:
                raise AssertionError(f"the page has no panel for {spec.name}")
            if spec.name == DIFFERENCE:
                panel.set_identity(spec.title, "", closable=False)
                panel.setProperty("diverging", True)
            elif spec.name not in self.maps:
                channel = self._channel(spec.name)
                made = DensityMap(spec.name, spec.title, spec.family, panel, channel, self)
                made.shown.connect(self._shown)
                self.maps[spec.name] = made

    def _truth_title(self) -> str:
        frame = self.maps[TRUTH].frame if TRUTH in self.maps else None
        return "Data" if frame is not None and frame.kind is Kind.DATA else "Truth"

    def _difference_title(self) -> str:
        titles = {TRUTH: self._truth_title()}
        titles |= {card.name: family_title(card) for card in self._session.chosen()}
        first, second = self.view.controls.difference() or (TRUTH, TRUTH)
        return f"{titles.get(first, first)} − {titles.get(second, second)}"

    @Slot()
    def _take_backdrop(self) -> None:
        found = self.overlays.backdrop
        assert found is not None
        self.home = Area(*found.view)
        self.view.set_home(found.view)
        self._restore_pending()
        self.refresh()
        self.recolour()

    # mapping

    @Slot()
    def refresh(self) -> None:
        """Map what is in view, at the detail that is asked."""
        if self.home is None or not self.view.isVisible() or not self.maps:
            return
        area = Area(*self.view.shown_box())
        home = area.size[0] >= self.home.size[0] and area.size[1] >= self.home.size[1]
        for each in self.maps.values():
            request = self._request(each.name, area)
            each.live(request, self._job(each.name, request), home=home)

    def _request(self, name: str, area: Area) -> MapRequest:
        controls = self.view.controls
        wide, high = area.pixels(detail(controls.side(), area, self.home or area))
        asked = self._asked() if name == TRUTH else self._asked().of(self._session.cards[name])
        return MapRequest(area, wide, high, asked, self._moment(name))

    def _asked(self) -> Condition:
        """What is asked of the models, each as far as it knows of it."""
        controls = self.view.controls
        return Condition(controls.classes.label(), controls.attributes.given())

    def _moment(self, name: str) -> Moment | None:
        time = self.view.controls.time
        process = None if name == TRUTH else process_of(self._session.cards[name])
        if name != time.chosen() or process is None or time.place() == 1:
            return None
        return Moment(process, time.place())

    def _job(self, name: str, request: MapRequest) -> Job:
        if name == TRUTH:
            return map_data(self._fields, self.data, request)
        return map_model(self._fields, self._session.cards[name], request)

    @Slot()
    def _ask_anew(self) -> None:
        self.overlays.clear()
        self.refresh()
        self._score()
        self.recolour()

    @Slot()
    def _time_changed(self) -> None:
        self.refresh()
        time = self.view.controls.time
        if name := time.chosen():
            process = process_of(self._session.cards[name])
            assert process is not None
            time.set_text(process.describe(time.place()))

    @Slot(str)
    def _shown(self, name: str) -> None:
        time = self.view.controls.time
        if name == time.chosen() and self.maps[name].frame is not None:
            time.arrived()
        if self._parts() != self._known:
            self.rebuild()  # what a plug-in's model can do is known once it is open
        if name == TRUTH and self._truth_title() != self._titled:
            self.rebuild()  # only now is it known whether it is the truth or data alone
            if (panel := self.view.panel(TRUTH)) is not None:
                panel.set_identity(self._titled, "data", closable=False)
        self.cross.again(self.data, self._asked(), self._session.chosen())
        self.recolour()
        self._export.keep(self.current(), self.maps, self.scale(), self.view.panel(DIFFERENCE))

    # colours, and what lies over the maps

    @Slot()
    def recolour(self) -> None:
        """Bring every map to the shared scale and to the switches."""
        if not self.maps:
            return
        scale, controls = self.scale(), self.view.controls
        if scale is not None:
            unit = "log p(x), nats" if controls.logarithmic() else "p(x) per unit area"
            self.view.set_scales(scale, unit)
        points = self.overlays.points() if controls.data.isChecked() else None
        for each in self.maps.values():
            each.shown_levels = each.levels if controls.contours.isChecked() else ()
            each.panel.map.set_levels(each.shown_levels)
            each.panel.map.set_data(points)
        self._show_samples()
        self._show_difference()

    def scale(self) -> Scale | None:
        """From the highest log-density of the truth, or of all maps, down by the range."""
        tops = {name: each.top for name, each in self.maps.items() if each.top is not None}
        if not tops:
            return None
        top = tops.get(TRUTH, max(tops.values()))
        controls = self.view.controls
        low = top - float(controls.range.value())
        return Scale(low, top, exponential=not controls.logarithmic())

    @Slot()
    def _show_samples(self) -> None:
        controls = self.view.controls
        if not self.view.isVisible():
            return
        for card in self._session.chosen():
            if (each := self.maps.get(card.name)) is not None:
                wanted = controls.samples.isChecked()
                shown = self.overlays.samples(card, self._asked()) if wanted else None
                each.panel.map.set_samples(shown, theme.family_colour(card.family))

    def _show_difference(self) -> None:
        panel, pair = self.view.panel(DIFFERENCE), self.view.controls.difference()
        self.view.difference_bar.setVisible(panel is not None)
        if panel is not None and pair is not None:
            first, second = (self.maps.get(name) for name in pair)
            show_difference(panel, self.view.difference_bar, (first, second), self.scale())

    # cross-hair and points

    @Slot(float, float)
    def _hover(self, x: float, y: float) -> None:
        self.cross.show((x, y), self.data, self._asked(), self._session.chosen())

    @Slot(float, float)
    def _click(self, x: float, y: float) -> None:
        self.points.add((x, y))
        self._score()

    def _score(self) -> None:
        self.points.score(self.data, self._asked(), self._session.chosen())

    @Slot()
    def _show_points(self) -> None:
        points = self.points
        found = {
            name: number(f.value, f.kind, f.method, f.stderr)
            for name, f in points.numbers().items()
        }
        here = points.here()
        self.view.numbers.set_point(here, points.current, len(points.points), found)
        chosen = self._session.chosen()
        encoded = next((c for c in chosen if "posterior" in (parts_of(c) or ())), None)
        self.posterior.show(encoded, here, self._asked())
        for name in self.view.names():
            if (panel := self.view.panel(name)) is not None:
                panel.map.set_marks(points.points)

    @Slot()
    def _reset(self) -> None:
        for each in self.maps.values():
            each.panel.map.reset_view()
        self.refresh()

    # one map

    @Slot(str)
    def _retry(self, name: str) -> None:
        if name != TRUTH:
            self._session.reread(name)
        self.maps[name].forget()
        self.refresh()

    def stop(self) -> None:
        for each in self.maps.values():
            each.stop()

    def rest(self) -> None:
        for each in self.maps.values():
            each.pause()

    # out and in again

    def current(self) -> View | None:
        """The view as it is, None while there is nothing to see."""
        if self.home is None or not self._session.models:
            return None
        area, points = Area(*self.view.shown_box()), tuple(self.points.points)
        return view_of_controls(self.view.controls, self._session.models, area, points)

    def standing(self) -> Standing | None:
        return self._export.standing(self.current()) if self._pending is None else None

    @Slot()
    def save(self) -> None:
        """Save all maps with their scale as one picture."""
        if (view := self.current()) is not None:
            self._export.picture(view, self.maps, self.scale(), self.view.panel(DIFFERENCE))

    def figure(self) -> Drawn | None:
        panel = self.view.panel(DIFFERENCE)
        return self._export.figure(self.current(), self.maps, self.scale(), panel)

    @Slot()
    def save_values(self) -> None:
        """Save the log-densities of all maps."""
        if (view := self.current()) is not None:
            self._export.values(view, self.maps)

    def restore(self, view: View) -> None:
        """Show a saved view as soon as its data are there; its models are chosen already."""
        self._pending = view
        self.rebuild()
        if self.home is not None:
            self._restore_pending()
            self.refresh()
            self.recolour()

    def _restore_pending(self) -> None:
        if self._pending is None or self._pending.models[0] not in self.maps:
            return
        view, self._pending = self._pending, None
        self.conditions.put(self._session.cards[view.models[0]], view.given)
        show_view(self.view.controls, view)
        self.rebuild()
        for each in self.maps.values():
            each.panel.map.follow(*view.area.box)
        self.points.set_points(view.points)
        self._score()

    def settings(self, settings: Settings) -> Settings:
        """The settings with the controls in them."""
        sizes = {**settings.splitters, "density": tuple(self.view.splitter.sizes())}
        return replace(settings_of(self.view.controls, settings), splitters=sizes)
