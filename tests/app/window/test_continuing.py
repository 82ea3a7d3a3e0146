"""What a window was doing is there at the next start: recalled after a close, offered after a kill.

A window that died is one whose files stand as they were while it ran: they are copied aside.
"""

import json
import shutil
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest

from app.recipes.recipe import recipe_of
from app.session import settings as remembered
from app.window import keeping
from engines.checkpoints.catalog import ROOT
from tests.windows import BOTH, DIGITS, PLANE

FILL, WALK, PLACE = 1, 2, 3


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(keeping, "EVERY_MS", 50)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


def places(tmp_path, settings=DIGITS):
    """Where a window keeps its settings and results."""
    path = tmp_path / "config" / "settings.json"
    if not path.exists():
        remembered.save(settings, path)
    return {"settings_path": path, "folder": tmp_path / "data"}


def left(folder):
    """What the windows have written of themselves, by the names of their files."""
    paths = sorted((folder / "sessions").glob("*.json"))
    found = {}
    for path in paths:
        with suppress(FileNotFoundError):  # it went meanwhile
            found[path.name] = json.loads(path.read_bytes())
    return found


def until_left(stage, folder, holds):
    stage.until(lambda: any(map(holds, left(folder).values())))


def kill(stage, folder, *puppets):
    """As if the window had been killed now: its files come back after it has been closed."""
    copy = folder.with_name("copy")
    shutil.copytree(folder, copy)
    for puppet in puppets:
        puppet.allow(1)  # it comes to a yield, where the window stops it
    assert stage.close()
    shutil.rmtree(folder)
    copy.rename(folder)


def offered(stage):
    return [row for row in stage.window.messages.rows if "Continue" in row.text]


def fill(stage):
    """In-painting, in view and with a picture."""
    stage.window.tabs.show_task("inpaint")
    presenter = stage.window.presenters[FILL]
    stage.until(
        lambda: presenter.editor is not None and presenter.editor.source.picture is not None
    )
    return presenter, presenter.editor


def hole(canvas):
    mask = np.zeros(canvas.mask().shape, bool)
    mask[3:9, 5:20] = True
    return mask


def test_settings_are_saved_as_they_change(open_window, tmp_path):
    where = places(tmp_path)
    stage = open_window(remembered.load(where["settings_path"]), **where)
    stage.window.session.set_seed(4711)
    stage.until(lambda: remembered.load(where["settings_path"]).seed == 4711)
    stage.tab.batch.setValue(77)
    stage.until(lambda: remembered.load(where["settings_path"]).batch == 77)


def test_a_pin_is_there_again(open_window, tmp_path):
    where = places(tmp_path)
    stage = open_window(remembered.load(where["settings_path"]), **where)
    stage.ready()
    stage.window.library.pin_again(("mnist/kde",))
    stage.until(lambda: remembered.load(where["settings_path"]).pinned == ("mnist/kde",))
    assert stage.close()
    again = open_window(remembered.load(where["settings_path"]), **where)
    again.ready()
    again.until(lambda: [held.pinned for held in again.window.session.open.held()] == [True])


def test_two_windows_do_not_undo_each_other(open_window, tmp_path):
    where = places(tmp_path)
    one, two = (open_window(remembered.load(where["settings_path"]), **where) for _ in range(2))
    one.window.session.set_seed(4711)
    one.until(lambda: remembered.load(where["settings_path"]).seed == 4711)
    two.tab.batch.setValue(77)
    two.until(lambda: remembered.load(where["settings_path"]).batch == 77)
    assert two.close()
    assert one.close()
    found = remembered.load(where["settings_path"])
    assert (found.seed, found.batch) == (4711, 77)


def test_a_window_that_was_closed_comes_back_as_it_was(open_window, tmp_path, folder):
    where = places(tmp_path)
    stage = open_window(remembered.load(where["settings_path"]), ROOT, **where)
    _, editor = fill(stage)
    editor.source.bar.step(1)
    editor.desk.canvas.set_mask(hole(editor.desk.canvas))
    editor.desk.canvas.set_brush_size(6)
    picture, title = editor.source.picture, editor.title
    assert stage.close()
    again = open_window(remembered.load(where["settings_path"]), ROOT, **where)
    assert again.window.tabs.front_task() == "inpaint"
    presenter, editor = fill(again)
    again.until(lambda: presenter._pending is None and editor.title == title)
    assert (editor.source.picture == picture).all()
    assert (editor.desk.canvas.mask() == hole(editor.desk.canvas)).all()
    assert editor.desk.canvas.brush_size() == 6
    assert not offered(again)
    assert not again.window.jobs.unfinished()  # nothing was filled that nobody asked for


