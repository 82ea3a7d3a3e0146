"""Folders that should not be opened: each is refused in one sentence, and nothing of it runs."""

import json
import os
import shutil
import struct
import sys

import pytest
import safetensors.torch
import torch

import engines
from engines.checkpoints import budget
from engines.checkpoints.catalog import CheckpointError
from engines.outside import loading
from tests import foreign

pytest.importorskip("diffusers")
pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    path = tmp_path_factory.mktemp("good") / "model"
    foreign.ddpm(path, net=foreign.unet(1, 8))
    return path


@pytest.fixture
def folder(good, tmp_path):
    return shutil.copytree(good, tmp_path / "model")


WEIGHTS = "unet/diffusion_pytorch_model.safetensors"


def refused(path, sentence):
    with pytest.raises(CheckpointError, match=sentence) as caught:
        engines.open_model(str(path))
    assert "\n" not in str(caught.value)


def change(path, **values):
    table = json.loads(path.read_text())
    path.write_text(json.dumps({**table, **values}))


def test_a_good_one_is_opened(folder):
    card = engines.open_model(str(folder)).card
    assert (card.name, card.data, card.licence) == (
        "outside/model",
        "outside 1 × 8 × 8",
        "not named",
    )
    (folder / "README.md").write_text("---\nlicense: cc-by-4.0\ntags: [x]\n---\n# A model\n")
    assert engines.open_model(str(folder)).card.licence == "cc-by-4.0"


def test_other_weights_are_told_apart(folder):
    first = engines.open_model(str(folder)).card.sha256
    tensors = safetensors.torch.load_file(folder / WEIGHTS)
    tensors["conv_in.bias"] = tensors["conv_in.bias"] + 1
    safetensors.torch.save_file(tensors, folder / WEIGHTS)
    assert engines.open_model(str(folder)).card.sha256 != first


def test_a_folder_of_anything_else(tmp_path):
    refused(tmp_path, "neither model_index.json nor config.json")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"_class_name": "FluxPipeline"}, "is a FluxPipeline, which this version cannot open"),
        ({"_class_name": ["my_code", "Mine"]}, "which this version cannot open"),
        ({"unet": ["my_code", "Mine"]}, "wants to run code of its own for 'unet'"),
        ({"unet": ["diffusers", "UNet3DConditionModel"]}, "has a 'UNet3DConditionModel' as its"),
        ({"unet": [None, None]}, "without its 'unet'"),
    ],
)
def test_pipelines_outside_the_list(folder, values, sentence):
    change(folder / "model_index.json", **values)
    refused(folder, sentence)


def test_code_in_the_folder_is_never_run(folder):
    (folder / "unet" / "Mine.py").write_text("raise SystemExit('run')")
    (folder / "pipeline.py").write_text("raise SystemExit('run')")
    change(folder / "unet" / "config.json", auto_map={"AutoModel": "Mine.Mine"})
    assert engines.open_model(str(folder)).card.shape == (1, 8, 8)
    assert "Mine" not in sys.modules


@pytest.mark.parametrize("text", ["", "[", "[" * 100_000, "[1]", "\x00", '{"a": NaN}', '"x"'])
def test_settings_that_are_no_table(folder, text):
    (folder / "unet" / "config.json").write_text(text)
    refused(folder, "config.json")


def test_settings_without_end(folder):
    (folder / "unet" / "config.json").write_text(" " * (5 * 2**20))
    refused(folder, "larger than any configuration")


@pytest.mark.parametrize(
    "values",
    [
        {"block_out_channels": [10**9, 10**9]},
        {"layers_per_block": 10**7},
        {"sample_size": 10**6},
        {"in_channels": 10**6},
        {"block_out_channels": [8] * 200_000},
        {"norm_num_groups": -(10**9)},
    ],
)
def test_absurd_settings(folder, values):
    change(folder / "unet" / "config.json", **values)
    refused(folder, "absurd|needed|cannot be built")


def test_more_weights_than_the_machine_holds(folder, monkeypatch):
    change(folder / "unet" / "config.json", block_out_channels=[2**16, 2**17])
    allocated = []
    monkeypatch.setattr(loading, "_load", lambda *a: allocated.append(a))
    refused(folder, "would take .*; the limit is")
    assert not allocated


def test_places_of_a_transformer_are_counted_first(tmp_path, monkeypatch):
    foreign.dit(tmp_path / "m")
    change(tmp_path / "m" / "transformer" / "config.json", sample_size=4096, patch_size=1)
    monkeypatch.setattr(budget, "default", lambda: 2**30)
    path = tmp_path / "m" / "model_index.json"
    change(path)
    refused(tmp_path / "m", "would take|the most is")


