"""NVlabs' `.pkl` networks: opened as what they are, and nothing in them is ever run."""

import codecs
import os
import pickle
import random
import struct
import sys
from functools import cache, partial

import numpy as np
import pytest
import torch

from engines import finish, open_model
from engines.checkpoints.catalog import CheckpointError
from engines.model import SampleRequest
from engines.outside.formats import storages
from tests import nvlabs
from tests.engines.outside.outsiders import STYLE_SIZES, card_at, stylegan2_tensors

EASY, _THOUSAND = 96, 1000
"""Hostile files of every run, and of `make evidence`."""


def tensors_of(**more):
    return {**stylegan2_tensors("nvlabs"), "mapping.w_avg": torch.linspace(-1, 1, 6), **more}


def refused(path):
    with pytest.raises(CheckpointError) as caught:
        open_model(str(path))
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert len(sentence) < 300 + len(str(path))
    return sentence


def drawn(name, **knobs):
    return finish(open_model(str(name)).sample(SampleRequest(2, 3, None, knobs)))


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_stylegan2_draws_what_its_weights_as_safetensors_draw(tmp_path, protocol):
    tensors = tensors_of()
    held = {
        "G": None,
        "D": nvlabs.Module("Discriminator", sides=np.arange(3), gain=np.float32(2)),
        "G_ema": nvlabs.generator(tensors),
        "augment_pipe": None,
        "training_set_kwargs": nvlabs.EasyDict(path="x.zip"),
    }
    path = nvlabs.write(tmp_path / "faces.pkl", held, protocol)
    table = {"architecture": "stylegan2", "shape": [3, 16, 16], "sizes": STYLE_SIZES}
    card = card_at(tmp_path / "card", table, tensors)
    for knobs in ({}, {"truncation": 0.5}):
        assert torch.equal(drawn(path, **knobs), drawn(card, **knobs))
    found = open_model(str(path)).card
    assert (found.name, found.family, found.shape) == ("outside/faces.pkl", "gan", (3, 16, 16))
    assert "dnnlib" not in sys.modules


def test_the_rate_of_the_mapping_is_that_of_the_file(tmp_path):
    tensors, sizes = tensors_of(), {**STYLE_SIZES, "mapping_rate": [0.1]}
    path = nvlabs.write(tmp_path / "x.pkl", {"G_ema": nvlabs.generator(tensors, rate=0.1)})
    table = {"architecture": "stylegan2", "shape": [3, 16, 16], "sizes": sizes}
    assert torch.equal(drawn(path), drawn(card_at(tmp_path / "card", table, tensors)))


def test_layers_without_noise_are_silent(tmp_path):
    silent = {k: 0 * v if k.endswith("noise_strength") else v for k, v in tensors_of().items()}
    whole = nvlabs.write(tmp_path / "a.pkl", {"G_ema": nvlabs.generator(silent)})
    short = {k: v for k, v in silent.items() if "noise" not in k}
    made = nvlabs.generator(short)
    for name, block in made.state["_modules"]["synthesis"].state["_modules"].items():
        for part, layer in block.state["_modules"].items():
            if part.startswith("conv"):
                layer.state["use_noise"] = False
        assert name.startswith("b")
    assert torch.equal(drawn(whole), drawn(nvlabs.write(tmp_path / "b.pkl", {"G_ema": made})))


def alias_free():
    inner = {
        "input": nvlabs.Module("SynthesisInput", buffers={"freqs": torch.zeros(3, 2)}),
        "L0_36_8": nvlabs.Module("SynthesisLayer", in_size=np.array([36, 36])),
    }
    return nvlabs.Module(
        "Generator", modules={"synthesis": nvlabs.Module("SynthesisNetwork", modules=inner)}
    )


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (lambda: {"G_ema": alias_free()}, "alias-free StyleGAN3 generator"),
        (lambda: {"G_ema": nvlabs.generator(tensors_of(), c_dim=10)}, "with 10 classes"),
        (lambda: {"D": nvlabs.Module("Discriminator")}, "no generator 'G_ema'; it has: D"),
        (lambda: {"G_ema": nvlabs.Module("Generator")}, "no StyleGAN2 generator"),
        (lambda: [1, 2], "something else than NVlabs' networks"),
        (lambda: {f"n{i}": 1 for i in range(40)}, "n4, n5 and 34 more"),
        (lambda: {"G_ema": nvlabs.Module("G", modules={"a": 3})}, "'a' is no network of NVlabs"),
        (
            lambda: {
                "G_ema": nvlabs.generator(
                    {k: v for k, v in tensors_of().items() if "b8.conv1.weight" not in k}
                )
            },
            "b8.conv1.weight",
        ),
    ],
)
def test_other_networks_are_named(tmp_path, held, said):
    assert said in refused(nvlabs.write(tmp_path / "x.pkl", held()))


