"""What the buttons of a model's row or column do in every tab: close it, tell why it failed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from app.session.session import Session
from app.work.lane import Failure
from widgets.window.messages import Details, Messages, Severity


class RowButtons(QObject):
    """`failure(model)` is what its row failed of, None where it has not."""

    def __init__(
        self,
        tab: QWidget,
        session: Session,
        messages: Messages,
        failure: Callable[[str], Failure | None],
    ) -> None:
        super().__init__(tab)
        self._tab, self._session = tab, session
        self._messages, self._failure = messages, failure

    @Slot(str)
    def close(self, name: str) -> None:
        """Choose the other models; the last one stays."""
        rest = tuple(n for n in self._session.models if n != name)
        if rest:
            self._session.choose(self._session.data, rest)
        else:
            self._messages.tell(
                ("At least one model must stay: choose another first."), severity=Severity.NOTE
            )

    @Slot(str)
    def tell_details(self, name: str) -> None:
        """Show the traceback of what failed."""
        if failure := self._failure(name):
            Details(failure.summary, failure.details, self._tab).show()
