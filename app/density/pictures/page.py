"""Presents the density tab for pictures: one picture, and pages that look at it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal, Protocol

from PySide6.QtCore import QObject, Slot

from app.density.page import Page
from app.density.pictures import figure
from app.density.pictures.dimensions import Dimensions
from app.density.pictures.export import Content, PageExport
from app.density.pictures.numbers import Numbers
from app.density.pictures.pixels import PixelPage
from app.density.pictures.samples import SamplesPage
from app.density.pictures.source import PictureSource
from app.density.pictures.through import PlanePage
from app.exchange.figures import Drawn
from app.recipes.pictures import Pixels
from app.session.settings import Settings
from app.tab.conditions import Conditions
from app.tab.continuing import Standing
from app.tab.parts import Parts
from app.tasks.look_recipe import PAGES, Look, recipe_of
from app.tasks.map_sheet import Panel
from widgets.density.picture_pages import OF_NO_PICTURE, PicturePages


class Looking(Protocol):
    """What is asked of one of its pages."""

    def refresh(self) -> None:
        """Look anew."""

    def content(self) -> Content | None:
        """Its values, None while there are none."""


class Mapped(Protocol):
    """A page of maps."""

    def sheet(self) -> list[Panel]:
        """The maps as they are shown."""

    def maps(self) -> figure.Maps:
        """The maps as a figure has them."""


class Pictures(Page):
    """Only the page in front works."""

    view: PicturePages

    def __init__(self, view: PicturePages, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self.view, self._session = view, parts.session
        self._data = ""
        self.conditions = Conditions(view.attributes)
        self.source = PictureSource(view, parts)
        self.numbers = Numbers(view, self.source, parts)
        self.pixels = PixelPage(view, self.source, parts)
        self.plane = PlanePage(view, self.source, parts)
        self.samples = SamplesPage(view, self.source, parts)
        self.dimensions = Dimensions(view)
        self._pages: dict[str, Looking] = {
            "numbers": self.numbers,
            "pixels": self.pixels,
            "plane": self.plane,
            "samples": self.samples,
            "dimensions": self.dimensions,
        }
        self._export = PageExport(parts.session, parts.export, parts.messages)
        self._pending: Look | None = None
        self._remember(parts.settings)
        for maps in (self.pixels, self.plane, self.samples):
            maps.finished.connect(self._keep)
        self.source.changed.connect(self.refresh)
        view.save_picture_wanted.connect(self.save)
        view.save_values_wanted.connect(self.save_values)
        view.page_changed.connect(self.refresh)
        view.class_changed.connect(self.refresh)

    @Slot()
    def rebuild(self) -> None:
        """Look with the models chosen."""
        cards = self._session.chosen()
        if not self.view.isVisible() or not cards:
            return
        if self._session.data != self._data:
            self._data = self._session.data
            self.view.classes.set_classes(cards[0].labels, None)
        self.view.show_classes(self.conditions.offer(cards))
        self.source.show(cards[0])
        if self._pending is not None and cards[0].name in self._pending.models:
            self._show(self._pending)
            self._pending = None
        self.refresh()

    @Slot()
    def refresh(self, _: object = None) -> None:
        """Let the page in front look anew."""
        if self.view.isVisible():
            if self.view.page() != "numbers":
                self.numbers.rest()
            self._pages[self.view.page()].refresh()

    def rest(self) -> None:
        """Out of view: nothing is worked out in the background."""
        self.numbers.rest()

    def adopt(self, source: Path | bytes) -> bool:
        """Look at a picture from outside."""
        self.source.bar.open(source)
        return True

    def receive(self, picture: Pixels, title: str) -> None:
        """Look at a picture of another tab, on a page that looks at one."""
        if self.view.page() in OF_NO_PICTURE:
            self.view.button("numbers").setChecked(True)
        self.source.adopt(picture, title)

    def stop(self) -> None:
        """Stop what is queued for the pages."""
        self.numbers.stop()

    # out and in again

    def look(self) -> Look | None:
        """The page as it is, None while there is no picture."""
        page, source = self.view.page(), self.source
        models = tuple(card.name for card in self._session.chosen())
        if source.picture is None or not models:
            return None
        corners = source.three() if page == "plane" else []
        combo = {"plane": self.plane.models, "samples": self.samples.models}.get(page)
        return Look(
            models,
            page,
            tuple(corners) or (source.picture,),
            source.title,
            self.view.classes.label(),
            self.pixels.noise.value(),
            str(combo.currentData() or "") if combo else "",
            str(self.plane.what.currentData()),
            int(self.samples.count.value()),
            self.view.attributes.given(),
        )

    def standing(self) -> Standing | None:
        look = self.look() if self._pending is None else None
        if look is None:
            return None
        recipe = partial(recipe_of, look, dict(self._session.cards), self._session.seed)
        return Standing(f"the density of {look.title}", (look,), recipe)

    @Slot()
    def save(self) -> None:
        """Save what the page shows as one picture."""
        if (maps := self._maps()) is None:
            self._export.seen(self.look(), self.view.content())
        else:
            self._export.picture(self.look(), maps.sheet())

    def figure(self) -> Drawn | None:
        """What the page in front shows."""
        if (look := self.look()) is None:
            return None
        recipe = partial(recipe_of, look, dict(self._session.cards), self._session.seed)
        name = f"{look.models[0].split('/')[0]}-{look.page}"
        if (maps := self._maps()) is not None:
            return figure.of_maps(maps.maps(), recipe, name)
        if look.page == "dimensions":
            return figure.of_curves(self.dimensions.plots(), self.dimensions.says(), recipe, name)
        title = f"Density of {look.title}"
        return figure.of_histograms(title, self.numbers.histograms(), recipe, name)

    def _maps(self) -> Mapped | None:
        """The page in front where it is one of maps."""
        maps: dict[str, Mapped] = {
            "pixels": self.pixels,
            "plane": self.plane,
            "samples": self.samples,
        }
        return maps.get(self.view.page())

    @Slot()
    def _keep(self) -> None:
        """Keep the maps in front in the history."""
        if (maps := self._maps()) is not None and self._pending is None:
            self._export.keep(self.look(), maps.sheet())

    @Slot()
    def save_values(self) -> None:
        """Save the values of the page."""
        self._export.values(self.look(), self._pages[self.view.page()].content())

    def restore(self, look: Look) -> None:
        """Show a saved page as soon as its models are chosen and in view."""
        self._pending = look
        self.rebuild()

    def _show(self, look: Look) -> None:
        self.view.classes.choose(look.label)
        self.conditions.put(self._session.cards[look.models[0]], look.given)
        self.pixels.set_noise(look.noise)
        self.plane.offer()
        self.samples.offer()
        self.plane.choose(look.chosen, look.mapped)
        self.samples.choose(look.chosen, look.count)
        self.view.button(look.page).setChecked(True)
        self.source.span(look.pictures, look.title)

    def _remember(self, settings: Settings) -> None:
        self.pixels.set_noise(settings.density_noise)
        self.plane.choose("", settings.density_mapped)
        self.samples.choose("", settings.density_count)
        if settings.density_page in PAGES:
            self.view.button(settings.density_page).setChecked(True)
        if sizes := settings.splitters.get("density pictures"):
            self.view.splitter.setSizes(list(sizes))

    def settings(self, settings: Settings) -> Settings:
        """The settings with the controls of the pages in them."""
        what: Literal["latent", "picture"]
        what = "picture" if self.plane.what.currentData() == "picture" else "latent"
        return replace(
            settings,
            density_page=self.view.page(),
            density_noise=self.pixels.noise.value(),
            density_mapped=what,
            density_count=int(self.samples.count.value()),
            splitters={**settings.splitters, "density pictures": tuple(self.view.splitter.sizes())},
        )
