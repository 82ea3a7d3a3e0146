"""The inspector of the in-painting tab: one draw large, what can be done with it, the knobs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QPoint, Slot
from PySide6.QtWidgets import QWidget

from app.exchange.picture_actions import Act, PictureActions, Shelf, origin_of
from app.inpainting.editor import Inspector
from app.inpainting.pictures.row import FilledRow
from app.inpainting.pictures.source import Source
from app.recipes.recipe import Recipe
from app.recipes.rows import rows
from app.tab.method_row import CHANGED
from app.tab.parts import Parts
from app.tasks.filling import Filling
from app.tasks.summary import against
from widgets.inpainting.picture_desk import PictureDesk
from widgets.inpainting.row import SPREAD_MOST
from widgets.pictures.gallery import Gallery
from widgets.plots.heat import coloured

ACCEPT = "Accept as the picture"
_SUMMARIES = (
    ("mean", "Over all samples, pixel by pixel."),
    ("sd", f"Standard deviation per pixel; brightest at {SPREAD_MOST:g} of the full range."),
)


class PictureInspector(Inspector[FilledRow]):
    """One draw of a row, or the picture, mean or deviation of them all."""

    def __init__(
        self,
        desk: PictureDesk,
        rows: Mapping[str, FilledRow],
        source: Source,
        parts: Parts,
        window: QWidget,
    ) -> None:
        super().__init__(rows, desk)
        self._desk, self._source = desk, source
        self._actions = PictureActions(parts.export, window, parts.travel)
        self._index: int | None = None
        self._summary: int | None = None
        self._actions.more = lambda row, i: ((ACCEPT, partial(self._accept, row, i)),)
        act = self._actions
        desk.chosen.connect(self.inspect)
        desk.summary_chosen.connect(self._inspect_summary)
        desk.flip.moved.connect(lambda i: self.inspect(self.name, i))
        desk.compared.connect(self._compare)
        desk.menu_wanted.connect(self._open_menu)
        desk.drag_wanted.connect(lambda name, i: act.drag(self.rows[name], i))
        desk.accept_wanted.connect(lambda: self._with_draw(self._accept))
        desk.copy_wanted.connect(lambda name, i: act.copy(self.rows[name], i))
        viewer = desk.flip.viewer
        viewer.copy_wanted.connect(lambda: self._with_draw(act.copy))
        viewer.copy_recipe_wanted.connect(lambda: self._with_draw(act.copy_recipe))
        viewer.save_wanted.connect(self.save)
        viewer.drag_wanted.connect(lambda: self._with_draw(act.drag))

    def recipe(self, name: str, index: int) -> Recipe | None:
        """The recipe of a draw on show."""
        row = self.rows.get(name)
        return row.recipe(index) if row else None

    @Slot(str, int)
    def inspect(self, name: str, index: int = 0) -> None:
        """Show draw `index` of a row of pictures."""
        if name in self.rows:
            self.expect(name, index)
            self.follow(name)

    def expect(self, name: str, index: int) -> None:
        self._index, self._summary = index, None
        super().expect(name, index)

    def clear(self) -> None:
        self._index, self._summary = None, None
        self._desk.flip.clear()

    @Slot(str, int)
    def _inspect_summary(self, name: str, which: int) -> None:
        self.expect(name, 0)
        self._index, self._summary = None, which
        self.follow(name)

    @Slot(str)
    def follow(self, name: str) -> None:
        """Keep the inspector on what was chosen, as its row changes."""
        if not self.name:  # nothing chosen yet: the first row that shows anything
            self.expect(name, 0)
        row = self.rows.get(name)
        if name != self.name or row is None or row.frame is None:
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
        if self._desk.unclamped.isChecked():
            table.insert(1, ("Shown", "raw; files have the known pixels"))
        self._desk.flip.show_draw(
            row.seen(frame)[index],
            table,
            index,
            frame.request.count,
            reason="" if recipe else "It is not finished yet.",
        )

    def _frame_only(self, gallery: Gallery, index: int) -> None:
        """Frame one picture of all rows: the one shown large."""
        for row in self.rows.values():
            for other in (row.view.draws, row.view.summary):
                if other is not gallery and other.current() is not None:
                    other.set_current(None)
        if gallery.current() != index:
            gallery.set_current(index)

    def _show_summary(self, frame: Filling, which: int) -> None:
        if which == 0:
            table = [("Picture", self._desk.source.title()), *_beside(frame)]
            self._desk.flip.show_summary(frame.request.picture, self._source.standing, table)
            return
        title, tip = _SUMMARIES[which - 1]
        picture = frame.summary.mean if which == 1 else coloured(frame.summary.spread, SPREAD_MOST)
        self._desk.flip.show_summary(picture, title, [(title.capitalize(), tip)])

    @Slot(bool)
    def _compare(self, compare: bool) -> None:
        self._desk.flip.compare(self._source.picture if compare else None)

    @Slot(str, int, QPoint)
    def _open_menu(self, name: str, index: int, at: QPoint) -> None:
        self._actions.open_menu(self.rows[name], index, at)

    def _with_draw(self, act: Act) -> None:
        if self.name in self.rows and self._index is not None:
            act(self.rows[self.name], self._index)

    def _accept(self, row: Shelf, index: int) -> None:
        """Put a draw in the place of the picture; undo takes it back."""
        if row.recipe(index) is not None and row.frame is not None:
            self._source.accept(row.frame.values[index].copy(), origin_of(row, index))

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
        return [error, ("Within the samples", "needs two samples or more")]
    least = f"; at least {100 * found.expected:.0f} % on average if calibrated"
    return [error, ("Within the samples", f"{100 * found.covered:.0f} % of hidden pixels{least}")]
