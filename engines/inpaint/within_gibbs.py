"""Variational autoencoders: Gibbs sampling between the latent z and the missing values x_m.

Pseudo-Gibbs (Rezende et al. 2014) takes the encoder q(z | x) for p(z | x) and inherits its error;
Metropolis-within-Gibbs (Mattei & Frellsen 2018) makes q a proposal, and the error goes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import torch
from torch import Tensor

from engines.chains.langevin import adapted
from engines.diagnostics import Diagnosis, by_length, moved, short
from engines.families.vae.model import MEAN, PIXELS
from engines.inpaint.classes import CLASS, classed, classes
from engines.inpaint.method import Hole, Method, filling
from engines.inpaint.pool import SHARED, flattened
from engines.kinds import Kind, Pictures, Points, chosen
from engines.model import Exactness, Knob, Knobs, Model, Procedure, Run, Step, settle
from engines.noise import Streams, choose, log_normal
from engines.parts import Decoder, Posterior

STEPS = Knob(
    "steps",
    "Steps",
    24,
    1,
    2000,
    1,
    "Rounds of the chains, each a new z given all values and new missing values given z.",
)
_PICTURE_STEPS = 60
_POOL: dict[type[Kind], int] = {Pictures: 64, Points: 512}
_FIRST_STEP, _FEW = 0.3, 20


@dataclass(frozen=True)
class State:
    """n latents z (n, K) with what is known of them.

    `prior` is log p(z | c) (n,), `view` the parameters of p(x | z, c) (n, …), `known` (n,)
    log p(x_o | z), and `slope` ∇_z log p(x_o, z) (n, K), zeros where nobody asked.
    """

    z: Tensor
    prior: Tensor
    view: Tensor
    known: Tensor
    slope: Tensor

    @staticmethod
    def joined(states: list[State]) -> State:
        """States one after the other."""
        parts = zip(*(state._parts() for state in states), strict=True)
        return State(*(torch.cat(part) for part in parts))

    def __getitem__(self, rows: Tensor) -> State:
        return State(*(part[rows] for part in self._parts()))

    def chosen(self, other: State, accepted: Tensor) -> State:
        """This state where it is accepted (n,), elsewhere the other."""
        return State(
            *(
                torch.where(accepted.view(-1, *[1] * (mine.dim() - 1)), mine, theirs)
                for mine, theirs in zip(self._parts(), other._parts(), strict=True)
            )
        )

    def _parts(self) -> tuple[Tensor, ...]:
        return self.z, self.prior, self.view, self.known, self.slope


class Likelihood:
    """What a decoder says of one hole.

    `labels` are the classes of the codes (n,), or one for all that are asked about (1,).
    """

    def __init__(self, hole: Hole, decoder: Decoder, labels: Tensor) -> None:
        self.decoder, self.device = decoder, decoder.device
        self.hole, self.labels = hole, labels.to(self.device)
        self.known, self.picture = hole.known.to(self.device), hole.picture.to(self.device)

    def _labels(self, n: int) -> Tensor:
        return self.labels.expand(n, *self.labels.shape[1:])

    def view(self, z: Tensor) -> Tensor:
        """The parameters of p(x | z, c) (n, …)."""
        return self.decoder.view(z, self._labels(len(z)))

    def clamp(self, x: Tensor) -> Tensor:
        """x with the known values in their places."""
        return torch.where(self.known, self.picture, x)

    def log_known(self, view: Tensor) -> Tensor:
        """log p(x_o | z) (n,) for parameters of p(x | z)."""
        x = self.picture.expand(len(view), *self.picture.shape)
        return self.decoder.log_p(view, x, self.known)


class Chained(Likelihood):
    """What the moves ask of a VAE about one hole."""

    def __init__(self, hole: Hole, part: Posterior, labels: Tensor) -> None:
        super().__init__(hole, part, labels)
        self.part = part

    def under(self, label: Tensor) -> Chained:
        """The same of one class alone, () or values of attributes (k,)."""
        return Chained(self.hole, self.part, label[None])

    def at(self, z: Tensor, *, sloped: bool = False) -> State:
        """The state at z (n, K)."""
        with torch.set_grad_enabled(sloped):
            place = z.detach().requires_grad_(sloped)
            prior, view = self.part.log_prior(place, self._labels(len(z))), self.view(place)
            known = self.log_known(view)
            slope = torch.zeros_like(z)
            if sloped:
                (slope,) = torch.autograd.grad((prior + known).sum(), place)
        return State(z, prior.detach(), view.detach(), known.detach(), slope)

    def log_missing(self, state: State, x: Tensor) -> Tensor:
        """log p(x_m | z) (n,) of complete x (n, *shape)."""
        return self.part.log_p(state.view, x, ~self.known)

    def draw(self, state: State, streams: Streams) -> Tensor:
        """x_m ~ p(x_m | z) beside the known values: (n, *shape)."""
        return self.clamp(self.part.drawn(state.view, streams))

    def mean(self, state: State) -> Tensor:
        """E[x_m | z] beside the known values: (n, *shape)."""
        return self.clamp(self.part.expected(state.view))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of q(z | x), each (n, K)."""
        mean, log_sd = self.part.encoder(x, self._labels(len(x)))
        return mean, log_sd.exp()

    def normal(self, streams: Streams) -> Tensor:
        """Standard normal (n, K)."""
        return streams.normal(self.part.latent).to(self.device)

    def from_prior(self, e: Tensor) -> Tensor:
        """z ~ p(z | c) from normals (n, K)."""
        return self.part.from_prior(e, self._labels(len(e)))


