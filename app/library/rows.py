"""What the list of models says of each: cards, downloads and open models into plain rows. No Qt.

Sizes are estimates until a model is loaded, then what its tensors were measured to take.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.library.fetching import Fetch, Stage
from app.models.open_models import Held
from app.models.titles import data_title, family_title
from engines.checkpoints import budget, own
from engines.checkpoints.catalog import FAMILY_TITLES, is_foreign, is_own
from engines.facts import abilities
from engines.facts.abilities import Ability
from engines.facts.tasks import Task
from engines.model import Card
from engines.outside import hub
from widgets.library.list import Can, ModelAction, ModelRow

OUTSIDE = "From outside"
OWN = "Your models"

_TIPS = {
    ModelAction.USE: "Show it in the tabs; it is loaded when it is first used.",
    ModelAction.FETCH: "Download its settings and weights; files that are here are kept.",
    ModelAction.CANCEL: "Stop; the downloaded part is kept, and Download resumes from there.",
    ModelAction.PIN: "Keep it in memory: it is never unloaded to make room for others (P).",
    ModelAction.UNPIN: "Let it be unloaded to make room for others (P).",
    ModelAction.UNLOAD: "Unload it now to free its memory (U). It is loaded again when needed.",
    ModelAction.REMOVE: "Remove it from this list (Delete). Its files stay where they are.",
    ModelAction.RENAME: "Give it another name (F2). Saved pictures find it by its weights.",
    ModelAction.EXPORT: "Write it to one file, to import it elsewhere.",
    ModelAction.DELETE: "Delete its card and weights from the disk (Delete); you are asked first.",
}


@dataclass(frozen=True)
class Known:
    """All that is known of one model. `card` is None where it could not be, or was not yet, read.

    `place` is what a person named it by: a path or an id of the hub; empty for a bundled one.
    """

    place: str
    card: Card | None = None
    reason: str = ""
    """Why there is no card; empty while it is being read."""
    absent: bool = False
    """Whether it is on the hub and not, or not wholly, on this machine."""
    fetch: Fetch | None = None
    held: Held | None = None
    expected: int | None = None
    """Bytes that its tensors will take; None where its file does not say."""
    pinned: bool = False

    @property
    def name(self) -> str:
        """What its row is known by."""
        return self.place or (self.card.name if self.card else "")


def row_of(known: Known) -> ModelRow:
    """The row of one model."""
    card, held = known.card, known.held
    state, tone = _state(known)
    return ModelRow(
        name=known.name,
        group=_group(known),
        title=_title(known),
        family=card.family if card else "",
        family_title=_family(card) if card else "",
        parameters=f"{card.parameters:,}" if card and card.parameters else "",
        memory=_memory(known),
        state=state,
        tone=tone,
        progress=_progress(known.fetch),
        note=known.fetch.reason if known.fetch and known.fetch.reason else known.reason,
        facts=_facts(known, card) if card else (),
        can=_can(held.can if held else abilities.of_card(card)) if card else (),
        actions={action: _TIPS[action] for action in _actions(known)},
    )


def _group(known: Known) -> str:
    if known.place or known.card is None:
        return OUTSIDE
    return OWN if is_own(known.card) else data_title(known.card.data)


def _title(known: Known) -> str:
    """An id or a bundled name whole, of a path its end, of a folder what it is called here."""
    if hub.is_id(known.name):
        return known.name
    if known.card is not None and is_foreign(known.card):
        return family_title(known.card)
    return Path(known.name).name


def _family(card: Card) -> str:
    return FAMILY_TITLES.get(card.family, card.family)


def _state(known: Known) -> tuple[str, str]:
    """The words for its state and the role of their colour."""
    fetch = known.fetch
    if fetch is not None:
        return _fetched(fetch), {Stage.RUNNING: "accent", Stage.FAILED: "danger"}.get(
            fetch.stage, "faint"
        )
    if known.held is not None:
        return "loaded" + ", pinned" * known.held.pinned, "text"
    if known.reason:
        return "cannot be opened", "danger"
    if known.absent:
        return "not downloaded", "faint"
    if known.card is None:
        return "reading…", "faint"
    return "not loaded" + ", pinned" * known.pinned, "faint"


def _fetched(fetch: Fetch) -> str:
    here = budget.said(fetch.done)
    of = f"{here} of {budget.said(fetch.total)}" if fetch.total is not None else here
    return {
        Stage.WAITING: "waiting",
        Stage.RUNNING: of if fetch.done or fetch.total else "contacting Hugging Face…",
        Stage.STOPPING: "stopping…",
        Stage.STOPPED: f"stopped at {of}" if fetch.done else "stopped",
        Stage.FAILED: "download failed",
    }[fetch.stage]


def _progress(fetch: Fetch | None) -> tuple[int, int | None] | None:
    """In thousandths where the size is known: a progress bar counts to 2³¹."""
    if fetch is None or fetch.stage in (Stage.WAITING, Stage.FAILED):
        return None
    if not fetch.total:
        return fetch.done >> 16, None
    return min(1000, 1000 * fetch.done // fetch.total), 1000


def _memory(known: Known) -> str:
    if known.held is not None:
        return budget.said(known.held.measured)
    return "" if known.expected is None else f"≈ {budget.said(known.expected)}"


def _facts(known: Known, card: Card) -> tuple[tuple[str, str], ...]:
    shape = " × ".join(map(str, card.shape)) + " numbers" * (len(card.shape) == 1)
    parts = [
        ("Family", _family(card)),
        ("Training", card.recipe),
        ("Where", str(card.folder)),
        ("Makes", f"{card.kind.things}, {shape}"),
        ("Classes", _classes(card)),
        ("Parameters", f"{card.parameters:,}" if card.parameters else "not counted"),
    ]
    if said := _memory(known):
        parts.append(("Memory", f"{said}, measured" if known.held else f"{said} once it is loaded"))
    if is_own(card):
        parts.append(("On the disk", budget.said(own.size(card))))
    parts.append(("Licence", card.licence))
    if abilities.reads_text(card):
        parts.insert(1, ("Makes", "what the prompt says"))
    return tuple(parts)


def _classes(card: Card) -> str:
    """How many classes, or the attributes and how many values each has."""
    if card.labels or not card.attributes:
        return f"{len(card.labels)}" if card.labels else "none"
    return ", ".join(f"{each.name} ({len(each.values)})" for each in card.attributes)


def _can(found: tuple[Ability, ...]) -> tuple[Can, ...]:
    return tuple(Can(Task(ability.task).tab, ability.can, ability.says) for ability in found)


def _actions(known: Known) -> list[ModelAction]:
    """What can be done now, in the order of the buttons."""
    busy = known.fetch is not None and not known.fetch.ended
    actions = []
    # what could not be opened may have been mended since
    if known.fetch is None and (known.card is not None or known.reason):
        actions.append(ModelAction.USE)
    if not busy and known.absent:
        actions.append(ModelAction.FETCH)
    if known.fetch is not None and known.fetch.stage in (Stage.WAITING, Stage.RUNNING):
        actions.append(ModelAction.CANCEL)
    if known.card is not None:
        actions.append(ModelAction.UNPIN if known.pinned else ModelAction.PIN)
    if known.held is not None:
        actions.append(ModelAction.UNLOAD)
    if known.place and not busy:
        actions.append(ModelAction.REMOVE)
    if not known.place and known.card is not None and is_own(known.card):
        actions += [ModelAction.RENAME, ModelAction.EXPORT, ModelAction.DELETE]
    return actions
