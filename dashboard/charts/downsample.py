"""As many points as a screen can show, without losing extremes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tsdownsample import MinMaxLTTBDownsampler

CHOOSER = MinMaxLTTBDownsampler()  # type: ignore[no-untyped-call]
POINTS = 800  # per chart, over all its lines: three per two pixels of the widest, which keeps a page below 400 kB


def kept_rows(columns: Sequence[Sequence[float | None]], points: int = POINTS) -> list[int]:
    """The rows to draw, ascending: the same for all columns, so that one hover shows all of them.

    They include the first and last row, and each column's highest and lowest value.
    """
    days = len(columns[0])
    if days <= points:
        return list(range(days))
    share = (points - 4 * len(columns)) // len(columns)
    rows: set[int] = {0, days - 1}
    for column in columns:
        values = _filled(column)
        rows |= {int(values.argmin()), int(values.argmax())}
        rows |= {int(row) for row in CHOOSER.downsample(values, n_out=share)}
    return sorted(rows)


def _filled(column: Sequence[float | None]) -> NDArray[np.float64]:
    """Unknown values are drawn as gaps; for choosing rows, they repeat the last one before."""
    values = np.array(column, dtype=np.float64)
    known = np.where(np.isnan(values), 0, np.arange(len(values)))
    return np.nan_to_num(values[np.maximum.accumulate(known)])
