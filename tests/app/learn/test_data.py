"""The points of the tab Learn: taken, read from files, refused in one sentence, and kept."""

import numpy as np
import pytest

from app.session.settings import Settings
from engines.data import own
from tests.own import home
from widgets.learn.sheet import MOST

__all__ = ["home"]
PLACE = 5
ROWS = "\n".join(f"{i / 7:.3f},{(i * i) % 11}" for i in range(60))


@pytest.fixture
def stage(home, open_window):
    stage = open_window(Settings(data="moons", models={"moons": ("moons/kde",)}, points=50))
    stage.window.tabs.setCurrentIndex(PLACE)
    presenter = stage.window.presenters[PLACE]
    stage.until(lambda: presenter.desk is not None)
    stage.until(lambda: len(panel(stage).canvas.sheet) == 2000)
    return stage


def panel(stage):
    return stage.window.tabs.widget(PLACE).data


def told(stage, part):
    stage.until(lambda: any(part in text for text in stage.said()))


def test_it_begins_with_the_data_in_view(stage):
    assert panel(stage).says.text() == "2,000 points in 2 classes."
    assert stage.window.presenters[PLACE].desk.data.origin == "moons"


def test_a_ready_set_is_taken_and_can_be_undone(stage):
    sets, canvas = panel(stage).sets, panel(stage).canvas
    panel(stage).count.setValue(300)
    sets.setCurrentIndex(sets.findData("ring"))
    sets.activated.emit(sets.currentIndex())
    stage.until(lambda: len(canvas.sheet) == 300)
    assert np.hypot(*canvas.sheet.xy.T).mean() == pytest.approx(1.5, abs=0.05)
    stage.click(panel(stage).undo)
    assert len(canvas.sheet) == 2000


def test_a_table_is_dropped(stage, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(f"a,b\n{ROWS}")
    stage.drop(path, on=stage.window.tabs.widget(PLACE))
    stage.until(lambda: len(panel(stage).canvas.sheet) == 60)
    assert stage.window.presenters[PLACE].desk.data.title == "mine"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ROWS + "\n1,abc", "'abc' is no number."),
        (ROWS + "\nnan,1", "nan is not finite."),
        ("\n".join(map(str, range(20))), "has 1 column; points of the plane have two"),
        ("\n".join(f"{i},3.5" for i in range(20)), "'y' is 3.5 in every row"),
    ],
)
def test_a_bad_table_is_refused_and_nothing_is_lost(stage, tmp_path, text, said):
    path = tmp_path / "mine.csv"
    path.write_text(text)
    stage.drop(path, on=stage.window.tabs.widget(PLACE))
    told(stage, said)
    assert len(panel(stage).canvas.sheet) == 2000


def test_of_very_many_rows_a_sample_is_learned_and_said(stage, tmp_path):
    rows = 1_000_000
    path = tmp_path / "mine.csv"
    path.write_text("x,y\n" + "".join(f"{i % 97},{i % 89}\n" for i in range(rows)))
    stage.drop(path, on=stage.window.tabs.widget(PLACE))
    stage.until(lambda: len(panel(stage).canvas.sheet) == MOST)
    assert f"Drawn from the {rows:,} rows of mine.csv." in panel(stage).says.text()


def test_too_few_points_are_said(stage):
    stage.click(panel(stage).clear)
    assert panel(stage).says.text().startswith("Too few points: 0.")
    stage.click(panel(stage).undo)
    assert "Too few" not in panel(stage).says.text()


def test_points_are_kept_as_a_data_set_of_ones_own(stage):
    sets = panel(stage).sets
    sets.activated.emit(sets.findData("blobs"))
    stage.until(lambda: stage.window.presenters[PLACE].desk.data.origin == "blobs")
    panel(stage).with_classes.setChecked(True)
    stage.click(panel(stage).save)
    told(stage, "kept as 'blobs'")
    kept = own.load("blobs")
    assert kept.classes == ("left", "right")
    np.testing.assert_array_equal(kept.x, panel(stage).canvas.sheet.xy)
    assert sets.findData("own:blobs") >= 0
    sets.activated.emit(sets.findData("wave"))  # of one class, which is nothing to tell apart
    stage.until(lambda: "Draw in a second colour" in panel(stage).says.text())


def test_pictures_have_no_such_tab_and_are_told_why(home, open_window):
    stage = open_window()
    assert not stage.window.tabs.isTabEnabled(PLACE)
    assert "nothing for pictures" in stage.window.tabs.tabToolTip(PLACE)
