"""Where figures come from: what is told of columns, of their tests, of prices and of macro series."""

from datetime import date, datetime

from auth_service.strict_schemas import Output
from ingestion.errors import FetchOutcome


class TestsOfModel(Output):
    """How the data tests of a model ended the last time each ran."""

    passed: int
    failed: int
    tested_at: datetime


class Figure(Output):
    """One column that some answer shows; `tests` is null when its model was never tested.

    `inputs` are what its model reads: models and seeds by their name, sources with their schema. `built_at` says when
    one's own rows were computed, where that is kept.
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
    """A dividend or capital gain that prices don't show and that is not counted, or a split that changes no count."""

    ex_date: date
    action: str
    value: str
    currency: str | None


class TickerData(Output):
    """Prices of one ticker, exchange rates included.

    A gap is a stretch of more than 7 calendar days without a bar; `is_stale` says that the last bar is older than that
    on the portfolio's as-of date, or that there is none. `quarantined` counts values that were refused, and not
    corrected since. `silent_since` is the day of the last bar where nothing new has come for 3 times the usual interval
    and 14 days at least: the listing may have ended.
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

    `published_on` is the day on which the last period was first published, `known_on` that of its last revision.
    `silent_since` is `published_on` where no further period has come for 3 times the usual interval: the series may
    have been discontinued.
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
