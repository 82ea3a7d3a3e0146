"""Which files of a model on the hub are fetched: settings, words and safetensors.

Neither pickles nor code, and of weights in several precisions only one. Knows names alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatch

from engines.outside.formats.folder import VARIANTS

WANTED = (
    "model_index.json",
    "config.json",
    "scheduler_config.json",
    "README.md",
    "preprocessor_config.json",
    "diffusion_pytorch_model*.safetensors*",
    "model*.safetensors*",
    "*/config.json",
    "*/scheduler_config.json",
    "*/tokenizer*.json",
    "*/vocab.json",
    "*/merges.txt",
    "*/special_tokens_map.json",
    "*/diffusion_pytorch_model*.safetensors*",
    "*/model*.safetensors*",
)
LEFT = (
    "safety_checker/*",
    "image_encoder/*",
    "feature_extractor/*",
    "*onnx*",
    "*openvino*",
    "*flax*",
)
_WEIGHTS = re.compile(r"(.*/)?(diffusion_pytorch_model|model)\b(.*\.safetensors.*)")
_COMMON = re.compile(r"\.safetensors|\.index|\.json$|-\d{5}-of-\d{5}")
"""What stands in the names of weights whatever their precision."""


def wanted(names: Iterable[str]) -> list[str]:
    """The files to fetch of those that a model has.

    Variants of weights ("fp16") are among them only where a part has no full ones.
    """
    chosen = [n for n in names if _matches(n, WANTED) and not _matches(n, LEFT)]
    of_parts: dict[str, set[str]] = {}
    for name in chosen:
        if (found := _variant(name)) is not None:
            of_parts.setdefault(found[0], set()).add(found[1])
    best = {
        part: next((v for v in ("", *VARIANTS) if v in variants), None)
        for part, variants in of_parts.items()
    }
    return [n for n in chosen if (f := _variant(n)) is None or best[f[0]] == f[1]]


def _variant(name: str) -> tuple[str, str] | None:
    """Folder and variant of a file of weights; None for other files."""
    match = _WEIGHTS.fullmatch(name)
    if match is None:
        return None
    return match[1] or "", _COMMON.sub("", match[3]).strip(".")


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)
