"""DCGAN generators (Radford et al. 2016): transposed convolutions from one pixel to a picture.

State dicts as PyTorch's DCGAN example and its many relatives write them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.checkpoints import weights
from engines.checkpoints.catalog import CheckpointError
from engines.families.gan import model as gan
from engines.families.gan.net import Generator
from engines.model import Card, Model
from engines.outside.formats.state_dicts import grouped

_OUTPUTS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "none": lambda x: x,
}


class DCGAN(Generator):
    """z (n, latent) to pictures in [-1, 1]: every layer but the last is normalised and rectified.

    The network's own output spans `range`.
    """

    def __init__(
        self,
        *,
        latent: int,
        width: Sequence[int],
        kernel: Sequence[int],
        stride: Sequence[int],
        padding: Sequence[int],
        channels: int,
        normalised: bool,
        output: str,
        range: Sequence[float],
        biased: Sequence[bool],
    ) -> None:
        super().__init__(latent=latent, classes=0)
        self._output, (self._low, self._high) = _OUTPUTS[output], range
        inward, outward = [latent, *width], [*width, channels]
        self.grow = nn.ModuleList(
            nn.ConvTranspose2d(a, b, k, s, p, bias=bias)
            for a, b, k, s, p, bias in zip(
                inward, outward, kernel, stride, padding, biased, strict=True
            )
        )
        self.norm = nn.ModuleList(nn.BatchNorm2d(w) for w in width if normalised)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        h = z[:, :, None, None]
        for i, layer in enumerate(self.grow[:-1]):
            h = layer(h)
            h = F.relu(self.norm[i](h) if self.norm else h)
        x = self._output(self.grow[-1](h))
        return (x - self._low) * (2 / (self._high - self._low)) - 1

    def blend(self, z: Tensor, share: Tensor) -> Tensor:
        """There are no classes to mix."""
        return self(z, share)  # type: ignore[no-any-return]


def build(card: Card, tensors: Mapping[str, Tensor], device: torch.device) -> Model:
    """The model of a card from outside. Raises CheckpointError when the tensors do not fit it."""
    layers = grouped(tensors)
    for name, parts in layers:
        if "weight" not in parts or parts["weight"].dim() not in (1, 4):
            strange = ".".join(part for part in (name, next(iter(parts))) if part)
            raise CheckpointError(
                f"{card.name}: the weights hold an unknown '{strange}'; a DCGAN has transposed "
                "convolutions and their normalisations alone"
            )
    grow = [layer for layer in layers if layer[1]["weight"].dim() == 4]
    norm = [layer for layer in layers if layer[1]["weight"].dim() == 1]
    sizes: dict[str, Any] = {
        key: value for key, value in card.net.items() if key not in ("architecture", "entry")
    }
    expected = len(sizes["width"])
    if len(grow) != expected + 1 or len(norm) != expected * sizes["normalised"]:
        raise CheckpointError(
            f"{card.name}: the weights have {len(grow)} convolutions and {len(norm)} "
            f"normalisations, the card asks for {expected + 1} and {expected * sizes['normalised']}"
        )
    net = DCGAN(**sizes, biased=["bias" in parts for _, parts in grow])
    found: dict[str, Tensor] = {"share": net.share}
    titles: dict[str, str] = {}
    for kind, named in (("grow", grow), ("norm", norm)):
        for i, (layer, parts) in enumerate(named):
            for part, tensor in parts.items():
                found[f"{kind}.{i}.{part}"] = tensor
                titles[f"{kind}.{i}.{part}"] = f"{layer}.{part}" if layer else part
    for i in range(len(norm)):  # older state dicts do not count batches
        found.setdefault(f"norm.{i}.num_batches_tracked", torch.tensor(0))
    weights.fill(net, found, card, titles)
    return gan.model_of(card, net, device)