def test_a_path_comes_back_with_its_place_and_its_loop(open_window, tmp_path):
    where = places(tmp_path)
    stage = open_window(remembered.load(where["settings_path"]), ROOT, **where)
    stage.window.tabs.show_task("interpolate")
    tab, presenter = stage.window.tabs.widget(WALK), stage.window.presenters[WALK]
    stage.until(lambda: len(presenter.keys.keys) == 2)
    presenter.keys.append()
    tab.way.setCurrentText("lerp")
    tab.player.loop.setChecked(True)
    tab.film.setValue(41)
    tab.player.set_place(0.509)
    presenter.go(0.509)
    tab.player.speed.choose(0.25)
    tab.frames.setValue(5)
    tab.latents.pages.setCurrentIndex(1)
    keys, titles = presenter.keys.values(), [key.title for key in presenter.keys.keys]
    assert stage.close()
    again = open_window(remembered.load(where["settings_path"]), ROOT, **where)
    tab, presenter = again.window.tabs.widget(WALK), again.window.presenters[WALK]
    again.until(lambda: len(presenter.keys.keys) == 3)
    assert (presenter.keys.values() == keys).all()
    assert tab.way.currentText() == "lerp"
    assert tab.player.loop.isChecked()
    assert tab.film_count() == 41
    assert tab.player.place() == 0.509, "between two frames of the 41"
    assert tab.player.speed.currentData() == 0.25
    assert (tab.frames.value(), tab.latents.pages.currentIndex()) == (5, 1)
    again.until(lambda: [key.title for key in presenter.keys.keys] == titles)
    assert all(title.startswith("Test picture") for title in titles)


def test_a_view_of_maps_comes_back(open_window, tmp_path):
    where = places(tmp_path, PLANE)
    stage = open_window(remembered.load(where["settings_path"]), **where)
    stage.window.tabs.show_task("density")
    presenter = stage.window.presenters[PLACE]
    stage.until(lambda: presenter.page is not None and presenter.page.current() is not None)
    presenter.page.points.add((0.5, 0.25))
    assert stage.close()
    again = open_window(remembered.load(where["settings_path"]), **where)
    presenter = again.window.presenters[PLACE]
    again.until(lambda: presenter.page is not None and presenter.page.points.points)
    assert list(presenter.page.points.points) == [(0.5, 0.25)]


def test_a_tab_that_nobody_opens_keeps_what_stood_in_it(open_window, tmp_path, folder):
    where = places(tmp_path)
    stage = open_window(remembered.load(where["settings_path"]), ROOT, **where)
    _, editor = fill(stage)
    editor.desk.canvas.set_mask(hole(editor.desk.canvas))
    stage.window.tabs.show_task("sample")
    assert stage.close()
    second = open_window(remembered.load(where["settings_path"]), ROOT, **where)
    second.ready()
    assert second.window.tabs.front_task() == "sample"
    assert second.close()
    third = open_window(remembered.load(where["settings_path"]), ROOT, **where)
    presenter, editor = fill(third)
    third.until(lambda: presenter._pending is None)
    assert (editor.desk.canvas.mask() == hole(editor.desk.canvas)).all()


@pytest.fixture
def killed(open_window, tmp_path, folder, puppets, monkeypatch):
    """The next window after one that was killed while three jobs were not done, one of them begun.

    The batch that was begun had finished 64 of its 80 pictures.
    """

    monkeypatch.setattr("app.history.keeper.REST", 0.05)

    def made(settings=BOTH):
        where = places(tmp_path, settings)
        stage = open_window(remembered.load(where["settings_path"]), **where)
        for name in stage.window.session.models:
            puppets[name].allow(1)
        stage.ready()
        stage.tab.batch.setValue(80)
        stage.window.presenters[0].run(first=False)
        puppets["mnist/flow"].allow(2)
        column = stage.window.presenters[0].columns["mnist/flow"]
        stage.until(lambda: column.frame is not None and column.frame.done == 64)
        stage.window.presenters[0].run(first=False)
        until_left(stage, folder, lambda each: len(each["jobs"]) == 4)
        stage.until(lambda: stage.window.keeping._keeper.begun(begun(stage)) is not None)
        both = puppets["mnist/flow"], puppets["mnist/kde"]
        kill(stage, folder, *both)
        for puppet in both:
            puppet.asked.clear()
        return open_window(remembered.load(where["settings_path"]), **where)

    def begun(stage):
        frame = stage.window.presenters[0].columns["mnist/flow"].frame
        return recipe_of_frame(stage, frame)

    return made


def recipe_of_frame(stage, frame):
    return recipe_of(stage.window.session.cards["mnist/flow"], frame.knobs, frame.request)


