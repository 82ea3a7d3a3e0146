"""The pages of the tab of uses: one line a page.

To bring a page: write an `app.uses.page.Page` and put what makes it of the tab and its parts, with
the kinds of data that it can look at, into USES.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.uses.page import Page
from engines import kinds
from engines.kinds import Kind, Pictures, Points, is_plane

if TYPE_CHECKING:
    from app.tab.parts import Parts
    from widgets.uses.tab import UsesTab


@dataclass(frozen=True)
class Use:
    """One page: its name and title, what it shows, and how it is made, which imports it."""

    name: str
    title: str
    tip: str
    makes: Mapping[type[Any], Callable[[UsesTab, Parts], Page]]
    """By the type of a kind of data, what makes its page of the tab and its parts."""


def _outliers(tab: UsesTab, parts: Parts) -> Page:
    from app.uses.outliers.page import OutliersPage
    from widgets.uses.outlier_view import OutlierView

    return OutliersPage(OutlierView(tab), parts, tab)


def _plane(tab: UsesTab, parts: Parts) -> Page:
    from app.uses.outliers.plane import PlaneOutliers
    from widgets.uses.plane_outlier_view import PlaneOutlierView

    return PlaneOutliers(PlaneOutlierView(tab), parts, tab)


def _comparison(tab: UsesTab, parts: Parts) -> Page:
    from app.uses.comparison.page import ComparisonPage
    from widgets.uses.comparison_view import ComparisonView

    return ComparisonPage(ComparisonView(tab), parts, tab)


def _compression(tab: UsesTab, parts: Parts) -> Page:
    from app.uses.compression import Compression
    from widgets.uses.compression_page import CompressionPage

    return Compression(CompressionPage(tab), parts, tab)


def _classifier(tab: UsesTab, parts: Parts) -> Page:
    from app.uses.classifier import Classifier
    from widgets.uses.classifier_page import ClassifierPage

    return Classifier(ClassifierPage(tab), parts, tab)


def _plane_classifier(tab: UsesTab, parts: Parts) -> Page:
    from app.uses.classifier_plane import PlaneClassifier
    from widgets.uses.plane_classifier_view import PlaneClassifierView

    return PlaneClassifier(PlaneClassifierView(tab), parts, tab)


USES = (
    Use(
        "outliers",
        "Outliers",
        "How unlike its data a model finds pictures or places.",
        {Pictures: _outliers, Points: _plane},
    ),
    Use(
        "comparison",
        "Comparison",
        "Which model explains held-out data better.",
        {Pictures: _comparison, Points: _comparison},
    ),
    Use(
        "classifier",
        "Classifier",
        "p(class | x) by Bayes' rule from every model that knows p(x | class).",
        {Pictures: _classifier, Points: _plane_classifier},
    ),
    Use(
        "compression",
        "Compression",
        "Pictures as few bytes: a file by a model's own probabilities, and what others take.",
        {Pictures: _compression},
    ),
)


def fitting(kind: Kind) -> tuple[Use, ...]:
    """The pages that look at a kind of data."""
    if isinstance(kind, Points) and not is_plane(kind):
        return ()
    return tuple(use for use in USES if kinds.fits(kind, use.makes))


def refusal(kind: Kind) -> str:
    """Why the tab cannot show a kind, a sentence; "" where it can."""
    if fitting(kind):
        return ""
    return (
        f"The tab of uses has nothing for {kind.things}, only for pictures and points of a plane."
    )
