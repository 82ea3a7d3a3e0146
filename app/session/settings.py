"""What the window remembers from one run to the next, in settings.json. No Qt, no torch.

A field that cannot be read falls back to its default alone; fields of other versions are ignored,
and gone at the next save.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_type_hints

from app.recipes import files

Theme: TypeAlias = Literal["system", "light", "dark"]
Classes: TypeAlias = Literal["all", "each"] | int
"""p(x), the classes dealt out one after the other, or one class."""

_MAX_BYTES = 4 * 1024 * 1024


def _whole(default: int, low: int, high: int) -> Any:
    """A field holding a whole number from `low` to `high`."""
    return field(default=default, metadata={"range": (low, high)})


def _table() -> Any:
    return field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """Everything remembered. Change it with dataclasses.replace; a new field needs nothing else."""

    theme: Theme = "system"
    zoom: int = _whole(100, 80, 200)
    """Of the whole interface, in per cent."""
    thumbnail: int = _whole(0, 0, 10_000)
    """The width of pictures in galleries, 0 for as large as fits; the window takes the nearest."""
    device: str | None = None
    """A torch device, or None for the best at hand."""
    geometry: str = ""
    """QMainWindow.saveGeometry, in base64."""
    splitters: Mapping[str, tuple[int, ...]] = _table()
    """Widths of the parts of each tab."""
    data: str = ""
    """The chosen data set; "" means that nobody has chosen yet."""
    models: Mapping[str, tuple[str, ...]] = _table()
    """The chosen models of each data set, by name."""
    seed: int = _whole(7, 0, 2**64 - 1)
    seed_locked: bool = False
    count: int = _whole(20, 1, 100_000)
    points: int = _whole(1000, 1, 100_000)
    batch: int = _whole(500, 1, 100_000)
    """How many pictures, points, and examples of a batch."""
    counts: Mapping[str, int] = _table()
    """How many live examples of the other kinds, by their names."""
    classes: Classes = "each"
    given: Mapping[str, Mapping[str, str]] = _table()
    """Values of attributes that are asked of each data set's models."""
    knobs: Mapping[str, Mapping[str, float]] = _table()
    """The knobs of each model, or copy of its column, that are away from their defaults."""
    copies: Mapping[str, int] = _table()
    """How many columns the sampling tab has of a model, where it is more than one."""
    imputations: int = _whole(8, 1, 100_000)
    """How often every model fills a hole; the tab cuts it to what it offers."""
    line_draws: int = _whole(500, 1, 100_000)
    """How often every model draws the coordinate that is not known; the tab cuts it."""
    live_filling: bool = True
    mask_colour: str = ""
    """Of the mask over a picture, such as "#E6194B"; "" for the first one."""
    mask_opacity: int = _whole(55, 1, 100_000)
    """In per cent; the tab cuts it."""
    mask_brush: int = _whole(0, 0, 100_000)
    """Its brush in pixels of the picture, 0 for the usual one."""
    keep_mask: bool = True
    methods: Mapping[str, str] = _table()
    """The in-painting method of each model, by their names."""
    directions: Mapping[str, str] = _table()
    """Names of directions in latent spaces, by the sha256 of the weights, basis and number."""
    density_side: int = _whole(512, 1, 100_000)
    density_logarithmic: bool = True
    density_range: int = _whole(12, 1, 100_000)
    density_contours: bool = True
    density_data: bool = False
    density_samples: bool = False
    """How maps of the plane are shown: pixels, nats below the top, and what lies over them."""
    density_page: str = ""
    """The page of the density tab that looked at a picture."""
    density_noise: int = _whole(3, 0, 100_000)
    density_mapped: Literal["latent", "picture"] = "latent"
    density_count: int = _whole(256, 1, 100_000)
    """Noise level of its pixels, what is mapped on a plane, and samples beside the data; the tab
    cuts numbers to what it offers."""
    uses_page: str = ""
    """The page of the tab of uses."""
    outlier_kinds: tuple[str, ...] = ()
    """Kinds of pictures that are judged; none means that nobody has chosen yet."""
    outlier_count: int = _whole(10, 1, 100_000)
    outlier_rate: int = _whole(50, 1, 100_000)
    """How many of each kind, and the false-alarm rate in tenths of a per cent."""
    compared: int = _whole(50, 1, 100_000)
    """How many held-out examples two models are compared on; the tab cuts numbers."""
    learn_families: tuple[str, ...] = ()
    """The learners of the tab Learn, such as "energy:chains"; () for the usual ones."""
    learn_look: str = ""
    learn_fair: str = ""
    learn_speed: int = _whole(0, 0, 100_000)
    """How they are shown, what they share equally, and steps a second, 0 for full speed; the tab
    takes what it knows."""
    prompt: str = ""
    negative: str = ""
    """The text that models draw which read one, and the text they stay away from."""
    prompt_to: str = ""
    """The text that a path between two ends with."""
    path_loop: bool = False
    """Whether a path starts again at its end when it plays."""
    path_speed: int = _whole(100, 1, 100_000)
    path_thumbnails: int = _whole(9, 1, 100_000)
    path_page: int = _whole(0, 0, 100)
    path_place: int = _whole(0, 0, 1000)
    """Its speed in per cent, pictures of a strip, page of the latents, place in thousandths; the
    tab takes what it knows."""
    recents: tuple[str, ...] = ()
    """Models from outside, the newest first: paths of folders and cards, ids of the hub."""
    pinned: tuple[str, ...] = ()
    """Models that stay in memory once they are loaded, by name."""
    folder: str = ""
    """Where the last picture was saved."""
    keep_history: bool = True
    history_megabytes: int = _whole(2048, 16, 1_000_000)
    """Whether finished results are kept on disk, and how much they may take."""


