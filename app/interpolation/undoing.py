"""Undo of end points and of the sliders of the row that is looked at."""

from __future__ import annotations

from app.interpolation.keys import Keys
from app.interpolation.panel import Panel
from app.session.session import Session
from app.tab.undo import State, Undo
from widgets.interpolation.tab import InterpolationTab


def undo_of(tab: InterpolationTab, keys: Keys, panel: Panel, session: Session) -> Undo:
    """For the whole tab: fields and canvases in it keep undo of their own."""

    def take() -> State:
        if not keys.keys:
            return ()
        name = panel.name
        turned = panel.turned_of(name) if name else ()
        return session.data, tuple(keys.keys), name, panel.basis(name), _trimmed(turned)

    def put(state: State) -> None:
        _, wanted, name, basis, turned = state
        if tuple(keys.keys) != wanted:
            keys.set_keys(list(wanted))
        if _trimmed(panel.turned_of(name)) != turned or panel.basis(name) != basis:
            panel.put(name, basis, turned)

    return Undo(tab, take, put, keys.changed, panel.turned)


def _trimmed(turned: tuple[float, ...]) -> tuple[float, ...]:
    """Without the sliders at the end that rest: before they are known there are none."""
    count = max((i + 1 for i, value in enumerate(turned) if value), default=0)
    return tuple(turned[:count])
