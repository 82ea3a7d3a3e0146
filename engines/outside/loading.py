"""Networks of diffusers and transformers, made from checked settings and filled from safetensors.

The only door to the two libraries: they are imported here, when a model is opened, and not before.
"""

from __future__ import annotations

import importlib
import inspect
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from engines import extras, naming
from engines.checkpoints import budget
from engines.checkpoints.catalog import CheckpointError
from engines.outside.formats.folder import Folder
from engines.outside.formats.layout import Layout, Net, library_of

# the settings of a network of transformers that are read: others might fetch code
_CLIP = {
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "projection_dim",
    "num_hidden_layers",
    "num_attention_heads",
    "max_position_embeddings",
    "hidden_act",
    "layer_norm_eps",
    "attention_dropout",
    "initializer_range",
    "initializer_factor",
    "pad_token_id",
    "bos_token_id",
    "eos_token_id",
}
_GPT = {
    "vocab_size",
    "n_positions",
    "n_embd",
    "n_layer",
    "n_head",
    "n_inner",
    "activation_function",
    "layer_norm_epsilon",
    "scale_attn_weights",
    "scale_attn_by_inverse_layer_idx",
    "reorder_and_upcast_attn",
    "tie_word_embeddings",
}
_SETTINGS = _CLIP | _GPT
_WEIGHTLESS = ("position_ids", "attn.bias", "attn.masked_bias")


def library(name: str) -> Any:
    """diffusers or transformers. Raises CheckpointError where it is not installed."""
    # telemetry and progress bars have no place in a window
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        with quiet():
            module = extras.module("diffusers", name)
            # submodules of a library that loads them lazily are no attributes until imported
            logging: Any = importlib.import_module(f"{name}.utils.logging")
            logging.set_verbosity_error()
            logging.disable_progress_bar()
    except extras.MissingExtra as error:
        raise CheckpointError(str(error)) from error
    return module


