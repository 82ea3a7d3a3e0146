"""Models of the user's own, made from a small shipped one: a home of the test's own for them."""

from dataclasses import replace

import pytest

from engines.checkpoints import own
from engines.checkpoints.catalog import own_root
from engines.opening import find


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The user's folder of data, empty; other processes of the test have the same."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    assert own_root().is_relative_to(tmp_path)
    return own_root()


def made(name="mine/mfa", source="moons/mfa", **changes):
    """A copy of a shipped model as one of the user's own."""
    card = find(source)
    asked = replace(card, name=name, data=name.partition("/")[0], **changes)
    return own.add(asked, card.folder / card.weights)
