"""The report on held-out pictures: calibration of known spreads, resuming, what the card gets."""

import json
from dataclasses import replace

import pytest
import torch

from engines.checkpoints.catalog import CheckpointError
from engines.inpaint import methods_for
from engines.inpaint.classes import ANY, OWN, READER
from engines.opening import find, open_model
from engines.readers.net import Classifier
from engines.training.cards import write_card
from engines.training.datasets import DataSet, Split
from engines.training.reports import inpainting as report
from tests.engines.tiny import LABELS, opened


@pytest.fixture(scope="module")
def reader():
    torch.manual_seed(1)
    return Classifier(shape=(1, 8, 8), classes=3, width=(2, 2, 2, 2)).eval().requires_grad_(False)


@pytest.fixture
def data():
    g = torch.Generator().manual_seed(2)
    x = torch.randint(256, (6, 1, 8, 8), generator=g) / 127.5 - 1
    split = Split(x, torch.arange(6) % 3)
    return DataSet("tiny-picture", LABELS, split, split, "none")


def many(count, draws=20):
    return report.Extent(count, few=draws, calibrated=count, draws=draws)


@pytest.mark.parametrize("n", [19, 32, 200])
def test_one_more_draw_lies_in_the_interval_with_its_share(n):
    x = torch.rand(n + 1, 40_000, generator=torch.Generator().manual_seed(3))
    low, high = report.interval(x[:n])
    inside = ((x[n] >= low) & (x[n] <= high)).double().mean().item()
    assert inside == pytest.approx(report.NOMINAL, abs=0.006)


def test_few_draws_give_their_extremes():
    low, high = report.interval(torch.tensor([[3.0], [1.0], [2.0]]))
    assert (low.item(), high.item()) == (1.0, 3.0)
    low, high = report.interval(torch.tensor([[3.0]]))
    assert (low.item(), high.item()) == (3.0, 3.0)


def test_the_holes_are_half_and_a_quarter():
    assert (~report.left(28, 28)).sum() == 14 * 28
    assert not report.left(28, 28)[:, :14].any()
    square = ~report.square(28, 28)
    assert square.sum() == 14 * 14
    assert square[7:21, 7:21].all()


def test_a_report_is_written_down_and_gone_on_with(tmp_path, reader, data):
    model = opened(tmp_path, "kde", "picture")
    few = report.measured(model, data, reader, "left", extent=many(2), runs=tmp_path)
    whole = report.measured(model, data, reader, "left", extent=many(5), runs=tmp_path)
    path = next(tmp_path.glob("*.jsonl"))
    lines = path.read_text().splitlines()
    assert [json.loads(line)["picture"] for line in lines[1:]] == [0, 1, 2, 3, 4]
    entry = whole["inpainting_left"]
    assert few["inpainting_left"]["examples"] == 2
    assert entry["examples"] == 5
    assert 0 <= entry["value"] <= 1
    assert entry["exactness"] == "exact"
    assert 0 < entry["coverage"] <= 1
    assert entry["ms"] > 0
    # in full again only when something else is asked
    fresh = report.measured(model, data, reader, "left", extent=many(5), runs=tmp_path / "b")
    timeless = {k: v for k, v in entry.items() if k != "ms"}
    assert timeless == {k: v for k, v in fresh["inpainting_left"].items() if k != "ms"}
    report.measured(model, data, reader, "left", extent=many(1, draws=5), runs=tmp_path)
    assert len(path.read_text().splitlines()) == 2


def test_the_figures_are_those_of_the_lines():
    lines = [report.Line(i, 9, a, True, 3, 4, 1, 2, 5.0, 7) for i, a in enumerate((0.5, 1))]
    entry = report.summary(lines, 9)
    assert (entry["value"], entry["coverage"], entry["coverage_varying"]) == (0.75, 0.75, 0.5)
    assert entry["stderr"] == pytest.approx(0.25, abs=1e-4)
    assert (entry["floor"], entry["calls"], entry["examples"]) == (1, 7, 2)


