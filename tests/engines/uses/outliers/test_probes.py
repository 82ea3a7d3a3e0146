"""Probes are functions of a picture and a seed, and are what they say."""

import numpy as np
import pytest
import torch

from engines.data import examples
from engines.uses.outliers import codelength
from engines.uses.outliers.measuring import levels_of
from engines.uses.outliers.probes import PROBES, probed

LEVELS = examples.pictures("mnist").levels[:20, ..., 0]
X = torch.from_numpy(LEVELS.copy())[:, None].float() / 127.5 - 1


@pytest.mark.parametrize("name", PROBES)
def test_a_probe_depends_on_the_seed_and_its_own_picture_alone(name):
    made = probed(name, X, 5)
    assert made.shape[1:] == X.shape[1:]
    assert len(made) == (1 if PROBES[name].single else len(X))
    assert torch.equal(probed(name, X, 5), made)
    assert torch.equal(probed(name, X[:3], 5), made[:3])
    levels = (made + 1) * 127.5
    assert levels.min() >= -1e-3
    assert levels.max() <= 255.001
    assert torch.allclose(levels, levels.round(), atol=1e-3), "pictures of 256 levels"
    if name in ("constant", "noise", "shuffled"):
        assert not torch.equal(probed(name, X, 6), made)


def test_each_changes_what_it_says():
    mean = X.mean((1, 2, 3))
    assert torch.allclose(probed("inverted", X, 0), -X, atol=1e-6)
    assert (probed("thin", X, 0) <= X + 1e-6).all()
    assert (probed("thin", X, 0).mean((1, 2, 3)) < mean).all()
    assert torch.allclose(probed("rotated", X, 0).rot90(-1, (2, 3)), X, atol=1e-6)
    both = (probed("shuffled", X, 0)[0].flatten().sort().values, X[0].flatten().sort().values)
    assert torch.allclose(*both, atol=1e-6)
    assert set(probed("binary", X, 0).unique().tolist()) == {-1.0, 1.0}
    assert (probed("black", X, 0) == -1).all()
    assert (probed("constant", X, 0).flatten(1).std(1) == 0).all()
    blurred = probed("blurred", X, 0)
    assert torch.allclose(blurred.mean((1, 2, 3)), mean, atol=0.03)
    assert (blurred.diff(dim=3).abs().mean((1, 2, 3)) < X.diff(dim=3).abs().mean((1, 2, 3))).all()
    assert probed("dim", X, 0).max() <= 64 / 127.5 - 1 + 1e-6


def test_small_and_coloured_pictures_have_probes():
    x = torch.rand(3, 3, 4, 6, generator=torch.Generator().manual_seed(1)) * 2 - 1
    for name in PROBES:
        assert probed(name, x, 2).isfinite().all()
    shuffled = probed("shuffled", x, 2)
    rows = {tuple(v) for v in ((x[0] + 1) * 127.5).round().flatten(1).T.tolist()}
    assert {tuple(v) for v in ((shuffled[0] + 1) * 127.5).round().flatten(1).T.tolist()} == rows


def test_a_name_that_is_none_says_which_there_are():
    with pytest.raises(ValueError, match=r"there is no probe 'blak'; .*black"):
        probed("blak", X, 0)


def test_a_code_length_is_that_of_the_shortest_file_and_the_file_is_the_picture():
    import imagecodecs

    used = codelength.coders()
    assert [coder.name for coder in used] == ["PNG", "WebP", "JPEG-XL"]
    levels = levels_of(X)
    each = codelength.bits(levels[0], used)
    decoded = {
        "PNG": imagecodecs.png_decode,
        "WebP": imagecodecs.webp_decode,
        "JPEG-XL": imagecodecs.jpegxl_decode,
    }
    for coder in used:
        raw = coder.encode(levels[0, ..., 0])
        back = decoded[coder.name](raw).reshape(28, 28, -1)[..., 0]
        assert np.array_equal(back, levels[0, ..., 0])
        assert each[coder.name] == 8 * len(raw)
    from engines.model import finish

    assert finish(codelength.shortest(levels, used))[0] == min(each.values())


def test_without_the_extra_two_codecs_measure_and_it_is_said(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    assert [coder.name for coder in codelength.coders()] == ["PNG", "WebP"]
    assert "imagecodecs" in codelength.lacking()
    assert "JPEG-XL" not in codelength.edition(codelength.coders())