def test_jobs_of_a_dead_window_are_offered_and_go_on(killed, puppets):
    stage = killed()
    (row,) = offered(stage)
    assert row.text == "Genscope ended unexpectedly. Continue: 4 jobs?"
    assert not stage.window.jobs.unfinished()  # nothing begins by itself
    for name in stage.window.session.models:
        puppets[name].allow(1_000)
    stage.ready()
    row.act.click()
    stage.until(lambda: not stage.window.jobs.unfinished() and not offered(stage))
    batches = [r for r in puppets["mnist/flow"].asked if r.count < 80 and r.count != 6]
    # the first batch goes on at picture 64; the second, which asks the same, is made from there
    assert {(r.first, r.count) for r in batches} >= {(64, 16)}
    assert (0, 32) not in {(r.first, r.count) for r in batches[:1]}
    column = stage.window.presenters[0].columns["mnist/flow"]
    assert column.frame.complete
    numbers = [int(picture[0, 3, 0]) for picture in column.frame.values]
    assert numbers == list(range(80))


def test_an_offer_that_is_dismissed_does_not_come_back(killed, open_window, tmp_path, puppets):
    stage = killed()
    puppets.send_home()
    (row,) = offered(stage)
    row.dismiss.click()
    stage.until(lambda: stage.window.keeping._continuation._found is None)
    assert not offered(stage)
    assert stage.close()
    again = open_window(remembered.load(places(tmp_path)["settings_path"]), **places(tmp_path))
    assert not offered(again)


def test_an_offer_that_nobody_answered_is_made_again(killed, open_window, tmp_path, puppets):
    stage = killed()
    puppets.send_home()
    assert offered(stage)
    assert stage.close()
    again = open_window(remembered.load(places(tmp_path)["settings_path"]), **places(tmp_path))
    assert offered(again)


def test_a_job_whose_model_is_gone_is_said_and_the_others_go_on(killed, folder, puppets, tmp_path):
    stage = killed()
    stage.window.session.choose("mnist", ("mnist/flow",))
    stage.window.session.cards.pop("mnist/kde")
    (row,) = offered(stage)
    puppets["mnist/flow"].allow(1_000)
    row.act.click()
    stage.until(lambda: any("could not be continued" in text for text in stage.said()))
    assert stage.said()[0] == "2 jobs could not be continued."
    orders = stage.window.jobs.unfinished()
    assert all("mnist/flow" in order.detail for order in orders)


def test_jobs_that_wait_at_a_close_are_offered_at_the_next_start(
    open_window, puppets, tmp_path, folder
):
    where = places(tmp_path)
    stage = open_window(remembered.load(where["settings_path"]), **where)
    puppets["mnist/kde"].allow(1)
    stage.ready()
    stage.tab.batch.setValue(20_000)
    stage.window.presenters[0].run(first=False)
    until_left(stage, folder, lambda each: len(each["jobs"]) == 1)
    puppets.send_home()
    assert stage.close()
    again = open_window(remembered.load(where["settings_path"]), **where)
    (row,) = offered(again)
    assert "When Genscope was closed, jobs were left. Continue: 1 job" in row.text


def test_while_results_are_not_kept_nothing_of_a_picture_is_written(open_window, tmp_path, folder):
    settings = replace(DIGITS, keep_history=False)
    where = places(tmp_path, settings)
    stage = open_window(settings, ROOT, **where)
    fill(stage)
    stage.window.session.set_seed(4711)
    stage.until(lambda: remembered.load(where["settings_path"]).seed == 4711)
    assert left(folder) == {}
    assert stage.close()
    assert left(folder) == {}


def test_switching_off_removes_what_was_written(open_window, tmp_path, folder):
    where = places(tmp_path)
    stage = open_window(remembered.load(where["settings_path"]), ROOT, **where)
    fill(stage)
    until_left(stage, folder, lambda each: "inpaint" in each["tabs"])
    stage.window.keeping.show_history()
    stage.window.keeping.history.dialog.keep.click()
    stage.until(lambda: left(folder) == {})
    stage.window.tabs.show_task("sample")
    assert stage.close()
    assert left(folder) == {}
    again = open_window(remembered.load(where["settings_path"]), ROOT, **where)
    assert again.window.keeping.history._keeper.off


def test_a_fill_comes_back_when_its_model_is_hidden_and_shown(open_window, tmp_path):
    stage = open_window(replace(BOTH, models={"mnist": ("mnist/mfa", "mnist/kde")}), ROOT)
    presenter, _ = fill(stage)
    stage.window.tabs.widget(FILL).live.setChecked(False)
    presenter.run(first=False)
    stage.until(lambda: not stage.window.jobs.unfinished())
    stage.until(lambda: presenter.rows["mnist/kde"].frame is not None)
    before = presenter.rows["mnist/kde"].frame.values
    session = stage.window.session
    for data, models in (("mnist", ("mnist/mfa",)), ("moons", ("moons/kde",))):
        session.choose(data, models)
        stage.until(lambda names=models: tuple(presenter.rows) == names)
        session.choose("mnist", ("mnist/mfa", "mnist/kde"))
        stage.until(lambda: "mnist/kde" in presenter.rows)
        stage.until(lambda: presenter.rows["mnist/kde"].frame is not None)
        assert presenter.rows["mnist/kde"].frame.values is before
    assert not stage.window.jobs.unfinished()
