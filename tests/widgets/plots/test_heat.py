"""Numbers as colours."""

import numpy as np

from widgets.plots.heat import MAGMA, coloured


def test_the_ends_of_the_map_are_the_ends_of_the_range():
    picture = coloured(np.array([[0.0, 0.25, 0.5, 9.0, np.nan]]), 0.5)
    assert picture.shape == (1, 5, 3)
    assert picture.dtype == np.uint8
    assert (picture[0, 0] == MAGMA[0]).all()
    assert (picture[0, 1] == MAGMA[128]).all()
    assert (picture[0, 2:4] == MAGMA[255]).all()
    assert (picture[0, 4] == MAGMA[0]).all()


def test_brighter_means_more():
    luma = MAGMA.astype(float) @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(luma) > -0.51).all()
    assert luma[-1] - luma[0] > 200
