"""What the sampling tab asks of models: how many live, of which class or attributes."""

from __future__ import annotations

from dataclasses import replace

from app.kinds import view_of
from app.kinds.pictures import PictureView
from app.kinds.points import PointView
from app.recipes.condition import known_to
from app.recipes.recipe import Recipe
from app.session.settings import Classes, Settings
from engines.kinds import Pictures, Points
from engines.model import Card, SampleRequest
from widgets.sampling.tab import SamplingTab


class Asking:
    """The choices of a person, kept for each kind or data set and shown in the tab's menus."""

    def __init__(self, tab: SamplingTab) -> None:
        self._tab = tab
        self.counts: dict[str, int] = {}
        """Live examples of each kind, by its name, where they are not as many as usual."""
        self.mode: Classes = "each"
        self.given: dict[str, dict[str, str]] = {}
        """Values of attributes, by data set."""

    def count(self, card: Card) -> int:
        """How many examples follow the hand."""
        view = view_of(card)
        return min(max(1, self.counts.get(card.kind.name, view.live)), view.most_live)

    def show(self, card: Card) -> None:
        """Offer what this model can be asked: its classes, or a menu for each attribute."""
        several = () if card.labels else card.attributes
        self._tab.set_classes(card.labels, self.mode)
        self._tab.set_attributes(
            [(each.name, each.values) for each in several], self.given.get(card.data, {})
        )
        self._tab.set_count(self.count(card), most=view_of(card).most_live)

    def take(self, card: Card) -> None:
        """Keep what stands in the tab."""
        self.counts[card.kind.name] = self._tab.live_count()
        self.mode = self._tab.class_mode() if card.labels else self.mode
        self.given[card.data] = self._tab.attributes.given()

    def adopt(self, card: Card, recipe: Recipe) -> None:
        """Ask as a recipe does, as far as it fits the live draw."""
        label = recipe.label
        if card.labels:
            self.mode = "all" if label is None else "each" if isinstance(label, tuple) else label
        self.given[card.data] = dict(recipe.given)
        if recipe.index is None:  # one picture of many does not say how many are wanted
            self.counts[card.kind.name] = min(recipe.count, view_of(card).most_live)

    def first_of(self, card: Card, recipe: Recipe) -> int:
        """The first of those to show, so that the one that is asked for is among them."""
        index = recipe.index
        seen = index is None or index - recipe.first < self.count(card)
        return recipe.first if index is None or seen else index

    def request(
        self, card: Card, seed: int, knobs: dict[str, float], *, count: int | None, first: int
    ) -> SampleRequest:
        """What is asked of one model; as many as are live where `count` is None."""
        mode = self._tab.class_mode()
        label: int | tuple[int, ...] | None = None
        if card.labels and mode != "all":
            label = tuple(range(len(card.labels))) if mode == "each" else int(mode)
        given = {} if card.labels else known_to(card, self._tab.attributes.given())
        count = self.count(card) if count is None else count
        return SampleRequest(count, seed, label, dict(knobs), first, given)

    def remember(self, settings: Settings) -> None:
        """Take up the choices of the last time."""
        self.counts = {
            **settings.counts,
            Pictures.name: min(settings.count, PictureView.most_live),
            Points.name: min(settings.points, PointView.most_live),
        }
        self.given = {data: dict(values) for data, values in settings.given.items()}
        self.mode = settings.classes

    def settings(self, settings: Settings) -> Settings:
        """The settings with these choices in them."""
        others = dict(self.counts)
        count = others.pop(Pictures.name, settings.count)
        points = others.pop(Points.name, settings.points)
        given = {data: values for data, values in self.given.items() if values}
        return replace(
            settings, count=count, points=points, counts=others, classes=self.mode, given=given
        )
