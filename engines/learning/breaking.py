"""Break it: the failures that books warn of, provoked by knobs of a learner, and their remedies.

Each is a change of values that a person sees and may make by hand, never an animation. What is
seen is measured, and the measure says whether it is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from engines.data.toys import TOYS
from engines.families.vae.net import PointVAE
from engines.learning.learner import Learner
from engines.model import NO_KNOBS, finish
from engines.noise import log_normal
from engines.training.descent import Descent
from engines.training.loop import Training
from engines.training.randomness import normal, seeded
from engines.training.recipes.gan import Contest, appraise
from engines.training.recipes.point_energy import Chains

_SHARE, _NEAR = 0.02, 0.5
"""A mode is covered by 2 % of the samples within half the least distance of two modes."""


@dataclass(frozen=True)
class Preset:
    """A way to break a learner of this family, and back.

    `wild` are the values that break it, `remedy` those that mend it; `back`: only from the moment
    before. `symptom(learner, held_out)` is a figure that has passed `threshold` once it is broken:
    below it, or above it where `above`. `data` names a set of the plane that shows it well.
    """

    name: str
    title: str
    family: str
    options: Mapping[str, float | str]
    wild: Mapping[str, float]
    remedy: Mapping[str, float]
    symptom: Callable[[Learner, Tensor], float]
    threshold: float
    above: bool
    back: bool
    data: str
    seen: str
    """What is seen, and why, in two sentences."""
    advice: str

    def shows(self, figure: float) -> bool:
        """Whether this figure is one of a broken learner."""
        return figure > self.threshold if self.above else figure < self.threshold

    def provoke(self, made: Learner) -> None:
        """Turn the knobs that break it, from the next step on."""
        for name, value in self.wild.items():
            made.change(name, value)

    def mend(self, made: Learner) -> None:
        """Turn the knobs back; where `back`, from the moment before they were turned."""
        if self.back and (turned := [c.step for c in made.changes if c.name in self.wild]):
            made.seek(turned[-1] - 1)
        for name, value in self.remedy.items():
            made.change(name, value)


def modes_covered(x: Tensor, centres: Tensor) -> int:
    """How many of the centres (k, 2) have 2 % of the samples x (n, 2) near them."""
    distance = torch.cdist(x, centres)
    nearest = distance.min(1)
    near = nearest.values < _NEAR * torch.pdist(centres).min()
    count = torch.bincount(nearest.indices[near], minlength=len(centres))
    return int((count >= _SHARE * len(x)).sum())


def kl(made: Learner, x: Tensor) -> float:
    """Nats of KL(q(z | x) ‖ p(z)) of a VAE, on average over x (n, 2), by one draw of each."""
    net = _descent(made).net
    assert isinstance(net, PointVAE)
    labels = torch.full((len(x),), net.classes)
    with torch.no_grad():
        mean, log_sd = net.posterior(x, labels)
        e = normal(seeded(0), *mean.shape)
        log_q = log_normal(e) - log_sd.sum(1)
        found = (log_q - net.log_prior(mean + log_sd.exp() * e, labels)).mean()
    return float(found)


def critic_slope(made: Learner, x: Tensor) -> float:
    """E |∇D(x)|² + E |∇D(G(z))|² of a GAN: what its penalties weigh."""
    contest = _training(made).trainer
    assert isinstance(contest, Contest)
    labels = torch.zeros(len(x), dtype=torch.int64)
    z = normal(seeded(0), len(x), contest.generator.latent)
    with torch.enable_grad():
        drawn = contest.generator(z, labels).detach()
        _, slope = appraise(contest.critic, x, drawn, labels, len(x))
    return slope.item()


def accepted(made: Learner, x: Tensor) -> float:
    """The share of the moves that the persistent chains of an energy have made of late."""
    chains = _training(made).trainer
    assert isinstance(chains, Chains)
    return chains.accepted


def overfit(made: Learner, held_out: Tensor) -> float:
    """Nats by which the points learned from are likelier than those held out (n, 2)."""
    model = made.model()
    if model is None or model.density is None:
        raise ValueError(f"{made.family} has no density to compare")
    x = made.data.train.x[: len(held_out)]
    known, other = (
        finish(model.density.run(part, None, NO_KNOBS)).value.mean() for part in (x, held_out)
    )
    return float(known - other)


def modes_made(made: Learner, x: Tensor) -> float:
    """`modes_covered` of the eight Gaussians, by 500 points that the generator makes just now."""
    contest = _training(made).trainer
    assert isinstance(contest, Contest)
    toy = TOYS["gaussians"]
    points, labels = toy.sample(2_000, seeded(0))
    centres = torch.stack([points[labels == k].mean(0) for k in range(len(toy.labels))])
    z = normal(seeded(0), 500, contest.generator.latent)
    with torch.no_grad():
        return modes_covered(contest.generator(z, torch.zeros(500, dtype=torch.int64)), centres)


def _training(made: Learner) -> Training:
    assert isinstance(made.course, Training)
    return made.course


def _descent(made: Learner) -> Descent:
    trainer = _training(made).trainer
    assert isinstance(trainer, Descent)
    return trainer


PRESETS: tuple[Preset, ...] = (
    Preset(
        name="collapse of the posterior",
        title="Posterior collapse",
        family="vae",
        options={"samples": 1},
        wild={"kl": 100.0},
        remedy={"kl": 1.0},
        symptom=kl,
        threshold=0.05,
        above=False,
        back=False,
        data="moons",
        seen="The encoder answers with the prior whatever it sees, so the codes say nothing and "
        "the decoder makes one blur. A KL divergence that weighs more than what it buys is given "
        "up.",
        advice="Weigh the KL divergence by 1, or let its weight grow from less.",
    ),
    Preset(
        name="mode collapse",
        title="Mode collapse",
        family="gan",
        options={"batch": 64},
        wild={"penalty": 0.0, "pairs": 1, "haste": 0.1, "generator_steps": 10},
        remedy={"penalty": 0.2, "pairs": 8, "haste": 2.0, "generator_steps": 1},
        symptom=modes_made,
        threshold=4.0,
        above=False,
        back=False,
        data="gaussians",
        seen="The generator makes a few of the modes and jumps from some to others. It moves much "
        "faster than the critic, and runs to wherever that is fooled just now.",
        advice="Let the critic keep up: as many steps as the generator, and slopes penalised.",
    ),
    Preset(
        name="exploding critic",
        title="Exploding critic",
        family="gan",
        options={"batch": 64},
        wild={"penalty": 0.0, "rate": 0.02},
        remedy={"penalty": 0.2, "rate": 0.002},
        symptom=critic_slope,
        threshold=100.0,
        above=True,
        back=False,
        data="moons",
        seen="The critic's surface becomes a cliff, and made points jump about along it. Nothing "
        "holds its slopes down where real and made points part.",
        advice="Penalise the slopes (R1 and R2), and lower the learning rate.",
    ),
    Preset(
        name="chains that do not mix",
        title="Chains that do not mix",
        family="energy",
        options={"objective": "chains", "chains": 128},
        wild={"chain_size": 10.0},
        remedy={"chain_size": 0.005},
        symptom=accepted,
        threshold=0.05,
        above=False,
        back=True,
        data="moons",
        seen="The chains stand still, and the energy digs a hole under the points and a hill under "
        "the chains without end. Moves so long land where the energy is high, and are refused.",
        advice="Go back, and take smaller steps: more than half of them should be accepted.",
    ),
    Preset(
        name="over-fitting",
        title="Over-fitting",
        family="kde",
        options={},
        wild={"bandwidth": 0.005},
        remedy={"bandwidth": 0.0},
        symptom=overfit,
        threshold=5.0,
        above=True,
        back=False,
        data="moons",
        seen="Each point of the training set has a peak of its own, and new points fall between "
        "them. The likelihood of what was learned rises while that of what was held out falls.",
        advice="Let held-out points choose the bandwidth: 0 searches for it.",
    ),
)
