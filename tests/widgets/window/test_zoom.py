"""The zoom of the interface: all that is there follows, nothing is lost on the way back."""

import ast
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QFormLayout, QLabel, QPushButton, QSplitter, QWidget

from widgets.controls.slider import Slider
from widgets.look import lay, theme
from widgets.look.frames import card
from widgets.look.glyphs import Glyph, GlyphButton
from widgets.look.labels import Badge
from widgets.window.zoom import STEPS, Zoom, stepped

ROOT = Path(__file__).parents[3]


@pytest.fixture
def zoom(qapp):
    palette, sheet, style = qapp.palette(), qapp.styleSheet(), qapp.style().name()
    made = Zoom.of(qapp)
    theme.apply(qapp, theme.Mode.LIGHT)
    yield made
    made.set(100)
    qapp.setStyleSheet(sheet)
    qapp.setPalette(palette)
    qapp.setStyle(style)


@pytest.fixture
def page(qtbot):
    """One of everything that has lengths of its own."""
    made, form = QWidget(), QFormLayout()
    qtbot.addWidget(made)
    title, badge, button = QLabel("Flow"), Badge(), QPushButton("Go")
    title.setFont(theme.title_font(title.font()))
    badge.set_standing("exact", "It is.")
    button.setFixedWidth(theme.px(53))
    form.addRow("Here", Slider())
    form.setSpacing(3)
    parts = (title, badge, button, GlyphButton(Glyph.CROSS, "Close", "Closes."))
    side = card(QLabel("side"), least=97)
    lay.down(*parts, form, lay.split(made, side, (QLabel("rest"), 1)), on=made, margins=3)
    made.resize(900, 700)
    made.show()
    return made


def lengths(page):
    """Every length that a widget or a layout has by itself."""
    widgets = [page, *page.findChildren(QWidget)]
    own = [w for w in widgets if not isinstance(w.parent(), QSplitter) or w.minimumWidth()]
    return [
        (type(w).__name__, w.minimumSize(), w.sizeHint(), round(w.font().pointSizeF(), 6))
        for w in own
    ] + [page.layout().spacing(), page.layout().contentsMargins()]


def test_everything_grows_and_comes_back_as_it_was(page, zoom):
    before, font = lengths(page), page.font().pointSizeF()
    zoom.set(150)
    grown = lengths(page)
    button, title = page.findChild(QPushButton), page.findChild(QLabel)
    assert page.font().pointSizeF() == pytest.approx(1.5 * font)
    assert title.font().pointSizeF() == pytest.approx(1.5 * 1.15 * font)
    assert button.width() == 80
    assert page.findChild(GlyphButton).sizeHint() == QSize(36, 36)
    assert page.layout().contentsMargins().left() == 5
    assert [w for w in before if w in grown and w[0] in ("Badge", "Slider")] == []
    for percent in (80, 200, 90, 110, 125, 100):
        zoom.set(percent)
    assert lengths(page) == before


def test_type_keeps_its_size_when_the_theme_changes_or_the_place(page, zoom, qapp):
    zoom.set(200)
    title = page.findChild(QLabel)
    large = title.font().pointSizeF()
    theme.apply(qapp, theme.Mode.DARK)
    assert title.font().pointSizeF() == large
    page.findChild(QSplitter).widget(1).setParent(page)
    title.setParent(None)
    title.setParent(page)
    assert title.font().pointSizeF() == large


def test_what_is_made_later_is_as_large_as_what_was_there(page, zoom, qtbot):
    zoom.set(125)
    anew = GlyphButton(Glyph.CROSS, "Close", "Closes.")
    qtbot.addWidget(anew)
    assert anew.sizeHint() == page.findChild(GlyphButton).sizeHint()
    assert theme.px(8) == theme.UNIT == 10


def test_panels_have_their_widths_again(page, zoom):
    splitter = page.findChild(QSplitter)
    splitter.setSizes([211, 600])
    before = splitter.sizes()
    zoom.set(200)
    assert splitter.sizes()[0] > 1.5 * before[0]
    zoom.set(100)
    assert splitter.sizes() == before


@pytest.mark.parametrize(
    ("percent", "up", "down"), [(80, 90, 80), (200, 200, 175), (103, 110, 100)]
)
def test_steps_end_where_they_end(percent, up, down):
    assert (stepped(percent, 1), stepped(percent, -1)) == (up, down)
    assert STEPS[0] <= down <= up <= STEPS[-1]


def test_no_length_is_read_when_a_module_is_imported():
    """It would be that of a zoom which may not be in force when it is used."""
    found = []
    for path in (*ROOT.glob("widgets/**/*.py"), *ROOT.glob("app/**/*.py")):
        for node in _at_import(ast.parse(path.read_text())):
            name = node.attr if isinstance(node, ast.Attribute) else ""
            if name in ("UNIT", "px", "stroke"):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []


def _at_import(node):
    """The parts of a module that run when it is imported: defaults too, bodies of functions not."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.Lambda)):
            for default in (*child.args.defaults, *filter(None, child.args.kw_defaults)):
                yield default
                yield from _at_import(default)
        else:
            yield child
            yield from _at_import(child)
