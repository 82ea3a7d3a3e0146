"""A checkpoint that cannot be used fails in its own column, says why, and may be tried again."""

import pickle
import shutil

import pytest
import torch
from PySide6.QtWidgets import QLabel, QPlainTextEdit

from tests.checkpoints import ship_kernels
from tests.windows import BOTH, DIGITS
from widgets.look.state import State
from widgets.queue.jobs import JobState
from widgets.window.messages import Details

KDE, FLOW = "mnist/kde", "mnist/flow"


def truncate(path):
    path.write_bytes(path.read_bytes()[:100])


def tamper(path):
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)


def to_pickle(path):
    path.write_bytes(pickle.dumps({"weights": [1.0]}))


def remove(path):
    path.unlink()


def words(stage, name):
    labels = stage.column(name).findChildren(QLabel)
    return " ".join(label.text() for label in labels if label.isVisible())


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (truncate, "are not the ones the card describes"),
        (tamper, "are not the ones the card describes"),
        (to_pickle, "are not the ones the card describes"),
        (remove, "kde.safetensors is missing"),
    ],
)
def test_damaged_weights_fail_in_their_column_and_are_tried_again(open_window, root, damage, said):
    weights = root / "mnist" / "kde.safetensors"
    shutil.copy(weights, root / "whole")
    damage(weights)
    stage = open_window(BOTH, root)
    stage.until_shows(FLOW)
    stage.until(lambda: stage.column(KDE).state is State.FAILED)
    assert said in words(stage, KDE)
    assert "CheckpointError" not in words(stage, KDE)
    assert stage.said() == []

    stage.click(stage.button("Details", stage.column(KDE)))
    (dialog,) = stage.tab.findChildren(Details)
    assert "Traceback" in dialog.findChild(QPlainTextEdit).toPlainText()
    dialog.close()

    stage.window.seed.box.setValue(8)
    stage.until_shows(FLOW, seed=8)
    stage.until(lambda: stage.column(KDE).state is State.FAILED)
    shutil.copy(root / "whole", weights)
    stage.click(stage.button("Try again", stage.column(KDE)))
    stage.until_shows(KDE, seed=8)


def test_a_batch_of_a_damaged_model_fails_and_the_others_go_on(open_window, root):
    tamper(root / "mnist" / "kde.safetensors")
    stage = open_window(BOTH, root)
    stage.until_shows(FLOW)
    stage.window.presenters[0].generate(10)
    stage.until_shows(FLOW, count=10)
    table = stage.window.bar.table
    stage.until(lambda: len(table.ended()) == 2)
    assert {job.state for job in table.ended()} == {JobState.DONE, JobState.FAILED}
    (message,) = stage.said()
    assert message.startswith("KDE: 10 pictures failed. mnist/kde: the weights")


def test_weights_that_were_trained_anew_open_by_trying_again(open_window, root):
    stage = open_window(DIGITS, root)
    stage.ready()
    old = stage.recipe(KDE).sha256
    (root / "mnist" / "kde.safetensors").unlink()
    shutil.rmtree(root / "mnist")
    stage.window.session.open._open.clear()
    stage.window.seed.box.setValue(8)
    stage.until(lambda: stage.column(KDE).state is State.FAILED)
    torch.manual_seed(5)
    ship_kernels(root)
    card = root / "mnist" / "kde.toml"
    card.write_text(card.read_text().replace("bandwidth = 3.0", "bandwidth = 4.0"))
    stage.click(stage.button("Try again", stage.column(KDE)))
    stage.until_shows(KDE, seed=8)
    assert stage.window.session.cards[KDE].net["bandwidth"] == 4.0
    assert stage.recipe(KDE).sha256 == old


def test_the_last_good_pictures_stay_behind_an_error(open_window, puppets):
    puppets[KDE].allow()
    stage = open_window(DIGITS)
    stage.ready()
    puppets[KDE].error = RuntimeError("out of memory")
    puppets[KDE].allow()
    stage.window.seed.box.setValue(8)
    stage.until(lambda: stage.column(KDE).state is State.FAILED)
    assert stage.picture(KDE)[0, 0, 0] == 7
    assert stage.recipe(KDE).seed == 7
    puppets[KDE].error = None
    puppets[KDE].allow()
    stage.click(stage.button("Try again", stage.column(KDE)))
    stage.until_shows(KDE, seed=8)


def test_a_broken_card_is_told_at_the_start_and_the_rest_is_on_offer(open_window, root):
    card = root / "mnist" / "flow.toml"
    card.write_text("\n".join(x for x in card.read_text().splitlines() if "licence" not in x))
    stage = open_window(BOTH, root)
    stage.ready()
    (message,) = stage.said()
    assert message.startswith("The card ")
    assert "flow.toml lacks 'licence'" in message
    assert stage.tab.names() == (KDE,)


def test_an_empty_catalogue_opens_an_empty_window(open_window, tmp_path):
    stage = open_window(DIGITS, tmp_path)
    assert stage.tab.names() == ()
    stage.click(stage.tab.generate)
    assert stage.window.bar.table.rowCount() == 0