def default_path() -> Path:
    """Where the platform keeps a program's settings."""
    import platformdirs

    return platformdirs.user_config_path(files.APP, appauthor=False) / "settings.json"


def load(path: Path | None = None) -> Settings:
    """The settings on disk, defaults where there are none. Never raises.

    Where anything was refused, a copy of the file is kept beside as settings.broken.json.
    """
    path = path or default_path()
    try:
        raw = files.read_bytes(path, _MAX_BYTES)
    except ValueError:
        return Settings()
    try:
        table = json.loads(raw)
    except (ValueError, RecursionError):
        table = None
    values, refused = _accepted(table)
    if refused:
        with suppress(files.SaveError):
            files.write_atomically(path.with_suffix(".broken.json"), raw)
    return Settings(**values)


def of_table(table: Mapping[str, Any]) -> Settings:
    """Settings out of JSON, trusting nothing; what is refused has its default."""
    return Settings(**_accepted(table)[0])


def save(settings: Settings, path: Path | None = None) -> None:
    """Write the settings. Raises SaveError; the old file stays as it was."""
    text = json.dumps(vars(settings), indent=2, default=dict)
    files.write_atomically(path or default_path(), text.encode())


def refusal(error: files.SaveError, path: Path) -> str:
    """What to say where `save` failed."""
    cause = error.__cause__
    why = files.reason(cause) if isinstance(cause, OSError) else "they cannot be written"
    return f"The settings will not be remembered: {why} ({path})."


def _accepted(table: object) -> tuple[dict[str, Any], bool]:
    """The fields of the right kind and in range, and whether any was refused."""
    if not isinstance(table, dict):
        return {}, True
    values, refused = {}, False
    hints = get_type_hints(Settings)
    for f in fields(Settings):
        if f.name not in table:
            continue
        try:
            value = files.typed(table[f.name], hints[f.name])
        except ValueError:
            refused = True
            continue
        low, high = f.metadata.get("range", (None, None))
        if low is None or low <= value <= high:
            values[f.name] = value
        else:
            refused = True
    return values, refused
