"""Recipes of the GANs: the relativistic loss with both gradient penalties (R3GAN)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.adam import Adam
from engines.families.gan.net import (
    Generator,
    PictureCritic,
    PictureGenerator,
    PointCritic,
    PointGenerator,
)
from engines.training.budgets import steps
from engines.training.datasets import DataSet
from engines.training.descent import cosine, warming
from engines.training.randomness import drawn_from, normal
from engines.training.recipe import NO_OPTIONS, Options, Recipe, chosen, net_of

_TEXT = (
    "relativistic loss with zero-centred R1 and R2 (Huang et al. 2024), Adam without momentum, "
    "falling rate and penalty, EMA"
)
_WARM_UP = 100
_APART = 8
_BETA2 = (0.9, 0.99)
_LAST_PENALTY = 0.005
"""Share of the penalty of points that is left at the end."""
_LIVE: Mapping[str, Any] = {
    "penalty": 0.02,
    "haste": 4.0,
    "pairs": 8,
    "critic_steps": 1,
    "generator_steps": 1,
}


def gan(data: DataSet, options: Options = NO_OPTIONS) -> Recipe:
    """The recipe for pictures or points, by the shape of the data."""
    return _pictures(data, options) if data.train.x.dim() == 4 else _points(data, options)


def _pictures(data: DataSet, options: Options) -> Recipe:
    sizes = chosen({"latent": 64, "width": [64, 32, 12]}, options)
    own = chosen({"rate": 1e-3, "batch": 64, "critic_width": [32, 64, 96]}, options)
    net = net_of(data, sizes)

    def trainer(g: torch.Generator) -> Contest:
        with drawn_from(g):
            generator = PictureGenerator(**net)
            critic = PictureCritic(
                shape=net["shape"], classes=net["classes"], width=own["critic_width"], features=128
            )
        generator.count(data.train.labels)
        knobs = {"rate": own["rate"], "penalty": 0.5}
        return Contest(generator, critic, draws=g, knobs=knobs, last_penalty=0.1, penalised=0.25)

    return Recipe(
        net=net,
        trainer=trainer,
        text=_TEXT,
        batch=own["batch"],
        label_dropout=0.0,
        steps=steps("gan", data.name, pictures=True),
        options={**sizes, **own},
    )


def _points(data: DataSet, options: Options) -> Recipe:
    sizes = chosen({"latent": 4, "hidden": 128, "layers": 3}, options)
    own: dict[str, Any] = {
        "rate": 2e-3,
        "batch": 1024,
        "critic_hidden": 128,
        "critic_layers": 3,
        "places": 64,
        **_LIVE,
    }
    own = chosen(own, options)
    net = net_of(data, sizes, skip=True)

    def trainer(g: torch.Generator) -> Contest:
        with drawn_from(g):
            generator = PointGenerator(**net)
            critic = PointCritic(
                dim=net["dim"],
                classes=net["classes"],
                hidden=own["critic_hidden"],
                layers=own["critic_layers"],
                places=own["places"],
            )
        generator.count(data.train.labels)
        generator.standardise(data.train.x)
        critic.standardise(data.train.x)
        return Contest(
            generator,
            critic,
            draws=g,
            knobs={name: own[name] for name in ("rate", *_LIVE)},
            last_penalty=_LAST_PENALTY,
        )

    return Recipe(
        net=net,
        trainer=trainer,
        text=_TEXT,
        batch=own["batch"],
        label_dropout=0.0,
        steps=steps("gan", data.name, pictures=False),
        options={**sizes, **own},
    )


class Contest:
    """Generator against critic, an update of each a step (Huang et al. 2024, section 2).

    `knobs` are the rate of the critic, what weighs the penalties ("penalty", γ; 0: none), and,
    where they are not 1, "haste", "pairs", and the updates of each a step: "critic_steps",
    "generator_steps", all on the real examples of the step, each with noise of its own.

    γ falls to `last_penalty` of itself, as the rate falls to 0 and Adam's
    memory lengthens: near the goal it keeps the scores small, and those of points must stay above
    the noise that Adam's steps leave. The critic learns `haste` times as fast as the generator
    (Heusel et al. 2017): on moons 4 in place of 1, with a smaller γ, halved the gap. Penalties
    cost a derivative of a derivative, so they are taken on the first `penalised` part of each
    batch alone: the same expectation, more updates a second. Each real example is set against
    `pairs` made ones of the batch, its own class first, which costs only additions: on moons 8 in
    place of 1 lowered the gap from 0.051 to 0.036 nats in 3,000 steps (one run each).
    """

    def __init__(
        self,
        generator: Generator,
        critic: nn.Module,
        *,
        draws: torch.Generator,
        knobs: dict[str, float],
        last_penalty: float = 1.0,
        averaging: float = 0.999,
        penalised: float = 1.0,
    ) -> None:
        self.knobs = dict.fromkeys(_LIVE, 1.0) | knobs
        self.generator, self.critic, self._draws = generator, critic, draws
        self._average = torch.optim.swa_utils.AveragedModel(
            generator, multi_avg_fn=warming(averaging), use_buffers=False
        )
        self._optimisers = [
            Adam(net.parameters(), rate=self.knobs["rate"], betas=(0.0, _BETA2[0]))
            for net in (generator, critic)
        ]
        self._last_penalty, self._penalised, self._steps = last_penalty, penalised, 0

    def step(self, x: Tensor, labels: Tensor, progress: float) -> dict[str, float]:
        self._steps += 1
        self._tune(progress)
        if self._pairs > 1:  # neighbours are of one class
            order = labels.argsort()
            x, labels = x[order], labels[order]
        for _ in range(round(self.knobs["critic_steps"])):
            made = self._made(labels)
            gap, slope = self._teach_critic(x, made.detach(), labels, progress)
        with torch.no_grad():
            real = self.critic(x, labels)
        for again in range(round(self.knobs["generator_steps"])):
            made = self._made(labels) if again else made
            loss = pairing(self.critic(made, labels), real, self._pairs)
            self._descend(0, loss)
        self._average.update_parameters(self.generator)
        return {"gap": gap.item(), "slope": slope.item(), "generator": loss.item()}

    @property
    def _pairs(self) -> int:
        return round(self.knobs["pairs"])

    def _made(self, labels: Tensor) -> Tensor:
        made: Tensor = self.generator(
            normal(self._draws, len(labels), self.generator.latent), labels
        )
        return made

    def _teach_critic(
        self, x: Tensor, made: Tensor, labels: Tensor, progress: float
    ) -> tuple[Tensor, Tensor]:
        """One update; the mean lead of real examples before it, and R1 + R2."""
        last = self._last_penalty
        gamma = self.knobs["penalty"] * (last + (1 - last) * cosine(progress))
        part = max(1, round(self._penalised * len(x)))
        judged, slope = appraise(self.critic, x, made, labels, part)
        loss = pairing(judged[0], judged[1], self._pairs)
        self._descend(1, loss + gamma / 2 * slope if gamma else loss)
        return (judged[0] - judged[1]).mean(), slope

    def _tune(self, progress: float) -> None:
        pace = cosine(progress) * min(1.0, self._steps / _WARM_UP)
        beta2 = _BETA2[1] + (_BETA2[0] - _BETA2[1]) * cosine(progress)
        rate = self.knobs["rate"]
        for optimiser, peak in zip(
            self._optimisers, (rate / self.knobs["haste"], rate), strict=True
        ):
            optimiser.rate, optimiser.betas = peak * pace, (0.0, beta2)

    def _descend(self, which: int, loss: Tensor) -> None:
        """One update of the generator (0) or of the critic (1)."""
        optimiser = self._optimisers[which]
        optimiser.step(optimiser.slopes(loss))

    def see(self, x: Tensor, labels: Tensor) -> None:
        self.generator.count(labels)

    def weights(self) -> dict[str, Tensor]:
        """The averaged generator; sampling needs no critic."""
        return self._average.module.state_dict()

    def sketch(self) -> dict[str, Tensor]:
        return self.weights()

    @property
    def rate(self) -> float:
        """The critic's; the generator's is smaller by `haste`."""
        return self._optimisers[1].rate

    def adopt(self, weights: Mapping[str, Tensor]) -> None:
        # what is shipped holds no critic: a fresh one has to catch up first, so training on from
        # a checkpoint in runs/, which holds both, is better wherever there is one
        whole = {**self._idle(), **weights}
        self.generator.load_state_dict(whole)
        self._average.module.load_state_dict(whole)

    def _idle(self) -> dict[str, Tensor]:
        """Parts that older weights lack, so that they change nothing."""
        own = self.generator.state_dict()
        return {name: torch.zeros_like(own[name]) for name in ("skip.weight",) if name in own}

    def state_dict(self) -> dict[str, Any]:
        return {
            "generator": self.generator.state_dict(),
            "critic": self.critic.state_dict(),
            "average": self._average.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self._optimisers],
            "steps": self._steps,
            "knobs": self.knobs,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.generator.load_state_dict(state["generator"])
        self.critic.load_state_dict(state["critic"])
        self._average.load_state_dict(state["average"])
        for optimiser, kept in zip(self._optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(kept)
        self._steps = state["steps"]
        self.knobs.update(state["knobs"])


def pairing(winner: Tensor, loser: Tensor, pairs: int = 1) -> Tensor:
    """Mean of softplus(−(winner − loser)) over pairs of scores (n,): Huang et al. 2024, eq. 2.

    Every winner meets the loser beside it and, of `pairs` in all, some further on.
    """
    met = torch.arange(len(loser), device=loser.device) - _APART * torch.arange(
        pairs, device=loser.device
    ).view(-1, 1)
    return F.softplus(loser[met % len(loser)] - winner).mean()


def appraise(
    critic: nn.Module, x: Tensor, made: Tensor, labels: Tensor, part: int
) -> tuple[tuple[Tensor, Tensor], Tensor]:
    """Scores (n,) of real and of made examples, and R1 + R2 without γ/2.

    That is E |∇D(x)|² + E |∇D(made)|² (Mescheder et al. 2018, equation 9; Roth et al. 2017), over
    the first `part` of both.
    """
    near = torch.cat([x[:part], made[:part]]).requires_grad_()
    scores = critic(near, labels[:part].repeat(2))
    (slope,) = torch.autograd.grad(scores.sum(), near, create_graph=True)
    penalty = slope.square().flatten(1).sum(1).sum() / part
    real, fake = scores.chunk(2)
    if part < len(x):
        rest = critic(torch.cat([x[part:], made[part:]]), labels[part:].repeat(2))
        further, worse = rest.chunk(2)
        real, fake = torch.cat([real, further]), torch.cat([fake, worse])
    return (real, fake), penalty
