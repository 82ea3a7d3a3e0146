"""Pipelines of diffusers opened as models: the same pictures as the pipelines themselves make."""

import inspect

import pytest
import torch

import engines
import engines.inpaint
import engines.outside
from engines.model import Exactness, Prompt, SampleRequest, finish
from engines.noise import Streams
from tests import foreign

diffusers = pytest.importorskip("diffusers")
pytest.importorskip("transformers")

# of diffusers' own making: numpy's new rules for arrays
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SEED, STEPS = 7, 6


def opened(path):
    return engines.open_model(str(path))


def drawn(model, count=3, **knobs):
    label = knobs.pop("label", None)
    request = SampleRequest(count, SEED, label, {"steps": STEPS, **knobs})
    return finish(model.sample(request))


def noise_of(pipeline, shape, count=3):
    """The streams of the pictures, read in the order of the engines: noise, then generators."""
    pipeline.set_progress_bar_config(disable=True)
    streams = Streams(SEED, range(count))
    return streams.normal(*shape), streams.generators()


def starting(monkeypatch, module, noise):
    """Let a pipeline that takes no noise start from this one."""
    found = __import__(f"diffusers.pipelines.{module}", fromlist=["_"])
    monkeypatch.setattr(found, "randn_tensor", lambda *_, **__: noise)


def same(model_pictures, pipeline_pictures):
    torch.testing.assert_close(
        model_pictures, torch.as_tensor(pipeline_pictures) * 2 - 1, rtol=0, atol=1e-4
    )


@pytest.mark.parametrize(
    ("scheduler", "settings"),
    [
        ("DDPMScheduler", {}),
        ("DDPMScheduler", {"prediction_type": "sample"}),
        ("DDPMScheduler", {"prediction_type": "v_prediction", "clip_sample": False}),
        ("DDPMScheduler", {"beta_schedule": "squaredcos_cap_v2"}),
        ("DPMSolverMultistepScheduler", {}),
    ],
)
def test_ddpm_pipelines(tmp_path, monkeypatch, scheduler, settings):
    pipeline = foreign.ddpm(tmp_path / "m", scheduler, **settings)
    noise, generators = noise_of(pipeline, (3, 16, 16))
    starting(monkeypatch, "ddpm.pipeline_ddpm", noise)
    theirs = pipeline(3, generators, STEPS, output_type="pt").images
    same(drawn(opened(tmp_path / "m")), theirs)


@pytest.mark.parametrize(("channels", "size"), [(1, (8, 12)), (2, 8), (4, 16)])
def test_any_size_and_number_of_channels(tmp_path, monkeypatch, channels, size):
    pipeline = foreign.ddpm(tmp_path / "m", net=foreign.unet(channels, size))
    model = opened(tmp_path / "m")
    sides = size if isinstance(size, tuple) else (size, size)
    assert model.card.shape == (channels, *sides)
    noise, generators = noise_of(pipeline, model.card.shape)
    starting(monkeypatch, "ddpm.pipeline_ddpm", noise)
    same(drawn(model), pipeline(3, generators, STEPS, output_type="pt").images)


def test_learned_variances(tmp_path, monkeypatch):
    net = foreign.unet(3, 16, out_channels=6)
    pipeline = foreign.ddpm(tmp_path / "m", net=net, variance_type="learned_range")
    noise, generators = noise_of(pipeline, (3, 16, 16))
    starting(monkeypatch, "ddpm.pipeline_ddpm", noise)
    same(drawn(opened(tmp_path / "m")), pipeline(3, generators, STEPS, output_type="pt").images)


def test_ddim_pipelines(tmp_path, monkeypatch):
    pipeline = diffusers.DDIMPipeline(foreign.unet(), diffusers.DDPMScheduler())
    pipeline.save_pretrained(tmp_path / "m")
    noise, generators = noise_of(pipeline, (3, 16, 16))
    starting(monkeypatch, "ddim.pipeline_ddim", noise)
    theirs = pipeline(3, generators, num_inference_steps=STEPS, output_type="np").images
    model = opened(tmp_path / "m")
    same(drawn(model), theirs.transpose(0, 3, 1, 2))
    assert "DDIM" in model.procedure({}).method


