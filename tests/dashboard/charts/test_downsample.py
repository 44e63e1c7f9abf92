"""Thinned series keep what people look for: the ends and the extremes."""

import numpy as np

from dashboard.charts.downsample import kept_rows

WALK = np.cumsum(np.random.default_rng(3).normal(size=5_000)).tolist()


def test_a_series_that_fits_is_left_whole() -> None:
    assert kept_rows([[1.0, None, 3.0]], 3) == [0, 1, 2]


def test_no_more_rows_than_points_ascending_with_both_ends() -> None:
    rows = kept_rows([WALK, WALK[::-1]], 1_000)

    assert 500 < len(rows) <= 1_000
    assert rows == sorted(set(rows))
    assert (rows[0], rows[-1]) == (0, 4_999)


def test_a_spike_of_one_day_survives_in_every_column() -> None:
    up, down = [0.0] * 5_000, list(WALK)
    up[1_234], down[4_321] = 1.0, min(WALK) - 0.01

    rows = kept_rows([up, down], 200)

    assert {1_234, 4_321} <= set(rows)
    assert WALK.index(max(WALK)) in rows


def test_the_extremes_survive_among_noise_that_looks_just_as_wild() -> None:
    noise = np.random.default_rng(0).normal(size=5_000).tolist()  # the choice by shape alone loses one of them

    rows = kept_rows([noise], 100)

    assert {noise.index(max(noise)), noise.index(min(noise))} <= set(rows)


def test_unknown_values_do_not_disturb_the_choice() -> None:
    gaps = [None, *WALK[1:4_000], *[None] * 1_000]

    rows = kept_rows([gaps], 100)

    assert (rows[0], rows[-1]) == (0, 4_999)
    assert gaps.index(max(value for value in gaps if value is not None)) in rows
