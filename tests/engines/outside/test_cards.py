"""Foreign generators by card: the same numbers as the plain network, and the usual parts."""

import os
from pathlib import Path

import pytest
import torch

from engines import decode, encode, finish, log_density, open_model
from engines.inpaint import methods_for
from engines.latents.walks import walk_of
from engines.model import Exactness, SampleRequest
from engines.noise import Streams
from tests.engines.outside.outsiders import (
    MAKERS,
    ZUKO,
    dcgan,
    plain_realnvp,
    plain_stylegan2,
    realnvp,
    stylegan2,
    stylegan2_tensors,
    zuko_flow,
)

N = 5


def noise(model, count=N, seed=7):
    return Streams(seed, range(count)).normal(*model.latents.shape)


def drawn(model, count=N, **knobs):
    return finish(model.sample(SampleRequest(count, 7, knobs=knobs)))


@pytest.mark.parametrize("torch_file", [False, True])
def test_a_dcgan_makes_what_its_plain_network_makes(tmp_path, torch_file):
    path, net = dcgan(tmp_path, torch_file=torch_file, entry="netG" * torch_file)
    model = open_model(str(path))
    with torch.no_grad():
        wanted = net(noise(model))
    assert (drawn(model) - wanted).abs().max() <= 1e-6
    assert model.card.parameters == sum(p.numel() for p in net.parameters())


def test_a_dcgan_of_another_range_is_brought_to_ours(tmp_path):
    path, net = dcgan(tmp_path)
    path.write_text(path.read_text().replace("[sizes]", "[sizes]\nrange = [0, 2]"))
    model = open_model(str(path))
    with torch.no_grad():
        assert (drawn(model) - (net(noise(model)) - 1)).abs().max() <= 1e-6


def test_stylegan2_makes_what_the_paper_says(tmp_path):
    path, tensors = stylegan2(tmp_path)
    model = open_model(str(path))
    wanted = plain_stylegan2(tensors, noise(model))
    assert wanted.std() > 0.1
    assert (drawn(model) - wanted).abs().max() <= 1e-5
    assert model.card.parameters == sum(
        t.numel() for name, t in tensors.items() if "kernel" not in name and "noises" not in name
    )


def test_both_layouts_of_stylegan2_are_the_same_network(tmp_path):
    first = open_model(str(stylegan2(tmp_path / "a", "rosinality")[0]))
    second = open_model(str(stylegan2(tmp_path / "b", "nvlabs")[0]))
    assert (drawn(first) - drawn(second)).abs().max() <= 1e-5


def test_styles_are_drawn_to_their_mean(tmp_path):
    model = open_model(str(stylegan2(tmp_path)[0]))
    mean, half = drawn(model, truncation=0.0), drawn(model, truncation=0.5)
    assert (mean - mean[:1]).abs().max() <= 1e-6
    assert (half - mean).abs().mean() < (drawn(model) - mean).abs().mean()
    assert model.procedure({"truncation": 0.5}).exactness is Exactness.HEURISTIC


@pytest.mark.parametrize("rows", [(), (1,)])
def test_a_mean_style_beside_the_entry_is_taken(tmp_path, rows):
    path, tensors = stylegan2(tmp_path / "inside", torch_file=True)
    mean = torch.linspace(-1, 1, 6)
    torch.save({**tensors, "latent_avg": mean}, path.with_suffix(".pt"))
    (tmp_path / "beside").mkdir()
    beside = tmp_path / "beside" / "model.toml"
    beside.write_text('entry = "g_ema"\n' + path.read_text("utf-8"), "utf-8")
    saved = {"g": {}, "g_ema": tensors, "latent_avg": mean.expand(*rows, 6)}
    torch.save(saved, beside.with_suffix(".pt"))
    request = SampleRequest(2, 1, None, {"truncation": 0.3})
    first, second = (finish(open_model(str(p)).sample(request)) for p in (path, beside))
    assert torch.equal(first, second)


def test_a_mean_style_in_the_file_is_taken(tmp_path):
    tensors = stylegan2_tensors("nvlabs")
    from tests.engines.outside.outsiders import STYLE_SIZES, card_at

    table = {"architecture": "stylegan2", "shape": [3, 16, 16], "sizes": STYLE_SIZES}
    own = open_model(str(card_at(tmp_path / "a", table, tensors)))
    tensors["mapping.w_avg"] = torch.ones(6)
    given = open_model(str(card_at(tmp_path / "b", table, tensors)))
    assert torch.equal(drawn(own), drawn(given))
    assert not torch.equal(drawn(own, truncation=0.0), drawn(given, truncation=0.0))


