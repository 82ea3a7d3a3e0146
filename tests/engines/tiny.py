"""Tiny checkpoints of every family, written the way real ones are: card, weights, sha256."""

import math
import os

import torch

from engines.checkpoints import weights
from engines.families.any_order.net import PictureAnyOrder
from engines.families.autoregressive.net import PictureRaster, PointConditionals
from engines.families.diffusion.net import PictureDenoiser, PointDenoiser
from engines.families.energy.net import PictureEnergy, PointEnergy
from engines.families.flow.net import PictureFlow, PointFlow
from engines.families.gan.net import PictureGenerator, PointGenerator
from engines.families.kde.net import PictureKernels, PointKernels
from engines.families.latent_diffusion.net import LatentDiffusion
from engines.families.mfa.net import FactorAnalysers, NormalScores
from engines.families.vae.net import PictureVAE, PointVAE
from engines.kinds import of_shape
from engines.model import Card, class_attributes
from engines.opening import open_model
from engines.training.cards import write_card

SHAPES = {"picture": (1, 8, 8), "points": (2,)}
LABELS = ("a", "b", "c")
CLASSES = len(LABELS)
DEVICE = os.environ.get("GENSCOPE_DEVICE", "cpu")
"""Where the tests of the contracts compute: set it to cuda to ask a GPU the same questions."""


def _shaken(net, amount):
    """The network with noise on every parameter: nothing stays zero by its initialisation."""
    g = torch.Generator().manual_seed(4)
    for parameter in net.parameters():
        parameter.data += amount * torch.randn(parameter.shape, generator=g)
    return net.eval()


def _net(kind, sizes, amount):
    torch.manual_seed(3)
    return sizes, _shaken(kind(**sizes), amount).state_dict()


def vae(shape, classes=CLASSES):
    if len(shape) == 1:
        return _net(PointVAE, {"dim": 2, "classes": classes, "latent": 2, "hidden": 8}, 0.2)
    sizes = {"shape": list(shape), "classes": classes, "latent": 4, "width": 8, "mixtures": 2}
    return _net(PictureVAE, sizes, 0.1)


def gan(shape, classes=CLASSES):
    if len(shape) == 1:
        sizes = {"dim": 2, "classes": classes, "latent": 2, "hidden": 8, "layers": 2}
        return _net(PointGenerator, sizes, 0.2)
    sizes = {"shape": list(shape), "classes": classes, "latent": 4, "width": [8, 4, 2]}
    return _net(PictureGenerator, sizes, 0.1)


def autoregressive(shape, classes=CLASSES):
    if len(shape) == 1:
        sizes = {
            "dim": 2,
            "classes": classes,
            "components": 4,
            "hidden": 8,
            "layers": 1,
            "features": 4,
        }
        return _net(PointConditionals, sizes, 0.1)
    sizes = {
        "shape": list(shape),
        "classes": classes,
        "rows": 3,
        "reach": 3,
        "width": 8,
        "blocks": 1,
        "codes": 2,
    }
    return _net(PictureRaster, sizes, 0.1)


def any_order(shape, classes=CLASSES):
    if len(shape) == 1:
        return autoregressive(shape, classes)
    sizes = {
        "shape": list(shape),
        "classes": classes,
        "width": [8, 8, 2],
        "blocks": [1, 2],
        "features": 4,
    }
    return _net(PictureAnyOrder, sizes, 0.3)


def flow(shape, classes=CLASSES):
    if len(shape) == 1:
        sizes = {"dim": 2, "classes": classes, "transforms": 2, "bins": 4, "hidden": [8]}
        return _net(PointFlow, sizes, 0.2)
    sizes = {
        "shape": list(shape),
        "classes": classes,
        "couplings": [2, 2],
        "width": [8, 8],
        "reach": [3, 3],
        "hidden": 8,
        "bins": 4,
        "top": [2, 8],
    }
    return _net(PictureFlow, sizes, 0.1)