@pytest.mark.parametrize(
    ("scheduler", "settings"),
    [
        ("DDIMScheduler", {}),
        ("EDMEulerScheduler", {}),
        ("EDMDPMSolverMultistepScheduler", {}),
        ("EDMEulerScheduler", {"prediction_type": "v_prediction"}),
    ],
)
def test_unconditional_latent_diffusion(tmp_path, monkeypatch, scheduler, settings):
    pipeline = foreign.ldm(tmp_path / "m", scheduler, **settings)
    noise, _ = noise_of(pipeline, (3, 8, 8))
    starting(
        monkeypatch, "deprecated.latent_diffusion_uncond.pipeline_latent_diffusion_uncond", noise
    )
    theirs = pipeline(3, num_inference_steps=STEPS, output_type="np").images
    model = opened(tmp_path / "m")
    assert model.card.family == "latent-diffusion"
    same(drawn(model), theirs.transpose(0, 3, 1, 2))


@pytest.mark.parametrize("guidance", [1.0, 4.0])
def test_diffusion_transformers(tmp_path, monkeypatch, guidance):
    pipeline = foreign.dit(tmp_path / "m")
    noise, _ = noise_of(pipeline, (4, 8, 8))
    starting(monkeypatch, "dit.pipeline_dit", noise)
    theirs = pipeline([5, 6, 5], guidance, num_inference_steps=STEPS, output_type="pt").images
    model = opened(tmp_path / "m")
    assert model.labels[5] == "thing 5"
    same(drawn(model, guidance=guidance, label=(5, 6)), theirs)


def test_classes_of_a_bare_network(tmp_path):
    net = foreign.unet(1, 8, num_class_embeds=4)
    net.save_pretrained(tmp_path / "m")
    model = opened(tmp_path / "m")
    assert model.labels == ("0", "1", "2", "3")
    noise, generators = (s := Streams(SEED, range(2))).normal(1, 8, 8), s.generators()
    scheduler = diffusers.DDPMScheduler()
    scheduler.set_timesteps(STEPS)
    x = noise
    with torch.no_grad():
        for t in scheduler.timesteps:
            out = net(x, t, class_labels=torch.tensor([2, 3])).sample
            x = scheduler.step(out, t, x, generator=generators).prev_sample
    same(drawn(model, 2, label=(2, 3)), (x / 2 + 0.5).clamp(0, 1))


def test_a_network_without_any_class_draws_one_or_asks_for_one(tmp_path):
    foreign.unet(1, 8, num_class_embeds=4).save_pretrained(tmp_path / "m")
    model = opened(tmp_path / "m")
    assert drawn(model).isfinite().all()
    x = drawn(model, 1)
    with pytest.raises(ValueError, match="choose one"):
        finish(engines.encode(model, x))
    assert finish(engines.encode(model, x, torch.tensor([1]))).isfinite().all()


def prompted(pipeline, model, prompt="a red cat", negative="dog", guidance=5.0, **more):
    noise, generators = noise_of(pipeline, model.pipeline.drawing.net.shape, 2)
    return pipeline(
        [prompt] * 2,
        negative_prompt=[negative] * 2,
        guidance_scale=guidance,
        latents=noise,
        generator=generators,
        num_inference_steps=STEPS,
        output_type="pt",
        **more,
    ).images


@pytest.mark.parametrize(
    ("scheduler", "settings"),
    [
        ("DDIMScheduler", {}),
        ("PNDMScheduler", {"skip_prk_steps": True}),
        ("DDIMScheduler", {"prediction_type": "v_prediction"}),
        ("EulerAncestralDiscreteScheduler", {}),
        ("DPMSolverMultistepScheduler", {}),
        ("HeunDiscreteScheduler", {}),
        ("UniPCMultistepScheduler", {}),
    ],
)
def test_stable_diffusion(tmp_path, scheduler, settings):
    pipeline = foreign.stable_diffusion(tmp_path / "m", scheduler=scheduler, **settings)
    plain = opened(tmp_path / "m")
    model = plain.prompted(Prompt("a red cat", "dog"))
    same(drawn(model, 2, guidance=5.0), prompted(pipeline, model))
    assert model.procedure({}).exactness is Exactness.HEURISTIC
    assert not torch.equal(drawn(plain, 2), drawn(model, 2))


