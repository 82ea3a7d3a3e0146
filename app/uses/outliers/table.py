"""The verdicts of all models on all pictures as a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from app.tasks.uses.judging import Verdicts


def packed(verdicts: Sequence[Verdicts]) -> bytes:
    """A row for each picture and model: its scores and p-values; empty where it has none."""
    names = list(dict.fromkeys(name for each in verdicts for name in each.titles))
    text = io.StringIO()
    write = csv.writer(text, lineterminator="\n")
    write.writerow(("model", "file", "group", *names, *(f"p_{name}" for name in names)))
    for each in verdicts:
        for i in range(len(each)):
            scores = (f"{each.scores[n][i]:.6g}" if n in each.scores else "" for n in names)
            ranks = (f"{each.p[n][i]:.6g}" if n in each.p else "" for n in names)
            of = each.candidates
            write.writerow((each.card.name, of.names[i], of.groups[i], *scores, *ranks))
    return text.getvalue().encode()
