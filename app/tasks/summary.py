"""What many draws of one hole say together: mean, spread, and which draws stand for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.recipes.pictures import Pixels, Values


@dataclass(frozen=True, eq=False)
class Summary:
    """Of K draws: `mean` (H, W, 3) levels, `spread` (H, W) and two of the draws by number.

    Of other kinds than pictures `mean` and `spread` are plain numbers in the shape of an example.

    `spread` is the standard deviation per pixel in shares of the full range, the root mean square
    over channels, with K − 1 in the denominator; zero of a single draw. `typical` has the smallest
    mean distance (root of summed squares) to the other draws, `diverse` the largest.
    """

    mean: Values
    spread: npt.NDArray[np.float32]
    typical: int
    diverse: int


@dataclass(frozen=True)
class Against:
    """How K draws compare with the true picture where it is unknown.

    `error` is the root mean squared difference of the mean, in shares of the full range;
    `covered` the share of values between the smallest and the largest draw, both included;
    `expected` the least share, on average, if draws and truth came from one distribution:
    (K − 1)/(K + 1), by the rank of one among K + 1.
    """

    error: float
    covered: float
    expected: float


def against(draws: Pixels, truth: Pixels, mask: npt.NDArray[np.bool_]) -> Against | None:
    """Draws (K, H, W, 3) beside the truth (H, W, 3) in a hole (H, W); None where it is empty."""
    if not mask.any():
        return None
    x, t = draws[:, mask].astype(np.float32), truth[mask].astype(np.float32)
    inside = (x.min(0) <= t) & (t <= x.max(0))
    error = float(np.sqrt(np.square(x.mean(0) - t).mean())) / 255
    return Against(error, float(inside.mean()), (len(x) - 1) / (len(x) + 1))


def summarise(draws: Values) -> Summary:
    """The summary of draws (K, H, W, 3) of a picture, or (K, …) of another kind; K ≥ 1."""
    x = draws.astype(np.float32)
    mean = x.mean(0)
    variance = x.var(0, ddof=1) if len(x) > 1 else np.zeros_like(mean)
    pictures = draws.dtype == np.uint8
    spread = np.sqrt(variance.mean(-1)) / 255 if pictures else np.sqrt(variance)
    distance = mean_distances(x.reshape(len(x), -1))
    return Summary(
        mean.round().astype(np.uint8) if pictures else mean,
        spread.astype(np.float32),
        int(distance.argmin()),
        int(distance.argmax()),
    )


def mean_distances(x: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """The mean Euclidean distance of every row of x (K, D) to the other rows: (K,)."""
    # by differences: ‖a‖² + ‖b‖² − 2 a·b loses the small distances that decide here
    total = [np.sqrt(((x - row) ** 2).sum(1, dtype=np.float64)).sum() for row in x]
    return np.array(total) / max(1, len(x) - 1)
