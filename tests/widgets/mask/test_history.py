"""Undo and redo: any walk through them is a walk through the masks there were."""

import numpy as np
import pytest

from widgets.mask.history import CAP, History
from widgets.mask.sheet import Sheet
from widgets.mask.strokes import capsule, grown


@pytest.mark.parametrize("shape", [(1, 1), (28, 28), (37, 64)])
def test_a_random_walk_replays(shape):
    draw = np.random.default_rng(4)
    sheet, masks, now = Sheet(shape), [np.zeros(shape, bool)], 0
    for _ in range(400):
        choice = draw.random()
        if choice < 0.3:
            box = sheet.undo()
            assert (box is None) == (now == 0)
            now = max(now - 1, 0)
        elif choice < 0.5:
            box = sheet.redo()
            assert (box is None) == (now == len(masks) - 1)
            now = min(now + 1, len(masks) - 1)
        else:
            wanted = _edit(sheet, draw)
            if not np.array_equal(wanted, masks[now]):
                masks, now = [*masks[: now + 1], wanted], now + 1
        assert np.array_equal(sheet.mask, masks[now])
        assert sheet.history.undoable() == now
        assert sheet.history.redoable() == len(masks) - 1 - now


def _edit(sheet, draw):
    """A stroke, an abandoned one, or a command; what the mask should be then."""
    before = sheet.mask.copy()
    kind = draw.integers(4)
    if kind == 0:
        sheet.replace(grown(before))
        return grown(before)
    if kind == 1:
        sheet.replace(~before)
        return ~before
    sheet.begin()
    wanted, unknown = before.copy(), bool(draw.integers(2))
    for _ in range(3):
        a, b = (tuple(draw.uniform(-5, 60, 2)) for _ in range(2))
        box, part = capsule(a, b, 5, sheet.shape())
        sheet.paint(box, part, unknown)
        wanted[box.slices()][part] = unknown
    if kind == 2:
        sheet.cancel()
        return before
    box = sheet.end()
    assert (box is None) == np.array_equal(before, wanted)
    return wanted


def test_the_byte_cap_holds_and_drops_the_oldest():
    draw = np.random.default_rng(5)
    sheet = Sheet((256, 256), cap=50_000)
    masks = [sheet.mask.copy()]
    for _ in range(40):
        masks.append(draw.random((256, 256)) < 0.5)
        sheet.replace(masks[-1])
        assert sheet.history.size() <= 50_000
    kept = sheet.history.undoable()
    assert 4 <= kept < 40
    for back in range(1, kept + 1):
        sheet.undo()
        assert sheet.history.size() <= 50_000
        assert np.array_equal(sheet.mask, masks[-1 - back])
    assert sheet.undo() is None


def test_a_step_beyond_the_cap_leaves_no_history():
    history, before = History(1000), np.zeros((256, 256), bool)
    after = np.random.default_rng(6).random((256, 256)) < 0.5
    assert history.record(before, after) is not None
    assert history.undoable() == 0
    assert history.size() == 0


def test_a_hundred_of_the_largest_random_masks_fit():
    noise = np.random.default_rng(7).random((2048, 2048)) < 0.5
    history = History()
    history.record(np.zeros_like(noise), noise)
    assert 100 * history.size() <= CAP


def test_a_stroke_takes_the_bytes_of_its_rectangle():
    sheet = Sheet((2048, 2048))
    box, part = capsule((100.5, 100.5), (160.5, 130.5), 21, (2048, 2048))
    changed = sheet.stamp(box, part, True)
    assert changed is not None
    assert sheet.history.size() < 600
