"""The report of round trips: it adds to what stands there, for the same weights alone."""

import math

import numpy as np
import torch

from engines.training.reports import round_trips
from engines.training.reports.round_trips import Question
from engines.uses.compression import coders
from engines.uses.compression.bits_back import BitsBackCoder
from tests.engines import tiny

KDE, VAE = Question("tiny/kde", 2, 1), Question("tiny/vae", 2, 2, allowed=0.03)


def noise(first, count):
    levels = np.random.default_rng(first).integers(0, 256, (count, 1, 8, 8))
    return torch.from_numpy(levels).float() / 127.5 - 1


def rows_of(page):
    return [line.split(" | ") for line in page.read_text().splitlines() if "tiny/" in line]


def test_a_run_goes_on_from_the_page(tmp_path):
    page = tmp_path / "page.md"
    models = {
        f"tiny/{family}": tiny.opened(tmp_path, family, "picture") for family in ("kde", "vae")
    }
    asked = []

    def draw(first, count):
        asked.append((first, count))
        return noise(first, count)

    def write(minutes, *questions):
        round_trips.write(
            minutes=minutes, document=page, questions=questions, open_one=models.get, draw=draw
        )

    write(math.inf, KDE)
    assert asked == [(0, 1), (1, 1)]
    write(math.inf, KDE, VAE)
    assert asked[2:] == [(0, 2)]  # the first model was done
    (kde, vae) = rows_of(page)
    assert (kde[2], kde[3], vae[2]) == ("2", "2", "2")
    assert float(kde[6].split()[0].replace("−", "-")) < 2
    page.write_text(page.read_text().replace(kde[1], "0123456789ab"))
    write(math.inf, KDE)
    assert asked[3:] == [(0, 1), (1, 1)]  # of other weights: all of it anew


def test_the_bits_of_bits_back_are_those_of_its_elbo(tmp_path):
    """What pictures add to a chain is the ELBO of the code's q, but for the noise of one draw."""
    model, x = tiny.opened(tmp_path, "vae", "picture"), noise(0, 12)
    coder = coders.coder_of(model)
    assert isinstance(coder, BitsBackCoder)
    levels = ((x + 1) * 127.5).round().flatten(1).numpy().astype(np.uint8)
    (whole,) = (step for step in coder.encode(levels) if not isinstance(step, float))
    gaps = np.array(whole.bits) - [coder.bits(picture, 100) for picture in levels]
    assert abs(gaps.mean()) < 4 * gaps.std() / math.sqrt(len(gaps)) + 0.5
