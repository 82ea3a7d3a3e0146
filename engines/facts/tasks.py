"""What can be done with a model: the tasks of recipes and abilities, by their stored names."""

from __future__ import annotations

from enum import StrEnum


class Task(StrEnum):
    """A task by the name that recipes store."""

    SAMPLE = "sample"
    INPAINT = "inpaint"
    INTERPOLATE = "interpolate"
    DENSITY = "density"

    @property
    def tab(self) -> str:
        """The name of its tab."""
        return _TITLES[self]


_TITLES = {
    Task.SAMPLE: "Sampling",
    Task.INPAINT: "In-painting",
    Task.INTERPOLATE: "Interpolation",
    Task.DENSITY: "Density",
}
