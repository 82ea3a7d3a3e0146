"""What lies in a diffusers folder: its kind, its parts, and the card that follows from them.

The list of classes is closed: whatever else a folder names is refused, and none of its code is
ever run. Reads configurations and the headers of weights; needs neither torch nor diffusers.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engines import naming
from engines.checkpoints.catalog import OUTSIDE, CheckpointError
from engines.kinds import of_shape
from engines.model import Card, class_attributes
from engines.outside.formats.folder import Folder, count, fingerprint

UNET, UNET_TEXT, DIT = ("UNet2DModel",), ("UNet2DConditionModel",), ("DiTTransformer2DModel",)
KL = ("AutoencoderKL", "AutoencoderTiny")
_VQ = ("VQModel", "AutoencoderKL")
_TEXT: Mapping[str, tuple[str, ...]] = {
    "vae": KL,
    "unet": UNET_TEXT,
    "text_encoder": ("CLIPTextModel",),
}
_TEXT_XL = {**_TEXT, "text_encoder_2": ("CLIPTextModelWithProjection",)}

PIPELINES: Mapping[str, tuple[str, Mapping[str, tuple[str, ...]]]] = {
    "DDPMPipeline": ("diffusion", {"unet": UNET}),
    "DDIMPipeline": ("diffusion", {"unet": UNET}),
    "LDMPipeline": ("latent-diffusion", {"vqvae": _VQ, "unet": UNET}),
    "DiTPipeline": ("latent-diffusion", {"vae": KL, "transformer": (*DIT, "Transformer2DModel")}),
    "StableDiffusionPipeline": ("latent-diffusion", _TEXT),
    "StableDiffusionInpaintPipeline": ("latent-diffusion", _TEXT),
    "StableDiffusionXLPipeline": ("latent-diffusion", _TEXT_XL),
    "StableDiffusionXLInpaintPipeline": ("latent-diffusion", _TEXT_XL),
}
"""Family and networks of every kind of pipeline that can be opened, each with its classes."""

GPT = "ImageGPTForCausalImageModeling"
COLOURS = "preprocessor_config.json"
"""A transformer over the colours of pixels, and the file with those colours."""

BARE = {"UNet2DModel": "unet", "AutoencoderKL": "vae", "AutoencoderTiny": "vae"}
"""Networks that can be opened without a pipeline."""

SCHEDULERS = (
    "DDPMScheduler",
    "DDIMScheduler",
    "PNDMScheduler",
    "DPMSolverMultistepScheduler",
    "DPMSolverSinglestepScheduler",
    "UniPCMultistepScheduler",
    "DEISMultistepScheduler",
    "EulerDiscreteScheduler",
    "EulerAncestralDiscreteScheduler",
    "HeunDiscreteScheduler",
    "LMSDiscreteScheduler",
    "KDPM2DiscreteScheduler",
    "KDPM2AncestralDiscreteScheduler",
    "EDMEulerScheduler",
    "EDMDPMSolverMultistepScheduler",
)
_IGNORED = ("safety_checker", "feature_extractor", "image_encoder")
_MOST_PIXELS, _MOST_BLOCKS = 4096, 12


@dataclass(frozen=True)
class Net:
    """One network of a folder: the class that makes it, its settings and the files that fill it."""

    part: str
    """Its folder, "" for a bare network."""
    kind: str
    config: Mapping[str, Any]
    files: tuple[Path, ...]
    parameters: int
    variant: str = ""
    """Which of the folder's weights these are: "fp16" and the like, "" for the full ones."""


