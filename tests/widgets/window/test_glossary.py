"""The glossary, and the way to it from badges and question marks."""

import re

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from widgets.controls.help_mark import HelpMark
from widgets.controls.knob_fields import KnobSpec
from widgets.controls.knobs import Knob
from widgets.look import glossary, theme
from widgets.look.labels import Badge, BadgeButton
from widgets.window.glossary import GlossaryDialog

LEFT = Qt.MouseButton.LeftButton
SHARE = KnobSpec("temperature", "Temperature", 1, 0, 2, 0.1, "z ~ N(0, T² I).")


class Holder(QWidget):
    """What shows terms, as the window does."""

    def __init__(self):
        super().__init__()
        self.asked = []
        QVBoxLayout(self)

    def show_term(self, word):
        self.asked.append(word)


@pytest.fixture
def holder(qtbot):
    found = Holder()
    qtbot.addWidget(found)
    return found


@pytest.mark.parametrize("term", glossary.TERMS, ids=lambda term: term.name)
def test_an_entry_has_two_sentences(term):
    said = re.sub(r"\d\.\d", "", term.text)
    assert 2 <= len(re.findall(r"[.:] |\.$", said)) <= 4
    assert term.text.endswith(".")


def test_no_word_leads_to_two_entries():
    words = [word.casefold() for term in glossary.TERMS for word in (term.name, *term.also)]
    assert len(words) == len(set(words))


def test_every_standing_that_has_a_colour_has_an_entry():
    assert [word for word in theme._BADGE if glossary.find(word) is None] == []


@pytest.mark.parametrize("make", [Badge, HelpMark, Knob])
def test_a_click_or_space_asks_for_the_entry(make, holder, qtbot):
    if make is Badge:
        asking = widget = Badge(holder, about="sampler")
        widget.set_standing("heuristic", "Not the model's own distribution.")
    elif make is HelpMark:
        asking = widget = HelpMark("Nats.", "heuristic", holder)
    else:
        widget = Knob(SHARE, holder)
        asking = widget.help
    holder.layout().addWidget(widget)
    holder.show()
    qtbot.waitExposed(holder)
    qtbot.mouseClick(asking, LEFT)
    qtbot.keyClick(asking, Qt.Key.Key_Space)
    wanted = "Temperature" if make is Knob else "heuristic"
    assert holder.asked == [wanted, wanted]


def test_a_badge_with_evidence_shows_that_first(holder, qtbot):
    badge = BadgeButton(holder, about="sampler")
    badge.set_standing("exact", "Closed form.")
    with qtbot.waitSignal(badge.clicked):
        qtbot.mouseClick(badge, LEFT)
    assert holder.asked == []


def test_it_opens_at_the_term_and_searches(qtbot):
    dialog = GlossaryDialog()
    qtbot.addWidget(dialog)
    assert dialog.show_term("≳")
    qtbot.waitExposed(dialog)
    assert dialog.chosen == "bound"
    assert dialog.show_term("Temperature")
    entry = dialog.entries["temperature"]
    qtbot.waitUntil(lambda: not entry.visibleRegion().isEmpty())
    dialog.search.setText("particles count")
    assert [name for name, entry in dialog.entries.items() if not entry.isHidden()] == ["ESS"]
    dialog.search.setText("no such words")
    assert dialog.none.isVisible()
    assert not dialog.show_term("no such words")
    assert dialog.search.text() == ""
    dialog.close()