@pytest.mark.parametrize("scheduler", ["EulerDiscreteScheduler", "EDMEulerScheduler"])
@pytest.mark.parametrize("negative", ["dog", ""])
def test_stable_diffusion_xl(tmp_path, scheduler, negative):
    pipeline = foreign.stable_diffusion_xl(tmp_path / "m", scheduler=scheduler)
    model = opened(tmp_path / "m").prompted(Prompt("a red cat", negative))
    given = {"negative": negative} if negative else {}
    noise, generators = noise_of(pipeline, (4, 16, 16), 2)
    theirs = pipeline(
        ["a red cat"] * 2,
        negative_prompt=[given["negative"]] * 2 if given else None,
        guidance_scale=5.0,
        latents=noise,
        generator=generators,
        num_inference_steps=STEPS,
        output_type="pt",
    ).images
    same(drawn(model, 2, guidance=5.0), theirs)


def test_a_tiny_autoencoder_within_a_pipeline(tmp_path):
    pipeline = foreign.stable_diffusion(tmp_path / "m", tiny=True)
    model = opened(tmp_path / "m").prompted(Prompt("a red cat", "dog"))
    same(drawn(model, 2, guidance=5.0), prompted(pipeline, model))


# what follows from the one convention


def test_pixel_models_are_filled_scored_and_walked(tmp_path):
    foreign.ddpm(tmp_path / "m", net=foreign.unet(1, 8))
    model = opened(tmp_path / "m")
    x = drawn(model, 2)
    known = torch.zeros(8, 8, dtype=torch.bool)
    known[:4] = True
    methods = engines.inpaint.methods_for(model)
    assert [m.name for m in methods] == ["tds-pictures", "repaint", "guided", "replacement", "dps"]
    for method in methods:
        filled = finish(method.run(model, x[0], known, 2, 1, {"steps": 3}))
        assert torch.equal(filled[:, :, :4], x[:1, :, :4].expand(2, -1, -1, -1))
        assert filled.isfinite().all()
    assert engines.log_density(model, x, knobs={"steps": 8}).value.isfinite().all()


@pytest.mark.parametrize("make", [foreign.ldm, foreign.dit, foreign.stable_diffusion])
def test_codes_of_pictures_and_pictures_of_codes(tmp_path, make):
    make(tmp_path / "m")
    model = opened(tmp_path / "m")
    (size,) = model.latents.shape
    codes = torch.randn(2, size, generator=torch.Generator().manual_seed(3))
    x = finish(engines.decode(model, codes))
    assert x.shape == (2, *model.card.shape)
    assert x.abs().max() <= 1
    again = finish(engines.encode(model, x))
    assert again.shape == codes.shape
    assert again.isfinite().all()


def test_a_picture_does_not_depend_on_its_batch(tmp_path):
    foreign.stable_diffusion(tmp_path / "m", scheduler="EulerAncestralDiscreteScheduler")
    model = opened(tmp_path / "m").prompted(Prompt("a cat"))
    knobs = {"steps": 4}
    whole = finish(model.sample(SampleRequest(3, SEED, None, knobs)))
    alone = finish(model.sample(SampleRequest(1, SEED, None, knobs, first=2)))
    torch.testing.assert_close(whole[2:], alone, rtol=0, atol=1e-4)


def test_a_run_shows_what_comes_and_counts_its_calls(tmp_path):
    foreign.stable_diffusion(tmp_path / "m")
    model = opened(tmp_path / "m")
    steps = list(model.sample(SampleRequest(2, 1, None, {"steps": 4, "guidance": 3.0})))
    assert steps[0].guess.shape == (2, *model.card.shape)
    assert steps[-1].done == steps[-1].total == 2
    assert steps[-1].calls == 8
    assert [s.done for s in steps] == sorted(s.done for s in steps)


# prompts


def test_between_two_prompts_lie_others(tmp_path):
    foreign.stable_diffusion(tmp_path / "m")
    model = opened(tmp_path / "m")
    one, two = model.prompted(Prompt("a cat")), model.prompted(Prompt("a red house"))
    ends = [drawn(m, 1) for m in (one, two)]
    for share, end in ((0.0, ends[0]), (1.0, ends[1])):
        between = model.prompted(Prompt("a cat", other="a red house", share=share))
        assert torch.equal(drawn(between, 1), end)
    middle = drawn(model.prompted(Prompt("a cat", other="a red house", share=0.5)), 1)
    assert 0 < (middle - ends[0]).abs().mean() < 2 * (ends[1] - ends[0]).abs().mean()
    assert two.prompted is not None
    with pytest.raises(ValueError, match="share"):
        Prompt("a", share=1.5)


