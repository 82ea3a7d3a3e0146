"""The inspector of the interpolation tab: sliders, pad and map of the chosen row's latents."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QTabWidget, QWidget

from widgets.controls.class_slider import ClassSlider
from widgets.controls.combo import Combo
from widgets.interpolation.latent_pad import LatentPad
from widgets.interpolation.latent_sliders import LatentSliders
from widgets.look import lay, theme
from widgets.look.images import Picture
from widgets.look.labels import small_print
from widgets.pictures.gallery import Gallery
from widgets.plots.legend import Legend
from widgets.plots.plane import Plane

MAP, THUMB, NEAR = 280, 64, 56
FOUR = "four"


class LatentPanel(QWidget):
    """`basis_changed` and `axes_changed` follow the menus, `layout_changed` that of the map."""

    basis_changed = Signal()
    axes_changed = Signal()
    layout_changed = Signal()
    near_chosen = Signal(int)
    """The hand goes to one of the nearest examples, 0 for the chosen one itself."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title, self.about = QLabel(self), QLabel(self)
        self.basis, self.layouts = Combo(self), Combo(self)
        self.classes, self.sliders = ClassSlider(self), LatentSliders(self)
        self.pad = LatentPad(self)
        self.across, self.up = Combo(self), Combo(self)
        self.map, self.thumb, self.caption = Plane(self), Gallery(self), QLabel(self)
        self.extra, self.legend = QLabel(self), Legend(self)
        self.near, self.near_says = Gallery(self), QLabel(self)
        self.pages = QTabWidget(self)
        self._dress()
        self._build()
        self.basis.currentIndexChanged.connect(self.basis_changed)
        self.layouts.currentIndexChanged.connect(self.layout_changed)
        self.near.chosen.connect(self.near_chosen)
        self.sliders.reset.connect(self.classes.reset)
        for axis in (self.across, self.up):
            axis.currentIndexChanged.connect(self.axes_changed)

    def add_layout(self, title: str, name: str, refused: str | None = None) -> None:
        """Offer another layout of the map; disabled where there is a reason for it."""
        self.layouts.addItem(title, name)
        if refused is not None:
            self.layouts.refuse(self.layouts.count() - 1, refused)
            self.extra.setText(f"{self.extra.text()} {refused}".strip())
            self.extra.show()

    def set_title(self, title: str, about: str) -> None:
        """Whose latents these are, and what they are."""
        self.title.setText(title)
        self.about.setText(about)

    def set_directions(self, names: tuple[str, ...], *, four: bool) -> None:
        """Offer directions for the pad, and the mix of `four` pictures, silently."""
        for axis, default in ((self.across, 0), (self.up, 1)):
            before = axis.currentData()
            with QSignalBlocker(axis):
                axis.clear()
                for i, name in enumerate(names):
                    axis.addItem(name, i)
                if axis is self.across and four:
                    axis.addItem("Mix of A, B, C, D", FOUR)
                place = axis.findData(before) if before is not None else default
                axis.setCurrentIndex(max(0, place if place >= 0 else default))
        self.pad.setEnabled(len(names) > 1 or four)
        self._name_axes()

    def axes(self) -> tuple[int, int] | None:
        """The two directions of the pad, None while it mixes four pictures or there are none."""
        x, y = self.across.currentData(), self.up.currentData()
        return (x, y) if isinstance(x, int) and isinstance(y, int) else None

    def mixes(self) -> bool:
        """Whether the pad mixes four pictures."""
        return bool(self.across.currentData() == FOUR)

    def _name_axes(self) -> None:
        self.up.setEnabled(not self.mixes())
        if self.mixes():
            self.pad.set_corners(("A", "B", "C", "D"))
        else:
            self.pad.set_axes(self.across.currentText(), self.up.currentText())

    def show_thumb(self, picture: Picture | None, caption: str) -> None:
        """The example under the mouse on the map."""
        self.caption.setText(caption)
        self.thumb.setVisible(picture is not None)
        if picture is not None:
            self.thumb.put(0, picture[None])

    def show_near(self, pictures: Picture | None, says: str) -> None:
        """The chosen example and its nearest (n, H, W, 3), None where they are no pictures."""
        self.near_says.setText(says)
        self.near_says.setVisible(bool(says))
        self.near.setVisible(pictures is not None)
        if pictures is not None:
            self.near.set_count(len(pictures))
            self.near.put(0, pictures)

    def _dress(self) -> None:
        self.title.setFont(theme.title_font(self.font()))
        small_print(self.about, self.caption, self.extra, self.near_says, wrap=True)
        self.extra.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.extra.hide()
        self.near_says.setToolTip(
            "The example that was clicked, and the classes of the nearest ones, by distance."
        )
        self.near.sized = False
        self.near.setFixedHeight(theme.px(NEAR))
        self.near.setAccessibleName("The chosen example of the map and its nearest")
        self.near.setToolTip(
            "The chosen example, then the nearest. A click takes one of them as end point."
        )
        self.show_near(None, "")
        self.basis.setAccessibleName("Directions")
        self.basis.addItem("Principal directions", "principal")
        self.basis.addItem("Single dimensions", "single")
        self.basis.setToolTip("The directions that the sliders follow.")
        self.across.setAccessibleName("Across")
        self.across.setToolTip("The direction from left to right on the pad.")
        self.up.setAccessibleName("Up")
        self.up.setToolTip("The direction from bottom to top on the pad.")
        self.layouts.setAccessibleName("Layout of the map")
        self.layouts.addItem("PCA", "pca")
        self.layouts.setToolTip("How latent codes are placed in the plane.")
        self.map.setMinimumSize(theme.px(200), theme.px(MAP))
        self.map.setAccessibleName("Map of the latent space")
        self.map.setToolTip(
            "Data by class: click a point to make it the chosen end point; its nearest are ringed. "
            "Arrow keys move a cursor, Enter clicks there."
        )
        self.thumb.set_count(1)
        self.thumb.setFixedSize(theme.px(THUMB), theme.px(THUMB))
        self.thumb.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.thumb.hide()
        self.pages.setDocumentMode(True)
        self.pages.tabBar().setDrawBase(False)  # a white line on dark ground
        self.pages.tabBar().setAccessibleName("Ways to move in the latent space")
        self.axes_changed.connect(self._name_axes)

    def _build(self) -> None:
        unit = theme.UNIT
        sliders, pad, map_ = (QWidget(self) for _ in range(3))
        axes = lay.across((self.across, 1), (self.up, 1), spacing=None)
        under = lay.across(self.thumb, (self.caption, 1), spacing=None)
        pages: tuple[tuple[str, QWidget, tuple[QWidget | QHBoxLayout, ...]], ...] = (
            ("Sliders", sliders, (self.classes, self.basis, self.sliders)),
            ("Pad", pad, (axes, self.pad)),
            (
                "Map",
                map_,
                (self.layouts, self.extra, self.map, self.legend, under, self.near_says, self.near),
            ),
        )
        for title, page, parts in pages:
            inner = lay.down(on=page, margins=(0, unit, 0, 0))
            for part in parts:
                if isinstance(part, QWidget):
                    inner.addWidget(part)
                else:
                    inner.addLayout(part)
            inner.addStretch(1)
            self.pages.addTab(page, title)
        lay.down(self.title, self.about, (self.pages, 1), on=self, margins=unit, spacing=unit // 2)
