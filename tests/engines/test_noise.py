"""One stream per picture: known answers, independence of company, the right distributions."""

import numpy as np
import pytest
import torch
from scipy import stats

from engines.noise import Streams, philox, streams_of

# Random123 1.14, tests/kat_vectors, philox4x32 with 10 rounds
KNOWN = [
    ("00000000 " * 4, "00000000 " * 2, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff " * 4, "ffffffff " * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    (
        "243f6a88 85a308d3 13198a2e 03707344",
        "a4093822 299f31d0",
        "d16cfe09 94fdcceb 5001e420 24126ea1",
    ),
]


def words(text):
    return np.array([int(word, 16) for word in text.split()], np.uint64)


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_philox_gives_the_published_answers(counter, key, answer):
    np.testing.assert_array_equal(philox(words(counter), words(key)), words(answer))


def drawn(seed, indices):
    streams = Streams(seed, indices)
    return streams.normal(3, 5), streams.uniform(7), streams.integers(10), streams.normal(2)


@pytest.mark.parametrize("indices", [[4], [9, 4, 0], range(300), [2**32 - 1, 4]])
def test_a_stream_does_not_depend_on_its_company(indices):
    place = list(indices).index(4)
    for alone, beside in zip(drawn(7, [4]), drawn(7, indices), strict=True):
        assert torch.equal(alone[0], beside[place])


def test_a_longer_draw_begins_like_a_shorter_one():
    assert torch.equal(Streams(1, [0]).uniform(9)[:, :5], Streams(1, [0]).uniform(5))


def correlation(a, b):
    return abs(np.corrcoef(a.flatten(), b.flatten())[0, 1]) * np.sqrt(a.numel())


@pytest.mark.parametrize("draw", ["normal", "uniform"])
def test_seeds_indices_and_draws_are_uncorrelated(draw):
    def stream(seed, index):
        return getattr(Streams(seed, [index]), draw)(20_000)

    base, twice = stream(1, 1), Streams(1, [1])
    getattr(twice, draw)(20_000)
    others = [stream(2, 1), stream(1, 2), stream(1 + 2**32, 1), getattr(twice, draw)(20_000)]
    assert max(correlation(base, other) for other in others) < 4


def test_all_64_bits_of_the_seed_count():
    seeds = [0, 1, 2**32, 2**32 + 1, 2**63, 2**64 - 1]
    first = {tuple(Streams(seed, [0]).uniform(4)[0].tolist()) for seed in seeds}
    assert len(first) == len(seeds)


def test_normal_draws_are_standard_normal():
    z = Streams(3, range(50)).normal(4001).double()
    flat = z.flatten().numpy()
    n = len(flat)
    for power, moment in ((1, 0), (2, 1), (3, 0), (4, 3)):
        sample = flat**power
        assert abs(sample.mean() - moment) < 4 * sample.std() / np.sqrt(n)
    assert stats.kstest(flat, "norm").pvalue > 1e-3
    # the two halves of Box and Muller's pairs
    assert correlation(z[:, :2000], z[:, 2001:4001]) < 4


def test_uniform_draws_are_uniform():
    u = Streams(3, range(50)).uniform(4000).double().flatten().numpy()
    assert stats.kstest(u, "uniform").pvalue > 1e-3


def test_the_first_numbers_of_many_pictures_are_uniform():
    u = Streams(3, range(50_000)).uniform()
    assert u.shape == (50_000,)
    assert stats.kstest(u.double().numpy(), "uniform").pvalue > 1e-3


def test_uniform_excludes_both_ends(monkeypatch):
    for extreme in (0, 0xFFFFFFFF):
        monkeypatch.setattr(
            "engines.noise.philox", lambda c, k, e=extreme: np.full_like(c, e, np.uint64)
        )
        streams = Streams(0, [0])
        u, z = streams.uniform(4), streams.normal(4)
        assert (u > 0).all()
        assert (u < 1).all()
        assert z.isfinite().all()
        assert streams.integers(10).item() in range(10)


def test_integers_reach_every_value_equally():
    counts = torch.bincount(Streams(5, range(20_000)).integers(10), minlength=10)
    assert stats.chisquare(counts.numpy()).pvalue > 1e-3


def test_a_picture_knows_its_own_stream():
    pictures = torch.rand(5, 1, 4, 4, generator=torch.Generator().manual_seed(0)) * 2 - 1
    together = streams_of(pictures).uniform(6)
    assert torch.equal(streams_of(pictures[3:4]).uniform(6)[0], together[3])
    assert len({row[0].item() for row in together}) == 5
