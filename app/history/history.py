"""Presents the History panel: what is kept is found, looked at, restored, sent and thrown away."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QPoint, Signal, Slot
from PySide6.QtWidgets import QMenu, QWidget

from app.history.keeper import Keeper
from app.history.out import Out
from app.history.reading import Found, Looked, Reader, counted, when
from app.history.record import TASKS
from app.history.store import BIN_DAYS, Entry, Query, Store
from app.models.titles import data_title, family_title
from app.recipes.rows import rows
from app.session.session import Session
from app.work.channels import Channels
from app.work.lane import Failure
from app.work.newest import Newest
from engines import naming
from engines.checkpoints import budget
from widgets.history.dialog import HistoryDialog
from widgets.history.lines import ResultLine
from widgets.window.messages import Cause, Messages, Severity

_DAY = 86_400.0


class History(QObject):
    """`keep_changed(keep)` and `room_changed(megabytes)` are for whoever remembers the settings.

    `restore` gets the recipe of a result as text. The panel reads on a thread of its own, which is
    begun with it; what a person does with results is done on the thread of the keeper.
    """

    keep_changed = Signal(bool)
    room_changed = Signal(int)

    def __init__(
        self,
        keeper: Keeper,
        news: Newest,
        session: Session,
        out: Out,
        restore: Callable[[str], None],
        messages: Messages,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._keeper, self._session, self._out = keeper, session, out
        self._restore, self._messages, self._window = restore, messages, window
        self.megabytes = 0
        self._dialog: HistoryDialog | None = None
        self._lane: Channels | None = None
        self._reader = Reader(keeper.path)
        self._entries: dict[int, Entry] = {}
        self._looked: Looked | None = None
        news.told.connect(self._refresh)

    @property
    def dialog(self) -> HistoryDialog:
        """The panel, made when it is first asked for."""
        if self._dialog is None:
            dialog = self._dialog = HistoryDialog(tuple(TASKS.items()), self._window)
            self._open_channels()
            dialog.asked.connect(self._refresh)
            dialog.keep_toggled.connect(self._keep)
            dialog.room_changed.connect(self._make_room)
            dialog.erase_all_wanted.connect(self._erase_all)
            each, look = dialog.list, dialog.look
            each.lines.wanted.connect(lambda ids: self._pages.submit(self._reader.fetching(ids)))
            each.looked.connect(self.look_at)
            each.restore_wanted.connect(self.restore)
            each.star_wanted.connect(self._turn_star)
            each.delete_wanted.connect(self.delete)
            each.drag_wanted.connect(self._drag)
            each.menu_wanted.connect(self._open_menu)
            look.restore_wanted.connect(lambda: self.restore(look.shows))
            look.delete_wanted.connect(self.delete)
            look.star_toggled.connect(lambda _: self._turn_star(look.shows))
            look.note_changed.connect(self._note)
            look.export_wanted.connect(self._export)
            look.drag_wanted.connect(lambda place: self._drag(look.shows, place))
            look.menu_wanted.connect(lambda place, at: self._open_menu(look.shows, at, place))
        return self._dialog

    def _open_channels(self) -> None:
        self._lane = Channels(self, name="lane of the history")
        self._finds, self._pages, self._looks = (
            self._lane.open(name) for name in ("find", "lines", "look")
        )
        self._finds.stepped.connect(self._take_found)
        self._pages.stepped.connect(self._take_lines)
        self._looks.stepped.connect(self._take_looked)
        for channel in (self._finds, self._pages, self._looks):
            channel.failed.connect(self._tell)

    @Slot()
    def show(self) -> None:
        """Open the panel, or bring it to the front."""
        dialog = self.dialog
        dialog.set_switches(keep=not self._keeper.off, megabytes=self.megabytes)
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()
        dialog.list.setFocus()
        self._refresh()

    def close(self, timeout: float) -> bool:
        """Read nothing more; whether that had ended after so many seconds."""
        if self._dialog is not None:
            self._dialog.close()
        ended = self._lane is None or self._lane.close(timeout)
        if ended:
            self._reader.close()
        return ended

    # what is there

    @Slot()
    def _refresh(self, _: object = None) -> None:
        """Find anew what the controls ask for, while anybody sees it."""
        if self._dialog is not None and self._dialog.isVisible():
            self._finds.submit(self._reader.finding(self._query()))

    def _query(self) -> Query:
        asked = self.dialog.asks()
        return Query(asked.text, asked.task, asked.model, asked.data, asked.starred, asked.binned)

    @Slot(object)
    def _take_found(self, found: Found) -> None:
        dialog = self.dialog
        if found.query != self._query():
            return
        current = dialog.list.current()
        dialog.list.set_ids(found.ids)
        dialog.list.lines.renew()
        groups: dict[str, list[tuple[str, str]]] = {}
        for data, model in found.models:
            groups.setdefault(data, []).append((model, self._title(model)))
        dialog.set_models([(data, data_title(data), each) for data, each in groups.items()])
        size = budget.said(found.size)
        results = counted(found.count)
        dialog.set_taken(f"{results}, {size}", f"They lie in {self._keeper.path}.")
        dialog.show_emptiness()
        shown = dialog.look.shows
        if shown is not None and dialog.list.lines.row(shown) is None:
            dialog.look.clear()
        if current is None and found.ids:
            dialog.list.choose(0)

    def _title(self, model: str) -> str:
        card = self._session.cards.get(model)
        return family_title(card) if card is not None else naming.last(model)

    @Slot(object)
    def _take_lines(self, entries: tuple[Entry, ...]) -> None:
        self._entries |= {entry.id: entry for entry in entries}
        self.dialog.list.lines.put([_line(entry) for entry in entries])
        shows = self.dialog.look.shows
        current = self.dialog.list.current()
        for entry in entries:
            if entry.id == shows:
                self._begin_look(entry)
            elif entry.id == current and shows is None:
                self.look_at(current)

    def _begin_look(self, entry: Entry) -> None:
        self.dialog.look.begin(
            entry.id,
            entry.title,
            entry.note,
            star=bool(entry.star),
            binned=entry.binned is not None,
        )

    @Slot(int)
    def look_at(self, number: int) -> None:
        """Show a result in full; none is made again for that."""
        entry = self._entries.get(number)
        if entry is None:
            return
        if number != self.dialog.look.shows:
            self._looked = None
        self._begin_look(entry)
        card = self._session.cards.get(entry.model)
        self._looks.submit(self._reader.looking(number, card))

    @Slot(object)
    def _take_looked(self, looked: Looked) -> None:
        self._messages.settle(Cause.HISTORY)
        look = self.dialog.look
        if looked.id != look.shows:
            return
        self._looked, entry = looked, self._entries[looked.id]
        table = [("Made", when(entry.made))]
        if looked.recipe is not None:
            found = rows(looked.recipe, self._session.cards.get(entry.model))
            # of maps there is no number that would tell one of several
            table += found[:2] + found[3:] if looked.recipe.task == "density" else found
        look.show_rows(table)
        look.show_pictures(looked.pictures)

    @Slot(object)
    def _tell(self, failure: Failure) -> None:
        said = f"The history cannot be read. {failure.sentence}"
        self._messages.tell(said, failure.details, about=Cause.HISTORY)

    # what a person does with them

    @Slot(int)
    def restore(self, number: int | None) -> None:
        """Show a result in its tab again; one in the bin comes out of it."""
        entry = self._entries.get(number or 0)
        if entry is None:
            return
        if entry.binned is not None:
            self._keeper.do(partial(Store.take_back, ids=self._chosen(entry.id)))
        elif (looked := self._full(entry)) is not None:
            self._restore(looked.text)

    def _full(self, entry: Entry) -> Looked | None:
        """A result in full: that on show, or read here and now."""
        if self._looked is not None and self._looked.id == entry.id:
            return self._looked
        return self._out.read(self._keeper.path, entry)

    def _chosen(self, number: int) -> tuple[int, ...]:
        """All results that are selected where this one is, else this one."""
        chosen = self.dialog.list.chosen()
        return chosen if number in chosen else (number,)

    @Slot(int)
    def _turn_star(self, number: int | None) -> None:
        if (entry := self._entries.get(number or 0)) is not None:
            star = partial(Store.star, ids=self._chosen(entry.id), starred=not entry.star)
            self._keeper.do(star)

    @Slot(str)
    def _note(self, text: str) -> None:
        if (number := self.dialog.look.shows) is not None:
            self._keeper.do(partial(Store.note, number=number, text=text))

    @Slot()
    def delete(self) -> None:
        """Put what is chosen in the bin; erase what is there, after a question."""
        shows = self.dialog.look.shows
        ids = self.dialog.list.chosen() or (() if shows is None else (shows,))
        if not ids:
            return
        if not self.dialog.asks().binned:
            self._keeper.do(partial(Store.throw, ids=ids))
            count = counted(len(ids))
            said = f"{count} put in the bin of the history, for {BIN_DAYS} days."
            self._messages.tell(said, severity=Severity.NOTE)
            return
        self.dialog.confirm(
            "Erase results",
            f"Erase {counted(len(ids))}?",
            "This cannot be undone. Files that you have saved stay.",
            lambda: self._keeper.do(partial(Store.erase, ids=ids)),
        )

    @Slot()
    def _erase_all(self) -> None:
        self._keeper.do(Store.erase_all)

    @Slot(bool)
    def _keep(self, keep: bool) -> None:
        self._keeper.set_off(not keep)
        self.keep_changed.emit(keep)

    @Slot(int)
    def _make_room(self, megabytes: int) -> None:
        self.megabytes = megabytes
        self._keeper.set_limit(megabytes << 20)
        self.room_changed.emit(megabytes)

    # out of the panel

    @Slot()
    def _export(self) -> None:
        if self._looked is not None:
            self._out.save(self._looked, self._entries[self._looked.id])

    @Slot(int)
    def _drag(self, number: int | None, place: int | None = None) -> None:
        """Drag a result, or one example of it, as every tab and every program takes it."""
        entry = self._entries.get(number or 0)
        looked = self._full(entry) if entry is not None else None
        if looked is not None:
            self._out.drag(self.dialog, looked, place)

    @Slot(int, QPoint)
    def _open_menu(self, number: int | None, at: QPoint, place: int | None = None) -> None:
        entry = self._entries.get(number or 0)
        looked = self._full(entry) if entry is not None else None
        if entry is None or looked is None:
            return
        menu = QMenu(self.dialog)
        menu.addAction(
            "Restore" if entry.binned is None else "Take back", lambda: self.restore(entry.id)
        )
        menu.addAction("Unstar" if entry.star else "Star", lambda: self._turn_star(entry.id))
        menu.addSeparator()
        self._out.offer(menu, looked, entry, place)
        menu.addSeparator()
        menu.addAction("Delete" if entry.binned is None else "Erase…", self.delete)
        menu.popup(at)


def _line(entry: Entry) -> ResultLine:
    left = ""
    if entry.binned is not None:
        left = f" · in the bin since {when(entry.binned)}"
    return ResultLine(
        entry.id,
        entry.title,
        entry.detail,
        when(entry.made) + left,
        bool(entry.star),
        entry.note,
        entry.thumbnail,
        "\n".join(part for part in (entry.title, entry.detail, entry.model, entry.note) if part),
    )
