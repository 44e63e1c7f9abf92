"""As many points as a screen can show, and none of the extremes lost."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tsdownsample import MinMaxLTTBDownsampler

CHOOSER = MinMaxLTTBDownsampler()  # type: ignore[no-untyped-call]
POINTS = 800  # of a chart, in all of its lines: two pixels of the widest for three, and a page stays below 400 kB


def kept_rows(columns: Sequence[Sequence[float | None]], points: int = POINTS) -> list[int]:
    """The rows to draw, ascending: the same for all columns, so that one hover tells all of them.

    The first and the last row are among them, and the highest and the lowest value of each column.
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
    """An unknown value is drawn as a gap; for the choice of rows it is the last one before."""
    values = np.array(column, dtype=np.float64)
    known = np.where(np.isnan(values), 0, np.arange(len(values)))
    return np.nan_to_num(values[np.maximum.accumulate(known)])
