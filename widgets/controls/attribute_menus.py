"""Menus of what samples are asked to be, one for each attribute, each with "any"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFormLayout, QSizePolicy, QWidget

from widgets.controls.combo import Combo
from widgets.look import lay

ANY = "any"


class AttributeMenus(QWidget):
    """A row for each attribute. `changed` follows a choice by hand; what is set is silent."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._form = QFormLayout(self)
        lay.bare(self._form)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self._offered: tuple[tuple[str, tuple[str, ...]], ...] = ()
        self.menus: dict[str, Combo] = {}

    def set_attributes(
        self, attributes: Sequence[tuple[str, Sequence[str]]], given: Mapping[str, str]
    ) -> None:
        """Offer attributes (name, values) and choose what is given; all else is "any"."""
        offered = tuple((name, tuple(values)) for name, values in attributes)
        if offered != self._offered:
            self._offered = offered
            while self._form.rowCount():
                self._form.removeRow(0)
            self.menus = {name: self._menu(name, values) for name, values in offered}
        for name, menu in self.menus.items():
            menu.choose(given.get(name))
        self.setVisible(bool(offered))

    def given(self) -> dict[str, str]:
        """The values chosen, by attribute; one that is "any" is left out."""
        chosen = {name: menu.currentData() for name, menu in self.menus.items()}
        return {name: value for name, value in chosen.items() if value is not None}

    def _menu(self, name: str, values: tuple[str, ...]) -> Combo:
        menu, title = Combo(self), name[:1].upper() + name[1:]
        menu.offer([(ANY, None), *((value, value) for value in values)])
        menu.setAccessibleName(title)
        menu.setToolTip(f"Which {name} to ask for; “any” leaves it open.")
        menu.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        menu.currentIndexChanged.connect(self._announce)
        self._form.addRow(title, menu)
        return menu

    @Slot()
    def _announce(self) -> None:
        self.changed.emit()
