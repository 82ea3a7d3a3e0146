"""The families: one line each, a function from a card to a model, and what comes from elsewhere.

A plug-in is an installed package with an entry point in the group `genscope.families`: the name
of the family and its `load(card, device)`. It is imported when a model of it is opened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import entry_points
from typing import TypeAlias

import torch

from engines import outside
from engines.checkpoints.catalog import FAMILY_TITLES, CheckpointError, is_foreign
from engines.families.any_order import model as any_order
from engines.families.autoregressive import model as autoregressive
from engines.families.diffusion import model as diffusion
from engines.families.energy import model as energy
from engines.families.flow import model as flow
from engines.families.gan import model as gan
from engines.families.kde import model as kde
from engines.families.latent_diffusion import model as latent_diffusion
from engines.families.mfa import model as mfa
from engines.families.vae import model as vae
from engines.model import Card, Knob, Model, SampleRequest, settle
from engines.outside import cards

Loader: TypeAlias = Callable[[Card, torch.device], Model]

GROUP = "genscope.families"
FAMILIES: dict[str, Loader] = {
    "vae": vae.load,
    "autoregressive": autoregressive.load,
    "any-order": any_order.load,
    "gan": gan.load,
    "flow": flow.load,
    "diffusion": diffusion.load,
    "latent-diffusion": latent_diffusion.load,
    "energy": energy.load,
    "kde": kde.load,
    "mfa": mfa.load,
}


def loader(card: Card) -> Loader:
    """What opens a card. Raises CheckpointError where neither Genscope nor a plug-in can."""
    if is_foreign(card):
        return outside.load
    if cards.of_architecture(card):
        return cards.load
    if card.family in FAMILIES:
        return FAMILIES[card.family]
    plugins = entry_points(group=GROUP, name=card.family)
    if not plugins:
        title = FAMILY_TITLES.get(card.family, card.family)
        raise CheckpointError(
            f"{card.name}: this version cannot open the family '{title}', and no plug-in brings it"
        )
    return _guarded(next(iter(plugins)).load, card.family)


def _guarded(fetch: Callable[[], Loader], family: str) -> Loader:
    """A plug-in's loader, whose every fault becomes one sentence: it must not stop the rest."""

    def load(card: Card, device: torch.device) -> Model:
        try:
            model = fetch()(card, device)
        except CheckpointError:
            raise
        except Exception as error:  # code that is not ours may raise anything
            fault = f"{type(error).__name__}: {error}".splitlines()[0]
            raise CheckpointError(
                f"{card.name}: the plug-in for the family '{family}' failed: {fault}"
            ) from error
        if not isinstance(model, Model) or model.card != card:
            raise CheckpointError(
                f"{card.name}: the plug-in for the family '{family}' returned no Model of this card"
            )
        return model

    return load


def recommended(model: Model) -> Model:
    """The model with the defaults that its card recommends.

    A knob that warns remembers which value is the model's own. Raises CheckpointError for a knob
    that the model does not have and for a value out of its range.
    """
    card = model.card
    if not card.recommended:
        return model
    try:
        settle(model.knobs, card.recommended)
    except (ValueError, TypeError) as error:
        raise CheckpointError(
            f"the card of {card.name} recommends what it has not: {error}"
        ) from None

    def of(knob: Knob) -> Knob:
        if knob.name not in card.recommended:
            return knob
        own = knob.default if knob.warn else None
        return replace(knob, default=float(card.recommended[knob.name]), own=own)

    def turned(asked: SampleRequest) -> SampleRequest:
        return replace(asked, knobs={**card.recommended, **asked.knobs})

    latents = model.latents
    if latents is not None and latents.drawn is not None:
        drawn = latents.drawn
        latents = replace(latents, drawn=lambda asked: drawn(turned(asked)))
    return replace(
        model,
        knobs=tuple(map(of, model.knobs)),
        latents=latents,
        sample=lambda asked: model.sample(turned(asked)),
        procedure=lambda given: model.procedure({**card.recommended, **given}),
    )
