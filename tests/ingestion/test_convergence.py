"""Whatever a provider answered in between, bronze ends as one clean fetch would leave it."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from math import prod
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from ingestion.config import IngestionSettings
from ingestion.errors import IngestionError
from ingestion.macro.observations import load_series
from ingestion.prices.history import load_whole, refresh
from ingestion.providers.fred import FredApiSource
from ingestion.records import Action, Asset, Bar, PriceHistory, TickerSuggestion
from ingestion.store import bronze as database
from ingestion.store.runs import Run, recorded
from tests.ingestion.conftest import Bronze, FilesFolder
from tests.ingestion.replay.fred import KEY, Fred

FIRST_DAY = date(2020, 1, 1)
NUMBERS = count()
IN_ONE_DATABASE = settings(
    derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@dataclass
class Truth:
    """What happened on the market, and how a provider that adjusts for splits and dividends tells it now."""

    traded: list[float] = field(default_factory=list)
    splits: dict[int, int] = field(default_factory=dict)
    dividends: dict[int, float] = field(default_factory=dict)

    def grow(self, days: int) -> None:
        for _ in range(days):
            self.traded.append(round(50 + len(self.traded) * 7 % 11 + 0.37, 2))

    def split(self, ratio: int) -> None:
        self.grow(1)
        self.splits[len(self.traded) - 1] = ratio

    def dividend(self, percent: int) -> None:
        self.grow(1)
        self.dividends[len(self.traded) - 1] = percent / 100

    def correct(self, days_ago: int) -> None:
        self.traded[-min(days_ago, len(self.traded))] *= 1.01

    def history(self) -> PriceHistory:
        bars, actions = [], []
        for place, price in enumerate(self.traded):
            close = price / prod(ratio for day, ratio in self.splits.items() if day > place)
            adjusted = close * prod(1 - part for day, part in self.dividends.items() if day > place)
            bars.append(bar(place, close, adjusted))
            if place in self.splits:
                actions.append(Action(day_of(place), "split", Decimal(self.splits[place])))
            if place in self.dividends:
                actions.append(Action(day_of(place), "dividend", Decimal(repr(close * self.dividends[place])), "USD"))
        return PriceHistory("", "USD", "split_adjusted", tuple(bars), tuple(actions))


def day_of(place: int) -> date:
    return FIRST_DAY + timedelta(days=place)


def bar(place: int, close: float, adjusted: float) -> Bar:
    exact, high = Decimal(repr(close)), Decimal(repr(close * 1.5))
    return Bar(day_of(place), exact, exact, high, exact, Decimal(repr(adjusted)), Decimal(1000))


@dataclass
class Provider:
    """Answers the truth, spoilt in the way that is asked for."""

    truth: Truth
    spoil: str = "nothing"
    place: int = 1
    name: str = "provider"
    overlap: timedelta | None = timedelta(days=14)
    parallel_requests: int = 1

    def asset(self, ticker: str) -> Asset:
        return Asset(ticker, None, "EQUITY", "USD")

    def search(self, text: str, limit: int) -> list[TickerSuggestion]:
        return []

    def history(self, ticker: str, start: date | None = None) -> PriceHistory:
        told = self.truth.history()
        bars = [bar for bar in told.bars if start is None or bar.price_date >= start]
        actions = tuple(action for action in told.actions if start is None or action.ex_date >= start)
        if bars:
            bars = list(self._spoilt(bars))
        return PriceHistory(ticker, "USD", "split_adjusted", tuple(bars), actions)

    def _spoilt(self, bars: list[Bar]) -> Iterator[Bar]:
        place = max(len(bars) - self.place, 0)
        victim = bars[place]
        close = victim.close or Decimal(0)
        match self.spoil:
            case "cut short":
                yield from bars[: place or 1]
            case "cut in half":
                yield from bars[len(bars) // 2 :]
            case "with holes":
                yield from bars[:place] + bars[place + 2 :]
            case "shuffled":
                Random(self.place).shuffle(bars)  # noqa: S311 - any order will do
                yield from bars
            case "told twice":
                yield from bars + bars
            case "contradicted":
                yield from [*bars, victim._replace(close=close * 2)]
            case "still trading":
                last = bars[-1]
                yield from [*bars[:-1], last._replace(close=(last.close or 0) * Decimal("1.02"), is_provisional=True)]
            case "missing" | "zero" | "negative" | "hundredfold" | "hundredth":
                values = {"zero": Decimal(0), "negative": -close, "hundredfold": close * 100, "hundredth": close / 100}
                yield from [*bars[:place], victim._replace(close=values.get(self.spoil)), *bars[place + 1 :]]
            case _:
                yield from bars


HARMLESS = ["nothing", "cut short", "shuffled", "told twice", "still trading"]
# Older days are corrected by these only when the whole history is fetched again, which happens once a week.
LASTING = ["cut in half", "with holes", "contradicted", "missing", "zero", "negative", "hundredfold", "hundredth"]
MARKET = st.one_of(
    st.tuples(st.just("grow"), st.integers(0, 20)),
    st.tuples(st.just("grow"), st.integers(0, 2)),
    st.tuples(st.just("correct"), st.integers(1, 5)),
    st.tuples(st.just("dividend"), st.integers(1, 5)),
    st.tuples(st.just("split"), st.sampled_from([2, 3, 10, 100])),
)
FETCH = st.tuples(st.sampled_from(HARMLESS + LASTING), st.integers(1, 12))


def contents(bronze: Bronze, ticker: str) -> list[list[tuple[Any, ...]]]:
    """Everything that bronze says of a ticker, besides when."""
    where = f"ticker = '{ticker}'"
    return [
        bronze.rows(
            "select price_date, open, high, low, close, adj_close, volume, currency, is_provisional, source"
            f" from bronze.raw_prices where {where} order by 1"
        ),
        bronze.rows(
            "select ex_date, action, value, currency, price_basis, source"
            f" from bronze.raw_corporate_actions where {where} order by 1, 2"
        ),
        bronze.rows(
            "select row_date, item, reason from bronze.quarantined_rows"
            f" where subject = '{ticker}' and superseded_at is null"
        ),
    ]


@example(first=103, steps=[(("cut in half", 3), ("grow", 0))])
@example(first=40, steps=[(("nothing", 1), ("dividend", 2))])
@example(first=40, steps=[(("nothing", 1), ("split", 2))])
@example(first=40, steps=[(("still trading", 1), ("grow", 0))])
@example(first=40, steps=[(("nothing", 1), ("correct", 3))])
@example(first=40, steps=[(("nothing", 1), ("dividend", 1)), (("missing", 30), ("split", 2))])
@settings(IN_ONE_DATABASE, max_examples=60)
@given(first=st.integers(1, 120), steps=st.lists(st.tuples(FETCH, MARKET), max_size=8))
def test_any_sequence_of_fetches_ends_as_one_clean_fetch(
    folder: FilesFolder, bronze: Bronze, first: int, steps: list[tuple[tuple[str, int], tuple[str, int]]]
) -> None:
    truth, number = Truth(), next(NUMBERS)
    truth.grow(first)
    lived, clean = f"LIVED{number}", f"CLEAN{number}"
    with database.connect(IngestionSettings()) as connection:
        for (spoil, place), (event, size) in steps:
            with suppress(IngestionError), recorded(connection, Run("prices", lived, "provider")) as run:
                refresh(connection, Provider(truth, spoil, place), run)
            getattr(truth, event)(size)
        if {spoil for (spoil, _), _ in steps} & set(LASTING):
            bronze.connection.execute("update bronze.ingestion_runs set started_at = started_at - interval '8 days'")
        for ticker, load in ((lived, refresh), (clean, load_whole)):
            with recorded(connection, Run("prices", ticker, "provider")) as run:
                load(connection, Provider(truth), run)
        assert contents(bronze, lived) == contents(bronze, clean)

        with recorded(connection, Run("prices", lived, "provider")) as run:
            refresh(connection, Provider(truth), run)
        assert run.rows_changed == 0, "once more changes nothing"


REVISIONS = st.lists(
    st.lists(st.tuples(st.integers(1, 60), st.sampled_from(["1", "2", "3.5"])), min_size=1, max_size=4), max_size=6
)


@pytest.mark.usefixtures("live")
@settings(IN_ONE_DATABASE, max_examples=15)
@given(revisions=REVISIONS, fetched_on=st.lists(st.integers(1, 300), max_size=4))
def test_vintages_fetched_bit_by_bit_are_those_fetched_at_once(
    fred: Fred, bronze: Bronze, revisions: list[list[tuple[int, str]]], fetched_on: list[int]
) -> None:
    number = next(NUMBERS)
    lived, clean = f"LIVED{number}", f"CLEAN{number}"
    series: dict[date, dict[date, str]] = {date(2019, 1, 1): {FIRST_DAY: "1"}}
    for place, published in enumerate(revisions):
        day = FIRST_DAY + timedelta(days=place * 40)
        series[day] = {}
        for lag, value in published:
            if value not in list(series[day].values())[-1:]:
                day_known = max([day, *series[day]]) + timedelta(days=lag)
                series[day][day_known] = value
    fred.series = {lived: series, clean: series}
    source = FredApiSource(SecretStr(KEY))

    def load(series_id: str) -> None:
        with (
            database.connect(IngestionSettings()) as connection,
            recorded(connection, Run("macro", series_id, source.name)) as run,
        ):
            load_series(connection, source, run)

    for days in sorted(fetched_on):
        fred.today = FIRST_DAY + timedelta(days=days)
        load(lived)
    fred.today = date.max
    load(lived)
    load(clean)

    rows = "select observation_date, value, realtime_start, dated_by from bronze.raw_fred where series_id = '{}'"
    assert sorted(bronze.rows(rows.format(lived))) == sorted(bronze.rows(rows.format(clean)))
