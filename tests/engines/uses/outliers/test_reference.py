"""Scores of models against held-out examples: kept by what they depend on, never mixed."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats

from engines.data.own import DataError
from engines.model import finish
from engines.uses.outliers import codelength, measuring, reference
from tests.engines.tiny import opened

FAMILIES = ("vae", "autoregressive", "any-order", "flow", "diffusion", "energy", "mfa", "kde")


def pictures(count, seed=0):
    g = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (count, 1, 8, 8), generator=g).float() / 127.5 - 1


@pytest.fixture(scope="module")
def coders():
    return codelength.coders()[:1]


def referred(model, x, coders, folder):
    return finish(reference.refer(model, x, coders, folder=folder))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_score_of_a_family_is_ranked(family, tmp_path_factory, tmp_path, coders):
    model = opened(tmp_path_factory.mktemp("zoo"), family, "picture")
    x = pictures(40)
    against = referred(model, x[:30], coders, tmp_path)
    found = reference.judge(finish(measuring.measure(model, x[30:], coders)), against)
    assert against.held_out == 25
    wanted = {"nll", "typicality", "complexity"} | ({"own"} if against.own else set())
    assert set(found.scores) == set(found.p) == wanted
    assert (against.own is None) == (family in ("mfa", "any-order"))
    for name in wanted:
        assert np.isfinite(found.scores[name]).all()
        assert ((found.p[name] > 0) & (found.p[name] <= 1)).all()
    titles = {name for name, _, _ in measuring.sayings(against.way, against.own)}
    assert titles == wanted


def test_one_pass_gives_the_density_and_the_costliest_window(tmp_path_factory):
    """The autoregressive model's own score and −log p come from the same conditionals."""
    model = opened(tmp_path_factory.mktemp("zoo"), "autoregressive", "picture")
    x = pictures(20)
    found = finish(measuring.measure(model, x))
    nats = -finish(model.density.run(x, None, {})).value.numpy()
    np.testing.assert_allclose(found.nll, nats, rtol=1e-9)
    assert found.own.shape == (20, 1)
    assert (found.own[:, 0] < nats / np.log(2)).all()


def test_a_batch_changes_no_score(tmp_path_factory, coders):
    model = opened(tmp_path_factory.mktemp("zoo"), "flow", "picture")
    x = pictures(20)
    whole = finish(measuring.measure(model, x, coders))
    for rows in (slice(0, 3), slice(15, 20)):
        part = finish(measuring.measure(model, x[rows], coders))
        assert np.allclose(whole.nll[rows], part.nll, rtol=1e-5)
        assert np.allclose(whole.own[rows], part.own, rtol=1e-4)
        assert (whole.code[rows] == part.code).all()


def test_what_was_measured_is_kept_and_found_again(tmp_path_factory, tmp_path, monkeypatch, coders):
    model = opened(tmp_path_factory.mktemp("zoo"), "mfa", "picture")
    x = pictures(30)
    first = referred(model, x, coders, tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    monkeypatch.setattr(measuring, "measure", lambda *a: pytest.fail("it was measured already"))
    again = referred(model, x, coders, tmp_path)
    assert all((again.scores[name] == first.scores[name]).all() for name in first.scores)
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:-40])
    monkeypatch.undo()
    damaged = referred(model, x, coders, tmp_path)
    assert all((damaged.scores[name] == first.scores[name]).all() for name in first.scores)


def test_a_mix_is_refused(tmp_path_factory, tmp_path, coders):
    model = opened(tmp_path_factory.mktemp("zoo"), "mfa", "picture")
    against = referred(model, pictures(30), coders, tmp_path)
    other = opened(tmp_path_factory.mktemp("zoo"), "kde", "picture")
    with pytest.raises(measuring.MixedReferenceError, match="by other weights"):
        reference.judge(finish(measuring.measure(other, pictures(3), coders)), against)
    found = finish(measuring.measure(model, pictures(3), coders))
    newer = replace(found, way=replace(found.way, coders="PNG zlib 99"))
    with pytest.raises(measuring.MixedReferenceError, match="with other codecs"):
        reference.judge(newer, against)
    rougher = replace(found, way=replace(found.way, method="8 draws"))
    with pytest.raises(measuring.MixedReferenceError, match="by another method"):
        reference.judge(rougher, against)


def test_few_held_out_examples_and_none_are_refused(tmp_path_factory, tmp_path):
    model = opened(tmp_path_factory.mktemp("zoo"), "mfa", "picture")
    with pytest.raises(ValueError, match="11 held-out examples are too few"):
        referred(model, pictures(11), (), tmp_path)
    with pytest.raises(DataError, match="no held-out examples"):
        reference.examples_of(model.card)
    with pytest.raises(ValueError, match="implicit"):
        finish(
            measuring.measure(opened(tmp_path_factory.mktemp("zoo"), "gan", "picture"), pictures(2))
        )


def test_p_values_of_samples_of_the_model_itself_are_uniform(tmp_path_factory, tmp_path):
    """Reference and examples of one source: the law of the model of points itself."""
    from engines.model import SampleRequest

    model = opened(tmp_path_factory.mktemp("zoo"), "mfa", "points")
    x = finish(model.sample(SampleRequest(1600, 7)))
    against = referred(model, x[:1000], (), tmp_path)
    found = reference.judge(finish(measuring.measure(model, x[1000:])), against)
    assert set(found.p) == {"nll", "typicality"}
    for name, p in found.p.items():
        assert stats.kstest(p, "uniform").pvalue > 0.01, name
