"""Models of the hub by their id, "owner/name": fetched once, resumed where a transfer broke off.

huggingface_hub does the work: it checks what it fetches, keeps it where all tools find it, and
follows HF_ENDPOINT, HF_TOKEN, HF_HOME and HF_HUB_OFFLINE.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from pathlib import Path
from typing import Any

from engines.catalog import CheckpointError

_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
_WANTED = (
    "model_index.json", "config.json", "scheduler_config.json", "README.md",
    "diffusion_pytorch_model*.safetensors*",
    "*/config.json", "*/scheduler_config.json", "*/tokenizer*.json", "*/vocab.json",
    "*/merges.txt", "*/special_tokens_map.json",
    "*/diffusion_pytorch_model*.safetensors*", "*/model*.safetensors*",
)  # fmt: skip
"""Settings, words and safetensors: neither pickles nor code."""
_LEFT = (
    "safety_checker/*", "image_encoder/*", "feature_extractor/*", "*.fp16.*", "*.bf16.*",
    "*.non_ema.*", "*.fp16-*", "*onnx*", "*openvino*", "*flax*",
)  # fmt: skip


def is_id(name: str) -> bool:
    """Whether a name could be a model's on the hub."""
    return bool(_ID.fullmatch(name)) and ".." not in name and "--" not in name


def fetch(name: str) -> Path:
    """The folder of a model of the hub, fetched where it is not here yet.

    Raises CheckpointError where it does not exist, needs a token, cannot be reached, or offline
    mode is on and it was not fetched before. What was fetched of it stays for the next time.
    """
    # transfers in chunks of files go through servers of their own, which no endpoint leads to
    os.environ.setdefault("HF_HUB_DISABLE_XET", "1")
    try:
        library: Any = importlib.import_module("huggingface_hub")
        errors: Any = importlib.import_module("huggingface_hub.errors")
    except ImportError as error:
        raise CheckpointError(
            f"'{name}' is no model here, and models of the hub need: "
            "pip install 'genscope[diffusers]'"
        ) from error
    if sys.stderr is None or not sys.stderr.isatty():
        library.utils.disable_progress_bars()
    library.utils.logging.set_verbosity_error()
    try:
        return Path(
            library.snapshot_download(
                name, allow_patterns=list(_WANTED), ignore_patterns=list(_LEFT)
            )
        )
    except errors.GatedRepoError as error:
        raise CheckpointError(
            f"'{name}' asks for a token: accept its terms on the hub and set HF_TOKEN"
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise CheckpointError(
            f"there is no model '{name}' on the hub, or it is private and HF_TOKEN does not open it"
        ) from error
    except errors.LocalEntryNotFoundError as error:
        raise CheckpointError(
            f"'{name}' is not on this machine and the hub cannot be reached; what was fetched of "
            "it is kept"
        ) from error
    except (errors.HfHubHTTPError, OSError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise CheckpointError(
            f"'{name}' could not be fetched: {first}; what is here is kept, try again"
        ) from error
