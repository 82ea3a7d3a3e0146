"""The checkpoints at hand: cards read from `assets/models/<data set>/<family>.toml`, and after them
the user's own from `models/<data set>/<name>.toml` in the user's folder of data. No torch.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from engines import kinds, naming
from engines.model import Attribute, Card, class_attributes
from engines.naming import Sentence

OUTSIDE = "outside"
"""Before the shape, the data of models that others made: what they were trained on is not known,
and only models of one shape can be asked about the same pictures."""
ROOT = Path(__file__).resolve().parents[2] / "assets" / "models"
FORMAT = 1
"""Of the cards that are written here; a card without a number is of the first."""
Table: TypeAlias = dict[str, Any]
MIGRATIONS: Mapping[int, Callable[[Table], Table]] = {}
"""By the format of a card, what makes of its table one of the next format."""

DATA_TITLES = {
    "mnist": "MNIST digits",
    "fashion": "Fashion-MNIST",
    "moons": "Two moons",
    "checkerboard": "Checkerboard",
    "gaussians": "Eight Gaussians",
    "rings": "Rings",
    "spirals": "Two spirals",
    "cities": "World cities",
}
FAMILY_TITLES = {
    "vae": "VAE",
    "gan": "GAN",
    "autoregressive": "Autoregressive",
    "any-order": "Any-order AR",
    "flow": "Flow",
    "diffusion": "Diffusion",
    "latent-diffusion": "Latent diffusion",
    "energy": "Energy",
    "mfa": "Factor analysers",
    "kde": "KDE",
}

_FAMILIES = Path(__file__).resolve().parents[1] / "families"
_LONGEST = 4096
"""The longest side of an example."""

V = TypeVar("V")


class CheckpointError(Sentence):
    """A card or its weights cannot be used; the message is one sentence for a person."""


@dataclass(frozen=True)
class Broken:
    """A card that could not be read, and why."""

    path: Path
    reason: str


def own_root() -> Path:
    """Where the user's own models and data sets are kept; nothing is made there before it is used.

    Below it are models/<data set>/<name>.toml with weights beside each, and data/<name>.csv.
    """
    import platformdirs

    return platformdirs.user_data_path("genscope", appauthor=False)


def own_models() -> Path:
    """The root of the user's own cards."""
    return own_root() / "models"


def scan(root: Path = ROOT) -> tuple[tuple[Card, ...], tuple[Broken, ...]]:
    """Every readable card below `root` in the order of the titles above, and the broken ones."""
    cards: list[Card] = []
    broken: list[Broken] = []
    for path in sorted(root.glob("*/*.toml")):
        try:
            cards.append(read_card(path))
        except CheckpointError as error:
            broken.append(Broken(path, str(error)))
    return tuple(sorted(cards, key=_rank)), tuple(broken)


def shipped(root: Path = ROOT) -> tuple[Card, ...]:
    """Every readable card below `root`."""
    return scan(root)[0]


def catalog(root: Path = ROOT) -> tuple[Card, ...]:
    """Every readable card below `root`, and after them the user's own."""
    return scan_all(root)[0]


def scan_all(root: Path = ROOT) -> tuple[tuple[Card, ...], tuple[Broken, ...]]:
    """As `scan`, of `root` and of the user's own models; these never hide one of `root`."""
    cards, broken = scan(root)
    mine, unread = scan(own_models())
    known = {card.name for card in cards}
    hidden = tuple(
        Broken(
            card.folder / f"{naming.last(card.name)}.toml",
            (
                f"your model {card.name} has the name of one of Genscope's; rename it: models "
                f"rename {card.name} NEW"
            ),
        )
        for card in mine
        if card.name in known
    )
    mine = tuple(card for card in mine if card.name not in known)
    return (*cards, *mine), (*broken, *unread, *hidden)


def names(root: Path = ROOT) -> Iterator[str]:
    """The names of all cards below `root` and of the user's own, readable or not."""
    for home in (root, own_models()):
        yield from (f"{path.parent.name}/{path.stem}" for path in home.glob("*/*.toml"))