@pytest.mark.parametrize("kind", ZUKO)
def test_a_zuko_flow_has_zukos_densities_and_points(tmp_path, kind):
    path, net = zuko_flow(tmp_path, kind)
    model = open_model(str(path))
    mean, scale = torch.tensor([1.0, -2.0, 0.5]), torch.tensor([2.0, 0.5, 3.0])
    with torch.no_grad():
        wanted = net().transform.inv(noise(model)) * scale + mean
    x = drawn(model)
    assert (x - wanted).abs().max() <= 1e-6
    with torch.no_grad():
        density = net().log_prob((x - mean) / scale) - scale.log().sum()
    assert (log_density(model, x).value - density).abs().max() <= 1e-5
    assert (finish(encode(model, x)) - noise(model)).abs().max() <= 1e-4


def test_a_realnvp_is_followed_layer_by_layer(tmp_path):
    path, tensors = realnvp(tmp_path)
    model = open_model(str(path))
    z = noise(model)
    x = drawn(model)
    assert (x - plain_realnvp(tensors, z)).abs().max() <= 1e-5
    assert (finish(encode(model, x)) - z).abs().max() <= 1e-4
    row = z[0].double().requires_grad_()
    double = {name: t.double() for name, t in tensors.items()}
    slope = torch.autograd.functional.jacobian(lambda v: plain_realnvp(double, v[None])[0], row)
    base = torch.distributions.Normal(0, 1).log_prob(z[0].double()).sum()
    assert abs(log_density(model, x[:1]).value[0] - (base - slope.det().abs().log())) <= 1e-4


@pytest.mark.parametrize("kind", MAKERS)
def test_every_architecture_has_the_usual_parts(tmp_path, kind):
    model = open_model(str(MAKERS[kind](tmp_path)[0]))
    x = drawn(model, 3)
    assert x.shape == (3, *model.card.shape)
    assert torch.equal(x[1:2], finish(model.sample(SampleRequest(1, 7, first=1)))) or (
        (x[1:2] - finish(model.sample(SampleRequest(1, 7, first=1)))).abs().max() < 1e-5
    )
    walk = walk_of(model)
    z = torch.zeros(2, walk.size)
    assert finish(walk.decode(z, None)).shape == (2, *model.card.shape)
    assert (finish(decode(model, noise(model, 2))) - drawn(model, 2)).abs().max() < 1e-5
    (method, *_) = methods_for(model)
    if model.card.kind.name == "pictures":
        known = torch.zeros(model.card.shape[1:], dtype=torch.bool)
        known[:8] = True
        made = finish(method.run(model, x[0], known, 2, 7, {"steps": 4}))
        assert torch.equal(made[:, :, :8], x[:1, :, :8].expand(2, -1, -1, -1))
        assert not torch.equal(made[0, :, 8:], made[1, :, 8:])


FACES = Path(os.environ.get("GENSCOPE_FACES", ""))


@pytest.mark.skipif(not FACES.is_file(), reason="gan-face-generate==1.1.1 is not at hand")
def test_the_faces_of_gan_face_generate(tmp_path):
    (tmp_path / "weights.tar").write_bytes(FACES.read_bytes())
    path = tmp_path / "faces.toml"
    path.write_text(
        'architecture = "dcgan"\nshape = [3, 64, 64]\nweights = "weights.tar"\n'
        'entry = "netG_state_dict"\n[sizes]\nlatent = 100\nwidth = [512, 256, 128, 64]\n'
    )
    x = drawn(open_model(str(path)), 64)
    tensors = torch.load(FACES, map_location="cpu", weights_only=True)["netG_state_dict"]
    h = Streams(7, range(64)).normal(100)[:, :, None, None]
    for i in (0, 3, 6, 9):
        h = torch.nn.functional.conv_transpose2d(
            h, tensors[f"main.{i}.weight"], stride=1 + (i > 0), padding=int(i > 0)
        )
        norm = [
            tensors[f"main.{i + 1}.{p}"] for p in ("running_mean", "running_var", "weight", "bias")
        ]
        h = torch.nn.functional.batch_norm(h, *norm).relu()
    h = torch.nn.functional.conv_transpose2d(h, tensors["main.12.weight"], stride=2, padding=1)
    assert (x - h.tanh()).abs().max() <= 1e-5
    assert x.std() > 0.3
