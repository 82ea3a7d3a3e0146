"""The families side by side: what theory promises of each, beside what the cards have measured.

The columns of theory are those of Murphy, "Probabilistic Machine Learning: Advanced Topics" (2023),
table 20.1. The cells are our own: they speak of the bundled kinds of network (a flow of coupling
layers is fast both ways, an autoregressive one is not), with rows that the book's table has not
(mixtures, kernels, latent diffusion). Torch-free: the window shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from typing import Any

from engines.checkpoints.catalog import DATA_TITLES, FAMILY_TITLES
from engines.facts import figures
from engines.kinds import Pictures
from engines.model import Card


@dataclass(frozen=True)
class Theory:
    """What holds of the bundled kind of a family, whatever its size.

    D numbers make an example, N examples the data.
    """

    density: str
    sampling: str
    training: str
    latents: str
    architecture: str


ABOUT = {
    "vae": "an encoder and a decoder around a small latent code. Density: a lower bound.",
    "gan": "a generator trained against a critic. No density.",
    "autoregressive": "one number after another, each given those before it. Exact density.",
    "any-order": "one number after another, in any order. Exact density along one order.",
    "flow": "an invertible map from noise to data. Exact density.",
    "diffusion": "noise removed step by step. Density: an estimate.",
    "latent-diffusion": "a diffusion in the latents of an autoencoder. Density: a lower bound.",
    "energy": "a score for every example, sampled by a Markov chain. Density up to a constant.",
    "mfa": "a mixture of Gaussians with few directions each. Exact density.",
    "kde": "a training example plus noise, with no network. Exact density.",
    "autoencoder": "an encoder and a decoder, with no density learned.",
}
"""What each family is, after its name and a colon."""

THEORY = {
    "vae": Theory(
        "lower bound, fast: 1 call a sample of z",
        "exact, fast: 1 call",
        "maximum likelihood (bound)",
        "K dimensions, Gaussian; often K < D",
        "encoder and decoder",
    ),
    "gan": Theory(
        "none: implicit",
        "exact, fast: 1 call",
        "min–max game",
        "K dimensions, Gaussian, no encoder; often K < D",
        "generator and critic",
    ),
    "autoregressive": Theory(
        "exact, fast: 1 call",
        "exact, slow: D calls in a row",
        "maximum likelihood",
        "D, noise: not learned",
        "masked: each number depends on those before it",
    ),
    "any-order": Theory(
        "exact along one order: D calls; bound with fewer",
        "exact, slow: D calls in a row; approximate with fewer",
        "maximum likelihood (bound, over all orders)",
        "D, noise: not learned",
        "reads any mask",
    ),
    "flow": Theory(
        "exact, fast: 1 call",
        "exact, fast: 1 call",
        "maximum likelihood",
        "D, exact inverse",
        "invertible, cheap log-determinant",
    ),
    "diffusion": Theory(
        "estimate along an ODE, or bound: slow",
        "approximate, slow: many calls",
        "denoising (weighted bound)",
        "D, noise by the ODE",
        "unrestricted; output as large as the input",
    ),
    "latent-diffusion": Theory(
        "bound, slow: an ODE for every sample of z",
        "approximate, medium: many small calls",
        "two stages: bound, then denoising",
        "those of its autoencoder; often K ≪ D",
        "encoder, decoder and denoiser",
    ),
    "energy": Theory(
        "unnormalised, fast; its constant is slow",
        "approximate, slow: Markov chain",
        "approximate likelihood, score matching or contrast with noise",
        "none",
        "unrestricted; outputs one number",
    ),
    "mfa": Theory(
        "exact, fast",
        "exact, fast",
        "maximum likelihood (EM)",
        "component and K < D, Gaussian",
        "linear and Gaussian",
    ),
    "kde": Theory(
        "exact, slow for large data: N kernels",
        "exact, fast: no call",
        "only a bandwidth",
        "which of N examples",
        "none",
    ),
}


@dataclass(frozen=True)
class Column:
    """A heading and what it means; `measured` or theory."""

    title: str
    tip: str
    measured: bool = False


@dataclass(frozen=True)
class Cell:
    """What is shown, and in `tip` how it was measured or why there is nothing."""

    text: str
    tip: str = ""


@dataclass(frozen=True)
class Row:
    """One family."""

    family: str
    title: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """All families on one data set; `note` says on what machine the times were taken."""

    data: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str


_THEORY_COLUMNS = (
    Column(
        "Density",
        "Whether p(x) can be computed, and at what cost. "
        "A bound lies below log p(x), an unnormalised density lacks a constant.",
    ),
    Column(
        "Sampling",
        (
            "How samples relate to the model's own distribution, and what one costs. A call is "
            "one evaluation of the network. Defaults chosen for looks (guidance, means instead "
            "of samples) are not the model's own distribution: the badge says so."
        ),
    ),
    Column("Training", "What training makes small or large."),
    Column(
        "Latents",
        "The hidden variables behind an example of D numbers; the count is that of the checkpoint.",
    ),
    Column("Architecture", "What the method asks of the network."),
)
_BITS = Column(
    "Bits per dim.",
    "−log₂ p(x) / D of the 256-level test pictures: lower is better. "
    "≤ marks a bound, ≈ an estimate, ± one standard error. An exact density of real numbers gives "
    "but a bound for the 256 levels (uniform dequantisation).",
    measured=True,
)
_GAP = Column(
    "KL gap, nats",
    "Mean of log p_true(x) − log p(x) over test points: lower is better. "
    "≤ marks a bound, ≈ an estimate, ~ a kernel density of samples, ± one standard error.",
    measured=True,
)
_ENTROPY = Column(
    "Cross-entropy, nats",
    "Mean of −log p(x) over test points: lower is better. "
    "≤ marks a bound, ≈ an estimate, ± one standard error.",
    measured=True,
)
_AGREEMENT = Column(
    "Label agreement",
    (
        "How often an independent classifier finds the class that was asked for, in the "
        "samples that the cell's tip counts, at the default settings; “own” without guidance, "
        "at temperature 1, pixels sampled instead of means."
    ),
    measured=True,
)
_COSTS = (
    Column("16 samples", "Time at the default knobs, and network calls per sample.", measured=True),
    Column(
        "16 densities",
        "Time of the density above, whatever its meaning, at the default knobs: "
        "64 samples of z for a VAE.",
        measured=True,
    ),
    Column("Parameters", "Numbers stored in the checkpoint.", measured=True),
)


def table(data: str, cards: Iterable[Card]) -> Table:
    """All families with the measured figures of the cards of one data set."""
    of = {card.family: card for card in cards if card.data == data}
    pictures = any(isinstance(card.kind, Pictures) for card in of.values())
    known = any("kl_gap" in card.figures for card in of.values())
    headline = _BITS if pictures else _GAP if known else _ENTROPY
    judged = (headline, _AGREEMENT) if pictures else (headline,)
    rows = tuple(
        Row(family, title, _cells(family, of.get(family), data, (*judged, *_COSTS)))
        for family, title in FAMILY_TITLES.items()
    )
    title = DATA_TITLES.get(data, data)
    return Table(data, title, (*_THEORY_COLUMNS, *judged, *_COSTS), rows, _machine(of))


def markdown(shown: Table) -> str:
    """The table for a page."""
    heads = ["Family", *(column.title for column in shown.columns)]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for row in shown.rows:
        lines.append("| " + " | ".join([row.title, *(cell.text for cell in row.cells)]) + " |")
    return "\n".join(lines) + "\n"


def _cells(
    family: str, card: Card | None, data: str, measured: Iterable[Column]
) -> tuple[Cell, ...]:
    theory = [Cell(text) for text in astuple(THEORY[family])]
    if card is None:
        absent = (
            f"There is no {FAMILY_TITLES[family]} checkpoint for {DATA_TITLES.get(data, data)}."
        )
        return (*theory, *(Cell(figures.NOTHING, absent) for _ in measured))
    latents: Mapping[str, Any] = card.figures.get("latents", {})
    if latents.get("value") and not theory[3].text.startswith("none"):
        theory[3] = Cell(f"{theory[3].text}; here {latents['value']:,}", latents.get("nature", ""))
    return (*theory, *(_measured(card, column) for column in measured))


def _measured(card: Card, column: Column) -> Cell:
    if column is _COSTS[2]:
        return Cell(f"{card.parameters:,}")
    name = _figure_of(card, column)
    figure: Mapping[str, Any] = card.figures.get(name, {})
    if "value" not in figure:
        return _nothing(card, column)
    if column is _AGREEMENT:
        text = figures.percent(card.figures, name)
        if f"own_{name}" in card.figures:
            text += f" (own {figures.percent(card.figures, f'own_{name}')})"
            return Cell(text, f"{_how(figure)}; own: {_how(card.figures[f'own_{name}'])}")
    elif name.endswith("_ms"):
        text = figures.duration(card.figures, name) + _calls(card, name)
    else:
        text = figures.shown(card.figures, name, 3 if column is _BITS else 4)
    return Cell(text, _how(figure))


def _figure_of(card: Card, column: Column) -> str:
    if column is _GAP:
        return "kl_gap" if "kl_gap" in card.figures else "sample_kl_gap"
    return {
        _BITS: "bits_per_dim",
        _ENTROPY: "cross_entropy",
        _AGREEMENT: "label_agreement",
        _COSTS[0]: "sampling_ms",
        _COSTS[1]: "density_ms",
    }[column]


def _nothing(card: Card, column: Column) -> Cell:
    """Why a figure is not there."""
    density = THEORY[card.family].density
    if column in (_BITS, _GAP, _ENTROPY, _COSTS[1]) and density.startswith("none"):
        return Cell("none", "An implicit model has no density.")
    if column in (_BITS, _GAP, _ENTROPY) and density.startswith("unnormalised"):
        return Cell(figures.NOTHING, "Its density lacks a constant, so it does not compare.")
    group = "quality" if column is _AGREEMENT else "cost" if column in _COSTS else "likelihood"
    command = f"python -m engines.training evaluate {card.name} --only {group}"
    return Cell(figures.NOTHING, f"Not measured yet: {command}")


def _calls(card: Card, name: str) -> str:
    calls = card.figures.get("calls", {}).get("value")
    if calls is None or name != "sampling_ms":
        return ""
    return f", {calls:,} call{'' if calls == 1 else 's'}"


def _how(figure: Mapping[str, Any]) -> str:
    """The method and on how many examples, for a tool tip."""
    parts = [str(figure["method"])] if "method" in figure else []
    if "floor" in figure:
        parts.append(f"real test pictures: {100 * figure['floor']:.1f} %")
    if "examples" in figure:
        parts.append(f"{figure['examples']:,} examples")
    return "; ".join(parts)


def _machine(cards: Mapping[str, Card]) -> str:
    """The machines that the times were taken on."""
    timed = [card.figures.get("sampling_ms", {}) for card in cards.values()]
    places = dict.fromkeys(
        f"{figure['hardware']}, {figure['threads']} thread{'' if figure['threads'] == 1 else 's'}"
        for figure in timed
        if "hardware" in figure and "threads" in figure
    )
    return f"Times on {'; '.join(places)}." if places else "No times were measured yet."
