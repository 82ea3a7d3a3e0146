"""The user's own models: named, renamed, removed and remembered without a shipped one suffering."""

import hashlib
import tomllib
from dataclasses import replace

import pytest
import tomli_w
import torch

from engines.checkpoints import catalog as cards
from engines.checkpoints import own
from engines.checkpoints.catalog import CheckpointError, catalog, read_card, scan_all, table_of
from engines.kinds import of_shape
from engines.model import SampleRequest, finish
from engines.opening import find, is_outside, locate, open_model
from tests.own import home, made

__all__ = ["home"]
SHIPPED = {card.name for card in cards.shipped()}


def files(home):
    return sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file())


def test_an_own_model_is_a_model_like_any_other(home):
    card = made()
    assert (card.name, card.data, card.family) == ("mine/mfa", "mine", "mfa")
    assert catalog()[-1] == find("mine/mfa") == locate("mine/mfa") == card
    assert not is_outside("mine/mfa")
    assert own.cards() == (card,)
    drawn = [
        finish(open_model(name).sample(SampleRequest(20, 3))) for name in ("mine/mfa", "moons/mfa")
    ]
    assert torch.equal(*drawn)
    assert tomllib.loads((card.folder / "mfa.toml").read_text())["format"] == cards.FORMAT


def test_names_never_hide_shipped_ones_nor_one_another(home):
    names = [made(name).name for name in ("moons/mfa", "moons/mfa", "Mein Wald/mfa", "mine/Größe")]
    assert names == ["moons/mfa-2", "moons/mfa-3", "mein-wald/mfa", "mine/groe"]
    # of another shape than the data set's models: a data set of its own
    assert made("mnist/mfa").name == "mnist-2/mfa"
    assert made("mnist-2/mfa").name == "mnist-2/mfa-2"
    assert made("outside/mfa").name == "outside-2/mfa"
    assert made("con/nul").name == "data-con/mfa-nul"
    assert {card.name for card in catalog()} >= SHIPPED
    assert find("moons/mfa").folder.is_relative_to(cards.ROOT)


def test_weights_in_memory_are_kept_and_wrong_ones_are_not(home):
    shipped = find("moons/mfa")
    raw = (shipped.folder / shipped.weights).read_bytes()
    asked = replace(shipped, data="mine", name="mine/mfa", sha256="")
    assert own.add(asked, raw).sha256 == hashlib.sha256(raw).hexdigest()
    before = files(home)
    with pytest.raises(CheckpointError, match="not those of its card"):
        own.add(replace(asked, sha256="0" * 64), raw)
    with pytest.raises(CheckpointError, match="not safetensors"):
        own.add(asked, b"PK\3\4 a pickle")
    with pytest.raises(CheckpointError, match="impossible shape"):
        own.add(replace(asked, kind=of_shape((5000,))), raw)
    assert files(home) == before


def test_a_model_is_renamed_with_its_weights(home):
    card = made()
    assert own.rename("mine/mfa", "best").name == "mine/best"
    assert own.rename("mine/best", "theirs/best").name == "theirs/best"
    assert files(home) == ["models/theirs/best.safetensors", "models/theirs/best.toml"]
    found = find("theirs/best")
    assert (found.sha256, found.data, found.family) == (card.sha256, "theirs", "mfa")
    assert own.rename("theirs/best", "moons/best").name == "moons/best"  # its shape fits
    with pytest.raises(CheckpointError, match="no model 'theirs/best'"):
        find("theirs/best")


@pytest.mark.parametrize(
    ("new", "fault"),
    [
        ("moons/vae", "there is a model 'moons/vae' already"),
        ("mine/mfa", "already"),
        ("mine/MFA-2", "already"),
        ("MOONS/mine", "another shape"),
        ("mnist/mine", "another shape"),
        ("outside/mine", "another shape"),
        ("../x", "cannot be called"),
        ("a/b/c", "cannot"),
        ("", "cannot be called"),
        ("a.toml", "cannot"),
        ("nul", "cannot"),
        ("x" * 300, "cannot"),
    ],
)
def test_a_name_that_cannot_be_is_refused(home, new, fault):
    made()
    made()
    before = files(home)
    with pytest.raises(CheckpointError, match=fault):
        own.rename("mine/mfa", new)
    assert files(home) == before


