"""Files of weights alone: each is named for what it is, with what to do about it."""

import json
import struct

import pytest
import safetensors.torch
import torch

import engines
from engines.checkpoints.catalog import CheckpointError
from engines.outside import single

LORA = (
    "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora_A.weight",
    "lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight",
    "lora_te_text_model_encoder_layers_0_mlp_fc1.hada_w1_a",
)
ONE_FILE = (
    "model.diffusion_model.input_blocks.0.0.weight",
    "first_stage_model.decoder.conv_in.weight",
    "cond_stage_model.transformer.text_model.embeddings.position_embedding.weight",
)


def refused(path):
    with pytest.raises(CheckpointError) as caught:
        engines.open_model(str(path))
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.count(path.name) == 1
    assert len(sentence) - len(str(path)) < 300
    with pytest.raises(CheckpointError) as again:
        engines.outside.glance(str(path))
    assert str(again.value) == sentence
    return sentence


def saved(path, names):
    tensors = {name: torch.zeros(2) for name in names}
    if path.suffix == ".safetensors":
        safetensors.torch.save_file(tensors, path)
    else:
        torch.save({"state_dict": tensors, "global_step": 3}, path)
    return path


@pytest.mark.parametrize("suffix", [".safetensors", ".ckpt", ".pt"])
@pytest.mark.parametrize("name", LORA)
def test_a_lora_is_named(tmp_path, name, suffix):
    assert "is a LoRA: it changes another model" in refused(saved(tmp_path / f"x{suffix}", [name]))


@pytest.mark.parametrize("suffix", [".safetensors", ".ckpt"])
@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ((), "StableDiffusionPipeline"),
        (("conditioner.embedders.0.x",), "StableDiffusionXLPipeline"),
    ],
)
def test_a_one_file_checkpoint_is_told_how_to_become_a_folder(tmp_path, suffix, more, kind):
    sentence = refused(saved(tmp_path / f"x{suffix}", (*ONE_FILE, *more)))
    assert f"{kind}.from_single_file(FILE).save_pretrained(FOLDER)" in sentence


@pytest.mark.parametrize("suffix", [".safetensors", ".ckpt", ".pt", ".pth"])
def test_other_weights_need_a_card(tmp_path, suffix):
    assert "holds only weights: write a card" in refused(saved(tmp_path / f"x{suffix}", ["a"]))


@pytest.mark.parametrize("suffix", single.SUFFIXES)
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"PK",
        b"PK\x03\x04" + bytes(40),
        b"\x80\x02.",
        b"\x80",
        bytes(20),
        b"x" * 100,
        struct.pack("<Q", 10**9) + b"{",
        struct.pack("<Q", 2) + b"{}",
        struct.pack("<Q", 200) + json.dumps({"a\nb": {}}).encode().ljust(200),
    ],
)
def test_files_of_anything_are_refused_in_one_sentence(tmp_path, suffix, raw):
    path = tmp_path / f"x{suffix}"
    path.write_bytes(raw)
    refused(path)


def test_a_name_that_is_no_file_is_none(tmp_path):
    (tmp_path / "folder.pkl").mkdir()
    for name in ("x.pkl", "x" * 300 + ".pkl", "a\0b.pkl", "folder.pkl"):
        assert single.file_of(str(tmp_path / name)) is None
    assert single.file_of("~nobody here/x.pkl") is None