def diffusion(shape, classes=CLASSES):
    if len(shape) == 1:
        sizes = {
            "dim": 2,
            "classes": classes,
            "hidden": 8,
            "layers": 2,
            "features": 4,
            "places": 4,
            "steps": 2,
        }
        return _net(PointDenoiser, sizes, 0.1)
    sizes = {
        "shape": list(shape),
        "classes": classes,
        "width": [8, 8, 2],
        "blocks": [1, 2],
        "steps": 2,
    }
    return _net(PictureDenoiser, sizes, 0.05)


def latent_diffusion(shape, classes=CLASSES):
    denoiser = {"hidden": 8, "layers": 2, "features": 4, "places": 4, "steps": 3}
    if len(shape) == 1:
        sizes = {"dim": 2, "vae": {"latent": 2, "hidden": 8}}
    else:
        sizes = {"shape": list(shape), "vae": {"latent": 4, "width": 8, "mixtures": 2}}
    return _net(LatentDiffusion, sizes | {"classes": classes, "denoiser": denoiser}, 0.1)


def energy(shape, classes=CLASSES):
    if len(shape) == 1:
        sizes = {"dim": 2, "classes": classes, "hidden": 8, "layers": 2, "places": 4, "steps": 4}
        torch.manual_seed(3)
        net = _shaken(PointEnergy(**sizes), 0.2)
        net.low.fill_(-8)
        net.high.fill_(8)
        net.normalise((64, 128))
        return sizes, net.state_dict()
    sizes = {"shape": list(shape), "classes": classes, "width": [8, 8, 2], "blocks": [1, 2]}
    return _net(PictureEnergy, sizes | {"levels": 2, "steps": 1}, 0.05)


def kde(shape, classes=CLASSES):
    g = torch.Generator().manual_seed(5)
    labels = torch.arange(60) % max(1, classes)
    if len(shape) == 1:
        x = torch.randn(60, 2, generator=g) + labels[:, None]
        return {"bandwidth": 0.4}, PointKernels.of(x, labels).tensors()
    levels = torch.randint(256, (60, *shape), generator=g)
    return {"bandwidth": 20.0}, PictureKernels.of(levels / 127.5 - 1, labels).tensors()


def mfa(shape, classes=CLASSES):
    g = torch.Generator().manual_seed(6)
    d, k = math.prod(shape), 1 if len(shape) == 1 else 3
    mean, loading = torch.randn(6, d, generator=g), 0.5 * torch.randn(6, d, k, generator=g)
    noise = 0.05 + 0.3 * torch.rand(6, d, generator=g)
    labels = torch.arange(6) % max(1, classes)
    tensors = FactorAnalysers(mean, loading, noise, torch.randn(6, generator=g), labels).tensors()
    if len(shape) == 1:
        return {"components": 6 // max(1, classes), "factors": k}, tensors
    levels = torch.randint(256, (60, d), generator=g)
    return {"components": 6 // max(1, classes), "factors": k}, tensors | {
        "marginals": NormalScores.of(levels).marginals
    }


MAKERS = {
    "vae": vae,
    "autoregressive": autoregressive,
    "any-order": any_order,
    "gan": gan,
    "flow": flow,
    "diffusion": diffusion,
    "latent-diffusion": latent_diffusion,
    "energy": energy,
    "kde": kde,
    "mfa": mfa,
}


def ship(root, family, kind, labels=LABELS, **changes):
    """Write a tiny checkpoint below `root`; `changes` replace fields of the returned card."""
    shape = SHAPES[kind]
    net, tensors = MAKERS[family](shape, len(labels))
    data = f"tiny-{kind}"
    path = root / data / f"{family}.safetensors"
    fields = {
        "folder": path.parent,
        "name": f"{data}/{family}",
        "family": family,
        "data": data,
        "kind": of_shape(shape),
        "attributes": class_attributes(labels),
        "weights": path.name,
        "sha256": weights.save(tensors, path),
        "parameters": 1,
        "seed": 3,
        "recipe": "random",
        "licence": "none",
        "net": net,
        "training": {},
    }
    card = Card(**(fields | changes))
    write_card(card)
    return card


def opened(root, family, kind, labels=LABELS):
    """A tiny model, through the real path from disk."""
    return open_model(ship(root, family, kind, labels).name, DEVICE, root=root)