def is_own(card: Card) -> bool:
    """Whether a card is that of one of the user's own models."""
    return card.folder.parent == own_models()


def is_foreign(card: Card) -> bool:
    """Whether a card is that of a model from outside."""
    return card.data.startswith(f"{OUTSIDE} ")


def density_refusal(card: Card) -> str | None:
    """What rules a density out, in a sentence; None where the family as such has one."""
    if card.family == "gan":
        return "Implicit: it can be sampled, but p(x) cannot be computed."
    if is_foreign(card) and card.family == "latent-diffusion":
        return "Its autoencoder has no calibrated p(x | z), so there is no bound."
    if is_foreign(card) and card.family == "vae":
        return "An autoencoder alone: no prior over its latents was learned."
    return None


def no_density(card: Card) -> str:
    """Why a model without a density has none: one sentence that begins with its name."""
    reason = density_refusal(card)
    if reason is None or card.family == "gan":
        return f"{card.name} is implicit: it has no density"
    return f"{card.name} has no density. {reason.rstrip('.')}"


def is_folder(name: str) -> bool:
    """Whether a name, which may begin with "~", is the path of a folder; never raises."""
    # the methods of Path raise for names that are too long
    return os.path.isdir(os.path.expanduser(name))


def reason(error: Exception) -> str:
    """Why a file or a card cannot be read, without numbers of errors and positions of bytes."""
    if isinstance(error, OSError):
        return (error.strerror or "the system does not say why").lower()
    if isinstance(error, tomllib.TOMLDecodeError):
        return str(error)
    if isinstance(error, UnicodeDecodeError):
        return "it is no text in UTF-8"
    return "its tables are too deep" if isinstance(error, RecursionError) else "its name is no path"


def needed(table: Mapping[str, Any], path: Path, key: str, kind: type[V]) -> V:
    """A value of a card, of this kind. Raises CheckpointError."""
    value = table.get(key)
    if not isinstance(value, kind):
        problem = "lacks" if value is None else "has the wrong kind of"
        raise CheckpointError(f"the card {path} {problem} '{key}' ({kind.__name__} expected)")
    return value


