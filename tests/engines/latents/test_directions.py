"""Principal directions against scikit-learn, effects against a map that is known, and the cache."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from engines import finish
from engines.latents import directions
from engines.latents.directions import by_effect, principal
from engines.latents.walks import walk_of
from tests.engines.tiny import opened


@pytest.mark.parametrize(("n", "d"), [(500, 6), (40, 30)])
def test_the_same_directions_as_scikit_learn_up_to_sign(n, d):
    g = torch.Generator().manual_seed(1)
    codes = torch.randn(n, d, generator=g) @ torch.randn(d, d, generator=g)
    mean, axes, spread, share = principal(codes, 5)
    known = PCA(5, svd_solver="full").fit(codes.double().numpy())
    cosines = np.abs((axes.numpy() * known.components_).sum(1))
    np.testing.assert_allclose(cosines, 1, atol=1e-9)
    np.testing.assert_allclose(spread.numpy() ** 2, known.explained_variance_, rtol=1e-9)
    np.testing.assert_allclose(share.numpy(), known.explained_variance_ratio_, rtol=1e-9)
    np.testing.assert_allclose(mean.numpy(), known.mean_, atol=1e-9)


def test_signs_do_not_depend_on_the_order_of_the_codes():
    codes = torch.randn(100, 4, generator=torch.Generator().manual_seed(2))
    axes = principal(codes)[1]
    torch.testing.assert_close(axes, principal(codes.flip(0))[1])
    assert (axes.gather(1, axes.abs().argmax(1, keepdim=True)) > 0).all()


def test_effects_of_a_linear_map_are_its_singular_directions():
    g = torch.Generator().manual_seed(3)
    z = torch.randn(20_000, 4, generator=g).double()
    u, _ = torch.linalg.qr(torch.randn(9, 4, generator=g).double())
    v, _ = torch.linalg.qr(torch.randn(4, 4, generator=g).double())
    x = z @ v @ torch.diag(torch.tensor([4.0, 3.0, 2.0, 1.0]).double()) @ u.T
    axes, share = by_effect(z, x)
    torch.testing.assert_close((axes @ v).abs(), torch.eye(4).double(), rtol=0, atol=0.05)
    wanted = torch.tensor([16.0, 9.0, 4.0, 1.0]).double() / 30
    torch.testing.assert_close(share, wanted, rtol=0.05, atol=0.01)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(directions, "STUDIED", dict.fromkeys(directions.STUDIED, 200))


@pytest.mark.parametrize("family", ["vae", "gan", "flow"])
def test_a_model_is_studied_and_remembered(family, quick, tmp_path, monkeypatch):
    model = opened(tmp_path, family, "points")
    points = torch.randn(200, 2, generator=torch.Generator().manual_seed(4))
    labels = torch.arange(200) % 3
    monkeypatch.setattr(directions, "data_of", lambda *_: (points, labels))
    walk = walk_of(model)
    steps, run = [], directions.study(model, walk)
    while True:
        try:
            steps.append(next(run))
        except StopIteration as end:
            found = end.value
            break
    assert steps[-1].done == steps[-1].total == 200
    torch.testing.assert_close(found.axes.norm(dim=1), torch.ones(2).double())
    assert (found.spread > 0).all()
    assert found.scores.shape == (200, 2)
    codes = found.x if found.effects else finish(walk.encode(points, None))
    torch.testing.assert_close(found.place(codes[:200]), found.scores, rtol=1e-4, atol=1e-4)
    assert directions.kept(model.card, tmp_path) is None
    directions.keep(model.card, found, tmp_path)
    again = directions.kept(model.card, tmp_path)
    assert torch.equal(again.axes, found.axes)
    assert torch.equal(again.scores, found.scores)
    assert model.card.sha256[:12] in directions.provenance(model.card, again)
    (file,) = tmp_path.glob("*.safetensors")
    file.write_bytes(b"rubbish")
    assert directions.kept(model.card, tmp_path) is None


def test_offsets_are_in_standard_deviations(quick, tmp_path):
    model = opened(tmp_path, "gan", "points")
    found = finish(directions.study(model, walk_of(model)))
    moved = found.offset(torch.tensor([2.0, 0.0]))
    torch.testing.assert_close(moved, 2 * found.spread[0] * found.axes[0])
    single = found.offset(torch.tensor([0.0, -1.5]), single=True)
    torch.testing.assert_close(single, torch.tensor([0.0, -1.5]).double() * found.single)


def test_kernels_have_nothing_to_study(tmp_path):
    model = opened(tmp_path, "kde", "points")
    with pytest.raises(ValueError, match="no latent space"):
        finish(directions.study(model, walk_of(model)))


def test_data_of_another_size_are_refused_with_one_sentence(tmp_path):
    card = opened(tmp_path, "vae", "picture").card
    assert card.shape[1:] != (28, 28)
    with pytest.raises(ValueError, match=r"examples of mnist, 28 × 28 pixels; .* makes pictures"):
        directions.data_of(replace(card, data="mnist"), 5, tmp_path)
    with pytest.raises(ValueError, match="none come with it"):
        directions.data_of(replace(card, data="nowhere"), 5, tmp_path)
