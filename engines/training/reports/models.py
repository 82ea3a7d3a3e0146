"""The measured figures of all cards as pages: docs/models.md, and the families in README."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from engines.checkpoints.catalog import DATA_TITLES, FAMILY_TITLES, shipped
from engines.data.toys import TOYS
from engines.facts import figures, taxonomy
from engines.families.vae.model import DRAW
from engines.inpaint.classes import SEPARATE_READER, reads
from engines.kinds import Pictures, Points
from engines.model import Card
from engines.readers import classifier
from engines.readers.classifier import HOLES

_Columns: TypeAlias = Mapping[str, Callable[[Card], str]]

BEGIN = "<!-- families: written by python -m engines.training report -->"
END = "<!-- /families -->"
_SHOWN = "mnist"

_HEAD = """# What the bundled models reach

Look up here what each bundled model reaches on data that it has not seen, and what that costs.

Written by `python -m engines.training report` from the cards in `assets/models/`, whose figures
`python -m engines.training evaluate NAME` measured on the full held-out test sets, or on as many
first examples as the card says. Bits per dimension are of the 256-level picture and of p(x), no
class given; ≤ marks a bound, ≈ an estimate, ± is one standard error, – what was not measured. The
KL gap is the mean of log p_true(x) − log p(x) over test points, for a bound an upper bound on it;
~ marks that of a kernel density of samples, for models without a density. The entropy is that of
the truth, the cross-entropy a mean over 20,000 points, so that it may lie below it by chance; the
gap compares both at the same points. Mass is the integral of the density over the plane by the
midpoint rule on ever finer cells, 1024 × 1024 at most; of diffusions, an ODE for every cell, on no
more than 512 × 512, which the towns of world cities may notice. An exact density of real numbers
gives a bound for the 256 levels of a picture: uniform dequantisation (Theis et al. 2016). The
diffusion of digits samples by the reverse SDE, its log p(x) is that of the probability-flow ODE:
for a learned score these are two distributions (Song et al. 2021). The densities are drawn on
[their own page](densities.md).
"""
_PICTURES_HEAD = """\
Bits per dimension are means over many pictures by the method named; a bound, ≤, is one on average
over its random draws, which a mean over thousands of pictures comes close to. For one picture the
window and `score` write ≲, and ± only where the error is known:

- Importance samples: ± by the jackknife. Over 16 repeats for 20 test pictures the VAE's IWAE-64
  scattered by 2.1 nats a picture; the scatter was 0.86 of the error shown. The delta method
  showed a third of it.
- Any-order: one fixed order of the pixels in 56 groups, those of a group taken as independent.
  This lies 2.2 ± 0.6 nats (0.0041 bits/dim) below the same order pixel by pixel; 28 groups 4.8 ±
  0.8, 112 groups 0.8 ± 0.2 (16 test pictures). It has no random draws. The random masks of the
  table scatter by 60 nats a picture (20 pictures, 12 repeats), so that they serve for means
  alone: on the first 200 test pictures they gave 0.953 bits/dim, one order in 56 groups 0.940 ±
  0.020, and the difference is 7.5 ± 7.6 nats a picture. 784 groups are the exact order, 14 times
  as slow.
- Diffusion: the mean of two dequantisation draws, each along the ODE by 16 Runge–Kutta steps with
  33 calls with derivatives. On 8 digits they erred by 0.03 nats on average and 0.6 at most. The
  figure of 10,000 pictures was measured with 24 steps of Heun's method, 48 such calls, which gave
  1.1103 bits/dim; on 64 of them, with the same draws for both, its log p is 3.5 ± 0.1 nats above
  that of these steps, and the table has the sum (`python -m engines.training solver`).
- Flow and factor analysers: one dequantisation draw, whose error is not known.

