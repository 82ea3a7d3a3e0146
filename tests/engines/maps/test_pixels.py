"""Maps over pixels, planes through pictures, samples against data: sums and geometry."""

import math

import pytest
import torch

from engines.maps import embedding, planes
from engines.maps.fields import kernels_on
from engines.maps.pixels import pixel_map
from engines.maps.refine import whole
from engines.model import Meaning, finish
from tests.engines.tiny import opened


def picture(seed=0, count=1):
    g = torch.Generator().manual_seed(seed)
    return torch.randint(256, (count, 1, 8, 8), generator=g) / 127.5 - 1


@pytest.mark.parametrize("label", [None, 1])
def test_bits_in_order_add_up_to_the_picture_s_own(tmp_path, label):
    model = opened(tmp_path, "autoregressive", "picture")
    x = picture()
    found = finish(pixel_map(model, x, label))
    labels = None if label is None else torch.tensor([label])
    total = finish(model.density.run(x, labels, {})).value
    assert float(found.values.sum()) == pytest.approx(float(-total[0]) / math.log(2), rel=1e-6)
    assert found.values.shape == (8, 8)
    assert f"{float(found.values.sum()):.1f}" in found.summary


def test_bits_of_a_likelihood_and_its_kl_are_the_elbo(tmp_path):
    model = opened(tmp_path, "vae", "picture")
    x = picture()
    found = finish(pixel_map(model, x))
    kl = float(found.summary.split("KL ")[1].split(" ")[0])
    bits = float(found.values.sum()) + kl
    bound = finish(model.density.run(x.repeat(1, 1, 1, 1), None, {"importance": 256})).value
    assert bits >= float(-bound[0]) / math.log(2) - 0.5


@pytest.mark.parametrize("family", ["energy", "flow"])
def test_slopes_are_finite_differences(tmp_path, family):
    model = opened(tmp_path, family, "picture")
    found = finish(pixel_map(model, picture()))
    assert found.signed
    assert found.values.abs().max() > 0
    if family == "flow":
        net, u = model.bijection.net, (((picture() + 1) * 127.5).round() + 0.5) / 256
        label = torch.tensor([3])

        def value(u):
            z, log_det = net.encode(u.double(), label)
            return float((-0.5 * z.square().sum(1) + log_det).sum())

        net.double()
        high, low = u.clone().double(), u.clone().double()
        high[0, 0, 3, 4] += 1e-5
        low[0, 0, 3, 4] -= 1e-5
        slope = (value(high) - value(low)) / 2e-5
        assert float(found.values[3, 4]) == pytest.approx(slope, rel=1e-2, abs=1e-2)


def test_a_denoising_error_grows_with_the_noise(tmp_path):
    model = opened(tmp_path, "diffusion", "picture")
    little, much = (
        float(finish(pixel_map(model, picture(), None, n)).values.mean()) for n in (0.05, 3.0)
    )
    assert little < much


@pytest.mark.parametrize("family", ["kde", "gan", "mfa"])
def test_who_says_nothing_of_pixels_says_so(tmp_path, family):
    with pytest.raises(ValueError, match="has no view per pixel"):
        finish(pixel_map(opened(tmp_path, family, "picture"), picture()))


@pytest.mark.parametrize("family", ["vae", "flow", "kde"])
def test_a_plane_goes_through_its_pictures(tmp_path, family):
    model = opened(tmp_path, family, "picture")
    three = picture(1, 3)
    plane = finish(planes.plane_through(model, three))
    assert plane.latent == (family != "kde")
    a, b = plane.corners.T
    points = plane.points(a, b)
    z = three if not plane.latent else finish(model.latents.encode(three, None)).float()
    torch.testing.assert_close(points, z, rtol=1e-4, atol=1e-3)
    assert float((plane.along * plane.across).sum()) == pytest.approx(0, abs=1e-4)
    shown = finish(planes.decoded(model, plane, a, b))
    if family != "vae":
        torch.testing.assert_close(shown, three, rtol=0, atol=1.01 * 2 / 255)
    with pytest.raises(ValueError, match="the same"):
        finish(planes.plane_through(model, three[[0, 0, 1]]))
    if family == "kde":
        with pytest.raises(ValueError, match="one line"):
            finish(planes.plane_through(model, torch.stack([three[0], three[1], three[1]])))


def test_what_is_mapped_on_a_plane_is_said(tmp_path):
    from engines.maps.area import Area

    model = opened(tmp_path, "flow", "picture")
    three = picture(1, 3)
    plane = finish(planes.plane_through(model, three))
    tiny = Area(-1e-3, 1e-3, -1e-3, 1e-3)  # one pixel round the first corner
    latent = whole(planes.of_latent(plane), tiny, 1, 1)
    z = finish(model.latents.encode(three[:1], None)).double()
    normal = -0.5 * (z.square() + math.log(2 * math.pi)).sum()
    assert float(latent.values[0, 0]) == pytest.approx(float(normal), rel=1e-3)
    assert "not of the picture" in latent.method
    shown = whole(planes.of_picture(model, plane), tiny, 1, 1)
    own = finish(
        model.density.run(finish(planes.decoded(model, plane, *torch.zeros(2, 1))), None, {})
    ).value
    assert float(shown.values[0, 0]) == pytest.approx(float(own[0]) / (64 * math.log(2)), rel=1e-2)
    assert "decoded picture" in shown.method


def test_an_energy_is_mapped_in_nats_and_one_order_in_fewer_groups(tmp_path):
    from engines.maps.area import Area

    for family in ("energy", "any-order"):
        model = opened(tmp_path, family, "picture")
        plane = finish(planes.plane_through(model, picture(1, 3)))
        shown = whole(planes.of_picture(model, plane), Area(-1e-3, 1e-3, -1e-3, 1e-3), 1, 1)
        x = finish(planes.decoded(model, plane, *torch.zeros(2, 1)))
        own = finish(model.density.run(x, None, model.density.rough))
        unit = 1 if own.meaning is Meaning.UNNORMALISED else 64 * math.log(2)
        assert float(shown.values[0, 0]) == pytest.approx(own.value.item() / unit, rel=1e-2)
        assert shown.method.startswith(own.method)
    assert "in 1 group," in own.method


def test_samples_like_the_data_have_no_log_ratio():
    g = torch.Generator().manual_seed(0)
    data, held = torch.randn(2000, 2, generator=g), torch.randn(200, 2, generator=g)
    kernels = kernels_on(data, held, "data")
    area = embedding.area_of(data)
    same = embedding.like(kernels, torch.randn(2000, 2, generator=g))
    half = embedding.like(kernels, data[data[:, 0] > 0])
    of = [whole(k.field(None), area, 30, 30).values for k in (kernels, same, half)]
    assert float(embedding.log_ratio(of[1], of[0]).abs().median()) < 0.35
    dropped = embedding.log_ratio(of[2], of[0])
    assert dropped[15, 8] < -1, "a dropped half shows"
    assert dropped[15, 22] > 0.3
