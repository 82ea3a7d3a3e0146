"""Models of plug-ins in the real window: what their parts allow is there once they are open."""

from PySide6.QtTest import QTest

from app.session.settings import Settings
from engines.checkpoints.catalog import ROOT
from tests.e2e.test_density_maps import LEFT, density, rests
from tests.engines import plug_ins
from tests.engines.plug_ins import site

__all__ = ["site"]
KDE = "moons/kde"


def test_a_plug_ins_posterior_and_noise_levels_are_in_the_plane(open_window, site, tmp_path):
    plug_ins.distribution(site, "genscope_seen", plug_ins.POSTERIOR, name="seen")
    plug_ins.distribution(site, "genscope_noisy", plug_ins.DENOISE, name="noisy")
    cards = [plug_ins.card(tmp_path, name, (2,), data="moons") for name in ("seen", "noisy")]
    stage = open_window(Settings(data="moons", models={"moons": (KDE,)}, points=20), ROOT)
    stage.drop(*cards)
    stage.until(lambda: set(cards) <= set(stage.window.session.models))
    plane = density(stage)

    # the part is followed as soon as it is known, and no other
    time = plane.view.controls.time
    stage.until(lambda: plane._parts()[cards[1]] == {"denoise", "density"})
    stage.until(lambda: time.models.findData(cards[1]) >= 0)
    assert time.models.findData(cards[0]) < 0
    heat = plane.view.panel(KDE).map
    QTest.mouseClick(heat.viewport(), LEFT, pos=heat.position_of(0.5, 0.2).toPoint())
    stage.until(lambda: plane.posterior.frame is not None)
    assert plane.view.posterior.isVisible()
    assert plane.posterior.frame.gap < 1.0
    shown = plane.view.numbers
    stage.until(lambda: all(shown.text(name, point=True) != "–" for name in plane.view.names()))
    stage.until(lambda: rests(plane))
