"""Pickles read without running anything: a machine of our own that follows their instructions.

A pickle is a program for a stack machine, and Python's own runs whatever it names. This one knows
lists, tables, numbers and texts; a name is looked up in a closed list and makes nothing but inert
records. Everything else refuses the file in one sentence. Needs no torch.
"""

from __future__ import annotations

import pickletools
import struct
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeAlias

from engines.checkpoints.catalog import CheckpointError

Maker: TypeAlias = Callable[[tuple[Any, ...]], Any]
"""What a name makes of the arguments it is called with: a record, never a call into other code."""

MOST, _BETWEEN = 1_000_000, 2_000
"""Instructions of one file, and between two steps: some milliseconds."""
_PUSHED = {
    "NONE",
    "NEWTRUE",
    "NEWFALSE",
    "INT",
    "BININT",
    "BININT1",
    "BININT2",
    "LONG",
    "LONG1",
    "LONG4",
    "FLOAT",
    "BINFLOAT",
    "STRING",
    "BINSTRING",
    "SHORT_BINSTRING",
    "BINBYTES",
    "SHORT_BINBYTES",
    "BINBYTES8",
    "BYTEARRAY8",
    "UNICODE",
    "SHORT_BINUNICODE",
    "BINUNICODE",
    "BINUNICODE8",
}
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_FAULTS = (
    ValueError,
    IndexError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    EOFError,
    RecursionError,
    struct.error,
)
_KEYS = (str, bytes, float, type(None))
"""What a table may be asked by, beside small numbers: others could take for ever to compare."""


@dataclass(frozen=True)
class Name:
    """Something that the file names and the list allows."""

    text: str


@dataclass
class Box:
    """A call that the file asks for and nobody makes."""

    name: str
    given: tuple[Any, ...]
    state: Any = None


