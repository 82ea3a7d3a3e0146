"""A training as a notebook: its cells, run in a fresh process, give the same weights."""

import json
import subprocess
import sys

import numpy as np
import torch

from engines.data.own import Points
from engines.data.toys import TOYS
from engines.learning.fitting import fit, packed, sha256_of
from engines.learning.learner import learner
from engines.learning.notebook import notebook, run_of, run_of_card
from engines.model import finish
from tests.own import home

__all__ = ["home"]
X, Y = (part.numpy() for part in TOYS["moons"].sample(150, torch.Generator().manual_seed(1)))
POINTS = Points(X, ("x", "y"))
CLASSED = Points(X, ("x", "y"), Y, ("upper", "lower"))
PLAY = """
import json, sys
sys.modules["matplotlib"] = None  # what a machine without it sees
for path in sys.argv[1:]:
    names = {}
    for cell in json.load(open(path, encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    print("found", names["found"])
"""


def test_its_cells_give_the_same_weights_in_a_fresh_process(home, tmp_path):
    torch.set_num_threads(1)
    paths, wanted = [], []
    for family, points in (("vae", CLASSED), ("gan", POINTS), ("mfa", POINTS)):
        card = finish(fit(points, family, name="mine", steps=4, seed=3))
        paths.append(tmp_path / f"{family}.ipynb")
        paths[-1].write_bytes(notebook(points, run_of_card(card)))
        wanted.append(card.sha256)
    made = changed()
    sha256 = sha256_of(packed(made.course.weights()))
    paths.append(tmp_path / "changed.ipynb")
    paths[-1].write_bytes(notebook(POINTS, run_of(made, sha256)))
    wanted.append(sha256)
    told = subprocess.run(
        [sys.executable, "-c", PLAY, *paths], capture_output=True, text=True, timeout=120
    )
    assert told.returncode == 0, told.stderr
    assert [line[6:] for line in told.stdout.splitlines() if line.startswith("found")] == wanted
    assert told.stdout.count("the same weights") == len(wanted)


def changed():
    """A learner with values that were changed on its way, one of them the number of steps."""
    from engines.learning.fitting import parted

    made = learner("flow", *parted(POINTS)[0], steps=50, name="mine")
    moments = made.moments()
    for place in range(5):
        next(moments)
        if place == 1:
            made.change("rate", 0.01)
        if place == 3:
            made.change("steps", 20)
    return made


def test_it_is_a_notebook_of_version_4_5(home):
    card = finish(fit(POINTS, "kde", name="mine"))
    found = json.loads(notebook(POINTS, run_of_card(card)))
    assert (found["nbformat"], found["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in found["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in found["cells"]:
        wanted = {"id", "cell_type", "metadata", "source"}
        if cell["cell_type"] == "code":
            wanted |= {"outputs", "execution_count"}
            compile("".join(cell["source"]), cell["id"], "exec")
        assert cell.keys() == wanted


def test_other_points_on_the_way_promise_no_weights(home):
    made = learner("flow", torch.from_numpy(X), steps=9)
    for _ in zip(range(2), made.moments(), strict=False):
        pass
    made.exchange(torch.from_numpy(X[:100]))
    assert run_of(made, "0123").sha256 == ""
    assert np.isfinite(made.course.seconds)
