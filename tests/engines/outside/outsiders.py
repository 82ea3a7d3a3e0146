"""Tiny state dicts as other code bases write them, with cards, and plain networks of the same."""

import math

import tomli_w
import torch
import zuko
from torch import nn
from torch.nn import functional as F

DCGAN_SIZES = {"latent": 5, "width": [8, 6]}
STYLE_SIZES = {"latent": 6, "style": 6, "mapping": 2, "width": [8, 6, 4]}


def card_at(folder, table, tensors, *, entry="", torch_file=False, name="model"):
    """Write a state dict and its card into `folder`; the path of the card."""
    import safetensors.torch

    folder.mkdir(parents=True, exist_ok=True)
    weights = f"{name}.pt" if torch_file else f"{name}.safetensors"
    if torch_file:
        torch.save({entry: tensors} if entry else tensors, folder / weights)
    else:
        safetensors.torch.save_file(
            {k: t.contiguous().clone() for k, t in tensors.items()}, folder / weights
        )
    whole = {"weights": weights, **({"entry": entry} if entry else {}), **table}
    path = folder / f"{name}.toml"
    path.write_text(tomli_w.dumps(whole), "utf-8")
    return path


def shaken(net, amount=0.3):
    """Noise on everything that floats, so that nothing stays where it was initialised."""
    g = torch.Generator().manual_seed(4)
    for name, tensor in net.state_dict().items():
        if tensor.is_floating_point():
            noise = amount * torch.randn(tensor.shape, generator=g)
            tensor.copy_(tensor + (noise.abs() if name.endswith("running_var") else noise))
    return net.eval()


class PlainDCGAN(nn.Module):
    """The layers of PyTorch's DCGAN example under its name "main", for 16 × 16 pictures."""

    def __init__(self, channels=3):
        super().__init__()
        layers, inward = [], DCGAN_SIZES["latent"]
        for i, out in enumerate(DCGAN_SIZES["width"]):
            place = (4, 1, 0) if i == 0 else (4, 2, 1)
            layers += [nn.ConvTranspose2d(inward, out, *place, bias=False)]
            layers += [nn.BatchNorm2d(out), nn.ReLU(True)]
            inward = out
        layers += [nn.ConvTranspose2d(inward, channels, 4, 2, 1, bias=False), nn.Tanh()]
        self.main = nn.Sequential(*layers)

    def forward(self, z):
        return self.main(z[:, :, None, None])


def dcgan(folder, **more):
    """Path of a card, and the plain network it describes."""
    torch.manual_seed(1)
    net = shaken(PlainDCGAN())
    table = {"architecture": "dcgan", "data": "tiny", "shape": [3, 16, 16], "sizes": DCGAN_SIZES}
    return card_at(folder, table, net.state_dict(), **more), net


