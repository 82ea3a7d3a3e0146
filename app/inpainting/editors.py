"""Which kinds of data can be filled in: one line a kind.

To bring a kind: write an `app.inpainting.editor.Editor`, with a `widgets.inpainting.desk.Desk`, and
put what makes it of the tab and its parts into EDITORS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.tab.by_kind import ByKind, Entry, only_planes
from engines.kinds import Pictures, Points

if TYPE_CHECKING:  # the tab bar asks before the first paint: nothing more is imported for it
    from app.inpainting.editor import Editor
    from app.tab.parts import Parts
    from widgets.inpainting.tab import InpaintingTab


def _pictures(tab: InpaintingTab, parts: Parts) -> Editor[Any]:
    from app.inpainting.pictures.editor import PictureEditor

    return PictureEditor(tab, parts)


def _points(tab: InpaintingTab, parts: Parts) -> Editor[Any]:
    from app.inpainting.points.editor import PointEditor

    return PointEditor(tab, parts)


EDITORS: ByKind[Editor[Any]] = ByKind(
    "the in-painting tab", {Pictures: Entry(_pictures), Points: Entry(_points, only_planes)}
)
