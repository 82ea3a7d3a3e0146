"""One look for the whole window: palette, family colours, spacing and type scale.

Everything visual that more than one widget needs to agree on lives here.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from widgets.look.restyle import Restyling
from widgets.look.tips import TipStyle

BASE = 8
UNIT = BASE
"""Spacing unit in device-independent pixels; gaps are whole or half multiples of it.

It follows the zoom of the interface, see `set_zoom`: read it when it is needed, never at import.
"""

RADIUS = 6
TARGET = 24
"""The least side of what a hand points at, at 100 % (WCAG 2.2, 2.5.8)."""


class Mode(Enum):
    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


# Okabe & Ito (2008), colour-blind safe; tints of the same hue for kindred families.
_FAMILY = {
    "vae": "#0072B2",
    "gan": "#D55E00",
    "autoregressive": "#009E73",
    "any-order": "#5FBF9F",
    "flow": "#56B4E9",
    "diffusion": "#CC79A7",
    "latent-diffusion": "#A0527D",
    "energy": "#E69F00",
    "kde": "#8A8A8A",
    "mfa": "#B9A400",
    "data": "#4D4D4D",
}

_BADGE = {
    "exact": "#009E73",
    "asymptotically exact": "#0072B2",
    "bound": "#56B4E9",
    "estimate": "#E69F00",
    "unnormalised": "#CC79A7",
    "heuristic": "#D55E00",
}

_LIGHT = {
    "window": "#F4F5F7",
    "base": "#FFFFFF",
    "raised": "#FFFFFF",
    "line": "#D5D9E0",
    "text": "#1B1F27",
    "faint": "#5D6675",
    "accent": "#2F6FEB",
    "on accent": "#FFFFFF",
    "danger": "#C0392B",
    "warning": "#8F5200",
    "well": "#E9ECF1",
}
_DARK = {
    "window": "#1B1E24",
    "base": "#14161B",
    "raised": "#23272F",
    "line": "#363C47",
    "text": "#E7EAF0",
    "faint": "#9AA4B4",
    "accent": "#5B93FF",
    "on accent": "#0B1220",
    "danger": "#FF7B6B",
    "warning": "#F0B44A",
    "well": "#101216",
}


_zoom = 1.0
_thickness = 1.0


def set_zoom(zoom: float, thickness: float = 1.0) -> None:
    """Let lengths that are asked for from now on be `zoom` times as long, and lines of plots
    `thickness` times as thick beyond that. widgets.window.zoom has what is there follow.
    """
    global UNIT, _zoom, _thickness
    UNIT, _zoom, _thickness = round(BASE * zoom), zoom, thickness


def zoom() -> float:
    """How much larger than usual everything is."""
    return _zoom


def thickness() -> float:
    """How much thicker lines of plots are than `zoom` alone makes them."""
    return _thickness


def px(length: float) -> int:
    """A length in device-independent pixels at the zoom in force, from that at 100 %."""
    return round(length * _zoom)


def stroke(width: float) -> float:
    """The width of a line of a plot, or the radius of a dot, at the zoom in force."""
    return width * _zoom * _thickness


def family_colour(family: str) -> QColor:
    """The one colour of a family, the same in every tab; grey for an unknown one."""
    return QColor(_FAMILY.get(family, "#8A8A8A"))


def badge_colour(standing: str) -> QColor:
    """The colour of a procedure's standing ("exact", "heuristic", …)."""
    return QColor(_BADGE.get(standing, "#8A8A8A"))


def is_dark() -> bool:
    """Whether the palette in force is the dark one."""
    return QApplication.palette().color(QPalette.ColorRole.Window).lightness() < 128


def colour(role: str) -> QColor:
    """A colour of the palette in force.

    Roles: window, base, raised, line, text, faint, accent, danger, warning, well.
    """
    return QColor((_DARK if is_dark() else _LIGHT)[role])


def contrast(a: QColor, b: QColor) -> float:
    """The contrast ratio of two opaque colours, 1 … 21 (WCAG 2.1, "contrast ratio")."""
    light, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def legible(ink: QColor, paper: QColor) -> QColor:
    """`ink` moved towards black or white until small text on `paper` reads (contrast ≥ 4.5)."""
    return QColor(_legible(ink.name(), paper.name()))


@lru_cache(maxsize=256)  # asked for whenever something is painted
def _legible(ink: str, paper: str) -> str:
    pole = QColor("#FFFFFF" if _luminance(QColor(paper)) < 0.18 else "#000000")
    mixes = (mix(QColor(ink), pole, step / 20) for step in range(20))
    found = next((tone for tone in mixes if contrast(tone, QColor(paper)) >= 4.5), pole)
    return found.name()


def mix(a: QColor, b: QColor, share: float) -> QColor:
    """The opaque colour `share` (0 … 1) of the way from `a` to `b`."""
    return QColor.fromRgbF(
        *((1 - share) * x + share * y for x, y in zip(_rgb(a), _rgb(b), strict=True))
    )


def small_font(font: QFont) -> QFont:
    """The caption size of the type scale: 0.88 of the given font."""
    small = QFont(font)
    small.setPointSizeF(font.pointSizeF() * 0.88)
    return small


def title_font(font: QFont) -> QFont:
    """The heading size of the type scale: 1.15 of the given font, semi-bold."""
    title = QFont(font)
    title.setPointSizeF(font.pointSizeF() * 1.15)
    title.setWeight(QFont.Weight.DemiBold)
    return title


