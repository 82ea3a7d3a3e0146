"""Models of diffusers on small machines: half precision, smaller batches and tiles, big files; and
autoencoders alone.
"""

import hashlib

import pytest
import torch

import engines
import engines.outside
from engines.checkpoints import files
from engines.model import SampleRequest, finish
from tests import foreign

diffusers = pytest.importorskip("diffusers")
pytest.importorskip("transformers")

# of diffusers' own making: numpy's new rules for arrays
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SEED, STEPS = 7, 6


def opened(path):
    return engines.open_model(str(path))


def drawn(model, count=3):
    return finish(model.sample(SampleRequest(count, SEED, None, {"steps": STEPS})))


# files


def test_files_are_read_in_steps_that_let_others_in(tmp_path, monkeypatch):
    foreign.ddpm(tmp_path / "m")
    whole = engines.outside.find(str(tmp_path / "m"))
    monkeypatch.setattr(files, "_BLOCK", 4096)
    steps = list(engines.outside.reading(str(tmp_path / "m")))
    assert finish(engines.outside.reading(str(tmp_path / "m"))) == whole
    weights = next((tmp_path / "m/unet").glob("*.safetensors"))
    assert len(steps) > weights.stat().st_size // 4096
    assert files.sha256_of(weights) == hashlib.sha256(weights.read_bytes()).hexdigest()


# autoencoders alone


@pytest.mark.parametrize("kind", ["kl", "tiny"])
def test_autoencoders_alone(tmp_path, monkeypatch, kind):
    net = foreign.kl(16) if kind == "kl" else foreign.tiny_autoencoder()
    net.save_pretrained(tmp_path / "m")
    model = opened(tmp_path / "m")
    assert model.card.family == "vae"
    assert "no prior was learned" in model.procedure({}).method
    x = torch.rand(2, *model.card.shape, generator=torch.Generator().manual_seed(1)) * 2 - 1
    codes = finish(engines.encode(model, x))
    with torch.no_grad():
        found = net.encode(x)
        h = found.latent_dist.mode() if kind == "kl" else found.latents
        decoded = net.decode(h).sample.clamp(-1, 1)
    scale = net.config.scaling_factor
    torch.testing.assert_close(codes, (h * scale).flatten(1), rtol=0, atol=1e-5)
    torch.testing.assert_close(finish(engines.decode(model, codes)), decoded, rtol=0, atol=1e-5)
    request = SampleRequest(2, 1)
    assert finish(model.sample(request)).shape == x.shape


# memory


@pytest.mark.parametrize("make", [foreign.dit, foreign.stable_diffusion_xl])
def test_half_precision_is_near_the_whole(tmp_path, monkeypatch, make):
    """As on a GPU; noise and schedule stay in float32. (Codes of a table jump, so LDM may not.)"""
    make(tmp_path / "m")
    whole = drawn(opened(tmp_path / "m"), 2)
    for module in ("latents", "text", "codec"):
        monkeypatch.setattr(f"engines.outside.{module}.precision", lambda _: torch.bfloat16)
    model = opened(tmp_path / "m")
    assert model.codec.net.dtype == torch.bfloat16
    half = drawn(model, 2)
    assert half.dtype == torch.float32
    assert (half - whole).abs().mean() < 0.1 * whole.std()


def test_a_large_picture_is_decoded_in_ever_smaller_tiles(tmp_path, monkeypatch):
    foreign.kl(128).save_pretrained(tmp_path / "m")
    model = opened(tmp_path / "m")
    codec = model.codec
    z = torch.randn(1, *codec.latent, generator=torch.Generator().manual_seed(2))
    whole = codec.decode(z)
    forward = diffusers.models.autoencoders.vae.Decoder.forward

    def short(self, z, *rest):
        if z.shape[-1] > 16:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(self, z, *rest)

    monkeypatch.setattr(diffusers.models.autoencoders.vae.Decoder, "forward", short)
    tiled = codec.decode(z)
    assert codec.portions.note == (
        "memory is short: 1 at a time; in tiles; of 32 latents; of 16 latents"
    )
    assert (tiled - whole).abs().mean() < 0.1 * whole.std()


def test_a_pipeline_falls_back_to_smaller_batches_and_says_so(tmp_path, monkeypatch):
    foreign.ddpm(tmp_path / "m", net=foreign.unet(1, 8))
    model = opened(tmp_path / "m")
    whole = drawn(model, 4)
    forward = diffusers.UNet2DModel.forward

    def short(self, x, *rest, **more):
        if len(x) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(self, x, *rest, **more)

    monkeypatch.setattr(diffusers.UNet2DModel, "forward", short)
    steps = list(model.sample(SampleRequest(4, SEED, None, {"steps": STEPS})))
    assert "memory is short: 2 at a time" in {s.note for s in steps}
    torch.testing.assert_close(drawn(model, 4), whole, rtol=0, atol=1e-5)