def test_a_file_that_is_cut_off_is_refused(tmp_path):
    raw = nvlabs.write(tmp_path / "x.pkl", {"G_ema": nvlabs.generator(tensors_of())}).read_bytes()
    for part in (0.01, 0.3, 0.7, 0.999):
        (tmp_path / "x.pkl").write_bytes(raw[: int(part * len(raw))])
        refused(tmp_path / "x.pkl")


# hostile files


class Call:
    """What a pickle would call, with which arguments; it is pickled by name."""

    def __init__(self, module, name, *given):
        self.module, self.name, self.given = module, name, given


def touch(mark):
    """Things whose running leaves a file `mark`."""
    code = f"open({mark!r}, 'w').close()"
    return [
        Call("os", "system", f"touch {mark}"),
        Call("posix", "system", f"touch {mark}"),
        Call("builtins", "exec", code),
        Call("builtins", "eval", code),
        Call("__builtin__", "eval", code),
        Call("builtins", "open", mark, "w"),
        Call("builtins", "compile", code, "x", "exec"),
        Call("builtins", "__import__", "this"),
        Call("subprocess", "check_call", ["touch", mark]),
        Call("subprocess", "Popen", ["touch", mark]),
        Call("os", "mkdir", mark),
        Call("pathlib", "Path.touch", mark),
        Call("io", "open", mark, "w"),
        Call("torch", "load", mark),
        Call("torch.storage", "_load_from_bytes.__call__", b""),
        Call("torch.hub", "load", mark),
        Call("numpy", "save", mark, 1),
        Call("numpy.testing._private.utils", "runstring", code, {}),
        Call("torch_utils.persistence", "_src_to_module", code),
        Call("runpy", "run_path", mark),
        Call("functools", "partial", print),
        Call("operator", "methodcaller", "system", "x"),
        Call("importlib", "import_module", "this"),
        Call("pickle", "loads", b"."),
        Call("collections", "OrderedDict.__class__", "x"),
        Call("code", "interact"),
    ]


def _instruction(call, protocol):
    """The instructions that name something and call it."""
    given = pickle.dumps(call.given, protocol).removesuffix(b".")
    given = given[2:] if protocol >= 2 else given
    if protocol >= 4:
        given = given[9:] if given[:1] == b"\x95" else given
        named = (
            b"".join(
                b"\x8c" + bytes([len(part)]) + part.encode() for part in (call.module, call.name)
            )
            + b"\x93"
        )
    else:
        named = f"c{call.module}\n{call.name}\n".encode()
    return named + given + b"R"


_HOLE = "a hole for something hostile"


@cache
def _holed(place, protocol):
    """A good file with a text where something hostile is to stand."""
    made = nvlabs.generator(tensors_of())
    state = made.state
    held = {"G_ema": made}
    match place:
        case "table":
            held["D"] = _HOLE
        case "state":
            state["_forward_hooks"]["x"] = _HOLE
        case "arguments":
            state["_init_args"] = (_HOLE,)
        case "buffer":
            state["_buffers"]["x"] = _HOLE
        case "module":
            state["_modules"]["x"] = _HOLE
        case "list":
            state["x"] = [[_HOLE]]
        case "set":
            state["_non_persistent_buffers_set"] = {_HOLE}
    with nvlabs.importable():
        return pickle._dumps(held, protocol)


def _plain_text(protocol):
    raw = _HOLE.encode()
    return (
        b"\x8c" + bytes([len(raw)]) if protocol >= 4 else b"X" + struct.pack("<I", len(raw))
    ) + raw


def _planted(place, protocol, instruction):
    raw = _holed(place, protocol)
    text = _plain_text(protocol)
    assert raw.count(text) == 1
    if protocol < 4:
        return raw.replace(text, instruction)
    # frames are a hint on how much to read: without them the lengths still add up
    out = raw.replace(text, instruction)
    return out[:2] + out[11:]


def _nested(instruction):
    """A tensor whose numbers are a file of an old torch that holds something hostile."""
    inner = (
        storages.MAGIC + b"\x80\x02M\xe9\x03." + b"\x80\x02}X\x0d\x00\x00\x00little_endian\x88s."
    )
    inner += b"\x80\x02" + instruction + b"." + b"\x80\x02]."
    raw = b"B" + struct.pack("<I", len(inner)) + inner
    return b"ctorch.storage\n_load_from_bytes\n" + raw + b"\x85R"


