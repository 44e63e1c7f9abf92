"""Macro regimes: what was known then, and that nothing later can change it."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from tests.dbt.bronze import Bronze
from tests.dbt.command import run_dbt
from tests.support.platform import Platform

MODELS = ("--select", "+fct_macro_regimes")
MONTHS = [date(2000 + number // 12, number % 12 + 1, 1) for number in range(120)]
CUT = date(2007, 6, 15)
Regimes = dict[date, tuple[Any, ...]]


def lagged(days: int) -> dict[str, str]:
    """Publication of each month, `days` after its end."""
    return {
        month.isoformat(): (following + timedelta(days=days - 1)).isoformat()
        for month, following in zip(MONTHS, [*MONTHS[1:], date(2010, 1, 1)], strict=True)
    }


def write_series(bronze: Bronze) -> None:
    walk = np.random.default_rng(7)
    production = 100 * np.cumprod(1 + walk.normal(0.001, 0.012, len(MONTHS)))
    prices = 100 * np.cumprod(1 + walk.normal(0.002, 0.003, len(MONTHS)))
    # 3.2 %, more from 2001-11 on, 4 % until 2004-12, then 0.2 points a month to 6.4 % in 2005-12, then level
    unemployment = [4 + 0.2 * min(max((month.year - 2005) * 12 + month.month, 0), 12) for month in MONTHS]
    unemployment[:24] = [*[3.2] * 22, 3.3, 3.8]
    for series_id, values, lag in (("INDPRO", production, 15), ("CPILFESL", prices, 12), ("UNRATE", unemployment, 5)):
        named = {month.isoformat(): float(value) for month, value in zip(MONTHS, values, strict=True)}
        bronze.series(series_id, named, lagged(lag))
    # A benchmark revision in 2008 halves every month before it: known now, not then.
    revised = {month.isoformat(): 60.0 + number for number, month in enumerate(MONTHS[:90])}
    bronze.series("INDPRO", revised, dict.fromkeys(revised, "2008-03-01"))


def read_regimes(platform: Platform) -> Regimes:
    query = """
        select date_day, regime, phase, growth_state, inflation_state, known_on, substitutes, price_level
        from "default".fct_macro_regimes where date_day <= %s
    """
    with platform.connect("macrofolio_dbt") as connection:
        return {row[0]: row[1:] for row in connection.execute(query, [CUT])}


@pytest.fixture(scope="module")
def regimes(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> tuple[Regimes, Regimes]:
    """Each day up to the cut: built from everything, and built from what was published by then."""
    with platform.connect("postgres") as connection:
        write_series(Bronze(connection))
    folder = tmp_path_factory.mktemp("dbt")
    run_dbt(platform, folder, "build", *MODELS, "--indirect-selection", "cautious")
    whole = read_regimes(platform)
    with platform.connect("postgres") as connection:
        connection.execute("delete from bronze.raw_fred where realtime_start > %s", [CUT])
    run_dbt(platform, folder, "run", *MODELS)
    return whole, read_regimes(platform)


def test_cutting_everything_after_a_day_changes_no_regime_up_to_it(regimes: tuple[Regimes, Regimes]) -> None:
    whole, cut = regimes

    assert whole == cut
    assert {row[0] for row in whole.values()} >= {"goldilocks", "reflation", "stagflation", "deflation"}


def test_there_is_no_guess_while_history_is_short(regimes: tuple[Regimes, Regimes]) -> None:
    whole, _ = regimes

    # Growth needs 20 months (12 for a year, 6 for the change, and 2 of the 3 of the first mean): 2000-01 to 2001-08,
    # of which the last is published on 2001-09-15.
    assert whole[date(2001, 9, 14)][2] is None
    assert [row[0] for day, row in whole.items() if day < date(2001, 9, 15)] == [None] * len(
        [day for day in whole if day < date(2001, 9, 15)]
    )


def test_an_indicator_at_its_threshold_has_reached_it(regimes: tuple[Regimes, Regimes]) -> None:
    whole, _ = regimes

    # (3.3 + 3.8 + 4) / 3 - 3.2 = 0.5 in January 2002, published on 2002-02-05; in doubles it is less.
    assert whole[date(2002, 2, 4)][1] == "expansionary"
    assert whole[date(2002, 2, 5)][1] == "contractionary"


def test_the_contraction_begins_on_the_day_it_could_be_known(regimes: tuple[Regimes, Regimes]) -> None:
    whole, _ = regimes

    # Three-month means above their low: 0.07 in January 2005, 0.2, 0.4, 0.6 in April, published on 2005-05-05.
    assert whole[date(2005, 5, 4)][1] == "expansionary"
    assert whole[date(2005, 5, 5)][1] == "contractionary"
    # February 2006 is the first month whose mean is the last one; from May 2006 on (published 2006-06-05) it is no
    # higher than three months before.
    assert whole[date(2006, 6, 4)][1] == "contractionary"
    assert whole[date(2006, 6, 5)][1] == "expansionary"
    assert whole[date(2005, 5, 5)][5] == "cfnai: none"
