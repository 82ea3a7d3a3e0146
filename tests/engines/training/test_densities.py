"""Pictures of densities against closed forms, the stand-in for implicit models, and the pages."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engines import log_density
from engines.data.toys import TOYS
from engines.families.kde.net import PointKernels
from engines.kinds import of_shape
from engines.model import Card, class_attributes
from engines.training import datasets, evaluate, implicit, likelihood
from engines.training.reports import densities
from engines.training.reports import models as report
from engines.training.reports.densities import grid, learned, on_grid, verdict
from engines.training.reports.panels import Panel, colours, draw
from tests.engines.tiny import opened


def card(name, **measured):
    data, _, family = name.partition("/")
    shape = (1, 28, 28) if data == "mnist" else (2,)
    return Card(
        folder=Path(),
        name=name,
        family=family,
        data=data,
        kind=of_shape(shape),
        attributes=class_attributes(("a",)),
        weights="",
        sha256="",
        parameters=1,
        seed=1,
        recipe="",
        licence="",
        figures=measured,
    )


def oklab(rgb):
    """sRGB in 0 … 255 as OKLab, by the forward matrices of Ottosson 2020."""
    c = rgb / 255
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    lms = (
        linear
        @ np.array(
            [
                [0.4122214708, 0.5363325363, 0.0514459929],
                [0.2119034982, 0.6806995451, 0.1073969566],
                [0.0883024619, 0.2817188376, 0.6299787005],
            ]
        ).T
    )
    return (
        np.cbrt(lms)
        @ np.array(
            [
                [0.2104542553, 0.7936177850, -0.0040720468],
                [1.9779984951, -2.4285922050, 0.4505937099],
                [0.0259040371, 0.7827717662, -0.8086757660],
            ]
        ).T
    )


def test_the_colours_are_evenly_spaced_and_grow_lighter():
    lab = oklab(colours(65)[::4].astype(float))
    steps = np.linalg.norm(np.diff(lab, axis=0), axis=1)
    assert np.all(np.diff(lab[:, 0]) > 0)
    assert steps.max() / steps.min() < 1.3


def test_kernels_on_a_grid_are_their_sum_at_every_point():
    g = torch.Generator().manual_seed(1)
    kernels = PointKernels.of(torch.randn(200, 2, generator=g), torch.zeros(200))
    xs, ys = torch.linspace(-2, 2, 9).double(), torch.linspace(3, -3, 7).double()
    down, across = torch.meshgrid(ys, xs, indexing="ij")
    points = torch.stack([across.flatten(), down.flatten()], 1)
    expected = kernels.log_density(points, 0.3).exp().view(7, 9)
    torch.testing.assert_close(on_grid(kernels, 0.3, xs, ys), expected, rtol=1e-9, atol=1e-15)


def test_the_first_row_is_the_top(tmp_path):
    xs, ys = grid(((-1.0, 1.0), (0.0, 4.0)), 8)
    assert (ys[0].item(), ys[-1].item()) == (3.75, 0.25)
    assert xs[0] < xs[-1]
    model = opened(tmp_path, "mfa", "points")
    values, how = learned(model, ((-9.0, 9.0), (-9.0, 9.0)), densities.WIDTH)
    assert how == ""
    assert values.sum().item() * (18 / densities.WIDTH) ** 2 == pytest.approx(1, abs=1e-3)


def test_a_diffusion_is_drawn_as_its_points_are_valued(tmp_path):
    model, box, high = opened(tmp_path, "diffusion", "points"), ((-2.0, 2.0), (-1.0, 3.0)), 8
    drawn, _ = learned(model, box, high)
    xs, ys = grid(box, high)
    places = torch.stack([xs[::40].repeat(high), ys.repeat_interleave(len(xs[::40]))], 1)
    expected = log_density(model, places.float()).value.view(high, -1).exp()
    assert (drawn[:, ::40] - expected).abs().max() < 0.02 * expected.max()


def test_a_model_without_a_density_is_drawn_from_its_samples(tmp_path, monkeypatch):
    model = opened(tmp_path, "mfa", "points")
    monkeypatch.setattr(densities, "kernels_of", lambda m: implicit.kernels_of(m, 3_000))
    box = ((-9.0, 9.0), (-9.0, 9.0))
    own, _ = learned(model, box, densities.WIDTH)
    drawn, how = learned(replace(model, density=None), box, densities.WIDTH)
    assert "KDE" in how
    cell = (18 / densities.WIDTH) ** 2
    assert drawn.sum().item() * cell == pytest.approx(1, abs=1e-3)
    assert (own - drawn).abs().sum().item() * cell < 0.5


def test_the_bandwidth_of_normal_samples_is_near_the_known_best(tmp_path):
    """For likelihood too, h of the order of n^(−1/6) (Silverman 1986, section 4.3)."""

    class Normal:
        @staticmethod
        def sample(request):
            g = torch.Generator().manual_seed(request.seed)
            yield from ()
            return torch.randn(request.count, 2, generator=g)

    _, h = implicit.kernels_of(Normal, 2_000)
    assert h == pytest.approx(2_000 ** (-1 / 6), rel=0.5)


def test_the_gap_of_samples_is_close_to_that_of_the_density(tmp_path, monkeypatch):
    toy = TOYS["gaussians"]
    g = torch.Generator().manual_seed(1)
    part = datasets.Split(*toy.sample(2_000, g))
    data = datasets.DataSet("gaussians", toy.labels, part, part, "none")

    class Truth:
        @staticmethod
        def sample(request):
            yield from ()
            return toy.sample(request.count, torch.Generator().manual_seed(request.seed))[0]

    monkeypatch.setattr(likelihood, "kernels_of", lambda m: implicit.kernels_of(m, 2_000))
    figure = likelihood.sample_kl_gap(Truth, data)["sample_kl_gap"]
    assert figure["meaning"] == "heuristic"
    assert 0 < figure["value"] < 0.1


def test_a_picture_holds_every_panel_and_its_brightest_pixel():
    values = np.zeros((40, 60))
    values[3, 5] = 2.0
    image = draw([Panel("one", "≤ 0.1", values), Panel("two", "", values)], 2.0, columns=1)
    pixels = np.asarray(image).reshape(-1, 3)
    bright = (pixels == colours()[-1]).all(1).sum()
    assert bright >= 2
    assert image.width == 60 + 24


@pytest.mark.parametrize(
    ("value", "stderr", "goal", "expected"),
    [
        (0.0099, 0.0008, 0.010, "✓"),
        (0.0732, 0.0019, 0.073, "✓"),
        (0.0113, 0.001, 0.010, "≃"),
        (0.02, 0.001, 0.010, "✗"),
        (-0.0003, 0.001, 0.0, "✓"),
    ],
)
def test_verdicts(value, stderr, goal, expected):
    assert verdict(value, stderr, goal) == expected


def test_the_page_compares_gaps_with_goals(tmp_path):
    cards = [
        card("moons/flow", kl_gap={"value": 0.0099, "stderr": 0.0008, "meaning": "exact"}),
        card("moons/gan", sample_kl_gap={"value": 0.5, "stderr": 0.01, "meaning": "heuristic"}),
        card("moons/vae"),
    ]
    page = densities.page(cards, tmp_path)
    assert "| 0.0099 ± 0.0008 (0.010) ✓ |" in page
    assert "| ~ 0.5000 ± 0.0100 (0.025) ✗ |" in page
    assert "| VAE | – (0.026) |" in page
    assert "![" not in page
    (tmp_path / "densities").mkdir()
    (tmp_path / "densities" / "moons.png").touch()
    assert "(densities/moons.png)" in densities.page(cards, tmp_path)


def test_the_report_handles_every_kind_of_model():
    quality = {
        name: {"value": 0.9, "floor": 0.99, "examples": 1000}
        for name in (
            "label_agreement",
            "frechet",
            "precision",
            "recall",
            "density",
            "coverage",
            "nearest_training",
        )
    }
    page = report.models([card("mnist/gan", **quality), card("mnist/energy"), card("moons/gan")])
    (gan,) = [line for line in page.splitlines() if line.startswith("| MNIST digits | GAN | 1 |")]
    assert "| none |" in gan
    assert "0.900 (0.990)" in gan
    assert "| unnormalised |" in page
    assert "| MNIST digits | test pictures | 1,000 | 0.9900 | 0.99 |" in page
    assert "Holes" not in page


def test_the_report_tells_of_holes():
    found = {
        "value": 0.8612,
        "stderr": 0.0141,
        "examples": 500,
        "coverage": 0.933,
        "coverage_stderr": 0.0174,
        "coverage_varying": 0.917,
        "coverage_examples": 16,
        "method": "chains",
        "exactness": "asymptotically exact",
    }
    page = report.models([card("mnist/vae", inpainting_square=found), card("mnist/gan")])
    how = "chains (asymptotically exact)"
    none = "not measured | not measured"
    row = f"| VAE | {how} | – | 86.1 ± 1.4 % (500) | – | {none} | 93.3 ± 1.7 %, 91.7 % (16) | – |"
    assert row in page
    assert page.count("| GAN |") == page.count("| VAE |") - 1
    other = found | {"method": "one by one", "exactness": "exact"}
    both = card("mnist/vae", inpainting_square=found, inpainting_left=other)
    ways = f"| centre square: {how}; left half: one by one (exact) |"
    assert ways in report.models([both])


def test_text_goes_between_the_comments_and_can_be_written_again():
    page = f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n"
    once = report.between(page, "new\n")
    assert once == report.between(once, "new\n")
    assert "old" not in once
    assert once.startswith("before\n")
    assert once.endswith("\nafter\n")
    with pytest.raises(ValueError, match="lacks"):
        report.between("no comments", "new")


def test_evaluating_some_figures_keeps_the_others(tmp_path, monkeypatch):
    from engines.checkpoints.catalog import CheckpointError, read_card
    from engines.training.cards import write_card
    from tests.engines.tiny import ship

    made = ship(tmp_path, "kde", "points", figures={"cross_entropy": {"value": 7.0}, "old": {}})
    toy = TOYS["moons"]
    part = datasets.Split(*toy.sample(64, torch.Generator().manual_seed(1)))
    data = datasets.DataSet(made.data, made.labels, part, part, "none")
    monkeypatch.setattr(evaluate, "load", lambda name: data)
    path = tmp_path / made.data / "kde.toml"
    evaluate.evaluate(made.name, root=tmp_path, only=["cost"])
    figures = read_card(path).figures
    assert figures["cross_entropy"]["value"] == 7.0
    assert figures["calls"]["value"] == 0
    assert figures["density_ms"]["value"] > 0
    evaluate.evaluate(made.name, root=tmp_path)
    figures = read_card(path).figures
    assert "old" not in figures
    assert figures["cross_entropy"]["value"] < 7.0
    assert math.isfinite(figures["mass"]["value"])
    write_card(replace(read_card(path), sha256="another"))
    with pytest.raises(CheckpointError, match="were replaced meanwhile"):
        evaluate._write(made, tmp_path, {})