class Reader:
    """A file that gives at most what it holds: a promised length allocates nothing."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size = file, size

    def read(self, count: int) -> bytes:
        """Exactly `count` bytes. Raises EOFError where there are fewer."""
        if not 0 <= count <= self.left():
            raise EOFError("it is cut off")
        return self._file.read(count)

    def readline(self) -> bytes:
        """Up to the end of a line of sane length."""
        return self._file.readline(1 << 16)

    def tell(self) -> int:
        """Bytes read so far."""
        return self._file.tell()

    def left(self) -> int:
        """Bytes that are still there."""
        return self._size - self._file.tell()


class Machine:
    """Reads pickles of one file that name only what `makers` knows, and `names` as such.

    `persistent` answers for objects that the file keeps elsewhere. `title` begins each refusal.
    """

    def __init__(
        self,
        title: str,
        makers: Mapping[str, Maker],
        names: frozenset[str] = frozenset(),
        persistent: Callable[[Any], Any] | None = None,
        most: int = MOST,
    ) -> None:
        self._title, self._makers, self._names = title, makers, names
        self._persistent, self._most = persistent, most
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}
        self._done = 0

    def reading(self, reader: Reader) -> Generator[None, None, Any]:
        """What the next pickle describes, in steps of some milliseconds. Raises CheckpointError."""
        self._stack, self._marks, self._memo = [], [], {}
        try:
            for code, argument, _ in pickletools.genops(reader):  # type: ignore[arg-type]
                self._done += 1
                if self._done > self._most:
                    raise CheckpointError(f"{self._title} describes itself in too many words")
                if not self._done % _BETWEEN:
                    yield
                if code.name == "STOP":
                    return self._stack[-1]
                self._follow(code.name, argument)
        except _FAULTS as error:
            first = (str(error).splitlines() or [""])[0][:120] or type(error).__name__
            raise CheckpointError(f"{self._title} is no readable pickle: {first}") from error
        raise CheckpointError(f"{self._title} is cut off")

    def _follow(self, code: str, argument: Any) -> None:
        if code in _PUSHED:
            self._stack.append(_CONSTANTS.get(code, argument))
        elif code in _STEPS:
            _STEPS[code](self, argument)
        elif code not in ("PROTO", "FRAME"):
            raise self._refusal(f"by {code.lower()}")

    def _refusal(self, name: str) -> CheckpointError:
        shown = name.replace(" ", ".")[:80]
        return CheckpointError(
            f"{self._title} can only be opened by running code that it names ({shown!r}), so it "
            "was not; ask for the weights as safetensors"
        )

    # what the instructions do

    def _push(self, value: Any) -> None:
        self._stack.append(value)

    def _mark(self, _: Any) -> None:
        self._marks.append(len(self._stack))

    def _marked(self) -> list[Any]:
        """What lies on the stack above the last mark, taken from it."""
        start = self._marks.pop()
        found = self._stack[start:]
        del self._stack[start:]
        return found

    def _pop(self, _: Any) -> None:
        if self._marks and self._marks[-1] == len(self._stack):
            self._marks.pop()
        else:
            self._stack.pop()

    def _tuple(self, count: int) -> None:
        if len(self._stack) < count:
            raise IndexError("nothing to take")
        self._stack[-count:] = [tuple(self._stack[-count:])]

    def _extend(self, values: list[Any]) -> None:
        top = self._stack[-1]
        if type(top) is not list:
            raise TypeError("no list to add to")
        top.extend(values)

    def _update(self, flat: list[Any]) -> None:
        top = self._stack[-1]
        if type(top) is not dict:
            raise TypeError("no table to add to")
        top.update(_pairs(flat))

    def _put(self, at: int | None) -> None:
        self._memo[len(self._memo) if at is None else at] = self._stack[-1]

    def _drop(self, _: Any) -> None:
        self._marked()

    def _get(self, at: int) -> None:
        self._stack.append(self._memo[at])

    def _global(self, text: Any) -> None:
        if text is None:
            name, module = self._stack.pop(), self._stack.pop()
            if not (type(name) is str and type(module) is str):
                raise TypeError("a name that is no text")
            text = f"{module} {name}"
        if text not in self._makers and text not in self._names:
            raise self._refusal(text)
        self._stack.append(Name(text))

    def _reduce(self, _: Any) -> None:
        given, named = self._stack.pop(), self._stack.pop()
        if type(named) is not Name or type(given) is not tuple:
            raise TypeError("a call of what is no name")
        if named.text not in self._makers:
            raise self._refusal(named.text)
        # what is copied counts, or a short file could ask for one long list again and again
        self._done += sum(len(each) for each in given if isinstance(each, list | tuple))
        self._stack.append(self._makers[named.text](given))

    def _build(self, _: Any) -> None:
        state, top = self._stack.pop(), self._stack[-1]
        if type(top) is Box:
            top.state = state

    def _elsewhere(self, _: Any) -> None:
        if self._persistent is None:
            raise self._refusal("by an object that is kept elsewhere")
        self._stack.append(self._persistent(self._stack.pop()))


def is_key(key: Any) -> bool:
    """Whether something may stand on the left in a table."""
    return isinstance(key, _KEYS) or (isinstance(key, int) and abs(key) < 2**63)


def _pairs(flat: list[Any]) -> dict[Any, Any]:
    """A table of keys and values in turn."""
    if len(flat) % 2 or not all(map(is_key, flat[::2])):
        raise TypeError("a table with impossible keys")
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _taken(count: int) -> Callable[[Machine], list[Any]]:
    def take(machine: Machine) -> list[Any]:
        found = machine._stack[-count:]
        del machine._stack[-count:]
        return found

    return take


_STEPS: Mapping[str, Callable[[Machine, Any], None]] = {
    "EMPTY_LIST": lambda m, _: m._push([]),
    "EMPTY_SET": lambda m, _: m._push([]),  # its members may be of any kind
    "EMPTY_DICT": lambda m, _: m._push({}),
    "EMPTY_TUPLE": lambda m, _: m._push(()),
    "MARK": Machine._mark,
    "POP": Machine._pop,
    "POP_MARK": Machine._drop,
    "DUP": lambda m, _: m._push(m._stack[-1]),
    "LIST": lambda m, _: m._push(m._marked()),
    "TUPLE": lambda m, _: m._push(tuple(m._marked())),
    "FROZENSET": lambda m, _: m._push(m._marked()),
    "DICT": lambda m, _: m._push(_pairs(m._marked())),
    "TUPLE1": lambda m, _: m._tuple(1),
    "TUPLE2": lambda m, _: m._tuple(2),
    "TUPLE3": lambda m, _: m._tuple(3),
    "APPEND": lambda m, _: m._extend(_taken(1)(m)),
    "APPENDS": lambda m, _: m._extend(m._marked()),
    "ADDITEMS": lambda m, _: m._extend(m._marked()),
    "SETITEM": lambda m, _: m._update(_taken(2)(m)),
    "SETITEMS": lambda m, _: m._update(m._marked()),
    "PUT": Machine._put,
    "BINPUT": Machine._put,
    "LONG_BINPUT": Machine._put,
    "MEMOIZE": Machine._put,
    "GET": Machine._get,
    "BINGET": Machine._get,
    "LONG_BINGET": Machine._get,
    "GLOBAL": Machine._global,
    "STACK_GLOBAL": Machine._global,
    "REDUCE": Machine._reduce,
    "NEWOBJ": Machine._reduce,
    "BUILD": Machine._build,
    "BINPERSID": Machine._elsewhere,
}
