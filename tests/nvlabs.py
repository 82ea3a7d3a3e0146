"""Files of networks as NVlabs' code writes them, with the same records and names.

stylegan2-ada-pytorch and stylegan3 pickle {"G", "D", "G_ema", …}; each class is wrapped by
torch_utils/persistence.py, whose `__reduce__` writes the source of the class and what it holds.
"""

import contextlib
import pickle
import sys
import types
from collections import OrderedDict

import torch

SOURCE = "raise SystemExit('the source text was run')\n"


class EasyDict(dict):
    """dnnlib's table."""


def _reconstruct_persistent_obj(meta):
    raise SystemExit("a record was followed")


@contextlib.contextmanager
def importable():
    """The names of NVlabs' modules, while a file is written."""
    modules = {
        "dnnlib": {},
        "dnnlib.util": {"EasyDict": EasyDict},
        "torch_utils": {},
        "torch_utils.persistence": {"_reconstruct_persistent_obj": _reconstruct_persistent_obj},
    }
    for name, held in modules.items():
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(held)
        for thing in held.values():
            thing.__module__ = name
    try:
        yield
    finally:
        for name in modules:
            del sys.modules[name]


class Module:
    """What persistence writes of a module: never the class itself."""

    def __init__(self, kind, *, modules=None, parameters=None, buffers=None, **fields):
        self.kind = kind
        self.state = {
            "training": False,
            "_parameters": OrderedDict(
                (n, torch.nn.Parameter(t, requires_grad=False))
                for n, t in (parameters or {}).items()
            ),
            "_buffers": OrderedDict(buffers or {}),
            "_non_persistent_buffers_set": set(),
            "_backward_hooks": OrderedDict(),
            "_is_full_backward_hook": None,
            "_forward_hooks": OrderedDict(),
            "_state_dict_hooks": OrderedDict(),
            "_modules": OrderedDict(modules or {}),
            "_init_args": (),
            "_init_kwargs": EasyDict(synthesis_kwargs=EasyDict(channel_base=64)),
            **fields,
        }

    def __reduce__(self):
        meta = {
            "type": "class",
            "version": 6,
            "module_src": SOURCE,
            "class_name": self.kind,
            "state": self.state,
        }
        return (_reconstruct_persistent_obj, (meta,), None, None, None)


_BUFFERS = ("noise_const", "resample_filter", "w_avg")
_KINDS = {"torgb": "ToRGBLayer", "conv0": "SynthesisLayer", "conv1": "SynthesisLayer"}


def generator(tensors, *, rate=0.01, c_dim=0, **fields):
    """A generator of these tensors, by NVlabs' names."""
    return _module("Generator", tensors, rate, dict(fields, c_dim=c_dim, z_dim=6, w_dim=6))


def _module(kind, tensors, rate, fields):
    inner, own = {}, {}
    for name, tensor in tensors.items():
        head, dot, rest = name.partition(".")
        if dot:
            inner.setdefault(head, {})[rest] = tensor
        else:
            own[name] = tensor
    modules = {}
    for name, held in inner.items():
        title = _KINDS.get(name) or ("SynthesisBlock" if name[1:].isdecimal() else name.title())
        more = {"architecture": "skip"} if title == "SynthesisBlock" else {}
        if name.startswith("fc") or name == "affine":
            title, more = (
                "FullyConnectedLayer",
                {"activation": "lrelu", "bias_gain": rate if name != "affine" else 1},
            )
        modules[name] = _module(title, held, rate, more)
    return Module(
        kind,
        modules=modules,
        parameters={n: t for n, t in own.items() if n not in _BUFFERS},
        buffers={n: t for n, t in own.items() if n in _BUFFERS},
        **fields,
    )


def write(path, held, protocol=4):
    """Write a table of networks."""
    with importable(), path.open("wb") as file:
        pickle.dump(held, file, protocol)
    return path