def network(layout: Layout, net: Net, device: torch.device, dtype: torch.dtype) -> nn.Module:
    """A network with its weights, ready to be asked.

    Raises CheckpointError where its settings need more memory than the machine has, or weights
    are missing, of another shape or not finite.
    """
    _check_size(layout, net, dtype)
    place = str(layout.folder.path / net.part)
    kind = getattr(library(library_of(net.kind)), net.kind)
    try:
        with quiet():
            made, info = _load(kind, place, net, dtype)
    except (OSError, ValueError, TypeError, KeyError, RuntimeError, AttributeError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise CheckpointError(f"{place}: the network cannot be filled: {first}") from error
    _check_filled(place, info)
    for name, tensor in made.state_dict().items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise CheckpointError(f"{place}: '{name}' holds values that are not finite")
    made.eval().requires_grad_(False)
    # the libraries map the file into memory: cutting it off later would end the whole program
    made._apply(torch.clone)
    return made.to(device)


def _load(kind: Any, place: str, net: Net, dtype: torch.dtype) -> tuple[nn.Module, dict[str, Any]]:
    common: dict[str, Any] = {
        "use_safetensors": True,
        "local_files_only": True,
        "output_loading_info": True,
        "variant": net.variant or None,
    }
    if library_of(net.kind) == "transformers":
        config = kind.config_class(**_settings(net.config))
        if net.kind.startswith("CLIP"):
            common["attn_implementation"] = "sdpa"
        made, info = kind.from_pretrained(place, config=config, dtype=dtype, **common)
    else:
        made, info = kind.from_pretrained(
            place, torch_dtype=dtype, low_cpu_mem_usage=False, **common
        )
    return made, info


def _settings(config: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key in _SETTINGS}


def _check_size(layout: Layout, net: Net, dtype: torch.dtype) -> None:
    """Refuse a network larger than the machine, counted where nothing is allocated."""
    place = layout.folder.path / net.part
    _check_positions(str(place), net.config)
    name = library_of(net.kind)
    kind = getattr(library(name), net.kind)
    try:
        with quiet(), torch.device("meta"):
            if name == "transformers":
                hollow = kind(kind.config_class(**_settings(net.config)))
            else:
                hollow = kind.from_config(dict(net.config))
    except Exception as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise CheckpointError(f"{place}: the network cannot be built: {first}") from error
    numbers = sum(tensor.numel() for tensor in hollow.state_dict().values())
    budget.check(numbers * dtype.itemsize, f"the weights of {place}")


def _check_positions(place: str, config: Mapping[str, Any]) -> None:
    """A transformer's table of places is computed before its network is made."""
    if "num_embeds_ada_norm" not in config:
        return
    try:
        side = config["sample_size"] // config.get("patch_size", 2)
        width = config.get("num_attention_heads", 16) * config.get("attention_head_dim", 72)
    except (KeyError, TypeError, ZeroDivisionError) as error:
        raise CheckpointError(f"{place} gives its places no size") from error
    budget.check(4 * 8 * side * side * width, f"the places of {place}")  # float64, and its making


def _check_filled(place: str, info: Mapping[str, Any]) -> None:
    """Every weight came from the file and every one of the file was used."""
    for key, words in (("missing_keys", "lack"), ("unexpected_keys", "hold an unknown")):
        names = [n for n in sorted(map(str, info.get(key) or ())) if not n.endswith(_WEIGHTLESS)]
        if names:
            raise CheckpointError(
                f"{place}: the weights {words} '{naming.shortened(names[0])}' ({len(names)} in all)"
            )
    if wrong := list(info.get("mismatched_keys") or ()):
        raise CheckpointError(f"{place}: '{wrong[0][0]}' has another shape than the network needs")


def scheduler(layout: Layout) -> Callable[[], Any]:
    """A maker of the noise schedule: every run has one of its own, for it remembers steps."""
    assert layout.scheduler is not None
    kind, config = layout.scheduler
    if layout.pipeline == "DDIMPipeline":  # as the pipeline itself does
        kind = "DDIMScheduler"
    return lambda: scheduler_of(kind, config)


def scheduler_of(kind: str, config: Mapping[str, Any]) -> Any:
    """A noise schedule of diffusers. Raises CheckpointError for settings it refuses."""
    try:
        with quiet():
            return getattr(library("diffusers"), kind).from_config(dict(config))
    except (TypeError, ValueError, KeyError, NotImplementedError, ImportError) as error:
        raise CheckpointError(f"the noise schedule {kind} cannot be made: {error}") from error


_MOST_LEAST = 4
_SETTING_FAULTS = (
    ArithmeticError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What schedulers raise for settings that are out of joint; NotImplementedError is among these."""


def fewest_steps(kind: str, config: Mapping[str, Any]) -> int:
    """The fewest steps, 1 … 4, that a noise schedule can be walked in: distilled models need one.

    Tried with a network that says nought. Raises CheckpointError where four do not work either.
    """
    fault = ""
    for steps in range(1, _MOST_LEAST + 1):
        try:
            with quiet():
                z = _walked(scheduler_of(kind, config), steps)
        except _SETTING_FAULTS as error:
            fault = (str(error).splitlines() or [type(error).__name__])[0]
            continue
        if z.isfinite().all():
            return steps
        fault = "its states are not finite"
    raise CheckpointError(f"the noise schedule {kind} cannot be used: {fault}")


def _walked(scheduler: Any, steps: int) -> torch.Tensor:
    scheduler.set_timesteps(steps)
    z: torch.Tensor = torch.ones(1, 1, 2, 2) * scheduler.init_noise_sigma
    learned = str(scheduler.config.get("variance_type", "")).startswith("learned")
    for t in scheduler.timesteps:
        scheduler.scale_model_input(z, t)
        z = scheduler.step(torch.zeros(1, 1 + learned, 2, 2), t, z).prev_sample
    return z


def own_default(pipeline: str, name: str) -> float | None:
    """What a pipeline of diffusers takes for a number where nobody says; None for no number."""
    call = getattr(library("diffusers"), pipeline).__call__
    given = inspect.signature(call).parameters.get(name)
    value = None if given is None else given.default
    return float(value) if isinstance(value, int | float) else None


def number(config: Mapping[str, Any], key: str, default: float) -> float:
    """A setting that is a number. Raises CheckpointError for what is none, or not finite."""
    value = config.get(key)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e30:
        raise CheckpointError(f"'{key}' is {str(value)[:60]!r}; needed is a number")
    return float(value)


def tokenizer(folder: Folder, part: str) -> Any:
    """The words of a text encoder. Raises CheckpointError for files that cannot be read."""
    kind = library("transformers").CLIPTokenizer
    for name in ("tokenizer_config.json", "vocab.json", "merges.txt", "tokenizer.json"):
        if folder.has(f"{part}/{name}"):
            folder.inside(f"{part}/{name}")
    try:
        with quiet():
            return kind.from_pretrained(str(folder.path / part), local_files_only=True)
    except Exception as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise CheckpointError(f"{folder.path / part} cannot be read: {first}") from error


@contextmanager
def quiet() -> Iterator[None]:
    """Without the libraries' warnings, which are about their own future."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def pipeline(layout: Layout, index: Mapping[str, Any], parts: Mapping[str, Any]) -> Any:
    """A text pipeline of loaded parts: it reads prompts, and corrects outdated schedules."""
    kind = getattr(library("diffusers"), layout.pipeline)
    more: dict[str, Any]
    if "text_encoder_2" in parts:
        zeros = bool(index.get("force_zeros_for_empty_prompt", True))
        more = {"force_zeros_for_empty_prompt": zeros, "add_watermarker": False}
    else:
        more = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
    try:
        with quiet():
            return kind(**parts, **more)
    except (TypeError, ValueError, AttributeError) as error:
        first = (str(error).splitlines() or [""])[0]
        raise CheckpointError(f"{layout.folder.path}: its parts do not fit: {first}") from error
