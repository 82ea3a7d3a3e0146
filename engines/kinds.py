"""The kinds of data: what one example is, what of it may be unknown, and what a density means.

A kind is a frozen record that a card holds. Models, methods and windows ask it, and look up what
they have for it in a table by its type; nobody asks for the shape of a tensor to guess it. Plug-ins
bring kinds of their own through the entry point group `genscope.kinds`: the name of the kind and
its class. Knows nothing of files, networks or windows, and imports torch for types only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, runtime_checkable

from engines import naming

if TYPE_CHECKING:
    from torch import Tensor

T = TypeVar("T")
GROUP = "genscope.kinds"


class Value(Enum):
    """What one number of an example is."""

    LEVEL = "level"
    """One of a few hundred ordered levels, scaled to [-1, 1]."""
    REAL = "real"
    CATEGORY = "category"
    """A whole number that stands for a symbol: 0, 1, …"""
    MIXED = "mixed"
    """What the column says in which it stands."""


class UnfitKindError(naming.Sentence, ValueError):
    """Something has no answer for this kind of data; the message is one sentence for people."""


@runtime_checkable
class Kind(Protocol):
    """One kind of data. `name` stands in cards; `thing` and `things` are words for people.

    `shape` is that of one example, `mask_shape` that of what may be unknown of it, the last part of
    `shape`. `unit` is that of `per_unit`: a density's value as people compare it. `batch` is how
    many examples the engines draw together: what a person may wait for, and memory holds. The
    last bit of an example may depend on what is computed beside it, so batches start at the
    same places everywhere.
    """

    name: ClassVar[str]
    thing: ClassVar[str]
    things: ClassVar[str]
    value: ClassVar[Value]
    unit: ClassVar[str]

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def mask_shape(self) -> tuple[int, ...]: ...
    @property
    def batch(self) -> int: ...

    def fault(self, values: Tensor) -> str | None:
        """What is wrong with values of examples (any shape), in words; None where nothing is."""

    def per_unit(self, nats: float) -> float:
        """−log p of one example, in nats, as a number in `unit`."""

    def table(self) -> dict[str, Any]:
        """What a card says of it beside its name; `of` reads it back."""

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Kind:
        """The kind of a card's table. Raises ValueError: what is impossible, in words."""


@dataclass(frozen=True)
class Pictures:
    """Pictures (channels, height, width) in [-1, 1] with `levels` levels."""

    channels: int
    height: int
    width: int
    levels: int = 256

    name: ClassVar[str] = "pictures"
    thing: ClassVar[str] = "picture"
    things: ClassVar[str] = "pictures"
    value: ClassVar[Value] = Value.LEVEL
    unit: ClassVar[str] = "bits/dim"

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.channels, self.height, self.width)

    @property
    def mask_shape(self) -> tuple[int, ...]:
        return (self.height, self.width)

    @property
    def batch(self) -> int:
        return max(1, 32 * 64**2 // max(64**2, self.height * self.width))

    def fault(self, values: Tensor) -> str | None:
        """Pixels lie in [-1, 1]."""
        if not values.isfinite().all():
            return "values must be finite numbers"
        if values.numel() and values.abs().max() > 1:
            low, high = values.min().item(), values.max().item()
            return f"pixels must lie in −1 … 1, got {low:g} … {high:g}"
        return None

    def per_unit(self, nats: float) -> float:
        """Bits per dimension."""
        return nats / (math.log(2) * math.prod(self.shape))

    def table(self) -> dict[str, Any]:
        """The sizes and the levels."""
        return asdict(self)

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Pictures:
        return cls(**_counts(table, ("channels", "height", "width", "levels"), cls.name))


@dataclass(frozen=True)
class Points:
    """Points (D,) in data units: the name of each coordinate, and its unit or "" for none."""

    names: tuple[str, ...]
    units: tuple[str, ...] = field(default=())

    name: ClassVar[str] = "points"
    thing: ClassVar[str] = "point"
    things: ClassVar[str] = "points"
    value: ClassVar[Value] = Value.REAL
    unit: ClassVar[str] = "nats"

    def __post_init__(self) -> None:
        if not self.units:
            object.__setattr__(self, "units", ("",) * len(self.names))
        if not 0 < len(self.names) == len(self.units):
            raise ValueError("points need a name and a unit for each coordinate")

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.names),)

    @property
    def mask_shape(self) -> tuple[int, ...]:
        return self.shape

    @property
    def batch(self) -> int:
        return 2048

    @property
    def plane(self) -> bool:
        """Whether they lie in a plane, which can be drawn and mapped whole."""
        return len(self.names) == 2

    def fault(self, values: Tensor) -> str | None:
        """Coordinates are finite."""
        return None if values.isfinite().all() else "values must be finite numbers"

    def per_unit(self, nats: float) -> float:
        """Nats as they are: real numbers have no bits without a resolution."""
        return nats

    def table(self) -> dict[str, Any]:
        """The names and units."""
        return {"names": list(self.names), "units": list(self.units)}

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Points:
        names, units = table.get("names"), table.get("units", [])
        for each in (names, units):
            if not isinstance(each, list) or not all(isinstance(name, str) for name in each):
                raise ValueError("its names and units must be lists of texts")
        assert isinstance(names, list)
        return cls(tuple(names), tuple(units))


class ColumnType(Enum):
    """What the values of a column of a table are."""

    NUMBER = "number"
    INTEGER = "integer"
    ORDERED = "ordered"
    """Levels with an order, such as 1st, 2nd, 3rd."""
    CATEGORY = "category"

    @property
    def has_levels(self) -> bool:
        """Whether a value is the place of a level, else a number."""
        return self in (ColumnType.ORDERED, ColumnType.CATEGORY)