def _raw():
    """Programs that a machine must not follow, or not for long."""
    deep = b"\x80\x02" + b"]" * 200_000 + b"a" * 199_999 + b"."
    laugh = (
        b"\x80\x02]q\x00"
        + b"".join(
            b"(" + bytes([ord("h"), i % 250]) * 9 + b"lq" + bytes([(i + 1) % 250])
            for i in range(240)
        )
        + b"."
    )
    return [
        b"\x80\x02(S'touch x'\nios\nsystem\n.",
        b"\x80\x02(cos\nsystem\nS'touch x'\no.",
        b"\x80\x02\x82\x01.",
        b"\x80\x02\x83\x01\x01.",
        b"\x80\x02\x84\x01\x01\x01\x01.",
        b"\x80\x04)}\x92.",
        b"\x80\x02Pos.system\n.",
        b"\x80\x02)Q.",
        b"\x80\x05\x97.",
        b"\x80\x02Nr\xff\xff\xff\xff.",
        b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.",
        b"\x80\x05\x96\xff\xff\xff\xff\xff\xff\xff\x7f.",
        b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"\x80\x02\x8b\xff\xff\xff\x7f.",
        b"\x80\x02T\xff\xff\xff\x7f.",
        b"\x80\xff.",
        b"\x80\x02.",
        b"\x80\x02" + b"N" * 1_100_000 + b".",
        b"\x80\x02L" + b"9" * 9_000 + b"L\n.",
        b"\x80\x02}" + b"\x8a\xff" + b"\x7f" * 255 + b"Ns.",
        deep,
        laugh,
        b"\x80\x02}(K\x01K\x02u",
        b"\x80\x020.",
        b"\x80\x021.",
        b"\x80\x022.",
        b"\x80\x02e.",
        b"\x80\x02R.",
        b"\x80\x02b.",
        b"\x80\x02h\x05.",
        b"\x80\x02Vx\\ud800\n.",
        b"\x80\x02\x93.",
        b"\x80\x02ccollections\nOrderedDict\n]\x85R.",
        b"\x80\x02ctorch\nSize\nK\x01R.",
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(NK\x00))K\x01]tR.",
        b"\x80\x02cnumpy\nndarray\n)R.",
        b"\x80\x02cnumpy\ndtype\nS'O8'\n\x85R.",
    ]


def hostile(mark, count):
    """`count` hostile files, others at every place of a good one."""
    calls = touch(mark)
    plans = [partial(bytes, each) for each in _raw()]
    places = ("table", "state", "arguments", "buffer", "module", "list", "set")
    for protocol in (2, 3, 4, 5):
        for call in calls:
            instruction = _instruction(call, protocol)
            plans.append(partial(bytes, b"\x80" + bytes([protocol]) + instruction + b"."))
            plans += [partial(_planted, place, protocol, instruction) for place in places]
            inner = _nested(_instruction(call, 2))
            plans.append(partial(_planted, "buffer", protocol, inner))
    chance = random.Random(1)
    good = _holed("table", 4)
    while len(plans) < _THOUSAND:  # and instructions that were put in anywhere
        at, call = chance.randrange(2, len(good)), chance.choice(calls)
        plans.append(partial(bytes, good[:at] + _instruction(call, 2) + good[at:]))
    chance.shuffle(plans)
    return [make() for make in plans[:count]]


watched = {"on": False, "seen": []}


def _hook(event, given):
    if watched["on"] and event in (
        "pickle.find_class",
        "exec",
        "compile",
        "os.system",
        "subprocess.Popen",
        "os.mkdir",
    ):
        watched["seen"].append((event, str(given)[:80]))


sys.addaudithook(_hook)


@pytest.mark.parametrize(
    "count", [EASY, pytest.param(_THOUSAND, marks=pytest.mark.evidence)], ids=["some", "thousand"]
)
def test_hostile_pickles_are_refused_and_nothing_is_run(tmp_path, count):
    mark, path = tmp_path / "run", tmp_path / "x.pkl"
    open_model(str(nvlabs.write(path, {"G_ema": nvlabs.generator(tensors_of())})))
    files = hostile(str(mark), count)
    for coding in ("raw_unicode_escape", "unicode_escape", "latin-1"):  # Python's own, on first use
        codecs.lookup(coding)
    before = set(sys.modules)
    assert len(files) == count
    for raw in files:
        path.write_bytes(raw)
        watched.update(on=True, seen=[])
        try:
            refused(path)
        finally:
            watched["on"] = False
        assert not watched["seen"], raw[:80]
    assert not mark.exists()
    assert set(sys.modules) == before
    assert os.listdir(tmp_path) == ["x.pkl"]


def test_what_a_hostile_file_promises_is_not_allocated(tmp_path):
    import tracemalloc

    path = tmp_path / "x.pkl"
    tracemalloc.start()
    try:
        for raw in _raw()[9:15]:
            path.write_bytes(raw)
            refused(path)
        assert tracemalloc.get_traced_memory()[1] < 32 << 20
    finally:
        tracemalloc.stop()