An energy has no bits. E(x) is shown in nats, larger where x is less likely: −E(x) is log p(x) up
to a constant.
"""
_NOISE = "Samples of the kernel density carry its noise, which the classifier cannot read."
_QUALITY_HEAD = f"""Of class-conditional samples at the default knobs, in the features of the
project's own classifier: compare only among themselves, and only where there are as many. Before
the rows stands the floor: as many real test pictures in the place of samples. Some cards recommend
guidance or a temperature, and a VAE shows the mean of p(x | z): such samples are not the model's
own distribution. The table of pictures says which, and how often samples without these (1,000, of
diffusion 10,000; of the any-order model still with several pixels a call) are read as asked.
{_NOISE}
"""
_HOLES_HEAD = """Test pictures with the centre square or the left half unknown, filled by the first
method of each model in the settings named (`python -m engines.training inpainting NAME`): how often
the project's classifier reads a completion as the digit that the picture shows, of how many
pictures; and the share of hidden pixels inside the central 90 % of 32 draws, ± one standard error
over pictures. Draws that doubt as they should hold 90 % of the truth, and more where a pixel is
almost sure, as most of the background is: so the second share is that of the pixels on which the
draws differ. In brackets of how many pictures. An error over few pictures is rough: of 20 that are
all read as the truth it would be 0, and the share might still be 86 %. Draws of the kernel density
carry its noise, which the classifier cannot read.

