"""A network that yields NaN, from the command line: one sentence, exit code 1, and no file."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from tests.app.command.test_command import genscope, surroundings
from tests.checkpoints import ship_flows

__all__ = ["genscope", "surroundings"]


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A folder of models whose networks answer NaN, though their files hold numbers."""
    load = nn.Module.load_state_dict

    def fill(self, *args, **kwargs):
        done = load(self, *args, **kwargs)
        for parameter in self.parameters():
            parameter.data.fill_(torch.nan)
        return done

    models = ship_flows(tmp_path / "models")
    monkeypatch.setattr(nn.Module, "load_state_dict", fill)
    return models


@pytest.mark.parametrize(
    ("words", "file"),
    [
        (["sample", "moons/flow", "--count", 4, "--out"], "x.csv"),
        (["sample", "mnist/flow", "--count", 2, "--out"], "x.png"),
        (["inpaint", "moons/flow", "--fix", "x=0.5", "--count", 4, "--out"], "x.csv"),
        (["score", "mnist/flow", "--images", "PICTURES", "--csv"], "x.csv"),
        (["density", "moons/flow", "--grid", 16, "--out"], "x.png"),
    ],
)
def test_nan_is_one_sentence_and_no_file(genscope, root, tmp_path, words, file):
    folder = tmp_path / "out"
    folder.mkdir()
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(pictures / "a.png")
    words = [pictures if word == "PICTURES" else word for word in words]
    done = genscope(*words, folder / file, "--assets", root)
    assert done.code == 1
    assert done.err.startswith(f"genscope: {words[1]}: ")
    assert "not finite numbers; try other settings" in done.err
    assert done.err.count("\n") == 1
    assert not list(folder.iterdir())
