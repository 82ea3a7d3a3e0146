"""Which kinds of data have paths: one line a kind.

To bring a kind: write an `app.interpolation.paths.Paths`, with a
`widgets.interpolation.frame.Frame`, and put what makes it of the tab and its parts into PATHS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.tab.by_kind import ByKind, Entry, only_planes
from engines.kinds import Pictures, Points

if TYPE_CHECKING:  # the tab bar asks before the first paint: nothing more is imported for it
    from app.interpolation.paths import Paths
    from app.tab.parts import Parts
    from widgets.interpolation.tab import InterpolationTab


def _pictures(tab: InterpolationTab, parts: Parts) -> Paths:
    from app.interpolation.picture_paths import PicturePaths

    return PicturePaths(tab, parts)


def _points(tab: InterpolationTab, parts: Parts) -> Paths:
    from app.interpolation.point_paths import PointPaths

    return PointPaths(tab, parts)


PATHS: ByKind[Paths] = ByKind(
    "the interpolation tab", {Pictures: Entry(_pictures), Points: Entry(_points, only_planes)}
)