def test_pickles_are_not_opened(folder):
    (folder / WEIGHTS).rename(folder / "unet" / "diffusion_pytorch_model.bin")
    refused(folder, "a pickle may run any code")


def test_weights_that_are_missing(folder):
    (folder / WEIGHTS).unlink()
    refused(folder, "diffusion_pytorch_model.safetensors is missing")


@pytest.mark.parametrize("keep", [0, 4, 100, 5000, -1])
def test_weights_that_are_cut_off(folder, keep):
    path = folder / WEIGHTS
    raw = path.read_bytes()
    path.write_bytes(raw[:keep])
    refused(folder, "is cut off or damaged")


def test_a_header_that_promises_too_much(folder):
    header = json.dumps({"x": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}})
    raw = struct.pack("<Q", len(header)) + header.encode()
    (folder / WEIGHTS).write_bytes(raw)
    refused(folder, "is cut off or damaged")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite(folder, value):
    tensors = safetensors.torch.load_file(folder / WEIGHTS)
    tensors["conv_in.bias"][0] = value
    safetensors.torch.save_file(tensors, folder / WEIGHTS)
    refused(folder, "'conv_in.bias' holds values that are not finite")


def test_weights_of_other_names_and_shapes(folder):
    tensors = safetensors.torch.load_file(folder / WEIGHTS)
    path = folder / WEIGHTS
    safetensors.torch.save_file({**tensors, "more": torch.ones(1)}, path)
    refused(folder, "hold an unknown 'more'")
    safetensors.torch.save_file({k: v for k, v in tensors.items() if k != "conv_in.bias"}, path)
    refused(folder, "lack 'conv_in.bias'")
    safetensors.torch.save_file({**tensors, "conv_in.bias": torch.ones(3)}, path)
    refused(folder, "another shape|cannot be filled")


def sharded(folder):
    tensors = safetensors.torch.load_file(folder / WEIGHTS)
    names = sorted(tensors)
    parts = [names[::2], names[1::2]]
    where = {}
    for i, part in enumerate(parts):
        shard = f"diffusion_pytorch_model-{i + 1:05}-of-00002.safetensors"
        safetensors.torch.save_file({n: tensors[n] for n in part}, folder / "unet" / shard)
        where |= dict.fromkeys(part, shard)
    (folder / WEIGHTS).unlink()
    index = folder / "unet" / "diffusion_pytorch_model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {"total_size": 10**12}, "weight_map": where}))
    return index


def test_shards(folder):
    whole = engines.open_model(str(folder)).card.parameters
    index = sharded(folder)
    assert engines.open_model(str(folder)).card.parameters == whole
    table = json.loads(index.read_text())
    (folder / "unet" / "diffusion_pytorch_model-00002-of-00002.safetensors").unlink()
    refused(folder, "00002-of-00002.safetensors is missing")
    for name in ("../x.safetensors", "/etc/passwd", "x.bin", "a/b.safetensors"):
        index.write_text(json.dumps({"weight_map": dict.fromkeys(table["weight_map"], name)}))
        refused(folder, "an impossible shard")


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right of their own there")
def test_links_that_lead_out(folder, tmp_path):
    outside = tmp_path / "elsewhere.safetensors"
    shutil.move(folder / WEIGHTS, outside)
    (folder / WEIGHTS).symlink_to(outside)
    refused(folder, "leads out of its folder")
    (folder / WEIGHTS).unlink()
    (folder / WEIGHTS).symlink_to(os.path.relpath(folder / "unet" / "kept", folder / "unet"))
    shutil.move(outside, folder / "unet" / "kept")
    assert engines.open_model(str(folder)).card.shape == (1, 8, 8)


def test_noise_that_is_not_known(folder):
    path = folder / "scheduler" / "scheduler_config.json"
    change(path, _class_name="FlowMatchEulerDiscreteScheduler")
    refused(folder, "makes noise by 'FlowMatchEulerDiscreteScheduler'")
    change(path, _class_name="DDPMScheduler", prediction_type="flow")
    refused(folder, "predicts 'flow'")
    change(path, prediction_type="epsilon", beta_start=-3.0)
    refused(folder, "noise schedule")


def test_quantised_networks(folder):
    change(folder / "unet" / "config.json", quantization_config={"quant_method": "bitsandbytes"})
    refused(folder, "is quantised")


def test_an_old_model_stays_usable(folder):
    model = engines.open_model(str(folder))
    request = engines.SampleRequest(1, 1, knobs={"steps": 4})
    before = engines.finish(model.sample(request))
    (folder / WEIGHTS).write_bytes(b"")
    refused(folder, "is cut off or damaged")
    assert torch.equal(engines.finish(model.sample(request)), before)
