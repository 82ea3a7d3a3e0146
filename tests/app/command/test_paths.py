"""Paths from the command line: what has no codes is refused at once, and how long work takes."""

import numpy as np
import pytest
from PIL import Image, ImageSequence

from app.command.interpolation import PathOptions, interpolate, progress
from app.command.output import Place, UsageError
from app.command.remake import remake
from app.models.open_models import Models
from app.recipes.pictures import to_pixels
from engines import finish, open_model
from engines.model import SampleRequest


def test_a_family_without_latents_is_refused_before_it_is_loaded(monkeypatch, tmp_path):
    monkeypatch.setattr(Models, "get", lambda *_: pytest.fail("it was loaded"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="mnist/mfa: Each component has its own latent space"):
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


VAE = "mnist/vae"


def frames_of(path):
    with Image.open(path) as image:
        return np.stack([np.array(f.convert("RGB")) for f in ImageSequence.Iterator(image)])


@pytest.mark.parametrize("asked", [{}, {"label": "3"}])
def test_ends_by_seed_are_the_samples_themselves_and_come_again(monkeypatch, tmp_path, asked):
    """No search and no encoding: the model is not even asked for codes of pictures."""
    from engines.families.vae.model import VAE as Autoencoder

    monkeypatch.setattr(Autoencoder, "encode", lambda *_: pytest.fail("it was encoded"))
    options = PathOptions(VAE, ("seed:1", "seed:2:5"), frames=4, **asked)
    walk = interpolate(options, Place(str(tmp_path / "w/"), True))
    first, *_, last = (frames_of(path)[0] for path in sorted(walk.iterdir()))
    label = int(asked["label"]) if asked else None
    model = open_model(VAE)
    for shown, request in (
        (first, SampleRequest(1, 1, label)),
        (last, SampleRequest(1, 2, label, first=5)),
    ):
        assert (shown == to_pixels(finish(model.sample(request)))[0]).all()
    gif = interpolate(
        PathOptions(VAE, ("seed:1", "seed:2:5"), frames=4, **asked), Place(str(tmp_path / "w.gif"))
    )
    again = remake(gif, Place(str(tmp_path / "again.gif")))
    assert (frames_of(gif) == frames_of(again)).all()


def test_a_seed_and_a_point_make_a_path(tmp_path):
    path = interpolate(
        PathOptions("moons/flow", ("seed:1", "0,1"), frames=3), Place(str(tmp_path / "p.csv"))
    )
    rows = [row for row in path.read_text().splitlines() if not row.startswith("#")][1:]
    drawn = finish(open_model("moons/flow").sample(SampleRequest(1, 1)))[0]
    assert [float(v) for v in rows[0].split(",")] == pytest.approx(drawn.tolist(), rel=1e-8)


@pytest.mark.parametrize(
    ("model", "ends", "said"),
    [
        ("moons/kde", ("seed:1", "seed:2"), "samples are not made of codes; save one"),
        ("moons/vae", ("seed:1", "seed:2"), r"they have noise of p\(x | z\) besides; save one"),
        ("moons/mfa", ("seed:1", "seed:2"), "no single space"),
        ("moons/flow", ("seed:one", "0,1"), "seed:N or seed:N:PICTURE .* got 'seed:one'"),
        ("moons/flow", ("seed:-1", "0,1"), "seed:N or seed:N:PICTURE"),
    ],
)
def test_seeds_without_codes_are_refused_in_one_sentence(tmp_path, model, ends, said):
    with pytest.raises(UsageError, match=said):
        interpolate(PathOptions(model, ends, frames=3), Place(str(tmp_path / "p.csv")))
    assert not list(tmp_path.iterdir())