Where no class is asked, most methods draw it by a separate classifier of the known pixels before
they fill the hole. The first two shares are then mostly a figure of the reader: the row of the
reader alone is how often the class that it draws is the true one, which a model that draws every
class legibly reaches and does not pass by much. The next two are of the same methods with the
model's own label for any class in the place of the reader. Factor analysers and the kernel density
weigh the classes by their own p(class | known pixels) and never ask the reader: compare their rows
with those columns. Figures of VAEs and latent diffusions are of drawn pixels: the mean of p(x |
z), which the window shows unless asked, is no draw and has no coverage.
"""


def write(page: Path = Path("docs/models.md"), readme: Path = Path("README.md")) -> None:
    """Write the page, and the table of families between its two comments in the README."""
    cards = shipped()
    page.write_text(models(cards), encoding="utf-8")
    families = taxonomy.table(_SHOWN, cards)
    text = f"{taxonomy.markdown(families)}\nFigures: {families.title}. {families.note} {_NOISE}\n"
    readme.write_text(between(readme.read_text("utf-8"), text), encoding="utf-8")


def models(cards: Iterable[Card]) -> str:
    """The page of all models."""
    cards = tuple(cards)
    pictures = [card for card in cards if isinstance(card.kind, Pictures)]
    points = [card for card in cards if isinstance(card.kind, Points)]
    parts = [
        _HEAD,
        "## The families\n",
        taxonomy.markdown(taxonomy.table(_SHOWN, cards)),
        "## Pictures\n",
        _PICTURES_HEAD,
        _table(_PICTURES, pictures),
    ]
    if judged := [card for card in pictures if "frechet" in card.figures]:
        parts += ["## Sample quality\n", _QUALITY_HEAD, _quality(judged)]
    if filled := [
        card for card in pictures if any(f"inpainting_{h}" in card.figures for h in _HOLES)
    ]:
        parts += ["## Holes in pictures\n", _HOLES_HEAD, _holes(filled)]
    return "\n".join([*parts, "## Points\n", _table(_POINTS, points)])


def between(page: str, text: str) -> str:
    """The page with `text` between the two comments.

    Raises ValueError when they are not there, in this order.
    """
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page lacks '{BEGIN}' followed by '{END}'")
    return f"{head}{BEGIN}\n\n{text}\n{END}{tail}"


def _likelihood(name: str) -> Callable[[Card], str]:
    """A figure of the density, or the reason why a family has none."""

    def cell(card: Card) -> str:
        kind = taxonomy.THEORY[card.family].density.partition(":")[0].partition(",")[0]
        missing = kind if kind in ("none", "unnormalised") else figures.NOTHING
        return figures.shown(card.figures, name) if name in card.figures else missing

    return cell


def _gap(card: Card) -> str:
    name = "kl_gap" if "kl_gap" in card.figures else "sample_kl_gap"
    return figures.shown(card.figures, name)


def _method(*names: str) -> Callable[[Card], str]:
    """How the first of these figures was computed, and on how many examples if not on all."""

    def cell(card: Card) -> str:
        found = (card.figures[name] for name in names if name in card.figures)
        figure: Mapping[str, Any] = next(found, {})
        return str(figure.get("method", figures.NOTHING))

    return cell


def _trained(card: Card) -> str:
    if "steps" not in card.training:
        return card.recipe  # no gradient steps were taken: the recipe says what was done instead
    how = f"{card.training.get('minutes', 0)} min, {card.training['steps']:,} steps"
    return f"{how}, lastly on {device}" if (device := card.training.get("device")) else how


def _sampling(card: Card) -> str:
    return figures.duration(card.figures, "sampling_ms")


def _entropy(card: Card) -> str:
    return f"{TOYS[card.data].entropy:.4f}" if card.data in TOYS else "unknown"


def _hole(card: Card, hole: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = card.figures.get(f"inpainting_{hole}", {})
    return found


def _read(hole: str) -> Callable[[Card], str]:
    """How often completions are read as the true class, and of how many pictures."""

    def cell(card: Card) -> str:
        if not (found := _hole(card, hole)):
            return figures.NOTHING
        share, error = 100 * found["value"], 100 * found["stderr"]
        return f"{share:.1f} ± {error:.1f} % ({found['examples']})"

    return cell


def _without(hole: str) -> Callable[[Card], str]:
    """The same without the reader; what never asks it has one figure for both."""

    def cell(card: Card) -> str:
        found = _hole(card, hole)
        if "any_value" not in found:
            own = "knobs" in found and not _asks_reader(found)
            return _read(hole)(card) if own else "not measured"
        share, error = 100 * found["any_value"], 100 * found["any_stderr"]
        return f"{share:.1f} ± {error:.1f} % ({found['any_examples']})"

    return cell


def _asks_reader(found: Mapping[str, Any]) -> bool:
    return bool(found.get("class_from") == SEPARATE_READER)


def _class_from(card: Card) -> str:
    """Where a draw has its class from."""
    holes = [found for hole in _HOLES if "knobs" in (found := _hole(card, hole))]
    if not holes:
        return figures.NOTHING
    asked = any(_asks_reader(found) for found in holes)
    return "the reader" if asked else "its own p(class \\| known pixels)"


def _covered(hole: str) -> Callable[[Card], str]:
    """How much of the truth the central 90 % of the draws hold, and of how many pictures."""

    def cell(card: Card) -> str:
        if not (found := _hole(card, hole)):
            return figures.NOTHING
        whole, error = 100 * found["coverage"], 100 * found.get("coverage_stderr", 0)
        varying = f", {100 * v:.1f} %" if (v := found.get("coverage_varying")) else ""
        return f"{whole:.1f} ± {error:.1f} %{varying} ({found['coverage_examples']})"

    return cell


def _filling(card: Card) -> str:
    """The method; where the holes were filled in different ways, that of each."""
    ways = {
        f"{found['method']} ({found['exactness']}){_pixels(found)}{_reader(found)}": title
        for hole, title in _HOLES.items()
        if (found := _hole(card, hole))
    }
    if len(ways) == 1:
        return next(iter(ways))
    return "; ".join(f"{title}: {way}" for way, title in ways.items())


def _pixels(found: Mapping[str, Any]) -> str:
    """Where figures are of drawn pixels and the window shows a mean unless asked."""
    if found.get("knobs", {}).get("pixels") != DRAW:
        return ""
    return "; here pixels are drawn from p(x \\| z), the window shows its mean unless asked"


def _reader(found: Mapping[str, Any]) -> str:
    """Where figures are with the reader and the window asks the model unless told otherwise."""
    if not (_asks_reader(found) and "class" in found.get("apart", ())):
        return ""
    return "; here the reader draws the class, the window asks the model's own posterior"


def _settings(card: Card) -> str:
    """What the card recommends, at which samples are judged and timed."""
    return ", ".join(f"{k} {v:g}" for k, v in card.recommended.items()) or figures.NOTHING


def _examples(card: Card) -> str:
    count = card.figures.get("bits_per_dim", {}).get("examples")
    return figures.NOTHING if count is None else f"{count:,}"


_WHO: _Columns = {
    "data": lambda c: DATA_TITLES.get(c.data, c.data),
    "family": lambda c: FAMILY_TITLES[c.family],
}
_PICTURES: _Columns = {
    **_WHO,
    "parameters": lambda c: f"{c.parameters:,}",
    "trained": _trained,
    "bits/dim": _likelihood("bits_per_dim"),
    "method": _method("bits_per_dim"),
    "pictures": _examples,
    "ELBO, bits/dim": lambda c: figures.shown(c.figures, "elbo_bits_per_dim"),
    "settings": _settings,
    "label agreement (floor)": lambda c: figures.beside_floor(c.figures, "label_agreement"),
    "of its own distribution": lambda c: figures.shown(c.figures, "own_label_agreement"),
    "Fréchet (floor)": lambda c: figures.beside_floor(c.figures, "frechet"),
    "coverage (floor)": lambda c: figures.beside_floor(c.figures, "coverage"),
    "16 samples": _sampling,
}
_POINTS: _Columns = {
    **_WHO,
    "parameters": lambda c: f"{c.parameters:,}",
    "entropy, nats": _entropy,
    "cross-entropy, nats": _likelihood("cross_entropy"),
    "KL gap, nats": _gap,
    "method": _method("cross_entropy", "sample_kl_gap"),
    "mass": lambda c: figures.shown(c.figures, "mass"),
    "16 samples": _sampling,
}
_HOLES = {"square": "centre square", "left": "left half"}
_FILLED: _Columns = {
    **_WHO,
    "method": _filling,
    "class of a draw": _class_from,
    **{f"{title}, read as the truth": _read(hole) for hole, title in _HOLES.items()},
    **{f"{title}, without the reader": _without(hole) for hole, title in _HOLES.items()},
    **{f"{title}, inside 90 %": _covered(hole) for hole, title in _HOLES.items()},
}
_QUALITY = {
    "label agreement": ("label_agreement", 4),
    "Fréchet": ("frechet", 2),
    "precision": ("precision", 3),
    "recall": ("recall", 3),
    "density": ("density", 3),
    "coverage": ("coverage", 3),
    "nearest training": ("nearest_training", 2),
}


def _table(columns: _Columns, cards: Iterable[Card]) -> str:
    return _lines([*columns], ([cell(card) for cell in columns.values()] for card in cards))


def _holes(cards: Sequence[Card]) -> str:
    """A row for every model, before each data set's rows that of the reader alone."""
    rows: list[list[str]] = []
    for data in dict.fromkeys(card.data for card in cards):
        if reads(data):
            rows.append(_reader_alone(data))
        of = [card for card in cards if card.data == data]
        rows += [[cell(card) for cell in _FILLED.values()] for card in of]
    return _lines([*_FILLED], rows)