@dataclass(frozen=True)
class Column:
    """A column of a table. `levels` are what codes 0, 1, … stand for, in order; `digits` how many
    decimals its numbers have, None for no limit. Raises ValueError for what no column can be.
    """

    name: str
    type: ColumnType
    levels: tuple[str, ...] = ()
    digits: int | None = None

    def __post_init__(self) -> None:
        if self.type.has_levels != bool(self.levels) or len(set(self.levels)) < len(self.levels):
            raise ValueError(f"column '{self.name}' needs levels, each once, or must have none")


@dataclass(frozen=True)
class Table:
    """Rows (D,) of a table with columns of several types: numbers as they are, levels as codes.

    A gap is no value: what may be unknown is said by a mask, as for every kind.
    """

    columns: tuple[Column, ...]

    name: ClassVar[str] = "table"
    thing: ClassVar[str] = "row"
    things: ClassVar[str] = "rows"
    value: ClassVar[Value] = Value.MIXED
    unit: ClassVar[str] = "nats"

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if not names or len(set(names)) < len(names):
            raise ValueError("a table needs columns, each with a name of its own")

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.columns),)

    @property
    def mask_shape(self) -> tuple[int, ...]:
        return self.shape

    @property
    def batch(self) -> int:
        return 2048

    def fault(self, values: Tensor) -> str | None:
        """Numbers are finite, codes are places of levels."""
        if not values.isfinite().all():
            return "values must be finite numbers"
        for column, some in zip(self.columns, values.unbind(-1), strict=True):
            whole = (some == some.round()).all()
            if column.levels and not (
                whole and (some >= 0).all() and (some < len(column.levels)).all()
            ):
                return f"'{column.name}' has codes from 0 to {len(column.levels) - 1}"
        return None

    def per_unit(self, nats: float) -> float:
        """Nats as they are: some columns have no bits without a resolution."""
        return nats

    def table(self) -> dict[str, Any]:
        """The columns, each a table; a card has no word for None."""
        found = [asdict(each) | {"type": each.type.value} for each in self.columns]
        kept = [{key: value for key, value in each.items() if value is not None} for each in found]
        return {"columns": [each | {"levels": list(each["levels"])} for each in kept]}

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Table:
        found = table.get("columns")
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise ValueError("its columns must be tables")
        return cls(tuple(_column(each) for each in found))


def _column(table: Mapping[str, Any]) -> Column:
    name, levels, digits = table.get("name"), table.get("levels", []), table.get("digits")
    if not isinstance(name, str) or not isinstance(levels, list):
        raise ValueError("a column has a name and a list of levels")
    if not (digits is None or isinstance(digits, int)):
        raise ValueError(f"the decimals of column '{name}' are a whole number")
    try:
        of = ColumnType(table.get("type"))
    except ValueError:
        raise ValueError(f"column '{name}' has an unknown type") from None
    return Column(name, of, tuple(map(str, levels)), digits)


LONGEST = 1 << 16
"""The longest side of an example: as many coordinates get names before anybody looks at weights."""

KINDS: dict[str, type[Kind]] = {"pictures": Pictures, "points": Points, "table": Table}


def of_shape(shape: tuple[int, ...]) -> Kind:
    """The kind of a card that names none: three numbers are pictures, one is points.

    Raises ValueError for any other shape.
    """
    good = all(isinstance(n, int) and 0 < n <= LONGEST for n in shape)
    if good and len(shape) == 3:
        return Pictures(*shape)
    if good and len(shape) == 1:
        return Points(coordinates(shape[0]))
    said = ", ".join(naming.shortened(str(n), 24) for n in shape[:4])
    raise ValueError(f"has an impossible shape [{said}{', …' if len(shape) > 4 else ''}]")


def coordinates(count: int) -> tuple[str, ...]:
    """The names of coordinates that have none of their own: x and y of a plane, else x1, x2, …"""
    return ("x", "y") if count == 2 else tuple(f"x{i + 1}" for i in range(count))


def of_table(table: Mapping[str, Any]) -> Kind:
    """The kind that a card's table names by "name". Raises ValueError: what is wrong, in words."""
    name = str(table.get("name"))
    if name in KINDS:
        return KINDS[name].of(table)
    from importlib.metadata import entry_points  # late: every start reads cards, few name a kind

    plugins = entry_points(group=GROUP, name=name)
    if not plugins:
        raise ValueError(f"is of a kind of data that this version does not know: '{name}'")
    brought: type[Kind] = next(iter(plugins)).load()
    return brought.of(table)


def table_of(kind: Kind) -> dict[str, Any]:
    """The table that `of_table` reads back."""
    return {"name": kind.name} | kind.table()


def is_plane(kind: Kind) -> bool:
    """Whether examples are points of a plane."""
    return isinstance(kind, Points) and kind.plane


def chosen(kind: Kind, choices: Mapping[type[Any], T], who: str) -> T:
    """What `choices` hold for a kind, by its type.

    Raises UnfitKindError where they hold nothing: "`who` cannot take symbols, only pictures".
    """
    for of, choice in choices.items():
        if isinstance(kind, of):
            return choice
    can = " and ".join(of.things for of in choices)
    raise UnfitKindError(f"{who} cannot take {kind.things}, only {can}")


def fits(kind: Kind, choices: Mapping[type[Any], object]) -> bool:
    """Whether `choices` hold anything for a kind."""
    return any(isinstance(kind, of) for of in choices)


def _counts(table: Mapping[str, Any], names: tuple[str, ...], kind: str) -> dict[str, int]:
    found = {name: table[name] for name in names if name in table}
    if not all(isinstance(n, int) and n > 0 for n in found.values()):
        raise ValueError(f"has an impossible size of its {kind}")
    return found
