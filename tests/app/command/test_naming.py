"""Names that nothing has: what was meant is offered, the hub is not asked, and lists are short."""

import pytest

import main
from app.library.jobs import glancing
from app.library.outside import place_of
from engines import naming, open_model, outside
from engines.checkpoints.catalog import CheckpointError, catalog
from engines.opening import is_outside, missing
from tests import foreign

KNOWN = tuple(card.name for card in catalog())


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("mnsit/flow", "mnist/flow"),
        ("MNIST/VAE", "mnist/vae"),
        ("moon/gan", "moons/gan"),
        ("mnist/vea", "mnist/vae"),
        ("checkerbord/difusion", "checkerboard/diffusion"),
    ],
)
def test_a_slip_of_the_hand_is_no_look_up(name, meant, monkeypatch, capsys):
    monkeypatch.setattr("engines.outside.hub.fetch", lambda name: pytest.fail("looked for"))
    assert not is_outside(name)
    with pytest.raises(CheckpointError, match=f"no model '{name}'; did you mean '{meant}'"):
        open_model(name)
    assert main.main(["sample", name]) == 2
    assert f"did you mean '{meant}'" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["someone/tiny", "google/ddpm-cat-256", "CompVis/diffusion"])
def test_other_names_may_be_the_hubs(name):
    assert is_outside(name)


@pytest.mark.parametrize(
    "name", ["x" * 5000, "x" * 5000 + ".toml", "a/" + "x" * 300, "~nobody here/x", "a\0b", "\0/x"]
)
def test_names_that_no_file_can_have_are_answered_in_one_sentence(name):
    with pytest.raises(CheckpointError) as raised:
        open_model(name)
    assert len(str(raised.value)) < 400
    with pytest.raises(CheckpointError):
        place_of(name)
    (found,) = glancing((name,))()
    assert isinstance(found[name], str)


def test_one_that_cannot_be_read_does_not_keep_the_others_unread(tmp_path, monkeypatch):
    foreign.ddpm(tmp_path, net=foreign.unet(1, 8))
    reads = outside.glance

    def glance(name):
        if name == "faulty":
            raise AttributeError("of a library that has changed")
        return reads(name)

    monkeypatch.setattr(outside, "glance", glance)
    *_, found = glancing(("faulty", str(tmp_path), "nobody/knows"))()
    assert found["faulty"] == "It cannot be read: AttributeError: of a library that has changed."
    assert found[str(tmp_path)].shape == (1, 8, 8)
    assert found["nobody/knows"] is None


def test_a_sentence_has_at_most_ten_names():
    assert naming.listed("abc") == "a, b, c"
    assert naming.listed(()) == "none"
    assert naming.listed(map(str, range(1000))).endswith(", 8, 9 and 990 more")
    said = missing("nothing like them", KNOWN)
    assert said.count("/") == 10
    assert said.endswith(f"and {len(KNOWN) - 10} more")
    classes = [f"class {i}" for i in range(1000)]
    assert naming.offered("dog", classes, "it has").count("class") == 10
    assert "did you mean 'guidance'?" in naming.offered("guidence", ["steps", "guidance"], "x")


@pytest.mark.parametrize(
    ("given", "known", "near"),
    [
        ("flow", "flow", True),
        ("flwo", "flow", True),
        ("fow", "flow", True),
        ("flows", "flow", True),
        ("fl", "flow", False),
        ("kde", "vae", False),
        ("b", "a", False),
        ("", "a", False),
        ("diffuison", "diffusion", True),
        ("diffusers", "diffusion", False),
    ],
)
def test_what_is_near(given, known, near):
    assert bool(naming.nearest(given, [known])) == near
