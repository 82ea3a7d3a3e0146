"""Which kinds of data the tab Learn can show."""

from __future__ import annotations

from engines.kinds import Kind, is_plane

NOTHING = "Choose a data set of points, such as Two moons, to watch families learn."


def refusal(kind: Kind) -> str:
    """Why the tab cannot show a kind, a sentence; "" where it can."""
    if is_plane(kind):
        return ""
    return (
        f"The tab Learn has nothing for {kind.things}: it trains small models of points in the "
        "plane, such as Two moons."
    )