def apply(app: QApplication, mode: Mode) -> None:
    """Set the style, the sheet and the palette of the whole application.

    What is hidden takes up a new palette when it is shown.
    """
    hints = app.styleHints()
    by_system = hints.colorScheme() is Qt.ColorScheme.Dark
    dark = by_system if mode is Mode.SYSTEM else mode is Mode.DARK
    palette = _palette(_DARK if dark else _LIGHT)
    if app.styleSheet() != _SHEET:
        app.setStyle(TipStyle())
        app.setPalette(palette)
        app.setStyleSheet(_SHEET)  # every widget there is takes it up, which is slow
    elif palette != app.palette():
        app.setPalette(palette)
        restyle(app)


def restyle(app: QApplication) -> None:
    """Have what is seen take up palette and type at once, and the rest when it is shown."""
    (app.findChild(Restyling) or Restyling(app)).renew()


def _luminance(tone: QColor) -> float:
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _rgb(tone))
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _rgb(tone: QColor) -> tuple[float, float, float]:
    return tone.redF(), tone.greenF(), tone.blueF()


def _palette(tones: dict[str, str]) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for where, tone in {
        role.Window: "window",
        role.WindowText: "text",
        role.Base: "base",
        role.AlternateBase: "window",
        role.Text: "text",
        role.Button: "raised",
        role.ButtonText: "text",
        role.ToolTipBase: "raised",
        role.ToolTipText: "text",
        role.Highlight: "accent",
        role.HighlightedText: "on accent",
        role.PlaceholderText: "faint",
        role.Link: "accent",
        role.Mid: "line",
        role.Midlight: "well",
        role.BrightText: "danger",
        role.LinkVisited: "warning",
    }.items():
        palette.setColor(where, QColor(tones[tone]))
    for where in (role.WindowText, role.Text, role.ButtonText):
        faded = QColor(tones["faint"])
        faded.setAlpha(140)
        palette.setColor(QPalette.ColorGroup.Disabled, where, faded)
    return palette


# Colours stand in it by their role in the palette, and lengths by the height of letters (12 pixels
# at 100 %), so that it is the same in every theme and at every zoom.
_SHEET = f"""
QToolTip {{ color: palette(text); background: palette(button); border: 1px solid palette(mid);
    padding: {UNIT // 2}px; }}
QPushButton, QToolButton {{ border: 1px solid palette(mid); border-radius: {RADIUS}px;
    padding: 0.333em 0.833em; background: palette(button); color: palette(text); }}
QToolButton {{ padding: 0.333em 0.500em; }}
QPushButton:hover, QToolButton:hover {{ border-color: palette(highlight); }}
QPushButton:pressed, QToolButton:pressed, QToolButton:checked {{ background: palette(midlight); }}
QPushButton:checked {{ border-color: palette(highlight); color: palette(text);
    background: palette(midlight); }}
QPushButton:disabled, QToolButton:disabled {{ color: palette(placeholder-text);
    background: palette(window); }}
QPushButton:default, QPushButton[primary="true"] {{ background: palette(highlight);
    color: palette(highlighted-text);
    border-color: palette(highlight); }}
QPushButton[primary="true"] {{ font-weight: 600; }}
QLineEdit, QAbstractSpinBox, QComboBox {{ border: 1px solid palette(mid);
    border-radius: {RADIUS}px; padding: 0.250em 0.500em; background: palette(base);
    color: palette(text); selection-background-color: palette(highlight); }}
QPushButton:focus {{ border: 2px solid palette(highlight); padding: 0.250em 0.750em; }}
QPushButton[primary="true"]:focus {{ border-color: palette(text); }}
QToolButton:focus {{ border: 2px solid palette(highlight); padding: 0.250em 0.417em; }}
QComboBox:focus, QLineEdit:focus, QAbstractSpinBox:focus
    {{ border: 2px solid palette(highlight); padding: 0.167em 0.417em; }}
QTabBar::tab:selected:focus {{ background: palette(midlight); }}
QFrame[card="true"] {{ background: palette(button); border: 1px solid palette(mid);
    border-radius: {RADIUS + 2}px; }}
QLabel[faint="true"] {{ color: palette(placeholder-text); }}
QLabel[danger="true"] {{ color: palette(bright-text); }}
QLabel[warning="true"] {{ color: palette(link-visited); }}
ModelList {{ border: 1px solid palette(mid); border-radius: {RADIUS + 2}px; outline: none; }}
ModelList::item {{ padding: {UNIT // 2}px; }}
ModelList QHeaderView::section {{ border: none; border-bottom: 1px solid palette(mid);
    padding: {UNIT // 2}px; background: palette(base); color: palette(placeholder-text); }}
QScrollBar:vertical {{ width: {UNIT + 2}px; margin: 0; background: transparent; }}
QScrollBar:horizontal {{ height: {UNIT + 2}px; margin: 0; background: transparent; }}
QScrollBar::handle {{ background: palette(mid); border-radius: 3px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: {3 * UNIT}px; }}
QScrollBar::handle:horizontal {{ min-width: {3 * UNIT}px; }}
QScrollBar::handle:hover {{ background: palette(placeholder-text); }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QScrollArea {{ border: none; background: transparent; }}
QCheckBox, QRadioButton {{ min-height: 2em; border: 2px solid transparent;
    border-radius: {RADIUS}px; }}
QCheckBox:focus, QRadioButton:focus {{ border-color: palette(highlight); }}
QTableView:focus {{ border: 2px solid palette(highlight); }}
QCheckBox::indicator, QRadioButton::indicator {{ width: 1.167em; height: 1.167em; }}
QTabBar::tab {{ padding: 0.500em 1.167em; border: none; border-bottom: 2px solid transparent;
    color: palette(placeholder-text); }}
QTabBar::tab:selected {{ color: palette(text); border-bottom-color: palette(highlight); }}
QTabBar::tab:disabled {{ color: palette(mid); }}
QTabWidget::pane {{ border: none; border-top: 1px solid palette(mid); }}
"""
