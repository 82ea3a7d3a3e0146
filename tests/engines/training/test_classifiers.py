"""The report of classifiers: figures as they are, of digits that it goes on with."""

import numpy as np
import torch

from engines.training.datasets import Split
from engines.training.reports import classifiers
from engines.training.reports.classifiers import Known, Question, known_of, lines_of, more


def test_it_goes_on_by_turns_and_keeps_what_it_knows(tmp_path):
    asked = []

    def ask(x):
        asked.append(x[:, 0].tolist())
        return np.zeros((len(x), 3))

    test = Split(torch.arange(20.0)[:, None], torch.arange(20) % 3)
    question, known = Question("mnist/flow", 6, 3, 2), known_of(tmp_path / "no.npz", 3)
    while len(known.first) < 6:
        known = more(known, question, ask, test, 17)
        known.save(tmp_path / "one.npz")
        known = known_of(tmp_path / "one.npz", 3)
    assert asked == [[17, 18], [0, 1], [2, 3], [19], [4, 5]]
    assert (known.first.shape, known.last.shape) == ((6, 3), (3, 3))


def test_figures_of_a_classifier_that_is_right_and_too_sure():
    """Nine of ten are read rightly, at odds of e^20: T must come to about 20 / ln 9 / 2."""
    labels = np.arange(400) % 2
    said = np.where(np.arange(400) % 10 == 0, 1 - labels, labels)
    log_p = 20.0 * np.eye(2)[said]
    row, bins = lines_of("mnist/flow", Known(log_p[:200], log_p[200:300]), labels, 200)
    cells = [cell.strip() for cell in row.strip("| \n").split(" | ")]
    assert cells[:3] == ["mnist/flow", "200", "100"]
    assert abs(float(cells[3]) - 20 / np.log(9)) < 0.3
    assert cells[4].startswith("90.0 ± 2.")
    assert cells[6].startswith("0.100")
    assert float(cells[7].split()[0]) < 0.04 < float(cells[6].split()[0])
    assert cells[8].startswith("10.0 / ")
    assert bins.count("0.9") >= 5


def test_the_reader_has_no_doubt_of_being_outside():
    log_p = np.log(np.full((40, 2), 0.5) + 0.3 * (2 * np.eye(2)[np.arange(40) % 2] - 1))
    row, _ = lines_of(classifiers.READER, Known(log_p[:20], log_p[20:]), np.arange(40) % 2, 20)
    assert row.endswith("| – |\n")
