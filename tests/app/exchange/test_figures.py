"""A figure shows what its tab shows, leaves nothing out without a word, and is made again."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from app.density.pictures.figure import Maps, of_maps
from app.exchange import file_dialogs
from app.recipes import figure as packed
from app.recipes.recipe import RecipeError
from app.tasks.map_sheet import Panel
from tests.windows import BOTH, DIGITS, PLANE
from widgets.figure.figure import Plot
from widgets.look.colours import Scale

KDE, FLOW = "mnist/kde", "mnist/flow"


@pytest.fixture
def stage(open_window):
    stage = open_window(BOTH)
    stage.ready()
    return stage


def shown(stage):
    stage.window.figures.show(stage.window.tabs.front().figure)
    return stage.window.figures.dialog.layout_now().figure


def saved(stage, path, monkeypatch):
    monkeypatch.setattr(file_dialogs, "save_file", lambda *_: path)
    stage.click(stage.window.figures.dialog.save)
    assert stage.said()[0] == f"Saved {path}."
    return path


def test_a_figure_holds_every_model_and_says_what_it_leaves_out(stage):
    stage.press(
        Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    dialog = stage.window.figures.dialog
    stage.until(dialog.isVisible)
    dialog.count.setValue(4)
    figure = dialog.layout_now().figure
    assert list(figure.rows) == ["Flow", "KDE"]
    assert [len(row) for row in figure.cells] == [4, 4]
    for name, row in zip((FLOW, KDE), figure.cells, strict=True):
        assert all((cell == stage.picture(name, i)).all() for i, cell in enumerate(row))
    assert figure.caption.count("4 of 6 pictures shown") == 2
    assert KDE in figure.caption
    before = dialog.layout_now().width
    dialog.size_box.setValue(200)
    assert dialog.layout_now().width > before
    stage.click(dialog.copy)
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (
        round(2 * dialog.layout_now().width),
        round(2 * dialog.layout_now().height),
    )


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_a_dropped_figure_brings_all_its_models_back(stage, tmp_path, monkeypatch, suffix):
    stage.window.presenters[0].turn(KDE, "bandwidth", 0.5)
    stage.until_shows(KDE, knobs={"bandwidth": 0.5})
    before = {name: stage.picture(name, 5).copy() for name in (FLOW, KDE)}
    shown(stage)
    path = saved(stage, tmp_path / f"a{suffix}", monkeypatch)
    stage.window.presenters[0].turn(KDE, "bandwidth", 0.2)
    stage.window.seed.box.setValue(99)
    stage.window.session.choose("mnist", (FLOW,))
    stage.until_shows(FLOW, seed=99)
    stage.drop(path)
    stage.until_shows(FLOW, KDE, seed=7)
    assert stage.recipe(KDE).knobs["bandwidth"] == 0.5
    assert all((stage.picture(name, 5) == before[name]).all() for name in before)


def test_a_figure_stays_as_it_was_until_it_is_refreshed(stage):
    figure = shown(stage)
    old = figure.cells[1][0].copy()
    stage.window.seed.box.setValue(8)
    stage.until_shows(FLOW, KDE, seed=8)
    assert (stage.picture(KDE, 0) != old).any()
    assert [r.seed for r in stage.window.figures._drawn.recipes()] == [7, 7]
    stage.window.figures.dialog.count.setValue(2)
    assert (stage.window.figures.dialog.layout_now().figure.cells[1][0] == old).all()
    stage.click(stage.window.figures.dialog.refresh)
    assert "seed 8" in stage.window.figures.dialog.layout_now().figure.title


def test_points_are_plots_with_axes(open_window):
    stage = open_window(PLANE)
    stage.ready()
    figure = shown(stage)
    flow, kde = figure.cells[0]
    assert isinstance(flow, Plot)
    assert flow.names == ("x₁", "x₂")
    assert flow.view == kde.view
    assert len(kde.points) == stage.window.presenters[0].columns["moons/kde"].frame.done


@pytest.mark.parametrize("tab", [1, 3])
def test_other_tabs_have_figures_of_their_own(open_window, methods, tab):
    """Fills of pictures, and maps of points."""
    stage = open_window(DIGITS if tab == 1 else PLANE)
    stage.window.tabs.setCurrentIndex(tab)
    front = stage.window.tabs.front()
    stage.until(lambda: front.figure() is not None)
    figure = shown(stage)
    assert np.size(figure.cells[0][0]) if tab == 1 else figure.bars
    (recipe, *_) = stage.window.figures._drawn.recipes()
    assert packed.from_text(packed.to_text([recipe])) == (recipe,)


def test_points_along_a_line_have_a_figure(open_window):
    models = {"moons": ("moons/kde",)}
    stage = open_window(replace(PLANE, models=models, line_draws=20))
    stage.window.tabs.setCurrentIndex(1)
    front = stage.window.tabs.front()
    stage.until(lambda: front.rows and all(row.curve is not None for row in front.rows.values()))
    front.run(first=False)
    stage.until(lambda: all(row.words() for row in front.rows.values()))
    figure = shown(stage)
    ((plot,),) = figure.cells
    assert (plot.title, plot.names[0][:8], len(plot.lines)) == ("KDE", "x₂ given", 3)
    assert "20 samples given x₁ = " in figure.caption
    (recipe,) = stage.window.figures._drawn.recipes()
    assert (recipe.model, recipe.count) == ("moons/kde", 20)


def test_pages_of_density_of_pictures_have_figures(open_window):
    stage = open_window(replace(DIGITS, density_page="numbers"))
    stage.window.tabs.setCurrentIndex(3)
    front = stage.window.tabs.front()
    stage.until(lambda: front.page is not None and front.page.numbers.scores)
    figure = shown(stage)
    ((plot,),) = figure.cells
    assert (plot.title, plot.names[0], plot.own_axes) == ("KDE", "bits per dimension", True)
    front.page.view.button("dimensions").setChecked(True)
    gaussians, digits = shown(stage).cells[0]
    assert len(gaussians.lines) == len(digits.lines)
    (recipe,) = stage.window.figures._drawn.recipes()
    assert (recipe.task, recipe.extra["page"]) == ("density", "dimensions")


def test_maps_of_several_scales_have_a_bar_each_and_rows_run_down():
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    panels = [
        Panel(title, "exact", values, Scale(0.0, top), "bits")
        for title, top in (("A", 1.0), ("B", 2.0), ("C", 1.0))
    ]
    corners = np.array([[1.0, 1.0], [2.0, 2.0]], np.float32)
    maps = Maps("Pixels", panels, (0, 4, 3, 0), ("column", "row"), corners)
    figure = of_maps(maps, lambda: None, "pixels").make(3)
    assert [bar.unit for bar in figure.bars] == ["bits (A, C)", "bits (B)"]
    plot = figure.cells[0][0]
    assert plot.view == (0, 4, 3, 0)
    assert [line.mean(0).round(1).tolist() for line, _ in plot.lines] == [[1.0, 1.0], [2.0, 2.0]]
    assert (plot.image[0] == Scale(0.0, 1.0).colours(values)[-1]).all(), "the first row is on top"
    assert of_maps(Maps("", (), (0, 1, 0, 1), ("", "")), lambda: None, "") is None


def test_where_nothing_is_there_a_sentence_says_so(stage):
    stage.window.tabs.setCurrentIndex(2)  # no end points yet
    stage.window.figures.show(stage.window.tabs.front().figure)
    assert "There is no figure of what is in view" in stage.said()[0]
    assert stage.window.figures.dialog is None


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"<svg><desc>genscope-figure:!!!!</desc></svg>", None),
        (b"%PDF genscope-figure:QUJD", "not valid JSON"),
        (b"%PDF genscope-figure:QUJ", "damaged"),
        (b"%PDF genscope-figure:e30=", "another version"),
        (b"\x89PNG\r\n\x1a\nrubbish", None),
        (b"", None),
    ],
)
def test_damaged_figures_are_refused_and_other_files_are_none(raw, says):
    if says is None:
        assert packed.read(raw) is None
    else:
        with pytest.raises(RecipeError, match=says):
            packed.read(raw)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        '{"format": 1, "recipes": []}',
        '{"format": 1, "recipes": [1]}',
        '{"format": 1, "recipes": ["{}"]}',
        '{"format": 2, "recipes": ["{}"]}',
    ],
)
def test_made_up_recipes_are_refused(text):
    with pytest.raises(RecipeError):
        packed.from_text(text)


def test_a_picture_is_compared_with_the_same_of_another_column_and_with_one_held(stage):
    def entries(name, i):
        stage.window.presenters[0]._open_menu(name, i, stage.tab.mapToGlobal(stage.tab.pos()))
        menu = stage.tab.findChildren(QMenu)[-1]
        return {action.text(): action for action in menu.actions()}

    entries(FLOW, 2)["Compare with the same of KDE"].trigger()
    pair = stage.window.travel.pair
    assert [name.text()[:12] for name in pair.names] == ["A: mnist/flow"[:12], "B: mnist/kde"]
    entries(FLOW, 2)["Hold to compare"].trigger()
    held = "mnist/flow, seed 7, picture 2"
    entries(KDE, 4)[f"Compare with {held}"].trigger()
    assert pair.names[0].text() == f"A: {held}"
    assert pair.names[1].text() == "B: mnist/kde, seed 7, picture 4"
    assert (pair.view._pair[0] == stage.picture(FLOW, 2)).all()
    assert "B has 5 × 6 pixels" in pair.note.text()
    pair.close()
