"""One tab's prompt fields: the session's prompt, there while a chosen model reads texts."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from app.session.session import Session
from engines.facts.abilities import reads_text
from engines.model import Prompt
from widgets.controls.prompt import PromptFields


class Prompting(QObject):
    """Joins the fields of a tab to the prompt that holds in all of them."""

    def __init__(self, fields: PromptFields, session: Session) -> None:
        super().__init__(fields)
        self._fields, self._session = fields, session
        fields.changed.connect(self._take)
        session.prompt_changed.connect(self._show)
        for signal in (session.data_changed, session.models_changed):
            signal.connect(self._offer)
        self._offer()
        self._show()

    @Slot(str, str)
    def _take(self, text: str, negative: str) -> None:
        self._session.set_prompt(Prompt(text, negative))

    @Slot()
    def _show(self) -> None:
        self._fields.set_texts(self._session.prompt.text, self._session.prompt.negative)

    @Slot()
    def _offer(self) -> None:
        self._fields.setVisible(any(map(reads_text, self._session.chosen())))