def test_a_hand_between_two_prompts_has_them_read_once(tmp_path):
    foreign.stable_diffusion(tmp_path / "m", inpaint=True, channels=9)
    model = opened(tmp_path / "m")
    pipeline, read = inspect.unwrap(model.prompted).__self__.pipeline, []
    pipeline.text_encoder.register_forward_hook(lambda *_: read.append("text"))
    pipeline.vae.encoder.register_forward_hook(lambda *_: read.append("picture"))
    for share in torch.linspace(0, 1, 9).tolist():
        model.prompted(Prompt("a cat", "dog", "a red house", share))
    assert read == ["text"] * 4  # each of the two, and each time the one to stay away from


def test_models_without_words_are_not_prompted(tmp_path):
    foreign.ddpm(tmp_path / "m")
    assert opened(tmp_path / "m").prompted is None


# holes


def blocked(size=32):
    """A hole of whole latents, and a picture whose hole has its known part's mean."""
    known = torch.ones(size, size, dtype=torch.bool)
    known[8:20, 4:24] = False
    x = torch.rand(3, size, size, generator=torch.Generator().manual_seed(5)) * 2 - 1
    mean = (x * known).flatten(1).sum(1) / known.sum()
    return torch.where(known, x, mean[:, None, None]), known


@pytest.mark.parametrize("channels", [4, 9])
@pytest.mark.parametrize("make", [foreign.stable_diffusion, foreign.stable_diffusion_xl])
def test_in_painting_is_that_of_the_pipeline(tmp_path, monkeypatch, make, channels):
    pipeline = make(tmp_path / "m", inpaint=True, channels=channels)
    model = opened(tmp_path / "m").prompted(Prompt("a red cat", "dog"))
    (method,) = engines.inpaint.methods_for(model)
    assert method.name == ("inpaint-network" if channels == 9 else "latent-blending")
    name = pipeline.__module__
    modes = lambda found, generator=None, sample_mode="": found.latent_dist.mode()  # noqa: E731
    monkeypatch.setattr(f"{name}.retrieve_latents", modes)
    picture, known = blocked()
    noise, generators = noise_of(pipeline, (4, 16, 16), 2)
    theirs = pipeline(
        ["a red cat"] * 2,
        image=(picture[None] + 1) / 2,
        mask_image=(~known)[None, None].float(),
        negative_prompt=["dog"] * 2,
        guidance_scale=5.0,
        latents=noise,
        generator=generators,
        num_inference_steps=STEPS,
        strength=1.0,
        height=32,
        width=32,
        output_type="pt",
    ).images
    knobs = {"steps": STEPS, "guidance": 5.0}
    run = method.run(model, picture, known, 2, SEED, knobs, clamp=False)
    same(finish(run), theirs)
    filled = finish(method.run(model, picture, known, 2, SEED, knobs))
    assert torch.equal(filled[:, :, known], picture[:, known].expand(2, -1, -1))
    assert method.procedure(model, knobs).exactness is Exactness.HEURISTIC


def test_what_a_hole_holds_never_matters(tmp_path):
    foreign.stable_diffusion(tmp_path / "m", inpaint=True, channels=9)
    model = opened(tmp_path / "m")
    (method,) = engines.inpaint.methods_for(model)
    picture, known = blocked()
    other = torch.where(known, picture, 1.0)
    one, two = (finish(method.run(model, p, known, 1, 1, {"steps": 4})) for p in (picture, other))
    assert torch.equal(one, two)


def test_latents_of_classes_are_blended(tmp_path):
    foreign.dit(tmp_path / "m")
    model = opened(tmp_path / "m")
    (method,) = engines.inpaint.methods_for(model)
    assert method.name == "latent-blending"
    known = torch.ones(16, 16, dtype=torch.bool)
    known[:8] = False
    steps = list(method.run(model, torch.zeros(3, 16, 16), known, 3, 1, {"steps": 4}, label=7))
    assert steps[0].guess.shape == (3, 3, 16, 16)
    assert steps[-1].done == steps[-1].total == 3