def test_many_pictures_tell_the_class_and_many_draws_the_coverage(tmp_path, reader, data):
    model = opened(tmp_path, "kde", "picture")
    extent = report.Extent(5, few=2, calibrated=3, draws=20)
    mixed = report.measured(model, data, reader, "left", extent=extent, runs=tmp_path)
    first = report.measured(model, data, reader, "left", extent=many(3), runs=tmp_path / "b")
    mixed, first = mixed["inpainting_left"], first["inpainting_left"]
    assert (mixed["examples"], mixed["coverage_examples"]) == (5, 3)
    assert mixed["coverage"] == first["coverage"]
    rows = next(tmp_path.glob("*.jsonl")).read_text().splitlines()[1:]
    assert [json.loads(row)["draws"] for row in rows] == [20, 20, 20, 2, 2]


def test_draws_and_not_means_are_judged(tmp_path):
    method = methods_for(opened(tmp_path, "vae", "picture"))[0]
    assert report.drawn_knobs(method)["pixels"] == 1
    assert "pixels" not in report.drawn_knobs(methods_for(opened(tmp_path, "kde", "picture"))[0])


def test_another_method_has_a_figure_of_its_own(tmp_path, reader, data):
    model = opened(tmp_path, "autoregressive", "picture")
    found = report.measured(
        model, data, reader, "square", extent=many(1, draws=2), name="clamping", runs=tmp_path
    )
    assert found["inpainting_square_clamping"]["exactness"] == "heuristic"
    with pytest.raises(CheckpointError, match="has no method 'magic'; it has: smc, clamping"):
        report.measured(
            model, data, reader, "square", extent=many(1, draws=2), name="magic", runs=tmp_path
        )


def test_without_the_reader_the_agreement_alone_is_measured(tmp_path, reader, data):
    model = opened(tmp_path, "flow", "picture")
    asked = {"extent": many(2, draws=2), "runs": tmp_path}
    alone = report.measured(model, data, reader, "left", any_class=True, **asked)
    entry = alone["inpainting_left"]
    assert set(entry) == {"any_value", "any_stderr", "any_examples"}
    assert 0 <= entry["any_value"] <= 1
    assert entry["any_examples"] == 2
    assert len(list(tmp_path.glob("*-any.jsonl"))) == 1
    whole = report.measured(model, data, reader, "left", **asked)["inpainting_left"]
    assert whole["knobs"]["class"] == 1
    # neither measurement takes from the card what the other found, and each replaces its own
    both = report.joined({"inpainting_left": whole, "mass": {"value": 1}}, alone)
    assert both["inpainting_left"] == {**whole, **entry}
    assert report.joined(both, {"inpainting_left": whole}) == both
    assert report.joined(both, {"inpainting_left": {"value": 0.5}})["inpainting_left"] == {
        "value": 0.5,
        **entry,
    }


def test_what_never_asks_the_reader_is_not_measured_without_it(tmp_path, reader, data):
    model = opened(tmp_path, "kde", "picture")
    with pytest.raises(CheckpointError, match="asks no reader"):
        report.measured(model, data, reader, "left", extent=many(1), runs=tmp_path, any_class=True)


@pytest.mark.parametrize("family", ["vae", "autoregressive", "any-order"])
def test_words_are_said_anew_and_figures_stay(tmp_path, reader, data, family):
    model = opened(tmp_path, family, "picture")
    asked = {"extent": many(1, draws=2), "runs": tmp_path}
    found = report.measured(model, data, reader, "left", **asked)
    entry = found["inpainting_left"]
    old = {**entry, "method": "as it was called before", "exactness": "exact", "class_from": "who"}
    kept = {"mass": {"value": 1.0}, "inpainting_square": {"any_value": 0.5}}
    write_card(replace(model.card, figures={"inpainting_left": old, **kept}))
    report.restate(model.card.name, root=tmp_path)
    assert find(model.card.name, tmp_path).figures == {"inpainting_left": entry, **kept}


@pytest.mark.parametrize(
    ("family", "measured", "said"),
    [
        ("autoregressive", READER, OWN),
        ("autoregressive", ANY, ANY),
        ("any-order", READER, READER),
        ("any-order", OWN, OWN),
    ],
)
def test_a_choice_of_the_class_that_changes_nothing_is_that_of_today(family, measured, said):
    """Of a left half a raster model has no cheap class of its own, so that the reader is asked."""
    model = open_model(f"mnist/{family}", "cpu")
    knobs = {**report.drawn_knobs(methods_for(model)[0]), "class": measured}
    found = report.words_now(model, "inpainting_left", knobs)
    assert found["knobs"]["class"] == said
    assert found.get("apart", []) == ([] if said == OWN else ["class"])
