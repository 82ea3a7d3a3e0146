"""Models of the hub by their id: fetched from a stand-in on loopback, resumed, and used offline."""

import time
from pathlib import Path

import pytest

import engines
from engines.checkpoints.catalog import CheckpointError
from engines.outside import hub as fetcher
from engines.outside import selection
from tests import foreign
from tests.hub import serving

pytest.importorskip("diffusers")
constants = pytest.importorskip("huggingface_hub.constants")


@pytest.fixture
def server(tmp_path, monkeypatch):
    folder = tmp_path / "served"
    foreign.ddpm(folder, net=foreign.unet(1, 8))
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"\x80\x02never fetched")
    with serving(folder, tmp_path / "cache", monkeypatch) as server:
        yield server


WEIGHTS = "unet/diffusion_pytorch_model.safetensors"


def test_a_model_is_fetched_and_its_transfer_resumed(server, tmp_path):
    server.breaks = {WEIGHTS}
    model = engines.open_model("someone/tiny")
    starts = [start for name, start in server.fetched if name == WEIGHTS]
    size = (server.folder / WEIGHTS).stat().st_size
    assert starts[0] == 0
    assert 0 < starts[-1] < size, "begun anew, not resumed"
    assert model.card.name == "someone/tiny"
    assert "Bearer hf_of_the_environment" in server.tokens
    assert not [name for name, _ in server.fetched if name.endswith(".bin")]
    same = engines.open_model(str(server.folder)).card
    assert model.card.parameters == same.parameters
    assert Path(model.card.folder).is_relative_to(tmp_path / "cache")


def test_what_was_fetched_is_opened_offline(server, monkeypatch):
    engines.open_model("someone/tiny")
    count = len(server.fetched)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert engines.open_model("someone/tiny").card.shape == (1, 8, 8)
    assert len(server.fetched) == count
    with pytest.raises(CheckpointError, match="is not on this machine"):
        engines.open_model("someone/else")


def test_a_model_that_is_not_there(server):
    with pytest.raises(CheckpointError, match="no model 'someone/else' on the hub"):
        engines.open_model("someone/else")


@pytest.mark.parametrize("name", ["mnist/nothing", "outside/x", "a/b/c", "..", "nothing"])
def test_names_that_are_never_looked_for(name, monkeypatch):
    monkeypatch.setattr("engines.outside.hub.fetch", lambda name: pytest.fail("looked for"))
    with pytest.raises(CheckpointError):
        engines.open_model(name)


def wanted(server):
    """Bytes of the files that are fetched."""
    names = [name for name in server.files() if not name.endswith(".bin")]
    return sum((server.folder / name).stat().st_size for name in names)


def test_a_transfer_tells_how_far_it_is(server):
    server.pause = 0.02
    steps, run = [], fetcher.fetching("someone/tiny")
    try:
        while True:
            steps.append(next(run))
    except StopIteration as end:
        folder = end.value
    assert folder == fetcher.here("someone/tiny")
    known = [step for step in steps if step.total is not None]
    assert {step.total for step in known} == {wanted(server)}
    done = [step.done for step in known]
    assert done == sorted(done)
    assert len(set(done)) > 3
    assert done[-1] <= wanted(server)


def test_a_transfer_that_is_stopped_is_resumed(server):
    server.pause = 0.02
    run = fetcher.fetching("someone/tiny")
    while next(run).done < 40_000:
        pass
    began = time.monotonic()
    run.close()
    assert time.monotonic() - began < 1.0
    assert fetcher.here("someone/tiny") is None
    server.pause, server.fetched[:] = 0.0, []
    assert engines.open_model("someone/tiny").card.shape == (1, 8, 8)
    (start,) = [start for name, start in server.fetched if name == WEIGHTS]
    assert 0 < start < (server.folder / WEIGHTS).stat().st_size


def test_what_needs_a_token_and_what_offline_mode_forbids_is_said(server, monkeypatch):
    with pytest.raises(CheckpointError, match="accept its terms on the hub and set HF_TOKEN"):
        engines.finish(fetcher.fetching("someone/gated"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(CheckpointError, match="not on this machine and offline mode is on"):
        engines.finish(fetcher.fetching("someone/tiny"))


def test_a_file_that_is_not_what_the_hub_says_is_not_kept(server, tmp_path):
    server.digest = "0" * 64
    with pytest.raises(CheckpointError, match="came damaged"):
        engines.open_model("someone/tiny")
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.name.startswith("0" * 64)]
    server.digest = ""
    assert engines.open_model("someone/tiny").card.shape == (1, 8, 8)


def test_a_transfer_that_hangs_is_left(server):
    server.pause = 60.0
    run = fetcher.fetching("someone/tiny")
    while not next(run).done:
        pass
    began = time.monotonic()
    run.close()
    assert time.monotonic() - began < 2 * fetcher._PATIENCE


def test_weights_of_half_precision_are_fetched_only_where_there_are_no_others(server, monkeypatch):
    folder = server.folder / "unet"
    whole = folder / "diffusion_pytorch_model.safetensors"
    half = folder / "diffusion_pytorch_model.fp16.safetensors"
    half.write_bytes(whole.read_bytes())
    engines.open_model("someone/tiny")
    assert half.name not in {Path(name).name for name, _ in server.fetched}


def test_a_model_of_half_precision_alone_is_fetched_and_opened_offline(server, monkeypatch):
    whole = server.folder / WEIGHTS
    half = whole.with_name("diffusion_pytorch_model.fp16.safetensors")
    whole.rename(half)
    whole.with_name("diffusion_pytorch_model.bf16.safetensors").write_bytes(half.read_bytes())
    assert fetcher.here("someone/tiny") is None
    assert engines.open_model("someone/tiny").card.shape == (1, 8, 8)
    fetched = {Path(name).name for name, _ in server.fetched}
    assert half.name in fetched
    assert "diffusion_pytorch_model.bf16.safetensors" not in fetched
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert engines.open_model("someone/tiny").card.shape == (1, 8, 8)
    path = fetcher.here("someone/tiny")
    assert path is not None
    (path / "unet" / half.name).unlink()
    assert fetcher.here("someone/tiny") is None, "half of a model is not a model"


def test_which_files_are_fetched():
    shards = [f"unet/diffusion_pytorch_model-0000{i}-of-00002.safetensors" for i in (1, 2)]
    index = "unet/diffusion_pytorch_model.safetensors.index.json"
    names = [
        "model_index.json",
        "unet/config.json",
        index,
        *shards,
        "unet/diffusion_pytorch_model.fp16-00001-of-00001.safetensors",
        "unet/diffusion_pytorch_model.safetensors.index.fp16.json",
        "unet/diffusion_pytorch_model.onnx",
        "text_encoder/model.fp16.safetensors",
        "vae/diffusion_pytorch_model.non_ema.safetensors",
        "vae/model_code.py",
        "vae/diffusion_pytorch_model.fp16.safetensors",
        "safety_checker/model.safetensors",
    ]
    assert selection.wanted(names) == [
        "model_index.json",
        "unet/config.json",
        index,
        *shards,
        "text_encoder/model.fp16.safetensors",
        "vae/diffusion_pytorch_model.fp16.safetensors",
    ]
