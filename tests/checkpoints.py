"""A catalogue small enough to make in a test: cards and weights on disk, as real ones are."""

import tomli_w
import torch

from engines.checkpoints import weights
from engines.checkpoints.catalog import table_of
from engines.families.flow.net import PictureFlow, PointFlow
from engines.kinds import of_shape
from engines.model import Card, class_attributes

PICTURE, POINT = (1, 6, 5), (2,)
DIGITS, HALVES = ("zero", "one", "two"), ("upper", "lower")


def checkpoint(root, name, shape, tensors, *, labels, net=None, **more):
    """Write weights and card of one model below `root`; its card."""
    data, _, family = name.partition("/")
    folder = root / data
    sha256 = weights.save(tensors, folder / f"{family}.safetensors")
    card = Card(
        folder=folder,
        name=name,
        family=family,
        data=data,
        kind=of_shape(shape),
        attributes=class_attributes(labels),
        weights=f"{family}.safetensors",
        sha256=sha256,
        seed=1,
        parameters=sum(map(torch.numel, tensors.values())),
        recipe="made up",
        licence="none",
        net=net or {"bandwidth": 3.0},
        **more,
    )
    (folder / f"{family}.toml").write_text(tomli_w.dumps(table_of(card)))
    return card


def ship_kernels(root):
    """Kernel densities of tiny pictures (mnist/kde) and of points (moons/kde)."""
    g = torch.Generator().manual_seed(1)
    n = 30
    checkpoint(
        root,
        "mnist/kde",
        PICTURE,
        {
            "levels": torch.randint(0, 256, (n, *PICTURE), generator=g).to(torch.uint8),
            "labels": torch.arange(n) % 3,
        },
        labels=DIGITS,
        figures={"bits_per_dim": {"value": 1.2345, "meaning": "exact"}},
    )
    checkpoint(
        root,
        "moons/kde",
        POINT,
        {
            "centres": torch.randn(n, 2, generator=g),
            "labels": torch.arange(n) % 2,
            "scale": torch.ones(2),
        },
        labels=HALVES,
    )
    return root


def ship_flows(root):
    """Untrained flows of pictures (mnist/flow, of another size than the KDE's) and of points."""
    pictures = {
        "shape": [1, 8, 8],
        "classes": 3,
        "couplings": [2, 2],
        "width": [8, 8],
        "reach": [3, 3],
        "hidden": 8,
        "bins": 4,
        "top": [2, 8],
    }
    points = {"dim": 2, "classes": 2, "transforms": 2, "bins": 4, "hidden": [8]}
    for name, kind, net, labels in (
        ("mnist/flow", PictureFlow, pictures, DIGITS),
        ("moons/flow", PointFlow, points, HALVES),
    ):
        g = torch.Generator().manual_seed(2)
        tensors = {
            key: t + 0.1 * torch.randn(t.shape, generator=g) if t.is_floating_point() else t
            for key, t in kind(**net).state_dict().items()
        }
        shape = tuple(net.get("shape", POINT))
        checkpoint(root, name, shape, tensors, labels=labels, net=net)
    return root
