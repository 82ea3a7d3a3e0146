"""Help → About: licences, and the folders where things are kept."""

import pytest
from PySide6.QtWidgets import QLabel

from app import __version__
from app.window import about
from engines.checkpoints.catalog import ROOT
from tests.windows import DIGITS


@pytest.fixture
def opened(monkeypatch):
    """The folders that were to be shown; no file manager starts."""
    shown = []
    monkeypatch.setattr(about, "show_folder", lambda path: shown.append(path) or True)
    return shown


def test_it_names_version_licences_and_folders(open_window, opened, tmp_path, monkeypatch):
    places = (about.Place("Settings", tmp_path / "a"), about.Place("Logs", tmp_path / "b" / "c"))
    monkeypatch.setattr(about, "places", lambda: places)
    stage = open_window(DIGITS)
    stage.window.about.show()
    dialog = stage.window.about.dialog
    text = dialog.licences.toPlainText()
    assert __version__ in " ".join(label.text() for label in dialog.findChildren(QLabel))
    for word in ("MIT", "CC BY-SA 3.0", "CC BY 3.0"):
        assert word in text
    for title in ("Settings", "Logs"):
        stage.click(dialog.buttons[title])
    assert opened == [place.path for place in places]
    assert all(path.is_dir() for path in opened)
    dialog.close()


def test_a_folder_that_cannot_be_made_is_said(open_window, opened, tmp_path):
    (tmp_path / "file").write_text("")
    stage = open_window(DIGITS)
    stage.window.about.open_folder(tmp_path / "file" / "below")
    assert opened == []
    assert "cannot be opened" in stage.said()[0]


def test_the_real_places_are_named():
    titles = [place.title for place in about.places()]
    assert titles == ["Settings", "Your models", "Logs"]


def test_every_data_set_that_is_shipped_has_a_licence():
    text = about.licences()
    for folder in ROOT.iterdir():
        assert f"models/{folder.name}/" in text
