"""The inspector of the in-painting tab: one draw large, what can be done with it, the knobs."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, QPoint, Signal, Slot

from app.exchange.picture_actions import Act, PictureActions
from app.inpainting.pictures.row import FilledRow
from app.inpainting.pictures.source import Source
from app.models.titles import family_title
from app.recipes.recipe import Recipe
from app.recipes.rows import rows
from app.tab.method_row import CHANGED, knob_specs
from app.tab.parts import Parts
from app.tasks.filling import Filling
from app.tasks.summary import against
from widgets.inpainting.row import SPREAD_MOST
from widgets.inpainting.tab import InpaintingTab
from widgets.pictures.gallery import Gallery
from widgets.plots.heat import coloured

_SUMMARIES = (
    ("mean", "Of all draws, pixel by pixel."),
    ("sd", f"Standard deviation per pixel; brightest at {SPREAD_MOST:g} of the full range."),
)


class Inspector(QObject):
    """`turned(model, knob, value)` follows the knobs; `knobs_wanted(model)` asks to show them."""

    turned = Signal(str, str, float)
    knobs_wanted = Signal(str)

    def __init__(
        self, tab: InpaintingTab, rows: Mapping[str, FilledRow], source: Source, parts: Parts
    ) -> None:
        super().__init__(tab)
        self._tab, self._rows, self._source = tab, rows, source
        self._actions = PictureActions(parts.export, tab, parts.travel)
        self._name = ""
        self._index: int | None = None
        self._summary: int | None = None
        act = self._actions
        tab.chosen.connect(self.inspect)
        tab.summary_chosen.connect(self._inspect_summary)
        tab.flip.moved.connect(lambda i: self.inspect(self._name, i))
        tab.knob_changed.connect(self._turn)
        tab.compare_wanted.connect(self._compare)
        tab.menu_wanted.connect(self._open_menu)
        tab.drag_wanted.connect(lambda name, i: act.drag(self._rows[name], i))
        tab.copy_wanted.connect(lambda name, i: act.copy(self._rows[name], i))
        viewer = tab.flip.viewer
        viewer.copy_wanted.connect(lambda: self._with_draw(act.copy))
        viewer.copy_recipe_wanted.connect(lambda: self._with_draw(act.copy_recipe))
        viewer.save_wanted.connect(self.save)
        viewer.drag_wanted.connect(lambda: self._with_draw(act.drag))

    def recipe(self, name: str, index: int) -> Recipe | None:
        """The recipe of a draw on show."""
        row = self._rows.get(name)
        return row.recipe(index) if row else None

    @Slot(str, int)
    def inspect(self, name: str, index: int) -> None:
        """Show draw `index` of a row of pictures."""
        if name in self._rows:
            self.expect(name, index)
            self.follow(name)

    def select(self, name: str) -> None:
        """Go to a row: its knobs, and its first draw as soon as there is one."""
        if name in self._rows and name != self._name:
            self._tab.flip.clear()
            self.inspect(name, 0)

    def offer(self, name: str) -> None:
        """Go to a row if none is chosen yet."""
        if not self._name:
            self.select(name)

    def expect(self, name: str, index: int) -> None:
        """Go to a draw that has yet to come."""
        other = name != self._name
        self._name, self._index, self._summary = name, index, None
        if other:
            self.knobs_wanted.emit(name)

    @Slot(str, int)
    def _inspect_summary(self, name: str, which: int) -> None:
        self.expect(name, 0)
        self._index, self._summary = None, which
        self.follow(name)

    @Slot(str, float)
    def _turn(self, knob: str, value: float) -> None:
        if self._name:
            self.turned.emit(self._name, knob, value)

    @Slot(str)
    def follow(self, name: str) -> None:
        """Keep the inspector on what was chosen, as its row changes."""
        if not self._name:  # nothing chosen yet: the first row that shows anything
            self.expect(name, 0)
        row = self._rows.get(name)
        if name != self._name or row is None or row.frame is None:
            return
        frame = row.frame
        if self._summary is not None:
            self._frame_only(row.view.summary, self._summary)
            self._show_summary(frame, self._summary)
            return
        index = self._index = min(self._index or 0, frame.request.count - 1)
        self._frame_only(row.view.draws, index)
        recipe = row.recipe(index)
        table = rows(recipe, row.card, frame.choice.knobs) if recipe else [("Model", name)]
        if recipe:
            table.insert(1, ("Method", frame.choice.title))
        if row.stale:
            table.insert(0, ("", CHANGED))
        if self._tab.unclamped.isChecked():
            table.insert(1, ("Shown", "unclamped; files have the known pixels"))
        self._tab.flip.show_draw(
            row.seen(frame)[index], table, index, frame.request.count,
            reason="" if recipe else "It is not finished yet.",
        )  # fmt: skip

    def _frame_only(self, gallery: Gallery, index: int) -> None:
        """Frame one picture of all rows: the one shown large."""
        for row in self._rows.values():
            for other in (row.view.draws, row.view.summary):
                if other is not gallery and other.current() is not None:
                    other.set_current(None)
        if gallery.current() != index:
            gallery.set_current(index)

    def _show_summary(self, frame: Filling, which: int) -> None:
        if which == 0:
            table = [("Picture", self._tab.source.title()), *_beside(frame)]
            self._tab.flip.show_summary(frame.request.picture, self._source.standing, table)
            return
        title, tip = _SUMMARIES[which - 1]
        picture = frame.summary.mean if which == 1 else coloured(frame.summary.spread, SPREAD_MOST)
        self._tab.flip.show_summary(picture, title, [(title.capitalize(), tip)])

    def forget_others(self) -> None:
        """Let go of a draw whose row is gone."""
        if self._name and self._name not in self._rows:
            self._name, self._index, self._summary = "", None, None
            self._tab.flip.clear()
            self._tab.set_knobs("", (), {})

    def show_knobs(self, name: str, method: str, values: Mapping[str, float]) -> None:
        """Show the knobs of a row's method if the row is the one inspected."""
        row = self._rows.get(name)
        choice = row.choice(method) if row else None
        if name == self._name and row is not None and choice is not None:
            title = f"{choice.title} · {family_title(row.card)}"
            self._tab.set_knobs(title, knob_specs(choice.knobs), dict(values))

    @Slot(bool)
    def _compare(self, compare: bool) -> None:
        self._tab.flip.compare(self._source.picture if compare else None)

    @Slot(str, int, QPoint)
    def _open_menu(self, name: str, index: int, at: QPoint) -> None:
        self._actions.open_menu(self._rows[name], index, at)

    def _with_draw(self, act: Act) -> None:
        if self._name in self._rows and self._index is not None:
            act(self._rows[self._name], self._index)

    def save(self) -> None:
        """Save the draw in the inspector."""
        self._with_draw(self._actions.save)


def _beside(frame: Filling) -> list[tuple[str, str]]:
    """How the draws compare with what is behind the hole, as rows."""
    found = against(frame.values, frame.request.picture, frame.request.mask)
    if found is None:
        return []
    error = ("Error of the mean", f"{found.error:.3f} rms of the full range, in the hole")
    if len(frame.values) == 1:
        return [error, ("Within the draws", "takes two draws or more")]
    least = f"; at least {100 * found.expected:.0f} % on average if calibrated"
    return [error, ("Within the draws", f"{100 * found.covered:.0f} % of hidden pixels{least}")]
