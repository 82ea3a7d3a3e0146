"""What a person gets who says nothing is what the pipeline does itself; what is cut is said."""

import json

import pytest
import torch

import engines
from engines.checkpoints.catalog import CheckpointError
from engines.model import Prompt, SampleRequest, finish
from engines.outside import loading
from engines.outside.drawing.states import HEUN
from tests import foreign

pytest.importorskip("diffusers")
pytest.importorskip("transformers")
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def opened(path):
    return engines.open_model(str(path))


def knob(model, name):
    (found,) = [each for each in model.knobs if each.name == name]
    return found


def last_step(run):
    for step in run:
        last = step
    return last


@pytest.mark.parametrize(
    ("make", "guidance"),
    [(foreign.stable_diffusion, 7.5), (foreign.stable_diffusion_xl, 5.0), (foreign.dit, 4.0)],
)
def test_guidance_is_the_pipelines_own(tmp_path, make, guidance):
    make(tmp_path / "m")
    found = knob(opened(tmp_path / "m"), "guidance")
    assert found.default == guidance
    assert found.minimum <= 1.0 <= guidance < found.maximum
    assert found.strays(guidance) is (make is foreign.dit)  # there, 1 is the learned p(x | class)


def test_a_distilled_model_draws_in_one_step(tmp_path):
    pipeline = foreign.stable_diffusion(
        tmp_path / "m", scheduler="EulerAncestralDiscreteScheduler", timestep_spacing="trailing"
    )
    model = opened(tmp_path / "m").prompted(Prompt("a red cat"))
    assert knob(model, "steps").minimum == 1
    given = {"steps": 1, "guidance": 1.0}
    x = finish(model.sample(SampleRequest(2, 3, None, given)))
    from engines.noise import Streams

    streams = Streams(3, range(2))
    noise = streams.normal(4, 16, 16)
    theirs = pipeline(
        ["a red cat"] * 2,
        guidance_scale=0.0,
        latents=noise,
        generator=streams.generators(),
        num_inference_steps=1,
        output_type="pt",
    ).images
    torch.testing.assert_close(x / 2 + 0.5, theirs, atol=1e-4, rtol=0)
    heun = knob(model, "sampler").choices.index(HEUN)
    with pytest.raises(ValueError, match="at least 2 steps"):
        finish(model.sample(SampleRequest(1, 3, None, {**given, "sampler": heun})))


@pytest.mark.parametrize(
    "kind", ["DDPMScheduler", "DDIMScheduler", "EulerDiscreteScheduler", "HeunDiscreteScheduler"]
)
def test_the_fewest_steps_are_tried(kind):
    fewest = loading.fewest_steps(kind, {})
    assert 1 <= fewest <= 4


def edited(path, **changes):
    table = json.loads(path.read_text())
    path.write_text(json.dumps({**table, **changes}))


@pytest.mark.parametrize("value", ["sideways", 7, None, ["leading"], {}])
@pytest.mark.parametrize("make", [foreign.ddpm, foreign.ldm])
def test_a_bad_spacing_of_steps_is_refused_in_words(tmp_path, make, value):
    make(tmp_path / "m")
    edited(tmp_path / "m" / "scheduler" / "scheduler_config.json", timestep_spacing=value)
    with pytest.raises(CheckpointError, match="noise schedule"):
        opened(tmp_path / "m")


@pytest.mark.parametrize(
    "changes",
    [
        {"scaling_factor": "much"},
        {"scaling_factor": 0},
        {"scaling_factor": 0.0},
        {"scaling_factor": [1]},
        {"scaling_factor": True},
        {"scaling_factor": 1e300},
        {"scaling_factor": float("nan")},
        {"shift_factor": "up"},
        {"latents_mean": [0.0], "latents_std": [1.0]},
        {"latents_mean": [0.0] * 4, "latents_std": [0.0] * 4},
        {"latents_mean": "abcd", "latents_std": "abcd"},
    ],
)
def test_a_bad_scale_of_latents_is_refused_in_words(tmp_path, changes):
    foreign.stable_diffusion(tmp_path / "m")
    edited(tmp_path / "m" / "vae" / "config.json", **changes)
    with pytest.raises(CheckpointError) as caught:
        opened(tmp_path / "m")
    assert "\n" not in str(caught.value)


LONG = " ".join(["red"] * 12 + ["blue"] + ["cat"] * 10)
"""23 words and so 23 tokens, of which the tiny encoder reads 14."""


@pytest.mark.parametrize("make", [foreign.stable_diffusion, foreign.stable_diffusion_xl])
def test_a_text_that_is_too_long_is_said_to_be_cut(tmp_path, make):
    make(tmp_path / "m")
    model = opened(tmp_path / "m")
    request = SampleRequest(1, 3, None, {"steps": 2})
    poor = last_step(model.prompted(Prompt(LONG)).sample(request)).poor
    assert poor == (
        "the prompt is cut after “…red red blue cat”, before “cat cat cat cat…”: 14 of its 23 "
        "tokens are read"
    )
    poor = last_step(model.prompted(Prompt("a cat", LONG, "a dog")).sample(request)).poor
    assert poor.startswith("the negative prompt is cut after")
    assert not last_step(model.prompted(Prompt("a red cat")).sample(request)).poor


def test_a_batch_of_several_says_it_too(tmp_path, monkeypatch):
    foreign.stable_diffusion(tmp_path / "m")
    model = opened(tmp_path / "m").prompted(Prompt(LONG))
    monkeypatch.setattr("engines.drawing.batch_of", lambda _: 1)
    assert "is cut after" in last_step(model.sample(SampleRequest(2, 3, None, {"steps": 1}))).poor