@dataclass(frozen=True)
class Layout:
    """What a folder holds. `scheduler` is the class and settings of the noise schedule."""

    folder: Folder
    pipeline: str
    """Class of the pipeline, or of the bare network."""
    nets: Mapping[str, Net]
    scheduler: tuple[str, Mapping[str, Any]] | None
    labels: tuple[str, ...]
    shape: tuple[int, int, int]
    family: str

    @property
    def is_text(self) -> bool:
        """Whether it reads prompts."""
        return "text_encoder" in self.nets

    @property
    def latent_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of what the denoiser makes."""
        config = self.denoiser.config
        height, width = _sides(config, self.folder)
        channels = config.get("in_channels")
        if self.is_text:  # in-painting networks see a mask and a second picture besides
            channels = self.nets["vae"].config.get("latent_channels", 4)
        return _whole(channels, "in_channels", self.folder), height, width

    @property
    def denoiser(self) -> Net:
        """The network that removes noise."""
        return self.nets["transformer"] if "transformer" in self.nets else self.nets["unet"]


def read(path: Path) -> Layout:
    """What lies in a folder. Raises CheckpointError with one sentence for what cannot be opened."""
    folder = Folder(path.absolute())
    if folder.has("model_index.json"):
        return _pipeline(folder)
    if folder.has("config.json"):
        return _bare(folder)
    raise CheckpointError(
        f"{path} is no model of diffusers or transformers: it has neither model_index.json nor "
        "config.json"
    )


def reading(layout: Layout, name: str) -> Generator[None, None, Card]:
    """The card of a folder. Reads all files, in steps, to tell these weights from any others."""
    files = [file for net in layout.nets.values() for file in net.files]
    sha256 = yield from fingerprint(layout.folder.path, [*files, *_settings(layout)])
    return replace(sketch(layout, name), sha256=sha256)


def sketch(layout: Layout, name: str) -> Card:
    """The card of a folder without the sha256 of its files, which takes as long as to read them."""
    folder = layout.folder
    return Card(
        folder=folder.path,
        name=name,
        family=layout.family,
        data=f"{OUTSIDE} {' × '.join(map(str, layout.shape))}",
        kind=of_shape(layout.shape),
        attributes=class_attributes(layout.labels),
        weights="",
        sha256="",
        parameters=sum(net.parameters for net in layout.nets.values()),
        seed=0,
        recipe=f"{layout.pipeline} of {library_of(layout.pipeline)}, trained elsewhere",
        licence=folder.licence(),
        net={"text": layout.is_text},
    )


def library_of(kind: str) -> str:
    """Whose class a network or a pipeline is."""
    return "transformers" if kind.startswith(("CLIP", "ImageGPT")) else "diffusers"


def name_of(path: Path, taken: Collection[str] = ()) -> str:
    """ "outside/<folder>", with as many folders above it as it needs not to be taken already."""
    parts = path.resolve().parts
    for first in range(len(parts) - 1, -1, -1):
        plain = re.sub(r"[^A-Za-z0-9.-]+", "-", "-".join(parts[first:])).strip("-.") or "model"
        if (name := f"{OUTSIDE}/{plain}") not in taken:
            break
    return name


def _settings(layout: Layout) -> list[Path]:
    """The JSON files that say how the weights are used."""
    path = layout.folder.path
    names = [
        "model_index.json",
        "scheduler/scheduler_config.json",
        "scheduler_config.json",
        COLOURS,
    ]
    names += [
        f"{net.part}/config.json" if net.part else "config.json" for net in layout.nets.values()
    ]
    return [path / name for name in names if layout.folder.has(name)]


def _pipeline(folder: Folder) -> Layout:
    index = folder.table("model_index.json")
    name = naming.shortened(str(index.get("_class_name")))
    if name not in PIPELINES:
        known = naming.listed(PIPELINES)
        raise CheckpointError(
            f"{folder.path} is a {name}, which this version cannot open; it opens: {known}"
        )
    family, allowed = PIPELINES[name]
    parts = {part for part, what in index.items() if _is_part(part, what)}
    for part in parts - set(_IGNORED):
        library, _ = index[part]
        if library not in ("diffusers", "transformers", "stable_diffusion"):
            raise CheckpointError(
                f"{folder.path} wants to run code of its own for '{part}' ({library!r}); "
                "only classes of diffusers and transformers are opened"
            )
    nets = {}
    for part, classes in allowed.items():
        if part not in parts:
            raise CheckpointError(f"{folder.path} is a {name} without its '{part}'")
        place = _place(folder, part, "config.json")
        nets[part] = _net(folder, place, classes, str(index[part][1]), part)
    labels = _labels(index, nets)
    place = _place(folder, "scheduler", "scheduler_config.json")
    scheduler = _scheduler(folder, f"{place}/scheduler_config.json".lstrip("/"))
    return _finished(folder, name, nets, scheduler, labels, family)


def _place(folder: Folder, part: str, settings: str) -> str:
    """The folder of a part; "" where it lies flat beside model_index.json, as diffusers has it."""
    flat = not folder.has(part) and folder.has(settings)
    return "" if flat else part


def _bare(folder: Folder) -> Layout:
    if folder.table("config.json").get("model_type") == "imagegpt":
        return _imagegpt(folder)
    kind = naming.shortened(str(folder.table("config.json").get("_class_name")))
    if kind not in BARE:
        raise CheckpointError(
            f"{folder.path} is a bare {kind}, which cannot be opened alone; "
            f"bare networks that can: {', '.join(BARE)}"
        )
    nets = {BARE[kind]: _net(folder, "", (kind,), kind)}
    scheduler = None
    if "unet" in nets:
        beside = "scheduler_config.json"
        default = ("DDPMScheduler", {"num_train_timesteps": 1000})
        scheduler = _scheduler(folder, beside) if folder.has(beside) else default
    family = "diffusion" if "unet" in nets else "vae"
    return _finished(folder, kind, nets, scheduler, _labels({}, nets), family)


def _imagegpt(folder: Folder) -> Layout:
    files = folder.weights("", "model")
    parameters = sum(count(folder.tensors(file)) for file in files)
    net = Net("", GPT, folder.table("config.json"), files, parameters)
    size: Any = folder.table(COLOURS).get("size")
    size = size if isinstance(size, dict) else {"height": size, "width": size}
    sides = [size.get("height"), size.get("width")]
    height, width = _sides({"sample_size": sides}, folder)
    if height * width != net.config.get("n_positions"):
        raise CheckpointError(
            f"{folder.path} makes {net.config.get('n_positions')!r} pixels, which are no picture "
            f"of {width} × {height}"
        )
    return Layout(folder, GPT, {"gpt": net}, None, (), (3, height, width), "autoregressive")


def _finished(
    folder: Folder,
    name: str,
    nets: Mapping[str, Net],
    scheduler: Any,
    labels: tuple[str, ...],
    family: str,
) -> Layout:
    made = Layout(folder, name, nets, scheduler, labels, (1, 1, 1), family)
    return Layout(folder, name, nets, scheduler, labels, _shape(made), family)


def _is_part(name: str, what: object) -> bool:
    whole = isinstance(what, list) and len(what) == 2 and None not in what
    return whole and not name.startswith("_")


def _net(
    folder: Folder, part: str, classes: tuple[str, ...], kind: str, title: str | None = None
) -> Net:
    config = folder.table(f"{part}/config.json" if part else "config.json")
    if kind not in classes:
        raise CheckpointError(
            f"{folder.path} has a {kind!r} as its '{title or part}'; this version opens "
            f"{' or '.join(classes)}"
        )
    if "quantization_config" in config:
        raise CheckpointError(f"{folder.path / part} is quantised, which this version cannot open")
    stem = "model" if kind.startswith("CLIP") else "diffusion_pytorch_model"
    variant = folder.variant(part, stem)
    files = folder.weights(part, stem, variant)
    parameters = sum(count(folder.tensors(file)) for file in files)
    return Net(part, kind, config, files, parameters, variant)


def _scheduler(folder: Folder, name: str) -> tuple[str, Mapping[str, Any]]:
    config = folder.table(name)
    kind = config.get("_class_name")
    if kind not in SCHEDULERS:
        raise CheckpointError(
            f"{folder.path} makes noise by {kind!r}, which this version does not know; "
            f"it knows: {naming.listed(SCHEDULERS)}"
        )
    kinds = ("epsilon", "sample", "v_prediction")
    if config.get("prediction_type", "epsilon") not in kinds:
        raise CheckpointError(
            f"{folder.path} predicts {config['prediction_type']!r}; known are {', '.join(kinds)}"
        )
    return str(kind), config


def _labels(index: Mapping[str, Any], nets: Mapping[str, Net]) -> tuple[str, ...]:
    """Names of the classes: those of the pipeline, else numbers."""
    named = index.get("id2label")
    if isinstance(named, dict) and named:
        try:
            by_number = sorted((int(number), str(label)) for number, label in named.items())
        except ValueError as error:
            raise CheckpointError("the classes in model_index.json have no numbers") from error
        if [number for number, _ in by_number] != list(range(len(by_number))):
            raise CheckpointError("the classes in model_index.json are not numbered 0, 1, 2, …")
        return tuple(label.split(",")[0] for _, label in by_number)
    if "transformer" in nets:
        classes = nets["transformer"].config.get("num_embeds_ada_norm")
    elif "unet" in nets and nets["unet"].kind == "UNet2DModel":
        classes = nets["unet"].config.get("num_class_embeds")
    else:
        classes = None
    if not classes:
        return ()
    if not isinstance(classes, int) or not 0 < classes <= 100_000:
        raise CheckpointError(f"the network has an impossible number of classes, {classes!r}")
    return tuple(str(i) for i in range(classes))


def _shape(layout: Layout) -> tuple[int, int, int]:
    """(C, H, W) of the pictures."""
    folder, nets = layout.folder, layout.nets
    codec = nets.get("vae") or nets.get("vqvae")
    if codec is None:
        config = nets["unet"].config
        return _whole(config.get("in_channels", 3), "in_channels", folder), *_sides(config, folder)
    channels = _whole(codec.config.get("out_channels", 3), "out_channels", folder)
    if len(nets) == 1:
        height, width = _sides({"sample_size": 256, **codec.config}, folder)
        return channels, height, width
    times = shrinkage(codec.config)
    _, height, width = layout.latent_shape
    if max(height, width) * times > _MOST_PIXELS:
        raise CheckpointError(
            f"{folder.path} makes pictures of {width * times} × {height * times}; "
            f"the most is {_MOST_PIXELS} a side"
        )
    return channels, height * times, width * times


def shrinkage(config: Mapping[str, Any]) -> int:
    """How many pixels a side there are to one latent."""
    blocks = config.get("block_out_channels") or config.get("decoder_block_out_channels")
    blocks = blocks or config.get("encoder_block_out_channels") or [64] * 4
    if not isinstance(blocks, list) or len(blocks) > _MOST_BLOCKS:
        raise CheckpointError(
            f"an autoencoder gives its blocks as {str(blocks)[:80]!r}; needed is a list of at most "
            f"{_MOST_BLOCKS}"
        )
    return int(2 ** (len(blocks) - 1))


def _sides(config: Mapping[str, Any], folder: Folder) -> tuple[int, int]:
    size: Any = config.get("sample_size")
    sides: list[Any] = list(size) if isinstance(size, list) else [size, size]
    if len(sides) != 2 or not all(isinstance(s, int) and 0 < s <= _MOST_PIXELS for s in sides):
        raise CheckpointError(
            f"{folder.path} gives 'sample_size' as {size!r}; needed are 1 … {_MOST_PIXELS} a side"
        )
    return int(sides[0]), int(sides[1])


def _whole(value: Any, name: str, folder: Folder) -> int:
    if not isinstance(value, int) or not 0 < value <= 256:
        raise CheckpointError(f"{folder.path} gives '{name}' as {value!r}; needed is 1 … 256")
    return value