def read_card(path: Path) -> Card:
    """Read and check one card. Raises CheckpointError naming the file and the fault."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:  # what toml raises is a ValueError
        raise CheckpointError(f"the card {path} cannot be read: {reason(error)}") from error

    table = _migrated(table, path)

    def need(key: str, kind: type[V]) -> V:
        return needed(table, path, key, kind)

    card = Card(
        folder=path.parent,
        name=need("name", str),
        family=need("family", str),
        data=need("data", str),
        kind=kind_of(table, path),
        attributes=attributes_of(table, path),
        weights=need("weights", str),
        sha256=need("sha256", str),
        parameters=need("parameters", int),
        seed=need("seed", int),
        recipe=need("recipe", str),
        licence=need("licence", str),
        net=need("net", dict),
        training=need("training", dict),
        figures=need("figures", dict) if "figures" in table else {},
        recommended=need("recommended", dict) if "recommended" in table else {},
        replaces=_hashes(need("replaces", list), path) if "replaces" in table else (),
        format=FORMAT,
    )
    if card.family not in FAMILY_TITLES and not _has_folder(card.family):
        raise CheckpointError(f"the card {path} names an unknown family '{card.family}'")
    there = path.parent.name, path.stem
    named = path.is_relative_to(own_models()) or path.stem == card.family
    if (card.data, card.name) != (there[0], "/".join(there)) or not named:
        raise CheckpointError(f"the card {path} calls itself '{card.name}' and lies elsewhere")
    if Path(card.weights).name != card.weights:
        raise CheckpointError(f"the card {path} points outside its folder: '{card.weights}'")
    return card


def table_of(card: Card) -> dict[str, Any]:
    """The card as the toml table that `read_card` reads back."""
    keys = (
        "name",
        "family",
        "data",
        "shape",
        "labels",
        "weights",
        "sha256",
        "parameters",
        "seed",
        "recipe",
        "licence",
        "net",
        "training",
        "figures",
    )
    table: dict[str, Any] = {key: getattr(card, key) for key in keys}
    if card.kind != _of_shape(card.shape):
        table["kind"] = kinds.table_of(card.kind)
    if card.attributes and not card.labels:
        table["attributes"] = [
            {"name": each.name, "values": list(each.values)} for each in card.attributes
        ]
    if card.recommended:
        table["recommended"] = dict(card.recommended)
    if card.replaces:
        table["replaces"] = list(card.replaces)
    table["format"] = FORMAT
    return table | {"shape": list(card.shape), "labels": list(card.labels)}


def kind_of(table: Mapping[str, Any], path: Path) -> kinds.Kind:
    """The kind that a card names; of one that names none, what its shape says."""
    named, shape = table.get("kind"), needed(table, path, "shape", list)
    try:
        if named is None:
            kind = kinds.of_shape(tuple(shape))
        elif not isinstance(named, dict):
            raise ValueError("has the wrong kind of 'kind' (dict expected)")
        else:
            kind = kinds.of_table(named)
    except ValueError as error:
        raise CheckpointError(f"the card {path} {error}") from error
    if max(kind.shape) > _LONGEST:
        raise CheckpointError(f"the card {path} has an impossible shape {shape}")
    if list(kind.shape) != shape:
        raise CheckpointError(f"the card {path} has a shape {shape} that its kind contradicts")
    return kind


def _of_shape(shape: tuple[int, ...]) -> kinds.Kind | None:
    try:
        return kinds.of_shape(shape)
    except ValueError:
        return None


def attributes_of(table: Mapping[str, Any], path: Path) -> tuple[Attribute, ...]:
    """What may be asked of the examples: classes by "labels", or several attributes by name."""
    labels, several = needed(table, path, "labels", list), table.get("attributes", [])
    if labels:
        return class_attributes(tuple(map(str, labels)))
    found = []
    for each in several if isinstance(several, list) else [None]:
        name = each.get("name") if isinstance(each, dict) else None
        values = each.get("values") if isinstance(each, dict) else None
        if not isinstance(name, str) or not isinstance(values, list) or not values:
            raise CheckpointError(f"the card {path} has an attribute without a name or values")
        found.append(Attribute(name, tuple(map(str, values))))
    if len({each.name for each in found}) < len(found):
        raise CheckpointError(f"the card {path} has two attributes of one name")
    return tuple(found)


def _migrated(table: Table, path: Path) -> Table:
    """The table of a card as if it had been written today. Raises CheckpointError."""
    made = table.get("format", 1)
    if type(made) is not int or made < 1:
        raise CheckpointError(f"the card {path} has the wrong kind of 'format' (a number from 1)")
    if made > FORMAT:
        raise CheckpointError(
            f"the card {path} was written by a newer Genscope (format {made}, this one reads up to "
            f"{FORMAT}); update Genscope to open it"
        )
    for number in range(made, FORMAT):
        table = MIGRATIONS[number](table)
    return table


def _has_folder(family: str) -> bool:
    """Whether a family that has no title yet has its network here."""
    name = family.replace("-", "_")
    return name.isidentifier() and (_FAMILIES / name / "model.py").is_file()


def _hashes(values: list[Any], path: Path) -> tuple[str, ...]:
    if not all(isinstance(v, str) and re.fullmatch(r"[0-9a-f]{64}", v) for v in values):
        raise CheckpointError(f"the card {path} replaces what is no sha256 of weights")
    return tuple(values)


def _rank(card: Card) -> tuple[int, str, int, str]:
    data, families = list(DATA_TITLES), list(FAMILY_TITLES)
    known = data.index(card.data) if card.data in data else len(data)
    place = families.index(card.family) if card.family in families else len(families)
    return known, card.data, place, card.name
