"""Presents the list of models: who is there, what they take, and how others come in and go."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from app.exchange import file_dialogs
from app.exchange.intake import sentence
from app.library.fetching import Fetching
from app.library.jobs import Glance, Weighed, freed_sentence, glancing, keeping, weighing
from app.library.outside import Outside, place_of
from app.library.own import KINDS, Own
from app.library.rows import Known, row_of
from app.models.open_models import Freed, Held, Models
from app.session.session import Session
from app.work.channels import Channels
from app.work.jobs import Jobs
from app.work.newest import Newest
from engines import extras, outside
from engines.checkpoints import budget, own
from engines.checkpoints.archive import SUFFIX
from engines.checkpoints.catalog import CheckpointError, is_foreign, is_own, own_root
from engines.model import Card
from engines.outside import hub
from widgets.library.dialog import LibraryDialog
from widgets.library.list import ModelAction, ModelRow
from widgets.window.messages import Messages

MOST = 30
"""Models from outside that are remembered."""


class Library(QObject):
    """`admit` and `withdraw` put a model in the window's reach and take it away again."""

    def __init__(
        self,
        session: Session,
        channels: Channels,
        jobs: Jobs,
        messages: Messages,
        window: QWidget,
        admit: Callable[[Card], object],
        withdraw: Callable[[Card], object],
        reread: Callable[[], object],
    ) -> None:
        super().__init__(window)
        self._session, self._messages, self._window = session, messages, window
        self._admit, self._withdraw, self._reread = admit, withdraw, reread
        self.places: list[str] = []
        """What models from outside are known by, the newest first."""
        self._read: dict[str, Glance] = {}
        self._held: dict[str, Held] = {}
        self._pinned: set[str] = set()
        self._sizes: dict[str, Weighed] = {}
        self._unweighed: dict[str, Card] = {}
        self._actions: deque[Callable[[Models], Freed | None]] = deque()
        self.outside = Outside(jobs, self)
        self.outside.opened.connect(self._take)
        self.outside.refused.connect(self._refuse)
        self.own = Own(jobs, session.root, self)
        self.own.added.connect(self._take_own)
        self.own.leaving.connect(self._let_go)
        self.own.said.connect(lambda text, wrong: self._say(text, danger=wrong))
        self._news = Newest(self)
        self._news.told.connect(self._hold)
        session.open.tell = self._news.tell
        self._keeping = channels.open("models: pin and unload")
        self._keeping.stepped.connect(self._report)
        # downloads and looks at folders have a lane of their own: the engines do not wait for them
        self._errands = Channels(self, name="lane of errands")
        self._glances = self._errands.open("glances at models")
        self._glances.stepped.connect(self._take_glances)
        self._weights = self._errands.open("sizes of models")
        self._weights.stepped.connect(self._take_sizes)
        self.fetching = Fetching(self._errands.queue, self)
        self.fetching.changed.connect(self._show)
        self.fetching.fetched.connect(self._take)
        self._dialog: LibraryDialog | None = None

    # the window

    @property
    def dialog(self) -> LibraryDialog:
        """The list, made when it is first asked for."""
        if self._dialog is None:
            dialog = self._dialog = LibraryDialog(self._window)
            dialog.add_wanted.connect(self.add)
            dialog.dropped.connect(self._add_all)
            dialog.folder_wanted.connect(self._ask_for_folder)
            dialog.card_wanted.connect(self._ask_for_card)
            dialog.import_wanted.connect(self._ask_for_model)
            dialog.action_wanted.connect(self._do)
            if absent := extras.missing("diffusers"):
                dialog.refuse_folders(sentence(absent))
        return self._dialog

    @Slot()
    def show(self) -> None:
        """Open the list, or bring it to the front."""
        dialog = self.dialog
        self._refresh()
        self._look()
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()
        dialog.list.setFocus()

    def close(self, timeout: float) -> bool:
        """Stop everything; whether all of it had ended after so many seconds."""
        self._news.close()
        return self._errands.close(timeout)

    # what comes in

    @Slot(str)
    def add(self, text: str) -> None:
        """Bring in a folder, a card, or a model of the hub, which is fetched."""
        if text in self._session.cards:
            self._choose(self._session.cards[text])
            return
        if text.casefold().endswith(SUFFIX):
            self._say("")
            self.own.bring(Path(os.path.expanduser(text)))
            return
        try:
            place = place_of(text, () if text in self.places else self._bundled())
        except CheckpointError as error:
            self._say(sentence(str(error)), danger=True)
            return
        self._say("")
        self.remember(place)
        if self._dialog is not None:
            self.dialog.clear_field()
            self.dialog.list.choose(place)
        if hub.is_id(place):
            self._fetch(place)
        else:
            self.outside.open(place)

    def _bundled(self) -> tuple[str, ...]:
        """The names that are ours: nobody is asked for what is only a slip away from them."""
        return tuple(n for n, card in self._session.cards.items() if not is_foreign(card))

    @Slot(tuple)
    def _add_all(self, paths: tuple[str, ...]) -> None:
        for path in filter(None, paths):
            self.add(path)

    @Slot()
    def _ask_for_folder(self) -> None:
        if path := file_dialogs.open_folder(self.dialog, "Add a diffusers folder", ""):
            self.add(str(path))

    @Slot()
    def _ask_for_card(self) -> None:
        if path := file_dialogs.open_file(self.dialog, "Add a card", "", "Cards (*.toml)"):
            self.add(str(path))

    @Slot()
    def _ask_for_model(self) -> None:
        if path := file_dialogs.open_file(self.dialog, "Import a model", "", KINDS):
            self.own.bring(path)

    def remember(self, place: str) -> None:
        """Put a model from outside first."""
        self.places = [place, *(known for known in self.places if known != place)][:MOST]
        self._refresh()

    def _fetch(self, place: str) -> None:
        self._read[place] = None
        self.fetching.start(place)

    @Slot(str, object)
    def _take(self, place: str, card: Card) -> None:
        """A model is here, and whole."""
        if place in self.places:
            self._read[place] = card = self._told_apart(card)
            self._admit(card)
            self._refresh()

    def _told_apart(self, card: Card) -> Card:
        known = [card for card in self._read.values() if isinstance(card, Card)]
        return outside.told_apart(card, (*self._session.cards.values(), *known))

    @Slot(str, str)
    def _refuse(self, place: str, reason: str) -> None:
        if place in self.places:
            self._read[place] = sentence(reason)
            self._show(place)

    # what was there before

    def _look(self) -> None:
        """Read the cards of models that were brought in another time."""
        if unread := tuple(place for place in self.places if place not in self._read):
            self._glances.submit(glancing(unread))

    @Slot(object)
    def _take_glances(self, found: dict[str, Glance]) -> None:
        for place, glance in found.items():
            named = self._told_apart(glance) if isinstance(glance, Card) else glance
            self._read.setdefault(place, named)
        self._refresh()

    # what is done with one

    @Slot(str, ModelAction)
    def _do(self, name: str, action: ModelAction) -> None:
        known = self._known(name)
        card = known.card
        match action:
            case ModelAction.USE:
                self._use(known)
            case ModelAction.FETCH:
                self._fetch(name)
            case ModelAction.CANCEL:
                self.fetching.stop(name)
            case ModelAction.PIN | ModelAction.UNPIN if card is not None:
                self._pin(card.name, pinned=action is ModelAction.PIN)
            case ModelAction.UNLOAD if card is not None:
                self._unload(card.name)
            case ModelAction.REMOVE:
                self._remove(known)
            case ModelAction.RENAME if card is not None:
                self.own.rename(card, self.dialog)
            case ModelAction.EXPORT if card is not None:
                self.own.export(card, self.dialog, str(Path.home()))
            case ModelAction.DELETE if card is not None:
                self.own.delete(card, self.dialog)
        self._refresh()

    def _use(self, known: Known) -> None:
        if known.card is not None and self._is_in_reach(known.card):
            self._choose(self._session.cards[known.card.name])
        else:
            self.outside.open(known.place)

    def _choose(self, card: Card) -> None:
        beside = self._session.models if card.data == self._session.data else ()
        self._session.choose(card.data, (*beside, card.name))

    def pinned(self) -> tuple[str, ...]:
        """The names of the models that stay in memory."""
        return tuple(sorted(self._pinned))

    def pin_again(self, names: tuple[str, ...]) -> None:
        """Pin what was pinned the last time, as far as it is still there."""
        for name in names:
            if name in self._session.cards:
                self._pin(name, pinned=True)

    def _pin(self, name: str, *, pinned: bool) -> None:
        (self._pinned.add if pinned else self._pinned.discard)(name)
        self._keep(lambda models: models.pin(name, pinned))

    def _remove(self, known: Known) -> None:
        self.places.remove(known.place)
        self._read.pop(known.place, None)
        if known.fetch is not None:
            self.fetching.forget(known.place)
        card = known.card
        if card is not None and self._is_in_reach(card):
            self._withdraw(card)
            self._let_go(card)

    @Slot(object)
    def _let_go(self, card: Card) -> None:
        """Keep nothing of a model in memory that is gone."""
        self._reread()
        if card.name in self._pinned:
            self._pin(card.name, pinned=False)
        if card.name in self._held:
            self._unload(card.name)
        self._refresh()

    @Slot(object)
    def _take_own(self, card: Card) -> None:
        """A model of the user's own is new, or has a new name."""
        self._reread()
        if card.name in self._session.cards:
            self._choose(self._session.cards[card.name])
        self._refresh()
        if self._dialog is not None:
            self.dialog.list.choose(card.name)

    def _unload(self, name: str) -> None:
        def action(models: Models) -> Freed | None:
            # it may have made room for another meanwhile
            there = any(held.name == name for held in models.held())
            return models.unload(name) if there else None

        self._keep(action)

    def _is_in_reach(self, card: Card) -> bool:
        """Whether the window has this very model, and not only one of its name."""
        there = self._session.cards.get(card.name)
        return there is not None and there.folder == card.folder

    def _keep(self, action: Callable[[Models], Freed | None]) -> None:
        """Have the lane pin or unload."""
        self._actions.append(action)
        self._keeping.submit(keeping(self._session.open, self._actions))

    # what is shown

    @Slot(object)
    def _hold(self, held: tuple[Held, ...]) -> None:
        self._held = {each.name: each for each in held}
        self._refresh()

    @Slot(object)
    def _report(self, freed: list[Freed]) -> None:
        self._say(" ".join(map(freed_sentence, freed)))

    def _known(self, name: str) -> Known:
        """All that is known of the model of a row."""
        place = name if name in self.places else ""
        glance = self._read.get(name) if place else self._session.cards[name]
        card = glance if isinstance(glance, Card) else None
        there = card is not None and (not place or self._is_in_reach(card))
        return Known(
            place=place,
            card=card,
            reason=glance if isinstance(glance, str) else "",
            absent=bool(place) and name in self._read and glance is None,
            fetch=self.fetching.all.get(place),
            held=self._held.get(card.name) if card and there else None,
            expected=self._expected(card) if card else None,
            pinned=there and card is not None and card.name in self._pinned,
        )

    def _expected(self, card: Card) -> int | None:
        """What a model will take, None until its file was asked."""
        asked, size = self._sizes.get(card.name, (None, None))
        if asked is not card:
            if self._unweighed.get(card.name) is not card:
                self._unweighed[card.name] = card
                self._weights.submit(weighing(tuple(self._unweighed.values())))
            return None
        return size

    @Slot(object)
    def _take_sizes(self, found: dict[str, Weighed]) -> None:
        self._sizes |= found
        for name, (card, _) in found.items():
            if self._unweighed.get(name) is card:
                del self._unweighed[name]
        self._refresh()

    def _row(self, name: str) -> ModelRow:
        return row_of(self._known(name))

    @Slot(str)
    def _show(self, place: str) -> None:
        """Show one model as it stands now."""
        if self._dialog is not None and place in self.dialog.list.rows:
            self.dialog.set_row(self._row(place))

    def _refresh(self) -> None:
        """Show all models as they stand now."""
        if self._dialog is None:
            return
        brought = {c.name for p in self.places if isinstance(c := self._read.get(p), Card)}
        others = [name for name in self._session.cards if name not in brought]
        # the user's own stand before those of Genscope
        others.sort(key=lambda name: not is_own(self._session.cards[name]))
        self.dialog.set_rows([self._row(name) for name in (*self.places, *others)])
        self.dialog.set_disk(f"Your models: {budget.said(own.disk_use())}", str(own_root()))
        taken, limit = sum(h.measured for h in self._held.values()), self._session.open.limit
        said = f"Loaded: {len(self._held)}, {budget.said(taken)} of {budget.said(limit)}"
        self.dialog.set_budget(said, taken, limit)

    def _say(self, text: str, *, danger: bool = False) -> None:
        """In the list where it is open, else in the window."""
        if self._dialog is not None and self.dialog.isVisible():
            self.dialog.say(text, danger=danger)
        elif danger:
            self._messages.tell(text)
