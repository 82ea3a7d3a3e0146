"""The row where a person chooses one data set and the models to look at side by side."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPoint, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QToolTip, QWidget

from widgets.controls.combo import Combo
from widgets.look import lay, theme
from widgets.look.glyphs import Glyph, GlyphButton
from widgets.window.chips import HEIGHT, Chip, ChipRow, Entry

__all__ = ["Entry", "ModelPicker"]


class ModelPicker(QWidget):
    """Data set and models, chosen once for every tab.

    Signals tell what the user changed; what the program sets is silent. A change of data set tells
    `data_changed` first, then `models_changed`; by then `data()` and `models()` are both new.
    """

    data_changed = Signal(str)
    models_changed = Signal(tuple)
    library_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: tuple[Entry, ...] = ()
        self._chosen: dict[str, tuple[str, ...]] = {}  # per data set, in catalogue order
        self._data = ""
        self.combo = Combo(self)
        self.combo.setAccessibleName("Data set")
        self.combo.setToolTip("The data set of the models, in every tab.")
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.row = ChipRow(self)
        self.library = GlyphButton(
            Glyph.PLUS,
            "Models…",
            "All models: what they can do, what they need, and how to add your own (Ctrl+M).",
            self,
            framed=True,
        )
        self._arrange()
        self.library.clicked.connect(self.library_wanted)
        self.combo.activated.connect(self._on_data_picked)

    def set_entries(self, entries: tuple[Entry, ...]) -> None:
        """Offer these models, in this order; what was chosen stays where it still can be."""
        self._entries = entries
        sets = dict.fromkeys((entry.section, entry.data, entry.data_title) for entry in entries)
        sections = dict.fromkeys(section for section, _, _ in sets)
        names = []
        with QSignalBlocker(self.combo):
            self.combo.clear()
            for section in sections:
                if len(sections) > 1:
                    self._add_heading(section)
                for _, data, title in (each for each in sets if each[0] == section):
                    self.combo.addItem(title, data)
                    names.append(data)
        self._show_data(self._data if self._data in names else next(iter(names), ""))

    def _add_heading(self, section: str) -> None:
        """A line of the menu that cannot be chosen."""
        self.combo.addItem(section)
        model = self.combo.model()
        assert isinstance(model, QStandardItemModel)
        item = model.item(self.combo.count() - 1)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        item.setFont(theme.small_font(self.font()))

    def choose_data(self, data: str) -> None:
        """Go to a data set, silently; a name that is not on offer leaves everything as it is."""
        if data != self._data and self.combo.findData(data) >= 0:
            self._show_data(data)

    def choose_models(self, names: Iterable[str]) -> None:
        """Choose these models of the data set, silently.

        Names that are not on offer or have a problem are passed over; if none is left, the choice
        stays as it is.
        """
        wanted = set(names)
        usable = tuple(name for name in self._usable() if name in wanted)
        if usable:
            self._chosen[self._data] = usable
            self._show_choice()

    def data(self) -> str:
        """The key of the data set in view; empty before there are entries."""
        return self._data

    def models(self) -> tuple[str, ...]:
        """The chosen models in catalogue order; empty only if no model of the set is usable."""
        return self._chosen.get(self._data, ())

    def chip(self, name: str) -> Chip:
        """The chip of a model of the data set in view; raises KeyError for any other."""
        return {chip.entry.name: chip for chip in self.row.chips}[name]

    def _offered(self) -> list[Entry]:
        return [entry for entry in self._entries if entry.data == self._data]

    def _usable(self) -> list[str]:
        return [entry.name for entry in self._offered() if not entry.problem]

    def _show_data(self, data: str) -> None:
        families = {entry.family for entry in self._entries if entry.name in self.models()}
        self._data = data
        with QSignalBlocker(self.combo):
            self.combo.setCurrentIndex(self.combo.findData(data))
        before = set(self._chosen.get(data, ()))
        usable = self._usable()
        chosen = [name for name in usable if name in before]
        if not chosen:
            # A first visit: the same families as on the set one comes from.
            kin = {entry.name for entry in self._offered() if entry.family in families}
            chosen = [name for name in usable if name in kin] or usable[:1]
        self._chosen[data] = tuple(chosen)
        self.row.set_entries(self._offered())
        previous: QWidget = self.combo
        for chip in self.row.chips:
            chip.picked.connect(self._on_chip_picked)
            self.setTabOrder(previous, chip)
            previous = chip
        self._show_choice()

    def _show_choice(self) -> None:
        chosen = self.models()
        for chip in self.row.chips:
            chip.setChecked(chip.entry.name in chosen)

    @Slot(int)
    def _on_data_picked(self, index: int) -> None:
        data = str(self.combo.itemData(index))
        if data == self._data:
            return
        models = self.models()
        self._show_data(data)
        self.data_changed.emit(data)
        if self.models() != models:
            self.models_changed.emit(self.models())

    @Slot(str, bool)
    def _on_chip_picked(self, name: str, alone: bool) -> None:
        before = self.models()
        wanted = {name} if alone else set(before) ^ {name}
        if not wanted:
            chip = self.chip(name)
            below = chip.mapToGlobal(QPoint(0, chip.height() // 2))
            QToolTip.showText(below, "At least one model stays chosen.", chip)
            return
        self.choose_models(wanted)
        if self.models() != before:
            self.models_changed.emit(self.models())

    def _arrange(self) -> None:
        layout = lay.across(on=self, spacing=theme.px(6))
        top = Qt.AlignmentFlag.AlignTop
        # One height for all, so that the first line of chips shares their centre line.
        self.combo.setFixedHeight(theme.px(HEIGHT))
        layout.addWidget(self.combo, 0, top)
        layout.addWidget(self.row, 1)
        layout.addWidget(self.library, 0, top)
