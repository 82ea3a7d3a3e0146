"""The tab of uses in the real window, by hand: pictures judged, failures shown, models compared."""

import csv
import itertools

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QFileDialog

from app.session.settings import Settings
from app.tasks.uses.judging import OWN, SENT
from app.uses.pages import USES
from app.work.lane import Lane
from engines.checkpoints.catalog import ROOT
from engines.model import finish
from engines.opening import find, open_model
from engines.uses.comparison import keeping
from engines.uses.outliers import codelength, reference
from tests.controls import faults
from tests.terms import unexplained
from widgets.look.state import State

FLOW, MFA, GAN = "mnist/flow", "mnist/mfa", "mnist/gan"
MFA_TITLE = "Factor analysers"
PLACE = 4


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The codes of the held-out digits are measured once: nobody waits for them here."""
    folder = tmp_path_factory.mktemp("kept")
    model = open_model(MFA)
    x = reference.examples_of(model.card)
    finish(reference.refer(model, x, codelength.coders(), folder=folder))
    return folder


@pytest.fixture
def kept(monkeypatch, folder):
    monkeypatch.setattr(reference, "cache_folder", lambda: folder)


def uses(open_window, *models):
    data = models[0].partition("/")[0]
    stage = open_window(Settings(data=data, models={data: models}, count=1), ROOT)
    stage.window.resize(1280, 800)
    bar = stage.window.tabs.tabBar()
    stage.click(bar, bar.tabRect(PLACE).center())
    presenter = stage.window.presenters[PLACE]
    stage.until(lambda: presenter.page is not None)
    return stage, stage.window.tabs.widget(PLACE), presenter.page


def judged(page, *names):
    """Whether these models have judged all that is ticked."""
    wanted = page.asked()
    return all(
        name in page.verdicts
        and len(page.verdicts[name]) == len(page.verdicts[name].candidates.groups)
        and {*wanted.probes, *(own[0] for own in wanted.own)}
        == set(page.verdicts[name].candidates.groups)
        for name in names
    )


def tick(stage, page, *names):
    """Click the boxes until these kinds alone are ticked."""
    for name, box in page.view.groups.items():
        if box.isChecked() != (name in names):
            stage.click(box, QPoint(8, box.height() // 2))


def test_pictures_are_judged_sorted_flagged_and_explained(open_window, kept, tmp_path, monkeypatch):
    stage, _, page = uses(open_window, FLOW, MFA, GAN)
    view = page.view
    view.count.setValue(4)
    tick(stage, page, "black", "noise", "held-out")
    stage.until(lambda: judged(page, FLOW, MFA) and GAN in page.refused)

    # −log p calls a black picture the least strange of all
    assert view.table.text("black", FLOW).startswith("0.00")
    assert view.table.text("noise", FLOW).startswith("1.00")
    assert view.table.text("noise", FLOW).endswith("4/4")
    assert (view.table.text("noise", GAN), view.head(GAN)) == (
        "–",
        "GAN: mnist/gan is implicit: it has no density.",
    )
    groups = page.verdicts[FLOW].candidates.groups
    assert view.gallery.count() == len(groups) == 9
    order = [groups[i] for i in page.order()]
    assert order[:4] == ["noise"] * 4
    assert order[-1] == "black"
    np.testing.assert_array_equal(view.gallery.picture(8), np.zeros((28, 28, 3), np.uint8))

    # a click says why
    stage.click(view.gallery.viewport(), view.gallery.tile_rect(8).center().toPoint())
    assert view.why.text().startswith("black-001: most like test picture")
    assert "Flow: 0." in view.why.text()
    assert "−log p p = 1, " in view.why.text()

    # dragging one histogram's threshold moves all of them
    plot, other = view.columns[FLOW], view.columns[MFA]
    before = other.flagged()[0]
    stage.click(plot, QPoint(int(plot.x_of(0.2)), plot.height() // 2))
    assert view.false_alarms() == 0.2
    assert plot.flagged()[0] == int((page.verdicts[FLOW].p["nll"] <= 0.2).sum())
    assert other.flagged()[0] >= before
    assert "20 %" in view.rate_says.text()

    # the curve of noise goes straight up, that of black pictures along the foot
    roc = view.roc
    assert [roc.groups.itemText(i) for i in range(roc.groups.count())] == ["black", "noise"]
    roc.groups.setCurrentText("noise")
    assert [(c.title, c.says) for c in roc.plot.curves] == [("Flow", "1.00"), (MFA_TITLE, "1.00")]
    assert roc.plot.curves[0].points == ((0, 0), (0, 1), (1, 1))
    roc.groups.setCurrentText("black")
    assert roc.plot.curves[0].points == ((0, 0), (1, 0), (1, 1))

    path = tmp_path / "outliers.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    stage.click(view.save)
    stage.until(path.exists)
    rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    assert len(rows) == 2 * 9
    found = page.verdicts[FLOW]
    (black,) = [r for r in rows if r["file"] == "black-001" and r["model"] == FLOW]
    assert float(black["p_nll"]) == pytest.approx(found.p["nll"][0])
    assert black["group"] == "black"


def test_the_known_failures_are_one_click(open_window, kept):
    stage, _, page = uses(open_window, MFA)
    view = page.view
    view.count.setValue(6)
    stage.click(view.failures)
    stage.until(lambda: judged(page, MFA))
    assert page.groups() == ["black", "shuffled", "held-out"]
    assert "likelier than every digit" in view.says.text()
    assert view.table.text("black", MFA).startswith("0.00")
    view.scores.setCurrentIndex(view.scores.findData("complexity"))
    assert view.table.text("black", MFA).startswith("0.9")
    tick(stage, page, "black")
    assert "likelier than every digit" not in view.says.text()


def test_a_ratio_to_a_background_finds_what_the_density_of_the_family_misses(open_window, kept):
    stage, _, page = uses(open_window, MFA, FLOW)
    view = page.view
    view.count.setValue(6)
    tick(stage, page, "shuffled")
    stage.until(lambda: judged(page, MFA, FLOW))
    view.scores.setCurrentIndex(view.scores.findData("ratio"))
    assert view.table.text("shuffled", MFA).startswith("1.00")
    assert view.table.text("shuffled", FLOW) == "–"
    assert view.head(FLOW) == "Flow: no model of its background"
    assert [curve.title for curve in view.roc.plot.curves] == [MFA_TITLE]


def test_the_controls_of_the_pages_are_remembered(open_window, kept):
    stage, tab, page = uses(open_window, MFA)
    tick(stage, page, "noise")
    page.view.count.setValue(2)
    page.view.set_false_alarms(0.01)
    stage.click(tab.button("comparison"))
    stage.window.presenters[PLACE].page.view.count.setValue(30)
    known = stage.window.settings()
    stage.window.close()
    stage = open_window(known, ROOT)
    stage.window.tabs.setCurrentIndex(PLACE)
    presenter = stage.window.presenters[PLACE]
    stage.until(lambda: presenter.page is not None)
    tab = stage.window.tabs.widget(PLACE)
    assert tab.page() == "comparison"
    assert presenter.page.view.count.value() == 30
    stage.click(tab.button("outliers"))
    view = presenter.page.view
    assert (view.chosen_groups(), view.count.value()) == (("noise",), 2)
    assert view.false_alarms() == 0.01


def test_pictures_of_ones_own_are_judged_too(open_window, kept, tmp_path):
    stage, _, page = uses(open_window, MFA)
    page.view.count.setValue(1)
    tick(stage, page, "held-out")
    stage.until(lambda: judged(page, MFA))
    random = np.random.default_rng(0)
    folder = tmp_path / "mine"
    folder.mkdir()
    for i in range(3):
        Image.fromarray(random.integers(0, 256, (28, 28), np.uint8)).save(folder / f"{i}.png")
    stage.drop(folder / "0.png")
    stage.until(lambda: SENT in page.view.groups and judged(page, MFA))
    assert page.verdicts[MFA].of(SENT, "nll")[1].tolist() == [pytest.approx(1 / 1001)]
    stage.drop(folder)
    stage.until(lambda: OWN in page.view.groups and judged(page, MFA))
    assert len(page.verdicts[MFA].of(OWN, "nll")[1]) == 3
    assert page.groups() == ["held-out", OWN, SENT]


def test_models_are_compared_and_the_tab_rests_out_of_view(open_window, kept):
    stage, tab, page = uses(open_window, FLOW, MFA, GAN)
    stage.click(tab.button("comparison"))
    compared = stage.window.presenters[PLACE].page
    assert compared is not page
    compared.view.count.setValue(20)
    stage.until(lambda: {FLOW, MFA} == set(compared.laws))
    said = compared.text()
    d = compared.laws[FLOW].log_p - compared.laws[MFA].log_p
    assert f"{FLOW} − {MFA}: {d.mean():.2f} ± {d.std(ddof=1) / 20**0.5:.2f}" in said
    assert "mnist/gan is implicit" in said
    assert "Spearman" in said
    scatter = compared.view.scatter
    assert compared.view.pair() == (FLOW, MFA)
    stage.click(scatter, scatter.at(7).toPoint())
    assert scatter.current() >= 0
    assert compared.view.box.picture() is not None
    assert f"{compared.laws[FLOW].log_p[scatter.current()]:.1f}".replace("-", "−") in (
        compared.view.chosen.text()
    )


def test_samples_of_every_family_stand_against_data(open_window, kept):
    stage, tab, _ = uses(open_window, "moons/mfa", "moons/gan")
    stage.click(tab.button("comparison"))
    page = stage.window.presenters[PLACE].page
    page.view.count.setValue(10)
    page.view.samples.setValue(30)
    stage.click(page.view.compare)
    stage.until(lambda: set(page.samples.found) == {"moons/mfa", "moons/gan"})
    said = page.view.quality.text()
    found = page.samples.found["moons/gan"]
    assert f"Fréchet {found.frechet.at_n:.2f}" in said
    assert found.samples == 30
    seed = stage.window.session.seed
    assert keeping.kept(find("moons/gan"), 30, seed, "cpu") == found
    # nothing is drawn twice
    jobs = stage.window.bar.list.model().rowCount()
    stage.click(page.view.compare)
    assert stage.window.bar.list.model().rowCount() == jobs


def test_points_have_maps_of_p_values_and_are_compared(open_window, kept):
    stage, tab, page = uses(open_window, "moons/mfa", "moons/kde", "moons/gan")
    stage.until(lambda: len(page.found) == 2)
    found = page.found["moons/mfa"]
    panel = page.view.maps.panels["moons/mfa"]
    before = panel.footer()
    assert before == f"{100 * (found.p > 0.05).mean():.0f} % of the area is not flagged"
    stage.click(page.view.rate, QPoint(page.view.rate.width() - 4, page.view.rate.height() // 2))
    assert page.view.false_alarms() == 0.2
    assert panel.footer() == f"{100 * (found.p > 0.2).mean():.0f} % of the area is not flagged"
    # far away from the data nothing is usual, and held-out points are flagged as often as asked
    assert found.p[0, 0] == pytest.approx(1 / 1001)
    x, y = found.area.axes(found.p.shape[1], found.p.shape[0])
    at = np.searchsorted(y, found.points[:, 1]) - 1, np.searchsorted(x, found.points[:, 0]) - 1
    assert (found.p[at] <= 0.2).mean() == pytest.approx(0.2, abs=0.06)

    stage.click(tab.button("comparison"))
    page = stage.window.presenters[PLACE].page
    page.view.count.setValue(10)
    stage.until(lambda: len(page.laws) == 2)
    assert "moons/kde" in page.text()
    assert not page.view.box.isVisible()


def test_points_are_classified_everywhere_and_a_prior_moves_the_border(open_window):
    stage, tab, _ = uses(open_window, "moons/mfa", "moons/gan")
    stage.click(tab.button("classifier"))
    presenter = stage.window.presenters[PLACE]
    page = presenter.page
    stage.until(lambda: "moons/mfa" in page.found)
    panels, shown = page.view.maps.panels, page.view.map("moons/mfa")
    stage.until(lambda: panels["moons/gan"].state is State.EMPTY)
    assert panels["moons/mfa"].footer().endswith("of 1,000 held-out points rightly")
    before = shown.values().copy()
    stage.click(page.view.prior.sliders[0], QPoint(page.view.prior.sliders[0].width() - 4, 8))
    assert not np.array_equal(shown.values(), before)
    stage.click(page.view.prior.uniform)
    assert np.array_equal(shown.values(), before)
    # nothing was asked again
    assert page.found["moons/mfa"].everywhere.grid.shape[2] == 2
    for slider in page.view.prior.sliders:
        slider.setValue(0)
    assert "every class leaves nothing" in page.view.prior_says.text()


@pytest.mark.parametrize("model", ["mnist/mfa", "moons/mfa"])
def test_every_control_and_number_of_the_pages_explains_itself(
    open_window, kept, monkeypatch, model
):
    stage, tab, page = uses(open_window, model)
    stage.until(lambda: page.verdicts if model == MFA else page.found)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: ("", ""))
    # what the controls ask for from now on would only slow the hand down
    tickets = itertools.count(1_000_000)
    for ask in ("live", "queue", "background"):
        monkeypatch.setattr(Lane, ask, lambda *_a, **_k: next(tickets))
    found = []
    for use in [use for use in USES if tab.button(use.name).isEnabled()]:
        stage.click(tab.button(use.name))
        found += [f"{use.name}: not explained: {what}" for what in unexplained(stage.window)]
        found += [f"{use.name}: {fault}" for fault in faults(stage.window)]
    assert not found, "\n".join(found)
