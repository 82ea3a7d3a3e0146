"""Drawing states of a foreign denoiser: by its own scheduler, by another, by Heun's method."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import torch
from torch import Tensor

from engines.drawing import GUIDANCE, need_exact
from engines.families.diffusion.probability_flow import heun
from engines.model import Exactness, Knob, Procedure, SampleRequest, Steps, settle
from engines.noise import Streams
from engines.outside.drawing.denoiser import ForeignDenoiser
from engines.outside.drawing.descent import Blend, Start, descend
from engines.outside.drawing.networks import ClassNetwork
from engines.outside.loading import fewest_steps, quiet, scheduler_of

HEUN = "Heun, probability-flow ODE"
OTHERS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "DDIM": ("DDIMScheduler", {}),
    "DPM-Solver++ 2M": ("DPMSolverMultistepScheduler", {"algorithm_type": "dpmsolver++"}),
    "Euler": ("EulerDiscreteScheduler", {}),
}
"""Schedulers of diffusers that fit any variance-preserving training, with their settings."""

_SOURCES = {
    "DDPMScheduler": "Ho et al. 2020",
    "DDIMScheduler": "Song et al. 2021 (DDIM)",
    "PNDMScheduler": "Liu et al. 2022",
    "DPMSolverMultistepScheduler": "Lu et al. 2022",
    "DPMSolverSinglestepScheduler": "Lu et al. 2022",
    "UniPCMultistepScheduler": "Zhao et al. 2023",
    "DEISMultistepScheduler": "Zhang & Chen 2023",
}
_FOLLOW_THE_ODE = (
    "DDIMScheduler",
    "PNDMScheduler",
    "EulerDiscreteScheduler",
    "EDMEulerScheduler",
    "HeunDiscreteScheduler",
    "DPMSolverMultistepScheduler",
    "DPMSolverSinglestepScheduler",
    "EDMDPMSolverMultistepScheduler",
    "UniPCMultistepScheduler",
    "DEISMultistepScheduler",
)
"""Schedulers that draw no noise on the way."""
_PLAIN = ("", "dpmsolver", "dpmsolver++", "deis")
"""Of those with several algorithms, the ones that are for the ODE."""
_KARRAS = "Karras et al. 2022"
_CLASSES = 0x636C6173736573


@dataclass(frozen=True)
class Progress:
    """One network call of `total`, and the clean states z (n, C, H, W) as guessed after it."""

    done: int
    total: int
    guess: Tensor


Walk: TypeAlias = Generator[Progress, None, Tensor]


@dataclass(frozen=True)
class Drawing:
    """States z ~ p(z | c) of a denoiser. `kind` and `config` are the pipeline's own scheduler."""

    net: ForeignDenoiser
    kind: str
    config: Mapping[str, Any]
    device: torch.device
    guides: bool
    """Whether guidance means anything: there are classes with an "any", or texts."""

    @property
    def samplers(self) -> tuple[str, ...]:
        """Names of the ways to draw, the pipeline's own first."""
        more = () if "sigma_data" in self.config or self.kind.startswith("EDM") else tuple(OTHERS)
        return (f"{self.kind}, the pipeline's own", HEUN, *more)

    def knobs(self, *, steps: int, guidance: Knob = GUIDANCE) -> tuple[Knob, ...]:
        """Sampler, steps and guidance, as far as they mean something here."""
        trained = int(self.config.get("num_train_timesteps", 1000))
        fewest, names = fewest_steps(self.kind, self.config), self.samplers
        sampler = Knob(
            "sampler",
            "Sampler",
            0,
            0,
            len(names) - 1,
            1,
            (
                "How noise is removed. The pipeline's own is what its authors used; all "
                "approach the learned distribution as steps grow."
            ),
            choices=names,
        )
        count = Knob(
            "steps",
            "Steps",
            min(steps, trained),
            min(fewest, trained),
            min(1000, trained),
            1,
            (
                "Number of noise levels. More come closer to the model's distribution, "
                "except for models that were distilled to a few; Heun's method calls the "
                "network nearly twice for each."
            ),
        )
        return (sampler, count, *([guidance] if self.guides else []))

    def classes(self, labels: Tensor, request: SampleRequest) -> Tensor:
        """Class indices (n,); where a network knows no "any", the class is drawn for p(x)."""
        network = self.net.network
        if not isinstance(network, ClassNetwork) or network.null is not None:
            return labels
        if not network.classes:
            return labels
        # a stream of their own: asking for a class must not change the noise
        drawn = Streams(request.seed ^ _CLASSES, request.indices).integers(network.classes)
        return torch.where(labels == network.classes, drawn, labels)

    def run(
        self,
        streams: Streams,
        labels: Tensor,
        knobs: Mapping[str, float],
        blend: Callable[[Any, Tensor], Blend] | None = None,
    ) -> Walk:
        """States z (n, C, H, W) for the pictures of these streams, of classes (n,).

        `blend(scheduler, noise)` makes what is done to the state after every step.
        """
        shape = self.net.shape
        noise = streams.normal(*shape).to(self.device)
        steps, guidance = int(knobs["steps"]), knobs.get("guidance", 1.0)
        labels, name = labels.to(self.device), self.samplers[int(knobs.get("sampler", 0))]
        if name == HEUN and blend is None:
            if steps < 2:
                raise ValueError(f"{HEUN} needs at least 2 steps; choose another sampler for one")
            return (yield from self._by_heun(noise, labels, steps, guidance))
        scheduler = self.scheduler(name)
        with quiet():
            scheduler.set_timesteps(steps, device=self.device)
        total = len(scheduler.timesteps)
        run = descend(
            self.net.network.bind(labels, guidance),
            scheduler,
            Start(noise, streams.generators()),
            channels=shape[0],
            blend=None if blend is None else blend(scheduler, noise),
        )
        for done in range(1, total + 1):
            yield Progress(done, total, next(run))
        return _end(run)

    def scheduler(self, name: str) -> Any:
        """A new scheduler of one of `samplers`, its steps not set."""
        if name in OTHERS:
            kind, more = OTHERS[name]
            plain = {key: self.config[key] for key in _TRAINING if key in self.config}
            return scheduler_of(kind, {**plain, **more})
        return scheduler_of(self.kind, self.config)

    def _by_heun(self, noise: Tensor, labels: Tensor, steps: int, guidance: float) -> Walk:
        net = self.net.guided(guidance)
        total = 2 * steps - 1

        def denoise(y: Tensor, sigma: float) -> Tensor:
            return net(y, y.new_full((len(y),), sigma), labels)  # type: ignore[no-any-return]

        run = heun(denoise, net.span[1] * noise, steps, net.span)
        for done in range(1, total):
            yield Progress(done, total, next(run) / net.unit)
        z = _end(run) / net.unit
        yield Progress(total, total, z)
        return z

    @property
    def exact(self) -> Mapping[str, float]:
        """The knobs at which samples follow the ODE."""
        ode = {} if self._follows(self.samplers[0]) else {"sampler": self.samplers.index(HEUN)}
        return {**ode, **({"guidance": 1.0} if self.guides else {})}

    def _follows(self, name: str) -> bool:
        """Whether a sampler draws no noise on the way, as pipelines run it."""
        if name == HEUN or name in OTHERS:
            return True
        return self.kind in _FOLLOW_THE_ODE and self.config.get("algorithm_type", "") in _PLAIN

    def codes(self, request: SampleRequest, knobs: tuple[Knob, ...]) -> Tensor:
        """The noise (n, K) of a request, where its sampler adds none and nothing guides it.

        Raises ValueError where it does: what the ODE makes of that noise is another picture.
        """
        unguided = tuple(replace(k, own=1.0) for k in knobs if k.name == "guidance")
        need_exact(unguided, request, self.exact)
        name = self.samplers[int(settle(knobs, request.knobs)["sampler"])]
        if not self._follows(name):
            raise ValueError(
                f"samples of {self.kind} have no exact codes: it adds noise on the way"
            )
        return Streams(request.seed, request.indices).normal(*self.net.shape).flatten(1)

    @property
    def note(self) -> str:
        """What the network had to give up for want of memory."""
        return self.net.network.portions.note

    def cost(self, labels: Tensor, guidance: float) -> int:
        """Network evaluations of one call."""
        return self.net.network.cost(labels, guidance)

    def procedure(self, knobs: Mapping[str, float]) -> Procedure:
        """How states come about at these knobs."""
        name = self.samplers[int(knobs.get("sampler", 0))]
        kind = OTHERS[name][0] if name in OTHERS else self.kind
        heuns = name == HEUN
        source = _KARRAS if heuns else _SOURCES.get(kind, _KARRAS)
        method = f"{HEUN if heuns else kind}, {int(knobs['steps'])} steps"
        w = knobs.get("guidance", 1.0)
        if w == 1.0 or not self.guides:
            return Procedure(Exactness.ASYMPTOTIC, method, source)
        method = f"{method}; guidance {w:g}: not the model's distribution"
        return Procedure(Exactness.HEURISTIC, method, f"Ho & Salimans 2022; {source}")


_TRAINING = (
    "num_train_timesteps",
    "beta_start",
    "beta_end",
    "beta_schedule",
    "trained_betas",
    "prediction_type",
    "clip_sample",
    "clip_sample_range",
    "set_alpha_to_one",
    "steps_offset",
    "rescale_betas_zero_snr",
    "timestep_spacing",
)
"""The settings that say how a network was trained, which every scheduler must share."""


def _end(run: Generator[Tensor, None, Tensor]) -> Tensor:
    """What a run that has made its calls ends at."""
    steps = Steps(run)
    for _ in steps:
        raise AssertionError("a run made more calls than it said")
    return steps.result