def test_a_model_that_breaks_off_on_its_way_is_still_there(home, monkeypatch):
    made()
    monkeypatch.setattr(own.disk, "write_atomically", lambda *_: (_ for _ in ()).throw(OSError(28)))
    with pytest.raises(CheckpointError):
        own.rename("mine/mfa", "best")
    assert find("mine/mfa").sha256 == find("moons/mfa").sha256
    assert open_model("mine/mfa").card.name == "mine/mfa"


def test_removing_frees_the_disk_and_touches_no_other(home):
    first, second = made(), made()
    assert own.disk_use() == own.size(first) + own.size(second)
    size = own.size(first)
    assert own.remove("mine/mfa") == size
    assert own.cards() == (second,)
    own.remove("mine/mfa-2")
    assert files(home) == []
    assert not second.folder.exists()
    assert own.disk_use() == 0
    for name in ("mine/mfa", "moons/mfa", "../x", "mine", ""):
        with pytest.raises(CheckpointError, match="of your own; there are: none"):
            own.remove(name)
    assert find("moons/mfa")


def test_a_damaged_card_is_named_and_can_be_removed(home):
    card = made()
    (card.folder / "mfa.toml").write_text("nothing = 1")
    assert "lacks 'name'" in scan_all()[1][0].reason
    own.remove("mine/mfa")
    assert files(home) == []


def test_a_shipped_model_that_comes_later_is_not_hidden(home, tmp_path):
    """An update of Genscope may bring a model of a name that the user has given."""
    card = made("trees/mfa")
    root = tmp_path / "assets"
    (root / "trees").mkdir(parents=True)
    for name in ("mfa.toml", "mfa.safetensors"):
        (root / "trees" / name).write_bytes((card.folder / name).read_bytes())
    found, broken = scan_all(root)
    assert [each.folder for each in found] == [root / "trees"]
    assert "models rename trees/mfa NEW" in broken[0].reason
    assert own.rename("trees/mfa", "mine", root).name == "trees/mine"
    assert len(scan_all(root)[0]) == 2


def test_an_older_card_is_migrated_and_a_newer_one_refused(home, monkeypatch):
    card = made()
    path = card.folder / "mfa.toml"
    text = path.read_text()
    path.write_text(text.replace("format = 1\n", ""))
    assert read_card(path) == card

    def second(table):
        return {**table, "recipe": f"{table['recipe']}, moved"}

    monkeypatch.setattr(cards, "FORMAT", 2)
    monkeypatch.setattr(cards, "MIGRATIONS", {1: second})
    assert read_card(path).recipe == f"{card.recipe}, moved"
    assert read_card(path).format == 2
    assert own.rename("mine/mfa", "new").recipe == f"{card.recipe}, moved"
    assert read_card(card.folder / "new.toml").recipe == f"{card.recipe}, moved"
    monkeypatch.setattr(cards, "FORMAT", 1)
    with pytest.raises(CheckpointError, match=r"newer Genscope \(format 2.*update"):
        read_card(card.folder / "new.toml")
    for wrong in ('"one"', "0", "true", "1.0"):
        path.write_text(f"format = {wrong}\n{text.replace('format = 1', '')}")
        with pytest.raises(CheckpointError, match="'format'"):
            read_card(path)


def test_every_shipped_card_comes_back_from_its_table():
    for card in cards.shipped():
        table = table_of(card)
        back = tomllib.loads(tomli_w.dumps(table))
        assert back == {**table, "figures": dict(card.figures), "net": dict(card.net)}