def start(posterior: Chained, streams: Streams) -> tuple[State, bool]:
    """Importance resampling: a proposal of its class for each chain; and whether all were picked by
    their own weights, not flattened ones, so that chains need not go far to be fair draws."""
    u, labels = streams.uniform(), posterior.labels
    labels = labels.expand(len(streams), *labels.shape[1:])
    found: list[State] = []
    rows: list[Tensor] = []
    fair = True
    for label in labels.unique(dim=0):
        chains = (labels == label).view(len(streams), -1).all(1).nonzero()[:, 0]
        states, own = _resampled(posterior.under(label), u[chains.cpu()])
        found.append(states)
        fair = fair and own
        rows.append(chains)
    return State.joined(found)[torch.cat(rows).argsort()], fair


def _resampled(posterior: Chained, u: Tensor) -> tuple[State, bool]:
    """One of some proposals for each u (n,), by p(x_o | z) p(z) / r(z).

    Half of r is the prior and half q(z | x) with the hole filled by what the former expect there.
    All chains of a seed and class choose from the same 512, of pictures 64. Where fewer than 16
    would count, the weights are flattened until they do: chains that start apart show whether they
    meet.
    """
    noise = Streams(posterior.hole.seed, [SHARED])
    half = chosen(posterior.hole.card.kind, _POOL, "Gibbs sampling") // 2
    e = noise.normal(half, posterior.part.latent)[0].to(posterior.device)
    prior = posterior.at(posterior.from_prior(e))
    share = flattened(prior.known).exp().to(e.dtype)
    guess = (share @ posterior.mean(prior).flatten(1)).view(1, *posterior.picture.shape)
    mean, sd = posterior.encode(posterior.clamp(guess))
    e = noise.normal(half, posterior.part.latent)[0].to(posterior.device)
    pool = State.joined([prior, posterior.at(mean + sd * e)])
    log_q = log_normal((pool.z - mean) / sd) - sd.log().sum()
    log_weight = pool.known + pool.prior - torch.logaddexp(pool.prior, log_q)
    used = flattened(log_weight)
    fair = torch.equal(used, log_weight.to(used).log_softmax(0))
    return pool[choose(used.cpu(), u).to(posterior.device)], fair


@dataclass(frozen=True)
class Tried:
    """Shares of the moves accepted so far: of Langevin, and of the encoder's proposals."""

    langevin: float | None = None
    encoder: float | None = None

    @property
    def note(self) -> str:
        if self.langevin is None or self.encoder is None:
            return ""
        return f"accepted {100 * self.langevin:.0f} %, encoder {100 * self.encoder:.0f} %"


Move: TypeAlias = Callable[[State, Tensor], tuple[State, Tensor, Tried]]
"""A state and complete x (n, …) -> the next ones, and what was accepted by now."""


def pseudo_gibbs(posterior: Chained, streams: Streams) -> Move:
    """z ~ q(z | x), x_m ~ p(x_m | z): Rezende et al. 2014, appendix F."""

    def move(state: State, x: Tensor) -> tuple[State, Tensor, Tried]:
        mean, sd = posterior.encode(x)
        state = posterior.at(mean + sd * posterior.normal(streams))
        return state, posterior.draw(state, streams), Tried()

    return move


def within_gibbs(posterior: Chained, streams: Streams, settling: int) -> Move:
    """The same with z accepted or not (Mattei & Frellsen 2018, algorithm 2), and Langevin steps.

    These move z under p(z | x_o), x_m integrated out, before x_m is drawn: they go on where the
    proposals of q are refused, as nearly all are on pictures. Units are the encoder's deviations
    at the start; step sizes settle in the first `settling` moves.
    """
    step = torch.full((len(streams),), _FIRST_STEP, device=posterior.device)
    scale: Tensor | None = None
    done, kept = 0, [0.0, 0.0]

    def move(state: State, x: Tensor) -> tuple[State, Tensor, Tried]:
        nonlocal step, scale, done
        mean, sd = posterior.encode(x)
        scale = sd if scale is None else scale
        to = posterior.at(mean + sd * posterior.normal(streams), sloped=True)
        gain = _log_joint(posterior, to, x) - log_normal((to.z - mean) / sd)
        loss = _log_joint(posterior, state, x) - log_normal((state.z - mean) / sd)
        state, proposed = _decide(to, state, gain - loss, streams)
        state, chance = _langevin(posterior, state, step, scale, streams)
        done += 1
        if done <= settling:
            step = adapted(step, chance, 1.0)
        for i, part in enumerate((proposed, chance)):
            kept[i] += part.mean().item()
        tried = Tried(kept[1] / done, kept[0] / done)
        return state, posterior.draw(state, streams), tried

    return move


