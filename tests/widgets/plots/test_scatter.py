"""The scatter by hand: choosing, panning together, going home, dimming."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QTransform, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from widgets.look import theme
from widgets.look.colours import CLASS_COLOURS
from widgets.plots.cloud import placed, splat
from widgets.plots.scatter import Scatter

LEFT = Qt.MouseButton.LeftButton
RIGHT = Qt.MouseButton.RightButton
NONE = Qt.KeyboardModifier.NoModifier

CROSS = np.array([[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1]], np.float32)


@pytest.fixture
def host(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.resize(500, 500)
    return widget


@pytest.fixture
def make(qtbot, host):
    def scatter():
        widget = Scatter(host)
        widget.resize(400, 400)
        widget.set_range(-2, 2, -2, 2)
        widget.set_points(CROSS, np.arange(5))
        widget.show()
        host.show()
        qtbot.waitExposed(host)
        return widget

    return scatter


@pytest.fixture
def scatter(make):
    return make()


def canvas(scatter):
    """The widget that a real mouse would hit."""
    return scatter.childAt(scatter.rect().center())


def place(scatter, i, dx=0.0):
    return (scatter.position_of(i) + QPointF(dx, 0)).toPoint()


def double_click(scatter, at):
    QTest.mouseClick(canvas(scatter), LEFT, NONE, at)
    QTest.mouseDClick(canvas(scatter), LEFT, NONE, at)  # the second press only
    QTest.mouseRelease(canvas(scatter), LEFT, NONE, at)


def wheel(scatter, at):
    where = QPointF(at)
    spun = QWheelEvent(
        where,
        QPointF(scatter.mapToGlobal(at)),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        NONE,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas(scatter), spun)


def test_points_are_where_they_say_in_their_colour(scatter):
    image = scatter.grab().toImage()
    for i in range(5):
        assert image.pixelColor(place(scatter, i)) == QColor(*CLASS_COLOURS[i])


def test_without_classes_all_have_the_family_colour(scatter):
    scatter.set_points(CROSS)
    scatter.set_colour(QColor("#123456"))
    assert scatter.grab().toImage().pixelColor(place(scatter, 4)) == QColor("#123456")


def test_axes_have_equal_units(scatter):
    across = scatter.position_of(1).x() - scatter.position_of(0).x()
    up = scatter.position_of(0).y() - scatter.position_of(2).y()
    assert across == pytest.approx(up, rel=0.01)


def test_a_click_near_a_point_chooses_it(scatter, qtbot):
    with qtbot.waitSignal(scatter.chosen) as seen:
        QTest.mouseClick(canvas(scatter), LEFT, NONE, place(scatter, 2, dx=8))
    assert seen.args == [2]
    assert scatter.current() == 2


def test_a_click_far_from_all_points_chooses_none(scatter, qtbot):
    with qtbot.assertNotEmitted(scatter.chosen):
        QTest.mouseClick(canvas(scatter), LEFT, NONE, place(scatter, 2, dx=20))


def test_a_right_click_asks_for_the_menu(scatter, qtbot):
    at = place(scatter, 3)
    with qtbot.waitSignal(scatter.menu_wanted) as seen:
        QTest.mouseClick(canvas(scatter), RIGHT, NONE, at)
    index, where = seen.args
    assert index == scatter.current() == 3
    assert (where - scatter.mapToGlobal(at)).manhattanLength() <= 2


def test_the_menu_key_opens_at_the_current_point(scatter, qtbot):
    scatter.set_current(1)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(1, 1), QPoint(1, 1))
    with qtbot.waitSignal(scatter.menu_wanted) as seen:
        QApplication.sendEvent(scatter, event)
    assert seen.args == [1, scatter.mapToGlobal(place(scatter, 1))]


def test_linked_views_zoom_together_and_go_home(make, qtbot):
    one, two = make(), make()
    one.link(two)
    home = one.view_rect()
    wheel(one, place(one, 1))
    assert one.view_rect().width() < home.width()
    assert two.view_rect() == one.view_rect()
    double_click(two, QPoint(200, 60))
    assert one.view_rect() == home
    assert two.view_rect() == home


def test_a_closed_neighbour_is_no_trouble(make):
    one, two = make(), make()
    one.link(two)
    two.deleteLater()
    QApplication.sendPostedEvents(two)
    wheel(one, place(one, 1))


def test_the_home_view_survives_a_resize(scatter):
    scatter.resize(500, 300)
    rect = scatter.view_rect()
    assert rect.left() <= -2
    assert rect.right() >= 2
    assert rect.top() <= -2
    assert rect.bottom() >= 2


@pytest.mark.parametrize(
    ("key", "target"),
    [
        (Qt.Key.Key_Right, 3),
        (Qt.Key.Key_Left, 1),
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_End, 4),
        (Qt.Key.Key_Return, 2),
    ],
)
def test_keys_move(scatter, qtbot, key, target):
    scatter.set_current(2)
    with qtbot.waitSignal(scatter.chosen) as seen:
        QTest.keyClick(scatter, key)
    assert seen.args == [target]


def test_control_keys(scatter, qtbot):
    scatter.set_current(2)
    home = scatter.view_rect()
    wheel(scatter, place(scatter, 1))
    QTest.keyClick(scatter, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert scatter.view_rect() == home
    with qtbot.waitSignal(scatter.copy_wanted) as seen:
        QTest.keyClick(scatter, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert seen.args == [2]


def test_stale_points_dim_and_new_ones_are_fresh(scatter):
    scatter.set_stale(True)
    assert scatter.grab().toImage().pixelColor(place(scatter, 1)) != QColor(*CLASS_COLOURS[1])
    scatter.set_points(CROSS, np.arange(5))
    assert scatter.grab().toImage().pixelColor(place(scatter, 1)) == QColor(*CLASS_COLOURS[1])


def test_the_backdrop_lies_behind(scatter):
    before = scatter.grab().toImage()
    scatter.set_backdrop(np.array([[1, 0], [0.5, 0.5]], np.float32))
    after = scatter.grab().toImage()
    assert after != before
    assert after.pixelColor(place(scatter, 1)) == QColor(*CLASS_COLOURS[1])


def test_points_that_diverged_are_left_out(scatter, qtbot):
    wild = CROSS.copy()
    wild[1], wild[2] = (np.nan, 0), (np.inf, 0)
    scatter.set_points(wild)
    scatter.grab()
    with qtbot.waitSignal(scatter.chosen) as seen:
        QTest.mouseClick(canvas(scatter), LEFT, NONE, place(scatter, 3))
    assert seen.args == [3]


def test_no_points_at_all(scatter, qtbot):
    scatter.clear()
    scatter.grab()
    assert scatter.point(0) is None
    with qtbot.assertNotEmitted(scatter.chosen):
        QTest.mouseClick(canvas(scatter), LEFT, NONE, QPoint(200, 200))
        QTest.keyClick(scatter, Qt.Key.Key_Right)


def test_a_change_of_theme_reaches_the_plot(scatter):
    app = QApplication.instance()
    palette, sheet, style = app.palette(), app.styleSheet(), app.style().name()
    try:
        shades = []
        for mode in (theme.Mode.LIGHT, theme.Mode.DARK):
            theme.apply(app, mode)
            shades.append(scatter.grab().toImage().pixelColor(200, 60))
            assert shades[-1] == theme.colour("raised")
        assert shades[0] != shades[1]
    finally:
        app.setStyleSheet(sheet)
        app.setPalette(palette)
        app.setStyle(style)


@pytest.mark.parametrize("wrong", [np.zeros(4), np.zeros((4, 3))])
def test_wrong_points_are_refused_early(scatter, wrong):
    with pytest.raises(ValueError, match="points must be"):
        scatter.set_points(wrong)


def test_classes_must_match_points(scatter):
    with pytest.raises(ValueError, match="5 points"):
        scatter.set_points(CROSS, np.arange(4))


def test_splat_paints_whole_dots_and_clips_at_the_edge():
    red = np.array([[0, 0, 255, 255]], np.uint8)
    image = splat(np.array([[10.5, 6.5]]), red, 2.0, (12, 20))
    assert image.shape == (12, 20)
    assert image[6, 10] == 0xFFFF0000
    assert np.array_equal(image[4:9, 8:13], image[4:9, 8:13][::-1, ::-1])
    for corner in ([0.0, 0.0], [19.9, 11.9], [-1.0, 5.0]):
        assert splat(np.array([corner]), red, 2.0, (12, 20)).any()
    for outside in ([-9.0, 5.0], [1e30, 0.0], [np.nan, 1.0]):
        assert not splat(np.array([outside]), red, 2.0, (12, 20)).any()


def test_splat_lets_no_rim_cover_a_core():
    inks = np.array([[255, 0, 0, 255], [0, 0, 255, 255]], np.uint8)
    image = splat(np.array([[5.5, 5.5], [8.5, 5.5]]), inks, 2.0, (12, 16))
    assert image[5, 5] == 0xFF0000FF
    assert image[5, 8] == 0xFFFF0000


def test_placed_is_the_affine_map():
    moved = placed(np.array([[1, 2]], np.float32), QTransform(2, 0, 0, -3, 10, 20))
    assert moved.tolist() == [[12, 14]]


def test_a_legend_names_the_colours(make):
    scatter = make()
    scatter.set_legend(("one arm", "other <arm>"))
    names, inks = zip(*scatter.legend.entries, strict=True)
    assert names == ("one arm", "other <arm>")
    assert [ink.getRgb()[:3] for ink in inks] == [tuple(c) for c in CLASS_COLOURS[:2]]
    assert not scatter.legend.isHidden()
    scatter.set_legend(())
    assert scatter.legend.isHidden()
