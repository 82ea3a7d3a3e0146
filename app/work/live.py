"""What is computed for the eyes at present, in one line of the job bar: live work has no list."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Slot

from app.work.channels import Channel, Channels
from widgets.queue.job_bar import JobBar
from widgets.queue.live_work import FINE, LiveWork

NAMED = 3
"""How many views the line names."""


class Live(QObject):
    """Brings the live jobs to the bar. `title` says what a channel's name is called on screen.

    From the first of them until none is left their shares count together: what has ended is whole,
    what was stopped counts no more.
    """

    def __init__(
        self, channels: Channels, bar: JobBar, title: Callable[[str], str], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._channels, self._bar, self._title = channels, bar, title
        self._together: dict[str, Channel] = {}
        channels.live_changed.connect(self._look)

    @Slot()
    def _look(self) -> None:
        busy = {channel.name: channel for channel in self._channels.live()}
        if not busy:
            self._together.clear()
            self._bar.set_live(None)
            return
        ended = {name: each for name, each in self._together.items() if each.share == 1}
        self._together = {**ended, **busy}
        self._bar.set_live(LiveWork(said([self._title(name) for name in busy]), *self._progress()))

    def _progress(self) -> tuple[int, int | None]:
        shares = [channel.share for channel in self._together.values()]
        if all(share is None for share in shares):
            return 0, None
        return round(FINE * sum(share or 0.0 for share in shares) / len(shares)), FINE


def said(titles: Sequence[str]) -> str:
    """ "Density: Flow, KDE and 2 more" for titles such as "Density: Flow" and "Density: KDE"."""
    groups: dict[str, list[str]] = {}
    for title in titles[:NAMED]:
        first, _, what = title.partition(": ")
        groups.setdefault(first, []).append(what)
    parts = (
        f"{first}: {', '.join(each)}" if all(each) else first for first, each in groups.items()
    )
    more = f" and {len(titles) - NAMED} more" if len(titles) > NAMED else ""
    return " · ".join(parts) + more
