"""Every refusal is one sentence of at most 300 letters, whatever the names of files are."""

import pytest

from app.exchange.intake import reading, sentence
from app.recipes.files import SaveError, write_atomically
from app.recipes.recipe import RecipeError, read_png
from app.work.lane import Failure
from engines.checkpoints.catalog import CheckpointError, read_card
from engines.data import fitting, masks
from engines.data.picture_folder import read_folder
from engines.model import finish
from engines.opening import find
from engines.outside import cards
from engines.outside.formats import layout, state_dicts
from tests import fuzzing

NAME = "n" * 240


@pytest.fixture
def deep(tmp_path):
    """A folder whose path alone is longer than a sentence may be."""
    folder = tmp_path / NAME / NAME
    folder.mkdir(parents=True)
    return folder


CONTENTS = {
    "nothing": b"",
    "text": b"hello",
    "json": b'{"a": ',
    "toml": b"a = [",
    "no text": b"\xff\xfe\xfa",
    "png": b"\x89PNG\r\n\x1a\nnothing",
    "tiff": b"II*\0nothing",
    "gif": b"GIF89a",
    "recipe": b'{"format": 1, "task": "sample", "' + b"k" * 5000 + b'": 1}',
    "tensors": (50).to_bytes(8, "little") + b'{"a": ' + b" " * 60,
    "zip": b"PK\3\4nothing",
    "card": b'architecture = "' + b"q" * 5000 + b'"',
}
READERS = {
    "picture": lambda path: fitting.read(path.read_bytes(), path.name),
    "mask": lambda path: masks.read(path.read_bytes(), path.name),
    "folder": lambda path: finish(read_folder(path.parent, (3, 8, 8))),
    "no folder": lambda path: finish(read_folder(path / "x", (3, 8, 8))),
    "recipe": read_png,
    "model of a recipe": lambda path: find(str(path)),
    "card": read_card,
    "card from outside": cards.read,
    "folder of diffusers": lambda path: layout.read(path.parent),
    "state dict": state_dicts.load,
    "no file": lambda path: read_card(path / "x"),
    "saving": lambda path: write_atomically(path / "x", b""),
}


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("reader", READERS)
def test_refusals_are_one_sentence(deep, reader, content):
    path = deep / f"{NAME}.png"
    path.write_bytes(CONTENTS[content])
    try:
        READERS[reader](path)
    except (ValueError, CheckpointError, RecipeError, SaveError) as error:
        fuzzing.sentence(str(error))
        fuzzing.sentence(sentence(str(error)))
    else:
        assert reader in ("state dict", "card from outside", "folder of diffusers")


@pytest.mark.parametrize("content", CONTENTS)
def test_what_a_drop_says_is_one_sentence(deep, content):
    path = deep / f"{NAME}.png"
    path.write_bytes(CONTENTS[content])
    (found,) = finish(reading((path,))())
    fuzzing.sentence(found if isinstance(found, str) else found.said)


def test_a_failure_without_words_for_people_is_cut():
    fuzzing.sentence(Failure("TypeError: " + "x" * 5000, "").sentence)
