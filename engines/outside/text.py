"""Stable Diffusion 1, 2 and XL and their in-painting variants: p(x | text) over latents.

A prompt makes a model of a model: what comes of it is sampled, filled and walked like any other.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from engines.checkpoints.catalog import CheckpointError
from engines.model import Card, Knob, Model, Prompt
from engines.outside import codec as codecs
from engines.outside import latents, loading
from engines.outside.codec import Codec
from engines.outside.drawing.networks import TextNetwork, Words
from engines.outside.formats.layout import Layout
from engines.outside.memory import Portions, precision

PROMPT_GUIDANCE = Knob(
    "guidance",
    "Guidance",
    7.5,
    0.0,
    20.0,
    0.5,
    "Weight w in D(x) + w (D(x | text) − D(x)), where D(x) is that of the negative prompt. 1 is "
    "the learned p(x | text); most pipelines run at 7.5. Away from 1 a step costs two calls.",
    warn="not as the pipeline runs",
)


_KEPT = 4
"""Texts that are kept as the network reads them: a hand on a path asks for the same two."""


@dataclass(frozen=True, eq=False)
class TextPipeline:
    """What reads a text and draws it. `own` is the scheduler as the pipeline corrects it.

    `hole` is what an in-painting network sees where the whole picture is to be drawn.
    """

    card: Card
    pipeline: Any
    codec: Codec
    own: Any
    device: torch.device
    portions: Portions
    hole: Tensor | None
    guidance: Knob
    _read: dict[tuple[str, str], tuple[Words, Words]] = field(default_factory=dict)

    def model(self, prompt: Prompt) -> Model:
        """The model of p(x | prompt)."""
        words, negative = self._words(prompt.text, prompt.negative)
        if prompt.other:
            other, _ = self._words(prompt.other, prompt.negative)
            words = words.towards(other, prompt.share)
        network = TextNetwork(
            self.pipeline.unet,
            self.codec.latent[0],
            words,
            negative,
            self._sizes(),
            self.hole,
            portions=self.portions,
        )
        made = latents.of_parts(
            self.card,
            self.codec,
            network,
            self.own,
            self.device,
            guidance=self.guidance,
            poor=self._cut(prompt),
        )
        return replace(made, prompted=self.model)

    def _cut(self, prompt: Prompt) -> str:
        """Which of the texts are longer than the network reads, and where they are cut."""
        texts = (
            ("prompt", prompt.text),
            ("negative prompt", prompt.negative),
            ("second prompt", prompt.other),
        )
        said = [cut_of(self.pipeline.tokenizer, text, title) for title, text in texts if text]
        return "; ".join(filter(None, said))

    def _words(self, text: str, negative: str) -> tuple[Words, Words]:
        """A text and the one to stay away from; the last few are kept."""
        found = self._read.pop((text, negative), None) or self._encoded(text, negative)
        self._read[text, negative] = found
        if len(self._read) > _KEPT:
            del self._read[next(iter(self._read))]
        return found

    @torch.no_grad()
    def _encoded(self, text: str, negative: str) -> tuple[Words, Words]:
        """Both texts as the pipeline itself reads them."""
        given: dict[str, Any] = {
            "prompt": text,
            "device": self.device,
            "num_images_per_prompt": 1,
            "do_classifier_free_guidance": True,
            "negative_prompt": negative or None,
        }
        found = self.pipeline.encode_prompt(**given)
        if len(found) == 2:
            return Words(found[0]), Words(found[1])
        states, off, pooled, pooled_off = found
        return Words(states, pooled), Words(off, pooled_off)

    def _sizes(self) -> Tensor | None:
        """What SDXL is told of its picture: its size, no cropping, its size."""
        if not hasattr(self.pipeline, "text_encoder_2"):
            return None
        size = self.card.shape[1:]
        return torch.tensor([[*size, 0, 0, *size]], device=self.device).float()


_SHOWN, _LETTERS = 4, 40
"""Words on either side of a cut, and letters at most."""


def cut_of(tokenizer: Any, text: str, title: str) -> str:
    """Where a tokenizer cuts a text that is longer than its network reads; "" where it does not."""
    most = int(tokenizer.model_max_length)
    with loading.quiet():
        tokens = tokenizer(text, truncation=False, verbose=False).input_ids[1:-1]
    read = most - 2  # the marks at its start and end are tokens, too
    if len(tokens) <= read:
        return ""
    before, after = (
        tokenizer.decode(part, skip_special_tokens=True).strip()
        for part in (tokens[:read], tokens[read:])
    )
    return (
        f"the {title} is cut after “…{' '.join(before.split()[-_SHOWN:])[-_LETTERS:]}”, before "
        f"“{' '.join(after.split()[:_SHOWN])[:_LETTERS]}…”: {read} of its {len(tokens)} tokens are "
        "read"
    )


def load(layout: Layout, card: Card, device: torch.device) -> Model:
    """The model of the empty text. Raises CheckpointError."""
    folder, dtype = layout.folder, precision(device)
    index = folder.table("model_index.json")
    if index.get("requires_aesthetics_score"):
        raise CheckpointError(f"{folder.path} only refines given pictures and cannot make its own")
    nets = {
        part: loading.network(layout, what, device, dtype)
        for part, what in layout.nets.items()
        if part != "vae"
    }
    codec = codecs.load(layout, layout.nets["vae"], device)
    words = {part.replace("text_encoder", "tokenizer") for part in nets if part != "unet"}
    parts = {**nets, **{part: loading.tokenizer(folder, part) for part in sorted(words)}}
    own = loading.scheduler(layout)()
    pipeline = loading.pipeline(layout, index, {**parts, "vae": codec.net, "scheduler": own})
    unet: Any = nets["unet"]
    reliefs = [("attention in slices", lambda: unet.set_attention_slice("max"))]
    portions = Portions([*reliefs] if hasattr(unet, "set_attention_slice") else [])
    fills = _fills(layout, codec)
    try:
        hole = _everything(card, codec, device) if fills else None
        made = TextPipeline(
            card, pipeline, codec, pipeline.scheduler, device, portions, hole, _guidance(layout)
        )
        return made.model(Prompt(""))
    except (RuntimeError, ValueError, IndexError) as error:
        first = (str(error).splitlines() or [""])[0]
        raise CheckpointError(f"{folder.path}: its parts do not fit together: {first}") from error


def _guidance(layout: Layout) -> Knob:
    """The weight that the pipeline itself runs at."""
    own = loading.own_default(layout.pipeline, "guidance_scale")
    return PROMPT_GUIDANCE if own is None else replace(PROMPT_GUIDANCE, default=own)


@torch.no_grad()
def _everything(card: Card, codec: Codec, device: torch.device) -> Tensor:
    """The hole that is the whole picture: its mask, and the latents of a grey one."""
    mask = torch.ones(1, 1, *codec.latent[1:], device=device)
    return torch.cat([mask, codec.encode(torch.zeros(1, *card.shape))], 1)


def _fills(layout: Layout, codec: Codec) -> bool:
    """Whether the network takes a mask and latents besides its own, as in-painting ones do."""
    config = layout.nets["unet"].config
    channels, own = config.get("in_channels", 4), codec.latent[0]
    if config.get("time_cond_proj_dim") is not None:
        raise CheckpointError(
            f"{layout.folder.path} was distilled for its own guidance, which this version does "
            "not know"
        )
    if channels not in (own, 2 * own + 1):
        raise CheckpointError(
            f"{layout.folder.path} has a network of {channels} channels; known are {own} and, for "
            f"in-painting, {2 * own + 1}"
        )
    return bool(channels != own)
