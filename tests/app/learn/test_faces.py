"""What is said of a learner: in the words that stand beside its controls."""

from dataclasses import replace

import numpy as np
import pytest

from app.learn import faces
from app.learn.pupil import Symptom
from engines.learning.breaking import PRESETS
from engines.learning.learner import learner
from engines.learning.shapes import points_of
from engines.learning.small import CONTROLS
from tests.app.learn.test_studio import add, of, studio, work

__all__ = ["studio"]


@pytest.mark.parametrize("preset", PRESETS, ids=[preset.name for preset in PRESETS])
def test_a_failure_names_the_values_it_turns_as_the_inspector_does(preset, studio):
    def make(asked):
        return learner(preset.family, points_of(preset.data, 60, 0)[0], steps=100, options=asked)

    studio.ask(lambda: studio.add(1, make, preset.options))
    report = of(work(studio), 1)
    (tip,) = [each.tip for each in faces.failures(report) if each.name == preset.name]
    titles = {control.name: control.title for control in CONTROLS[preset.family]}
    for name, value in preset.wild.items():
        assert f"{titles[name]} to {value:g}" in tip


def test_what_was_changed_is_named_as_the_inspector_does(studio):
    add(studio, 1, "flow")
    studio.ask(lambda: studio.play(2))
    work(studio)
    studio.ask(lambda: studio.change(1, "rate", 0.01))
    report = of(work(studio), 1)
    assert faces.standing(report).endswith("Changed: Learning rate 0.01 from step 2.")


@pytest.mark.parametrize("preset", PRESETS, ids=[preset.name for preset in PRESETS])
def test_a_remedy_that_has_not_worked_yet_is_not_called_mended(preset):
    off = 2 * preset.threshold + 1 if preset.above else 0.4 * preset.threshold
    broken = Symptom(preset, off, preset.shows(off), mended=True)
    assert broken.shows
    said = faces.symptom_words(broken, preset.data)[0]
    assert "with its remedy" in said
    assert "it is still there" in said
    done = faces.symptom_words(replace(broken, shows=False), preset.data)[0]
    assert ", mended." in done
    assert "it is not there" in done


@pytest.mark.parametrize(
    ("family", "named"),
    [("flow", "loss"), ("gan", "critic's lead"), ("mfa", "log p"), ("kde", "log p")],
)
def test_the_curve_is_of_what_a_family_is_trained_by(family, named, studio):
    add(studio, 1, family)
    studio.ask(lambda: studio.play(2))
    report = of(work(studio), 1)
    assert faces.card_face(report, "It", None, None, now=True).loss == named
    if family == "mfa":
        studio.ask(studio.play)
        assert np.ptp(of(work(studio), 1).trace.values) > 0


def test_a_card_has_room_for_its_figure_whatever_that_is(studio):
    add(studio, 1, "flow")
    report = of(work(studio), 1)
    (known,) = report.figures
    for gap, held_out, said in (
        (None, 7e4, "−log p above 99"),
        (7e4, 7e4, "gap above 99"),
        (None, -1.5, "−log p −1.500"),
        (0.25, 7e4, "gap 0.250"),
    ):
        report = replace(report, figures=(replace(known, gap=gap, held_out=held_out),))
        face = faces.card_face(report, "Flow", None, None, now=True)
        assert face.foot == f"{said} · step 0 · 0.0 s"
        assert "of 300 planned" in face.foot_tip


def test_before_its_first_step_no_stripe_is_full(studio):
    add(studio, 1, "flow")
    report = of(work(studio), 1)
    assert faces.card_face(report, "Flow", None, None, now=True).share == 0