def _log_joint(posterior: Chained, state: State, x: Tensor) -> Tensor:
    """log p(x, z) (n,)."""
    return state.prior + state.known + posterior.log_missing(state, x)


def _langevin(
    posterior: Chained, state: State, step: Tensor, scale: Tensor, streams: Streams
) -> tuple[State, Tensor]:
    """A Metropolis-adjusted Langevin step on p(z | x_o), and the chances (n,) of it.

    Roberts & Tweedie 1996, in units of `scale` (n, K).
    """
    size = step[:, None]

    def drift(at: State) -> Tensor:
        return at.z + size / 2 * scale.square() * at.slope

    to = posterior.at(drift(state) + size.sqrt() * scale * posterior.normal(streams), sloped=True)
    forth, back = (
        -((end.z - drift(start)) / scale).square().sum(1) / (2 * step)
        for start, end in ((state, to), (to, state))
    )
    return _decide(
        to, state, to.known + to.prior - state.known - state.prior + back - forth, streams
    )


def _decide(to: State, state: State, ratio: Tensor, streams: Streams) -> tuple[State, Tensor]:
    """Metropolis: the next state, and the chances (n,) of the proposal."""
    chance = ratio.nan_to_num(nan=-torch.inf).clamp_max(0).exp()
    return to.chosen(state, streams.uniform().to(chance) < chance), chance


def _fill(exact: bool) -> Callable[[Hole], Run]:
    @torch.no_grad()
    def fill(hole: Hole) -> Run:
        """Chains side by side, one for each draw; guesses are where they stand."""
        part, streams, total = hole.model.posterior, hole.streams, int(hole.knobs["steps"])
        assert part is not None
        posterior = Chained(hole, part, classes(hole))
        averaged = hole.knobs.get("pixels") == MEAN
        state, fair = start(posterior, streams)
        x = posterior.draw(state, streams)
        yield Step(0, hole.count, posterior.mean(state) if averaged else x.clone(), 1)
        if exact:
            state = posterior.at(state.z, sloped=True)
            move = within_gibbs(posterior, streams, total // 2)
        else:
            move = pseudo_gibbs(posterior, streams)
        begun = state.z
        for i in range(1, total + 1):
            state, x, tried = move(state, x)
            shown = posterior.mean(state) if averaged else x
            done = hole.count if i == total else hole.count * i // (total + 1)
            here = moved(state.z, begun) if exact else None
            seen = Diagnosis(acceptance=tried.langevin, moved=None if fair else here)
            note = ", ".join(part for part in (tried.note, Diagnosis(moved=here).note) if part)
            calls = 1 + (3 if exact else 2) * i
            yield Step(done, hole.count, shown.clone(), calls, note, seen.poor)
        return shown.cpu()

    return fill


def _method(exact: bool, of: type[Kind]) -> Method:
    long = replace(STEPS, default=_PICTURE_STEPS) if exact else STEPS
    knobs = (long, PIXELS, CLASS) if of is Pictures else (STEPS,)
    title = "Metropolis-within-Gibbs" if exact else "Pseudo-Gibbs"
    says = (
        "Chains that alternate between the latent and the hole, with the encoder's error corrected."
        if exact
        else "Encodes and decodes repeatedly, as if the encoder were exact."
    )

    def procedure(model: Model, given: Knobs) -> Procedure:
        settled = settle(knobs, given)
        steps = int(settled["steps"])
        method, exactness = f"{title}, {steps} steps", Exactness.HEURISTIC
        if exact:
            method += f" of the encoder's proposals and Langevin in z{short(steps, _FEW)}"
            exactness = by_length(steps, _FEW)
        if settled.get("pixels") == MEAN:
            exactness, method = Exactness.HEURISTIC, method + ", then the mean of p(x | z)"
        source = (
            "Mattei & Frellsen 2018; Roberts & Tweedie 1996" if exact else "Rezende et al. 2014"
        )
        return classed(Procedure(exactness, method, source), settled, model)

    def fits(model: Model) -> bool:
        return model.posterior is not None and isinstance(model.card.kind, of)

    name = "mwg" if exact else "pseudo-gibbs"
    return Method(name, title, says, fits, procedure, filling(_fill(exact), knobs), knobs)


METHODS = tuple(_method(exact, of) for exact in (True, False) for of in _POOL)
