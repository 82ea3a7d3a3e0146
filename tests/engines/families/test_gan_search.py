"""The search for codes of a GAN: how far it is, when it ends, and that it finds what it did."""

import pytest
import torch

from engines import SampleRequest, finish, open_model
from engines.families.gan import inversion


@pytest.fixture(scope="module")
def gan():
    return open_model("mnist/gan")


@pytest.fixture(scope="module")
def drawn(gan):
    """One of the model's own pictures: a code of it is known to be there."""
    return finish(gan.sample(SampleRequest(1, 3)))


def search(gan, x):
    steps, run = [], gan.latents.encode(x, None)
    while True:
        try:
            steps.append(next(run))
        except StopIteration as end:
            return steps, end.value


def test_one_picture_is_not_at_nought_until_it_is_done(gan, drawn):
    steps, _ = search(gan, drawn)
    shares = [step.done / step.total for step in steps]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len({round(share, 2) for share in shares}) > 20


def test_what_does_not_come_nearer_ends_early_and_at_the_same_code(gan, monkeypatch):
    flat = torch.ones(1, 1, 28, 28)  # white all over: no digit comes near
    short, _ = search(gan, flat)
    monkeypatch.setattr(inversion, "_has_settled", lambda _: False)
    whole, _ = search(gan, flat)
    assert len(short) < len(whole)

    def error(steps):
        return (steps[-1].guess - flat).square().mean().item()

    assert error(short) < 1.02 * error(whole)


def test_giving_up_starts_costs_no_picture_much(gan, drawn, monkeypatch):
    steps, _ = search(gan, drawn)
    monkeypatch.setattr(inversion, "_HALVE_AT", ())
    monkeypatch.setattr(inversion, "_has_settled", lambda _: False)
    whole, _ = search(gan, drawn)
    assert steps[-1].calls < 0.6 * whole[-1].calls
    before, after = ((s[-1].guess - drawn).square().mean().item() for s in (whole, steps))
    assert after < 1.1 * before + 1e-4
