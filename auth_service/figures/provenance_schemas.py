"""Where figures come from: columns, their tests, prices and macro series."""

from datetime import date, datetime

from auth_service.strict_schemas import Output
from ingestion.errors import FetchOutcome


class TestsOfModel(Output):
    """How a model's data tests last ended."""

    passed: int
    failed: int
    tested_at: datetime


class Figure(Output):
    """One column shown in some answer; `tests` is null if its model was never tested.

    `inputs` are what its model reads: models and seeds by name, sources with their schema. `built_at` says when your
    own rows were computed, if known.
    """

    model: str
    column: str
    description: str
    inputs: list[str]
    tests: TestsOfModel | None
    built_at: datetime | None


class Figures(Output):
    items: list[Figure]
    next_cursor: str | None = None


class LastFetch(Output):
    """How the last fetch ended; `reason` says why it brought nothing."""

    finished_at: datetime
    outcome: FetchOutcome
    reason: str | None


class Doubt(Output):
    """A dividend or capital gain not counted because prices don't show it, or a split without effect on shares."""

    ex_date: date
    action: str
    value: str
    currency: str | None


class TickerData(Output):
    """Prices of one ticker or exchange rate.

    A gap is more than 7 calendar days without a bar. `is_stale` means that on the portfolio's as-of date the last bar
    was older than that, or missing. `quarantined` counts refused values not corrected since. `silent_since` is the day
    of the last bar, if nothing new has come for 3 times the usual interval and at least 14 days: the listing may have
    ended.
    """

    ticker: str
    name: str | None
    first_bar: date | None
    last_bar: date | None
    bars: int
    gaps: int
    quarantined: int
    doubts: list[Doubt]
    splits: int
    dividends: int
    is_stale: bool
    usual_interval_days: int | None
    silent_since: date | None
    last_fetch: LastFetch | None


class TickerDataList(Output):
    items: list[TickerData]
    next_cursor: str | None = None


class SeriesData(Output):
    """The newest value of one macro series; `title` is what people call it.

    `published_on` is the day on which the last period was first published, `known_on` the day of its last revision.
    `silent_since` is `published_on` if no further period has come for 3 times the usual interval: the series may have
    been discontinued.
    """

    series_id: str
    title: str
    indicator: str
    last_observation: date | None
    published_on: date | None
    known_on: date | None
    value: float | None
    is_stale: bool
    usual_interval_days: int | None
    silent_since: date | None
    last_fetch: LastFetch | None


class SeriesDataList(Output):
    items: list[SeriesData]
    next_cursor: str | None = None
