"""Figures of samples on features with known answers, and the classifier they are read with."""

import pytest
import scipy.linalg
import torch

from engines.checkpoints.catalog import CheckpointError
from engines.model import Card
from engines.readers import classifier
from engines.readers.features import compared, frechet, gaussian_frechet, nearest, radii
from engines.readers.net import Classifier
from engines.training import classifier as recipe
from engines.training.datasets import DataSet, Split
from engines.training.quality import reference, sample_quality
from engines.training.randomness import seeded
from tests.engines.tiny import LABELS, opened


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Many tiny sums: a second thread only waits, for seconds on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def normal(n, d, seed=0):
    g = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, generator=g, dtype=torch.float64)


def test_frechet_of_axis_parallel_gaussians_is_the_closed_form():
    mean, sd = normal(7, 1)[:, 0], normal(7, 1, 1)[:, 0].exp()
    other, other_sd = normal(7, 1, 2)[:, 0], normal(7, 1, 3)[:, 0].exp()
    expected = (mean - other).square().sum() + (sd - other_sd).square().sum()
    found = gaussian_frechet(mean, sd.square().diag(), other, other_sd.square().diag())
    assert found == pytest.approx(expected.item(), rel=1e-9)


def test_frechet_is_that_of_the_matrix_root():
    a, b = normal(500, 6) @ normal(6, 6, 1), normal(400, 6, 2) @ normal(6, 6, 3) + 1
    s, t = a.T.cov(), b.T.cov()
    root = torch.from_numpy(scipy.linalg.sqrtm((s @ t).numpy()).real)
    expected = (a.mean(0) - b.mean(0)).square().sum() + (s + t - 2 * root).trace()
    assert frechet(a, b) == pytest.approx(expected.item(), rel=1e-8)
    assert frechet(a, a) == pytest.approx(0, abs=1e-9)


def test_frechet_of_flat_features():
    flat = torch.cat([normal(100, 3), torch.zeros(100, 2, dtype=torch.float64)], 1)
    assert frechet(flat, flat + 1) == pytest.approx(5, rel=1e-9)


def test_radii_are_distances_to_the_kth_other():
    x = torch.tensor([[0.0], [1.0], [3.0], [7.0]], dtype=torch.float64)
    assert radii(x, 1).tolist() == [1, 1, 2, 4]
    assert radii(x, 2).tolist() == [3, 2, 3, 6]


def test_equal_distributions_have_their_known_expectations():
    """Naeem et al. 2020, section 3.3: density 1, coverage 1 − 2^−k for equal sizes."""
    found = [compared(normal(1_500, 8, 2 * i), normal(1_500, 8, 2 * i + 1)) for i in range(2)]
    mean = {name: sum(one[name] for one in found) / len(found) for name in found[0]}
    assert mean["density"] == pytest.approx(1, abs=0.05)
    assert mean["coverage"] == pytest.approx(1 - 2**-5, abs=0.01)
    assert mean["precision"] == pytest.approx(mean["recall"], abs=0.03)


def test_a_dropped_mode_costs_recall_and_coverage_alone():
    real = torch.cat([normal(600, 4), normal(600, 4, 1) + 50])
    found = compared(real, normal(1_200, 4, 2))
    assert found["precision"] > 0.7
    assert found["recall"] < 0.5
    assert found["coverage"] == pytest.approx(0.5, abs=0.03)


def test_far_samples_have_no_precision():
    found = compared(normal(300, 4), normal(300, 4, 1) + 100)
    assert [found[n] for n in ("precision", "recall", "density", "coverage")] == [0, 0, 0, 0]


def test_nearest_finds_copies():
    others = normal(500, 20)
    x = torch.cat([others[7:8], others[9:10] + 0.1])
    expected = torch.tensor([0, 0.1 * 20**0.5], dtype=torch.float64)
    torch.testing.assert_close(nearest(x, others), expected, atol=1e-6, rtol=1e-6)


SIZES = {"shape": [1, 8, 8], "classes": 3, "width": [4, 4, 6, 8]}


@pytest.fixture
def data():
    """Three classes of 8 × 8 pictures, told apart by where they are bright."""
    labels = torch.arange(600) % 3
    x = 0.3 * normal(600, 64).float().view(-1, 1, 8, 8) - 0.8
    for label in range(3):
        x[labels == label, :, :, 2 * label + 1 : 2 * label + 3] += 1
    x = x.clamp(-1, 1)
    train, test = Split(x[:450], labels[:450]), Split(x[450:], labels[450:])
    return DataSet("tiny-picture", LABELS, train, test, "none")


def test_figures_of_a_model_come_with_their_floors(tmp_path, data):
    torch.manual_seed(0)
    model, reader = opened(tmp_path, "mfa", "picture"), Classifier(**SIZES).eval()
    for parameter in reader.parameters():
        parameter.data *= 3
    against = reference(data, reader, 60)
    found = sample_quality(model, against)
    assert set(found) == {
        "label_agreement",
        "frechet",
        "precision",
        "recall",
        "density",
        "coverage",
        "nearest_training",
    }
    for figure in found.values():
        assert {"value", "floor", "method", "examples"} <= set(figure)
        assert figure["examples"] == 60
    assert found["frechet"]["value"] > found["frechet"]["floor"] > 0
    assert found == sample_quality(model, against)


def test_what_the_recipe_ships_opens_and_reads(tmp_path, data, monkeypatch):
    monkeypatch.setattr(recipe, "ROOT", tmp_path)
    torch.manual_seed(0)
    net = Classifier(**SIZES)
    optimiser = torch.optim.Adam(net.parameters(), 1e-2)
    for _ in range(60):
        loss = torch.nn.functional.cross_entropy(net(data.train.x), data.train.labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    net.eval()
    reached = recipe.accuracy(net, data.test)
    assert reached > 0.9
    figures = {"accuracy": {"value": reached, "examples": len(data.test)}}
    recipe.ship(
        net, data, "tiny-picture", net=SIZES, recipe="Adam", training={"steps": 60}, figures=figures
    )
    read = classifier.open_classifier("tiny-picture", root=tmp_path)
    assert recipe.accuracy(read, data.test) == reached
    assert read.features(data.test.x).shape == (150, 8)
    card = classifier.read("tiny-picture", tmp_path)
    assert isinstance(card, Card)
    assert card.figures["accuracy"]["examples"] == 150
    (tmp_path / card.weights).write_bytes(b"other")
    with pytest.raises(CheckpointError, match="are not the ones the card describes"):
        classifier.open_classifier("tiny-picture", root=tmp_path)
    with pytest.raises(CheckpointError, match=r"nowhere\.toml cannot be read"):
        classifier.read("nowhere", tmp_path)


def test_light_augmentation_keeps_a_picture_itself(data):
    x = data.train.x[:200]
    changed = recipe.augmented(x, seeded(0))
    assert changed.shape == x.shape
    assert -1.001 <= changed.min() <= changed.max() <= 1.001
    assert not torch.equal(changed, x)
    assert 0.1 < (changed - x).abs().mean() < 0.6


def test_statistics_are_settled_on_training_pictures(data):
    net = Classifier(**SIZES)
    recipe.settle_statistics(
        net, data.train, lambda x: recipe.augmented(x, seeded(0)), pictures=100
    )
    assert not net.training
    assert not torch.equal(net.body[1].running_mean, torch.zeros(4))