def _reader_alone(data: str) -> list[str]:
    """How often a class drawn from the reader is the true one, whatever is filled in then."""
    found = classifier.read(f"{data}{HOLES}").figures
    shares = [
        f"{100 * found[hole]['true_class']:.1f} % ({found[hole]['examples']:,})"
        if hole in found
        else figures.NOTHING
        for hole in _HOLES
    ]
    rest = [figures.NOTHING] * (2 * len(_HOLES))
    way = "its p(class \\| known pixels) of the true class on average; nothing is filled"
    return [DATA_TITLES.get(data, data), "the reader alone", way, "the reader", *shares, *rest]


def _quality(cards: Iterable[Card]) -> str:
    """Every figure of the samples; before each data set's rows their floor."""
    rows: dict[tuple[str, int], list[list[str]]] = {}
    for card in cards:
        count = card.figures["frechet"]["examples"]
        data, family = (cell(card) for cell in _WHO.values())
        floor = [data, "test pictures", f"{count:,}", *_entries(card, "floor")]
        rows.setdefault((card.data, count), [floor]).append(
            [data, family, f"{count:,}", *_entries(card, "value")]
        )
    return _lines([*_WHO, "samples", *_QUALITY], (row for of in rows.values() for row in of))


def _entries(card: Card, key: str) -> list[str]:
    return [
        f"{card.figures[name][key]:.{digits}f}" if name in card.figures else figures.NOTHING
        for name, digits in _QUALITY.values()
    ]


def _lines(heads: list[str], rows: Iterable[list[str]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
