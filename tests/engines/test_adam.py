"""The optimiser against torch's own, bit by bit, and without what comes with that."""

import subprocess
import sys

import pytest
import torch
from torch import nn

from engines.adam import Adam, clipped


def net():
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2))


def loss_of(model, k):
    x = torch.randn(7, 3, generator=torch.Generator().manual_seed(k))
    return (model(x) - x[:, :2].square()).square().mean()


def both(decay):
    ours, theirs = net(), net()
    mine = Adam(ours.parameters(), rate=0.02, betas=(0.9, 0.99), decay=decay)
    known = torch.optim.AdamW(
        theirs.parameters(), lr=0.02, betas=(0.9, 0.99), weight_decay=decay, fused=True
    )
    return ours, mine, theirs, known


def stepped(model, optimiser, k):
    slopes = optimiser.slopes(loss_of(model, k))
    norm = clipped(slopes, 0.1)
    optimiser.step(slopes)
    return norm


def known_step(model, optimiser, k):
    optimiser.zero_grad()
    loss_of(model, k).backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), 0.1)
    optimiser.step()
    return norm


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_steps_norms_and_states_are_those_of_torch(decay):
    ours, mine, theirs, known = both(decay)
    for k in range(5):
        assert torch.equal(stepped(ours, mine, k), known_step(theirs, known, k))
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(a, b)
    state, wanted = mine.state_dict()["state"], known.state_dict()["state"]
    assert state.keys() == wanted.keys()
    assert all(torch.equal(state[i][n], wanted[i][n]) for i in wanted for n in wanted[i])


def test_it_goes_on_from_the_state_of_either():
    ours, mine, theirs, known = both(0.1)
    for k in range(3):
        stepped(ours, mine, k)
        known_step(theirs, known, k)
    for state in (mine.state_dict(), known.state_dict()):
        other = net()
        other.load_state_dict(theirs.state_dict())
        fresh = Adam(other.parameters(), rate=0.02, betas=(0.9, 0.99), decay=0.1)
        fresh.load_state_dict(state)
        stepped(other, fresh, 3)
        going_on = net()
        going_on.load_state_dict(ours.state_dict())
        last = Adam(going_on.parameters(), rate=0.02, betas=(0.9, 0.99), decay=0.1)
        last.load_state_dict(mine.state_dict())
        stepped(going_on, last, 3)
        for a, b in zip(other.parameters(), going_on.parameters(), strict=True):
            assert torch.equal(a, b)


def test_a_parameter_that_two_share_a_gradient_with_is_shortened_once():
    one, two, idle = (torch.zeros(4, requires_grad=True) for _ in range(3))
    optimiser = Adam([one, two, idle], rate=0.1, betas=(0.9, 0.99))
    slopes = optimiser.slopes((one + two).sum())
    norm = clipped(slopes, 1.0)
    assert norm == pytest.approx(8**0.5)
    assert torch.stack(slopes).norm() == pytest.approx(1.0, rel=1e-5)
    optimiser.step(slopes)
    assert torch.equal(idle, torch.zeros(4))
    assert all(p.grad is None for p in (one, two, idle))


def test_it_brings_in_no_compiler():
    words = (
        "import sys, torch; from engines.adam import Adam; p = torch.zeros(2, "
        "requires_grad=True); a = Adam([p], rate=.1, betas=(.9, .99)); a.step(a.slopes(p.sum())); "
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", words], check=False).returncode == 0
