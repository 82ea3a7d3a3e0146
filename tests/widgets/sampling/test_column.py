"""A model's column: identity, states over the last good content, and no idle animation."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QPushButton, QWidget

from widgets.look import theme
from widgets.look.family_bar import FamilyBar
from widgets.look.labels import Badge, ElidedLabel
from widgets.look.state import State
from widgets.pictures.gallery import Gallery
from widgets.plots.scatter import Scatter
from widgets.sampling.column import Column

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def host(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.resize(320, 520)
    return widget


@pytest.fixture
def column(qtbot, host):
    widget = Column(parent=host)
    widget.setGeometry(host.rect())
    widget.set_identity("VAE", "mnist/vae · 1.2 M parameters", "vae")
    host.show()
    qtbot.waitExposed(host)
    return widget


def texts(column):
    return [label.text() for label in column.findChildren(QLabel) if label.isVisible()]


def button(column, text):
    return next(b for b in column.findChildren(QPushButton) if b.text() == text)


def bar(column):
    return column.findChild(FamilyBar)


@pytest.fixture
def themed():
    """Apply themes, and leave the application as it was."""
    app = QApplication.instance()
    palette, sheet, style = app.palette(), app.styleSheet(), app.style().name()
    yield lambda mode: theme.apply(app, mode)
    app.setStyleSheet(sheet)
    app.setPalette(palette)
    app.setStyle(style)


def test_it_says_who_it_is(column):
    column.set_badge("exact", "Ancestral sampling (Kingma & Welling 2014).")
    column.set_footer("3.1 ms per picture · 1 network evaluation")
    column.set_note("temperature 0.7: not the model's distribution")
    shown = texts(column)
    for text in ("VAE", "mnist/vae · 1.2 M parameters", "sampler: exact"):
        assert text in shown
    assert "3.1 ms per picture · 1 network evaluation" in shown
    assert "temperature 0.7: not the model's distribution" in shown
    assert column.badge.toolTip().startswith("Ancestral")
    assert column.body.accessibleName() == "Pictures of VAE"
    column.grab()


def test_the_body_is_of_its_kind(qtbot):
    for body in (Gallery, Scatter):
        widget = Column(body)
        qtbot.addWidget(widget)
        widget.set_identity("Flow", "moons/flow", "flow")
        assert isinstance(widget.body, body)


def test_unknown_states_are_refused(column):
    with pytest.raises(ValueError, match="bored"):
        column.set_state("bored")


def test_empty_says_what_to_do(column):
    column.set_state("empty", "Press Generate to draw samples.")
    assert "Press Generate to draw samples." in texts(column)
    column.set_state(State.READY)
    assert "Press Generate to draw samples." not in texts(column)


def test_a_failure_keeps_the_last_pictures_dimmed(column, qtbot):
    column.body.set_count(1)
    column.body.put(0, np.full((1, 28, 28, 3), 255, np.uint8))
    column.set_state("ready")
    bright = column.body.grab().toImage()
    column.set_state("failed", "The weights do not match their card.")
    assert column.body.picture(0) is not None
    assert column.body.grab().toImage() != bright
    assert "The weights do not match their card." in texts(column)
    with qtbot.waitSignal(column.details_wanted):
        QTest.mouseClick(button(column, "Details"), LEFT)
    with qtbot.waitSignal(column.retry_wanted):
        QTest.mouseClick(button(column, "Try again"), LEFT)


def test_only_a_failure_offers_another_try(column):
    for state in State:
        column.set_state(state, "Something.")
        assert button(column, "Try again").isVisible() is (state is State.FAILED)


def test_working_borrows_the_footer(column):
    column.set_footer("3 ms per picture")
    column.set_state("working", "step 12 of 40")
    assert "step 12 of 40" in texts(column)
    column.set_state("ready")
    assert "3 ms per picture" in texts(column)


def test_a_footer_set_while_working_waits_for_its_end(column):
    column.set_state("working", "step 12 of 40")
    column.set_footer("3 ms per picture")
    assert "step 12 of 40" in texts(column)
    column.set_state("ready")
    assert "3 ms per picture" in texts(column)


def test_the_bar_moves_only_while_nobody_knows_how_long(column):
    assert not bar(column).moving()
    column.set_state("working")
    assert bar(column).moving()
    bar(column).grab()
    column.set_progress(0.3)
    assert not bar(column).moving()
    column.set_progress(None)
    assert bar(column).moving()
    column.set_state("ready")
    assert not bar(column).moving()


def test_a_hidden_column_does_not_animate(column):
    column.set_state("loading", "Loading mnist/vae…")
    assert bar(column).moving()
    column.hide()
    assert not bar(column).moving()
    column.show()
    assert bar(column).moving()
    column.set_state("ready")


def test_progress_fills_the_bar(column):
    column.set_state("working")
    column.set_progress(0.5)
    strip = bar(column).grab().toImage()
    full = theme.family_colour("vae")
    assert strip.pixelColor(strip.width() // 4, 2) == full
    assert strip.pixelColor(3 * strip.width() // 4, 2) != full


def test_progress_out_of_work_is_ignored(column):
    column.set_state("ready")
    column.set_progress(0.5)
    strip = bar(column).grab().toImage()
    assert strip.pixelColor(3 * strip.width() // 4, 2) == theme.family_colour("vae")


def test_close(column, qtbot):
    cross = next(
        b for b in column.findChildren(QAbstractButton) if b.accessibleName() == "Close VAE"
    )
    with qtbot.waitSignal(column.close_wanted):
        QTest.mouseClick(cross, LEFT)


@pytest.mark.parametrize("mode", [theme.Mode.LIGHT, theme.Mode.DARK])
@pytest.mark.parametrize(
    "standing",
    ["exact", "asymptotically exact", "bound", "estimate", "unnormalised", "heuristic", "other"],
)
def test_badges_are_legible(qtbot, themed, mode, standing):
    themed(mode)
    badge = Badge()
    qtbot.addWidget(badge)
    badge.set_standing(standing, "")
    assert theme.contrast(*badge.tones()) >= 4.5
    badge.grab()


def test_notes_are_legible(themed):
    for mode in (theme.Mode.LIGHT, theme.Mode.DARK):
        themed(mode)
        assert theme.contrast(theme.colour("warning"), theme.colour("raised")) >= 4.5


def test_an_elided_label_keeps_all_of_it_in_its_tip(qtbot):
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.resize(60, 20)
    label.show()
    label.setText("mnist/latent-diffusion · 5.0 M parameters")
    assert label.toolTip() == label.text()
    label.resize(900, 20)
    assert label.toolTip() == ""


def test_a_passing_word_asks_for_no_room(column):
    width = column.minimumSizeHint().width()
    column.set_state(State.LOADING, "Loading a model with quite a long name…")
    assert column.minimumSizeHint().width() == width
    column.set_state(State.FAILED, "The file is damaged: it is not what its card says.")
    assert column.minimumSizeHint().width() >= button(column, "Try again").width()
