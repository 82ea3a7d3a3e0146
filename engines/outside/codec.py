"""Autoencoders of diffusers: between pictures and the latents that pipelines diffuse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from engines.checkpoints.catalog import CheckpointError
from engines.outside import loading
from engines.outside.formats.layout import Layout, Net, shrinkage
from engines.outside.memory import Portions, precision

_GLIMPSED = 16
"""Latents a side that are decoded for a preview: a sixteenth of the work at 512 pixels."""
_LEAST_TILE = 8
"""Latents a side of the smallest tile: below that, seams would be most of it."""


@dataclass(frozen=True, eq=False)
class Codec:
    """AutoencoderKL, AutoencoderTiny or VQModel; latents z = (h − mean) · scale have unit spread.

    Pictures are (n, C, H, W) in [-1, 1] on the CPU, latents (n, c, h, w) on the device.
    """

    net: Any
    latent: tuple[int, int, int]
    mean: Tensor
    scale: Tensor
    device: torch.device
    portions: Portions = field(default_factory=Portions)

    def encode(self, x: Tensor) -> Tensor:
        """The mean of q(z | x), or the code where there is no q."""
        return self.portions.run(self._encode, x)

    def decode(self, z: Tensor) -> Tensor:
        """The picture of z."""
        return self.portions.run(self._decode, z)

    def glimpse(self, z: Tensor) -> Tensor:
        """A coarse picture of z in a fraction of the time: latents are averaged before decoding."""
        *_, height, width = z.shape
        size = tuple(
            max(1, side * _GLIMPSED // max(height, width, _GLIMPSED)) for side in (height, width)
        )
        if size == (height, width):
            return self.decode(z)
        small = self.decode(F.interpolate(z, size=size, mode="area"))
        times = small.shape[-1] // size[1]
        return F.interpolate(small, size=(height * times, width * times), mode="bilinear")

    def _encode(self, x: Tensor) -> Tensor:
        found = self.net.encode(x.to(self.device, self.net.dtype))
        h = found.latent_dist.mode() if hasattr(found, "latent_dist") else found.latents
        return (h.float() - self.mean) * self.scale  # type: ignore[no-any-return]

    def _decode(self, z: Tensor) -> Tensor:
        h = (z / self.scale + self.mean).to(self.net.dtype)
        x: Tensor = self.net.decode(h).sample
        return x.float().clamp(-1, 1).cpu()


def load(layout: Layout, what: Net, device: torch.device) -> Codec:
    """The autoencoder of a folder. Raises CheckpointError."""
    dtype = precision(device)
    if dtype == torch.float16:  # of many an autoencoder activations overflow it
        dtype = torch.float32
    net: Any = loading.network(layout, what, device, dtype)
    config, times = what.config, shrinkage(what.config)
    channels = int(config.get("latent_channels", 4))
    _, height, width = layout.shape
    scale = torch.tensor(loading.number(config, "scaling_factor", _SCALES.get(what.kind, 1.0)))
    mean = torch.tensor(loading.number(config, "shift_factor", 0.0))
    if config.get("latents_mean") and config.get("latents_std"):
        mean = _each(config, "latents_mean", channels)
        scale = scale / _each(config, "latents_std", channels)
    if not (scale.isfinite().all() and scale.all()):
        raise CheckpointError(
            f"{layout.folder.path}: the latents' 'scaling_factor' or 'latents_std' is zero"
        )
    return Codec(
        net,
        (channels, height // times, width // times),
        mean.to(device),
        scale.to(device),
        device,
        Portions(_reliefs(net)),
    )


def _each(config: Mapping[str, Any], key: str, channels: int) -> Tensor:
    """A number for every channel (1, c, 1, 1). Raises CheckpointError."""
    values = config[key]
    if not isinstance(values, list) or len(values) != channels:
        raise CheckpointError(f"'{key}' is no list of {channels} numbers")
    row = [loading.number({key: value}, key, 0.0) for value in values]
    return torch.tensor(row).view(1, -1, 1, 1)


def _reliefs(net: Any) -> list[tuple[str, Callable[[], object]]]:
    """Tiles as large as the pictures it was trained on, then of half of that, and so on."""
    if not hasattr(net, "enable_tiling"):
        return []
    found: list[tuple[str, Callable[[], object]]] = [("in tiles", net.enable_tiling)]

    def smaller() -> None:
        net.tile_sample_min_size //= 2
        net.tile_latent_min_size //= 2

    side = getattr(net, "tile_latent_min_size", 0)
    while (side := side // 2) >= _LEAST_TILE:
        found.append((f"of {side} latents", smaller))
    return found


_SCALES = {"AutoencoderKL": 0.18215, "VQModel": 0.18215}
"""What diffusers takes where a folder does not say."""
