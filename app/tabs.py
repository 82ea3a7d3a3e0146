"""The tabs of the window, and how each is made."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from app.density import Density
from app.inpainting import Inpainting
from app.interpolation import Interpolation
from app.parts import Parts, Presenter
from app.prompting import Prompting
from app.sampling import Sampling
from widgets.density_tab import DensityTab
from widgets.inpainting_tab import InpaintingTab
from widgets.interpolation_tab import InterpolationTab
from widgets.sampling_tab import SamplingTab

Made = tuple[QWidget, Presenter]


def _sampling(parts: Parts, window: QWidget) -> Made:
    tab = SamplingTab(window)
    presenter = Sampling(
        tab, parts.session, parts.channels, parts.jobs, parts.export, parts.messages, window,
        parts.travel,
    )  # fmt: skip
    presenter.remember(parts.settings)
    Prompting(tab.prompt, parts.session)
    return tab, presenter


def _inpainting(parts: Parts, window: QWidget) -> Made:
    tab = InpaintingTab(window)
    presenter = Inpainting(tab, parts, window)
    presenter.remember(parts.settings)
    Prompting(tab.prompt, parts.session)
    return tab, presenter


def _interpolation(parts: Parts, window: QWidget) -> Made:
    tab = InterpolationTab(window)
    presenter = Interpolation(tab, parts, window)
    presenter.remember(parts.settings)
    Prompting(tab.prompt, parts.session)
    return tab, presenter


def _density(parts: Parts, window: QWidget) -> Made:
    tab = DensityTab(window)
    return tab, Density(tab, parts, window)


TABS: tuple[tuple[str, str, Callable[[Parts, QWidget], Made]], ...] = (
    ("sample", "Sampling", _sampling),
    ("inpaint", "In-painting", _inpainting),
    ("interpolate", "Interpolation", _interpolation),
    ("density", "Density", _density),
)
"""The task of its recipes, its title, and how it is made."""
