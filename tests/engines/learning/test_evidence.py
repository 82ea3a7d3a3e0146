"""What the small networks reach on moons with the default steps: `make evidence`.

Gaps are mean log p_true − log p in nats over points of their own, the networks trained on 10,000.
"""

import pytest
import torch

from engines.data.toys import TOYS
from engines.learning.learner import learner
from engines.model import NO_KNOBS, SampleRequest, finish

pytestmark = pytest.mark.evidence
MOONS = TOYS["moons"]
X = MOONS.sample(10_000, torch.Generator().manual_seed(5))[0]
OTHERS = MOONS.sample(4_000, torch.Generator().manual_seed(6))[0]


@pytest.mark.parametrize(
    ("family", "most"),
    [("autoregressive", 0.05), ("flow", 0.05), ("diffusion", 0.05), ("vae", 0.15)],
)
def test_the_gap_to_the_truth_after_the_default_steps(family, most):
    model = finish(learner(family, X).run())
    knobs = {"importance": 256} if family == "vae" else NO_KNOBS
    found = finish(model.density.run(OTHERS, None, knobs)).value
    gap = MOONS.log_density(OTHERS) - found
    assert gap.mean().item() + 2 * gap.std().item() / len(gap) ** 0.5 < most


def test_samples_of_the_gan_pass_for_draws_in_four_of_five_seeds():
    """Kernel two-sample test (Gretton et al. 2012) at n = 1,000, 500 permutations."""
    passed = 0
    for seed in range(1, 6):
        model = finish(learner("gan", X, seed=seed).run())
        drawn = finish(model.sample(SampleRequest(1_000, 11)))
        true = MOONS.sample(1_000, torch.Generator().manual_seed(77))[0]
        passed += permutation_p(drawn, true) > 0.01
    assert passed >= 4


def permutation_p(one, other, permutations=500):
    """The share of permutations whose MMD² is at least that of the two samples.

    The kernel is Gaussian, its width the median distance.
    """
    both, n = torch.cat([one, other]).double(), len(one)
    width = torch.pdist(both).median()
    kernel = torch.exp(-torch.cdist(both, both).square() / (2 * width**2))
    g = torch.Generator().manual_seed(3)
    signs = torch.full((permutations + 1, 2 * n), -1.0 / n, dtype=torch.float64)
    signs[0, :n] = 1.0 / n
    for row in signs[1:]:
        row[torch.randperm(2 * n, generator=g)[:n]] = 1.0 / n
    found = ((signs @ kernel) * signs).sum(1)
    return ((found[1:] >= found[0]).sum().item() + 1) / (permutations + 1)


def test_the_two_sample_test_tells_a_shift_and_lets_equals_pass():
    one, other = (MOONS.sample(1_000, torch.Generator().manual_seed(s))[0] for s in (1, 2))
    assert permutation_p(one, other) > 0.01
    assert permutation_p(one, other + 0.2) < 0.01