def stylegan2_tensors(layout, width=(8, 6, 4), style=6, mapping=2, channels=3):
    """Random tensors of a generator in the names of "rosinality" or "nvlabs"."""
    g = torch.Generator().manual_seed(2)

    def r(*shape):
        return torch.randn(shape, generator=g)

    t, line = {}, torch.tensor([1.0, 3.0, 3.0, 1.0])
    kernel = line[:, None] * line / 64
    ours = layout == "rosinality"
    for i in range(mapping):
        name = f"style.{i + 1}" if ours else f"mapping.fc{i}"
        t[f"{name}.weight"], t[f"{name}.bias"] = 100 * r(style, style), r(style)
    start = r(width[0], 4, 4)
    t["input.input" if ours else "synthesis.b4.const"] = start[None] if ours else start

    def conv(name, a, b, side, index, grows):
        w, bias, noise, strength = r(b, a, 3, 3), r(b), r(side, side), r()
        affine = {"weight": r(a, style), "bias": 1 + 0.1 * r(a)}
        if ours:
            t[f"{name}.conv.weight"] = w[None]
            for part in affine:
                t[f"{name}.conv.modulation.{part}"] = affine[part]
            t[f"{name}.noise.weight"], t[f"{name}.activate.bias"] = strength[None], bias
            t[f"noises.noise_{index}"] = noise[None, None]
            if grows:
                t[f"{name}.conv.blur.kernel"] = 4 * kernel
        else:
            t[f"{name}.weight"], t[f"{name}.bias"] = w, bias
            for part in affine:
                t[f"{name}.affine.{part}"] = affine[part]
            t[f"{name}.noise_strength"], t[f"{name}.noise_const"] = strength, noise
            t[f"{name}.resample_filter"] = kernel

    def colours(name, a):
        w, bias = r(channels, a, 1, 1), r(channels)
        part = "conv.modulation" if ours else "affine"
        t[f"{name}.{part}.weight"], t[f"{name}.{part}.bias"] = r(a, style), 1 + 0.1 * r(a)
        t[f"{name}.conv.weight" if ours else f"{name}.weight"] = w[None] if ours else w
        t[f"{name}.bias"] = bias[None, :, None, None] if ours else bias

    conv("conv1" if ours else "synthesis.b4.conv1", width[0], width[0], 4, 0, False)
    colours("to_rgb1" if ours else "synthesis.b4.torgb", width[0])
    for i in range(1, len(width)):
        side = 4 * 2**i
        a, b = width[i - 1], width[i]
        pair = (
            (f"convs.{2 * i - 2}", f"convs.{2 * i - 1}")
            if ours
            else (f"synthesis.b{side}.conv0", f"synthesis.b{side}.conv1")
        )
        conv(pair[0], a, b, side, 2 * i - 1, True)
        conv(pair[1], b, b, side, 2 * i, False)
        colours(f"to_rgbs.{i - 1}" if ours else f"synthesis.b{side}.torgb", b)
        if ours:
            t[f"to_rgbs.{i - 1}.upsample.kernel"] = 4 * kernel
    return t


def stylegan2(folder, layout="rosinality", **more):
    """Path of a card, and its tensors."""
    tensors = stylegan2_tensors(layout)
    table = {
        "architecture": "stylegan2",
        "data": "tiny",
        "shape": [3, 16, 16],
        "sizes": STYLE_SIZES,
    }
    return card_at(folder, table, tensors, **more), tensors


def plain_stylegan2(t, z, levels=3):
    """Karras et al. 2020 picture by picture, each with its own kernels, in rosinality's names."""
    return torch.cat([_plain_picture(t, row[None], levels) for row in z])


