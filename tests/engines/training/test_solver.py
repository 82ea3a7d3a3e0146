"""A figure by one solver moved to another by pairs: what is added, and what of it is known."""

import math
from dataclasses import replace

import pytest
import torch

from engines.checkpoints.catalog import CheckpointError
from engines.opening import find
from engines.training import solver
from engines.training.cards import write_card
from engines.training.datasets import DataSet, Split
from tests.engines.tiny import LABELS, opened

HEUN = {
    "value": 1.5,
    "stderr": 0.003,
    "examples": 10_000,
    "meaning": "estimate",
    "method": "probability-flow ODE, Heun, 24 steps",
}


@pytest.fixture
def digits():
    g = torch.Generator().manual_seed(2)
    return torch.randint(256, (3, 1, 8, 8), generator=g) / 127.5 - 1


def test_a_figure_moves_by_the_mean_difference_and_keeps_both_errors():
    found = solver.with_shift(HEUN, torch.tensor([0.01, 0.02, 0.03], dtype=torch.float64))
    error = 0.01 / math.sqrt(3)
    assert found["value"] == pytest.approx(1.52)
    assert found["stderr"] == pytest.approx(math.hypot(0.003, error), abs=1e-5)
    assert (found["examples"], found["shift_examples"]) == (10_000, 3)
    assert found["before"] == HEUN


def test_the_difference_is_that_of_the_steps(tmp_path, digits, monkeypatch):
    model = opened(tmp_path, "diffusion", "picture")
    few = solver.difference(model, digits)
    monkeypatch.setattr(solver, "HEUN_STEPS", 4 * solver.HEUN_STEPS)
    many = solver.difference(model, digits)
    assert few.shape == (3,)
    # of second order: four times the steps leave a sixteenth
    assert many.abs().mean() < few.abs().mean() / 8


def test_the_card_is_moved_once_however_often_it_is_asked(tmp_path, digits, monkeypatch):
    model = opened(tmp_path, "diffusion", "picture")
    data = DataSet("tiny", LABELS, Split(digits, torch.zeros(3)), Split(digits, torch.zeros(3)), "")
    monkeypatch.setattr(solver, "load", lambda name: data)
    write_card(replace(model.card, figures={"bits_per_dim": HEUN, "calls": {"value": 40}}))
    once = solver.moved(model.card.name, 3, root=tmp_path)
    assert find(model.card.name, tmp_path).figures == {"bits_per_dim": once, "calls": {"value": 40}}
    assert solver.moved(model.card.name, 3, root=tmp_path) == once
    gap = once["value"] - HEUN["value"]
    assert gap == pytest.approx(once["shift"], abs=2e-5)


def test_what_was_not_measured_by_that_solver_is_refused(tmp_path):
    model = opened(tmp_path, "diffusion", "picture")
    with pytest.raises(CheckpointError, match="no figure by 24 steps of Heun's method"):
        solver.moved(model.card.name, 1, root=tmp_path)
