"""Watches for a job that does not answer, names it, and offers to go on without it."""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from functools import partial

from PySide6.QtCore import QObject, QTimer, Slot

from app.work.channels import Channels
from app.work.jobs import Jobs
from app.work.lane import Silence
from widgets.window.messages import Action, Message, Messages, Severity

PATIENCE = 5.0
"""Seconds without a yield until a person hears of it."""
_EVERY_MS = 500
_TITLE = "Go on without it"
_TIP = (
    "Leave this job behind: it counts as failed, models are loaded again, and everything "
    "else goes on. It may keep a processor busy until it ends."
)


class Watch(QObject):
    """Looks at the lane now and then. `known` says which words are names of models."""

    def __init__(
        self,
        channels: Channels,
        jobs: Jobs,
        messages: Messages,
        known: Callable[[], Container[str]],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._channels, self._jobs, self._messages = channels, jobs, messages
        self._known = known
        self._said: tuple[int, Message] | None = None  # of which job, and what
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        """Look from now on."""
        self._timer.start()

    def stop(self) -> None:
        """Look no longer."""
        self._timer.stop()

    @Slot()
    def look(self) -> None:
        """Say that a job is silent, or take that back once it has answered."""
        silence = self._channels.silence()
        silent = silence is not None and silence.seconds >= PATIENCE
        if self._said is not None and not (silent and self._is_said(silence)):
            self._messages.withdraw(self._said[1])
            self._said = None
        if silence is not None and silent and self._said is None:
            self._said = silence.ticket, self._say(silence)

    def _is_said(self, silence: Silence | None) -> bool:
        return silence is not None and self._said is not None and self._said[0] == silence.ticket

    def _say(self, silence: Silence) -> Message:
        return self._messages.tell(
            f"{self.name(silence)} has not answered for {PATIENCE:.0f} s.",
            severity=Severity.WARNING,
            action=Action(_TITLE, _TIP, partial(self._channels.restart, silence.ticket)),
        )

    def name(self, silence: Silence) -> str:
        """The model that a job is about, or what the job is called."""
        order = self._jobs.order(silence.ticket) if silence.channel is None else None
        unnamed = silence.channel or self._channels.title_of(silence.ticket) or "A job"
        text = unnamed if order is None else f"{order.title} {order.detail}"
        known = self._known()
        words = [word for word in re.split(r"[\s,:]+", text) if word in known]
        title = text if order is None else order.title
        return words[0] if words else title[:1].upper() + title[1:]
