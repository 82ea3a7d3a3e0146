"""What if the gaps are not at random: imputed numbers moved by δ, to see when a result tips over.

All families assume that gaps are at random given what is known. Nothing in the data can prove it;
a sensitivity analysis asks how far the truth would have to be off (Rubin 1987, section 6.2;
van Buuren 2018, section 3.8).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engines.kinds import ColumnType
from engines.tables.data import Floats
from engines.tables.imputing import Imputations
from engines.tables.sheet import Event, TableError


def shifted(imputations: Imputations, column: str, delta: float) -> Imputations:
    """The same with every imputed value of a column of numbers moved by δ of its standard
    deviations. Observed values stay. Raises TableError for a column of levels.
    """
    table = imputations.table
    place = table.place(column)
    of = table.columns[place]
    if of.levels:
        raise TableError(f"'{column}' has levels: only numbers can be moved")
    sd = float(np.nanstd(table.x[:, place])) or 1.0
    values = imputations.values.copy()
    mine = imputations.cells[:, 1] == place
    values[:, mine] = _rounded(values[:, mine] + delta * sd, of.type, of.digits)
    event = Event(words(column, delta, delta * sd), column, True)
    return replace(imputations, values=values, events=(*imputations.events, event))


def words(column: str, delta: float, units: float) -> str:
    """What a shift assumes, in a sentence."""
    if delta == 0:
        return f"the missing values of '{column}' are like those that the other columns predict"
    more = "larger" if delta > 0 else "smaller"
    return (
        f"the missing values of '{column}' are taken to be {abs(units):.3g} {more} "
        f"({abs(delta):.2g} standard deviations) than the other columns predict"
    )


def _rounded(x: Floats, of: ColumnType, digits: int | None) -> Floats:
    if of is ColumnType.INTEGER:
        return np.round(x)
    return x if digits is None else np.round(x, digits)
