"""Folders laid out in other ways than diffusers' newest: flat ones, and half-precision variants."""

import json
import shutil

import pytest
import safetensors.torch
import torch

import engines
from engines.checkpoints.catalog import CheckpointError
from engines.model import SampleRequest, finish
from engines.outside.formats import layout
from tests import foreign

diffusers = pytest.importorskip("diffusers")
pytest.importorskip("transformers")

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def drawn(path):
    model = engines.open_model(str(path))
    return finish(model.sample(SampleRequest(2, 3, None, {"steps": 4})))


def flattened(path):
    """The parts of a pipeline beside its index, as in google/ddpm-cat-256."""
    for part in ("unet", "scheduler"):
        for file in (path / part).iterdir():
            file.rename(path / file.name)
        (path / part).rmdir()
    return path


def halved(path, parts, *, variant="fp16"):
    """A pipeline of which some parts have only weights of half precision."""
    for part in parts:
        for file in (path / part).glob("*.safetensors"):
            tensors = {n: t.half() for n, t in safetensors.torch.load_file(file).items()}
            named = file.with_name(f"{file.stem}.{variant}.safetensors")
            safetensors.torch.save_file(tensors, named, {"format": "pt"})
            file.unlink()
    return path


@pytest.mark.parametrize("scheduler", ["DDPMScheduler", "DDIMScheduler"])
def test_a_flat_folder_is_the_same_model(tmp_path, scheduler):
    foreign.ddpm(tmp_path / "deep", scheduler, beta_schedule="squaredcos_cap_v2")
    shutil.copytree(tmp_path / "deep", tmp_path / "flat")
    flat = flattened(tmp_path / "flat")
    assert torch.equal(drawn(flat), drawn(tmp_path / "deep"))
    assert diffusers.DDPMPipeline.from_pretrained(flat).unet is not None  # so does diffusers


def test_the_settings_of_a_flat_folder_tell_it_apart(tmp_path):
    foreign.ddpm(tmp_path / "m")
    flat = flattened(tmp_path / "m")
    first = engines.open_model(str(flat)).card.sha256
    path = flat / "scheduler_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "beta_end": 0.03}))
    assert engines.open_model(str(flat)).card.sha256 != first


def test_a_folder_that_lacks_a_part_is_not_taken_for_a_flat_one(tmp_path):
    foreign.ddpm(tmp_path / "m")
    shutil.rmtree(tmp_path / "m" / "unet")
    with pytest.raises(CheckpointError, match=r"unet.config\.json is missing"):
        engines.open_model(str(tmp_path / "m"))


@pytest.mark.parametrize("variant", ["fp16", "bf16", "non_ema"])
def test_half_precision_alone_is_opened_in_float32(tmp_path, variant):
    pipeline = foreign.ddpm(tmp_path / "m")
    halved(tmp_path / "m", ["unet"], variant=variant)
    rounded = pipeline.unet.half().float()
    diffusers.DDPMPipeline(rounded, pipeline.scheduler).save_pretrained(tmp_path / "rounded")
    assert torch.equal(drawn(tmp_path / "m"), drawn(tmp_path / "rounded"))
    assert layout.read(tmp_path / "m").nets["unet"].variant == variant


def test_full_weights_are_preferred_to_their_variant(tmp_path):
    foreign.ddpm(tmp_path / "m")
    shutil.copytree(tmp_path / "m", tmp_path / "both")
    halved(tmp_path / "both", ["unet"])
    full = "unet/diffusion_pytorch_model.safetensors"
    shutil.copy(tmp_path / "m" / full, tmp_path / "both" / full)
    assert torch.equal(drawn(tmp_path / "both"), drawn(tmp_path / "m"))


def test_every_part_of_a_text_pipeline_may_have_its_variant(tmp_path):
    foreign.stable_diffusion(tmp_path / "m")
    halved(tmp_path / "m", ["unet", "text_encoder"])
    assert drawn(tmp_path / "m").isfinite().all()


def test_shards_of_a_variant(tmp_path):
    pipeline = foreign.ddpm(tmp_path / "m")
    (tmp_path / "m" / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    pipeline.unet.save_pretrained(tmp_path / "m" / "unet", variant="fp16", max_shard_size="20KB")
    assert len(layout.read(tmp_path / "m").nets["unet"].files) > 1
    assert drawn(tmp_path / "m").isfinite().all()
