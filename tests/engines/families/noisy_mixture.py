"""The exact denoiser of a Gaussian mixture, as the denoisers of points are asked."""

import math

import torch

from engines.families.diffusion.model import Diffusion, of_denoiser
from engines.families.diffusion.net import PictureDenoiser, PointDenoiser
from engines.families.diffusion.probability_flow import SIGMA_MIN
from engines.kinds import of_shape
from engines.model import Card, class_attributes
from tests.engines.tiny import LABELS, SHAPES, diffusion

CPU = torch.device("cpu")


class Mixture(PointDenoiser):
    """The exact denoiser of Gaussian mixtures: D = x + σ² ∇ log p(x; σ); one class per part.

    Works through the same standardising as a trained one, with axes of different scale.
    """

    def __init__(self):
        super().__init__(dim=2, classes=3, hidden=1, layers=1, features=2, steps=20)
        self.mean.copy_(torch.tensor([3.0, -1.0]))
        self.scale.copy_(torch.tensor([4.0, 0.5]))
        self.centres = torch.tensor([[-0.6, 0.2], [0.5, 0.6], [0.1, -0.7]])
        self.log_weights = torch.tensor([0.2, 0.5, 0.3]).log()
        self.centres -= self.log_weights.exp() @ self.centres  # as standardised data have it
        self.variance = torch.tensor([0.02, 0.05, 0.01])

    def parts(self, x, sigma, labels):
        """log of weight × Gaussian for every part (n, 3), with the noised variances (n, 3)."""
        variance = self.variance.to(x) + sigma[:, None] ** 2
        square = (x[:, None] - self.centres.to(x)).square().sum(2)
        log_p = self.log_weights - square / (2 * variance) - (2 * math.pi * variance).log()
        other = (labels[:, None] != torch.arange(3)) & (labels[:, None] < 3)
        return log_p.masked_fill(other, -math.inf), variance

    def forward(self, x, sigma, labels):
        log_p, variance = self.parts(x, sigma, labels)
        pull = log_p.softmax(1) * self.variance.to(x) / variance
        centres = self.centres.to(x)
        stay = log_p.softmax(1)[..., None] * centres
        return (stay + pull[..., None] * (x[:, None] - centres)).sum(1)

    def slopes(self, w, sigma, label, *, divergence=True):
        """F and its divergence by gradients: there is no perceptron to go through."""
        run = Diffusion(card((2,), {}), self, CPU).exact(label.expand(len(w)))
        f, trace, _ = run(w, sigma)
        return f, trace

    def with_divergence(self, x, sigma, labels):
        with torch.enable_grad():
            x = x.clone().requires_grad_()
            found = self(x, sigma, labels)
        return found.detach(), divergence_of(found, x)

    def log_density(self, x, labels=None):
        """Exact nats of data x; a class has weight 1 on its own."""
        labels = torch.full((len(x),), 3) if labels is None else labels
        y, log_det = self.enter(x.double())
        log_p, _ = self.parts(y, torch.full((len(x),), SIGMA_MIN), labels)
        given = torch.where(labels < 3, self.log_weights[labels.clamp_max(2)], 0.0)
        return log_p.logsumexp(1) - given + log_det

    def draws(self, n):
        g = torch.Generator().manual_seed(1)
        part = torch.multinomial(self.log_weights.exp(), n, True, generator=g)
        e = torch.randn(n, 2, generator=g)
        return self.leave(self.centres[part] + self.variance[part].sqrt()[:, None] * e), part


def divergence_of(found, x):
    """∇ · found (n, dim) by what it was found of, x (n, dim): (n,), by gradients."""
    slopes = (torch.autograd.grad(part.sum(), x, retain_graph=True)[0] for part in found.T)
    return sum(slope[:, i] for i, slope in enumerate(slopes))


def card(shape, net):
    return Card(
        folder=None,
        name="oracle/diffusion",
        family="diffusion",
        data="oracle",
        kind=of_shape(shape),
        attributes=class_attributes(LABELS),
        weights="",
        sha256="",
        parameters=0,
        seed=0,
        recipe="",
        licence="",
        net=net,
    )


def oracle():
    """The exact denoiser, and a model of it."""
    net = Mixture().eval().requires_grad_(False)
    return net, of_denoiser(card((2,), {}), net, CPU)


def pictures(dtype=torch.float32):
    """A tiny network for pictures, its weights shaken."""
    sizes, tensors = diffusion(SHAPES["picture"])
    net = PictureDenoiser(**sizes)
    net.load_state_dict(tensors)
    return Diffusion(
        card(SHAPES["picture"], sizes), net.to(dtype).eval().requires_grad_(False), CPU
    )
