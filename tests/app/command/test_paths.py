"""Paths from the command line: what has no codes is refused at once, and how long work takes."""

import pytest

from app.command.interpolation import PathOptions, interpolate, progress
from app.command.output import Place, UsageError
from app.models.open_models import Models


def test_a_family_without_latents_is_refused_before_it_is_loaded(monkeypatch, tmp_path):
    monkeypatch.setattr(Models, "get", lambda *_: pytest.fail("it was loaded"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="mnist/mfa: Its factors mean something"):
        interpolate(PathOptions("mnist/mfa", ("no.png", "no.png")), Place(None))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("share", "seconds", "said"),
    [
        (0.0, 100.0, "0 %"),
        (0.5, 0.2, "50 %"),
        (0.25, 20.0, "25 %, 60 s left"),
        (0.1, 60.0, "10 %, 9 min left"),
        (1.0, 60.0, "100 %, 0 s left"),
    ],
)
def test_progress_says_what_is_left_once_that_is_known(share, seconds, said):
    assert progress(share, seconds) == said
