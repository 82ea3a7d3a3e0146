"""Windows for the tests of the pages of uses."""

import pytest

from app.session.settings import Settings
from engines.checkpoints.catalog import ROOT
from engines.data import examples
from tests.windows import catalogue, open_window

__all__ = ["catalogue", "open_window"]
FEW = 20


@pytest.fixture
def page_of(open_window, monkeypatch, tmp_path):
    """Make a page in a window beside the real one, with a few test pictures of digits."""
    monkeypatch.setattr("app.tasks.uses.classifying.cache_folder", lambda: tmp_path / "cache")
    views = []

    def make(view, presenter, models):
        stage = open_window(Settings(data="mnist", models={"mnist": models}, count=2), ROOT)
        session = stage.window.session
        whole = examples.pictures("mnist")
        few = examples.Pictures(
            whole.levels[:FEW], whole.classes, whole.labels[:FEW], whole.indices[:FEW]
        )
        session.set_examples("mnist", few)
        views.append(view)
        view.resize(1150, 760)
        page = presenter(view, stage.window.tabs._parts, stage.window)
        view.show()
        page.rebuild()
        return stage, page

    yield make
    for view in views:
        view.close()
        view.deleteLater()