def _plain_picture(t, z, levels):
    w = z / (z.square().mean() + 1e-8).sqrt()
    i = 1
    while f"style.{i}.weight" in t:
        weight = t[f"style.{i}.weight"] * 0.01 / math.sqrt(w.shape[1])
        w = F.leaky_relu(w @ weight.T + 0.01 * t[f"style.{i}.bias"], 0.2) * 2**0.5
        i += 1

    def kernel(name, demodulate):
        conv = f"{name}.conv"
        v = t[f"{conv}.modulation.weight"] / math.sqrt(w.shape[1])
        s = (w @ v.T + t[f"{conv}.modulation.bias"])[0]
        k = t[f"{conv}.weight"][0]
        k = k / math.sqrt(k[0].numel()) * s[None, :, None, None]
        if demodulate:
            k = k / (k.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
        return k

    def styled(x, name, index, grows):
        k = kernel(name, True)
        if grows:
            x = F.conv_transpose2d(x, k.transpose(0, 1), stride=2)
            x = _filtered(F.pad(x, (1, 1, 1, 1)), t[f"{name}.conv.blur.kernel"])
        else:
            x = F.conv2d(x, k, padding=1)
        x = x + t[f"{name}.noise.weight"] * t[f"noises.noise_{index}"]
        return F.leaky_relu(x + t[f"{name}.activate.bias"][None, :, None, None], 0.2) * 2**0.5

    def colours(x, name):
        return F.conv2d(x, kernel(name, False)) + t[f"{name}.bias"]

    x = styled(t["input.input"], "conv1", 0, False)
    picture = colours(x, "to_rgb1")
    for level in range(levels - 1):
        x = styled(x, f"convs.{2 * level}", 2 * level + 1, True)
        x = styled(x, f"convs.{2 * level + 1}", 2 * level + 2, False)
        n, c, h, _ = picture.shape
        wide = torch.zeros(n, c, 2 * h, 2 * h)
        wide[:, :, ::2, ::2] = picture
        wide = _filtered(F.pad(wide, (2, 1, 2, 1)), t[f"to_rgbs.{level}.upsample.kernel"])
        picture = wide + colours(x, f"to_rgbs.{level}")
    return picture.clamp(-1, 1)


def _filtered(x, kernel):
    """Every channel by a convolution with the kernel turned round, as the paper's code does."""
    return torch.cat(
        [F.conv2d(x[:, i : i + 1], kernel.flip(0, 1)[None, None]) for i in range(x.shape[1])], 1
    )


ZUKO = {"NSF": {"bins": 4}, "MAF": {}, "NICE": {}}


def zuko_flow(folder, kind="NSF", **more):
    """Path of a card, and zuko's own flow."""
    torch.manual_seed(5)
    make = getattr(zuko.flows, kind)
    net = make(3, transforms=2, hidden_features=(8, 8), **ZUKO[kind])
    for p in net.parameters():
        p.data += 0.2 * torch.randn_like(p)
    table = {
        "architecture": "zuko",
        "data": "tiny-points",
        "shape": [3],
        "sizes": {
            "kind": kind,
            "transforms": 2,
            "hidden": [8, 8],
            "bins": 4,
            "mean": [1.0, -2.0, 0.5],
            "scale": [2.0, 0.5, 3.0],
        },
    }
    return card_at(folder, table, net.state_dict(), **more), net


def realnvp_tensors(dim=2, hidden=(8,), couplings=4):
    """Random tensors of couplings and ActNorms in normflows' names."""
    g = torch.Generator().manual_seed(6)
    t = {"q0.loc": torch.randn(1, dim, generator=g), "q0.log_scale": torch.full((1, dim), 0.3)}
    sizes = [dim, *hidden, dim]
    for i in range(couplings):
        t[f"flows.{2 * i}.b"] = ((torch.arange(dim) + i) % 2).float()[None]
        for net in "st":
            for j in range(len(sizes) - 1):
                shape = (sizes[j + 1], sizes[j])
                t[f"flows.{2 * i}.{net}.net.{2 * j}.weight"] = 0.5 * torch.randn(shape, generator=g)
                t[f"flows.{2 * i}.{net}.net.{2 * j}.bias"] = 0.1 * torch.randn(
                    sizes[j + 1], generator=g
                )
        t[f"flows.{2 * i + 1}.s"] = 0.1 * torch.randn(1, dim, generator=g)
        t[f"flows.{2 * i + 1}.t"] = 0.1 * torch.randn(1, dim, generator=g)
        t[f"flows.{2 * i + 1}.data_dep_init_done"] = torch.tensor(1.0)
    return t


def realnvp(folder, **more):
    """Path of a card, and its tensors."""
    tensors = realnvp_tensors()
    table = {
        "architecture": "realnvp",
        "data": "tiny-points",
        "shape": [2],
        "sizes": {"couplings": 4, "hidden": [8]},
    }
    return card_at(folder, table, tensors, **more), tensors


def plain_realnvp(t, z, couplings=4):
    """From the base's noise to points, layer by layer."""
    x = t["q0.loc"] + t["q0.log_scale"].exp() * z

    def net(x, name):
        x = F.relu(x @ t[f"{name}.net.0.weight"].T + t[f"{name}.net.0.bias"])
        return x @ t[f"{name}.net.2.weight"].T + t[f"{name}.net.2.bias"]

    for i in range(couplings):
        name, b = f"flows.{2 * i}", t[f"flows.{2 * i}.b"]
        s, shift = net(b * x, f"{name}.s"), net(b * x, f"{name}.t")
        x = b * x + (1 - b) * (x * s.exp() + shift)
        x = x * t[f"flows.{2 * i + 1}.s"].exp() + t[f"flows.{2 * i + 1}.t"]
    return x


MAKERS = {"dcgan": dcgan, "stylegan2": stylegan2, "zuko": zuko_flow, "realnvp": realnvp}
