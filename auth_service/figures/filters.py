"""Portfolio and macro figures: the filters of requests."""

from typing import Annotated, Literal

from pydantic import Field

from auth_service.strict_schemas import Count, Day, Input, Text


class DateRange(Input):
    from_date: Day | None = Field(default=None, alias="from", description="First day; default: the oldest.")
    to_date: Day | None = Field(default=None, alias="to", description="Last day; default: the newest.")


COLUMN = (
    "(market_value|cash|net_invested|contributions|inflow|outflow|income|dividends|interest|fees|taxes|daily_return"
    "|cumulative_return|drawdown|regime|phase|is_trading_day|is_stale)"
)


class TimeseriesFilter(DateRange):
    columns: Annotated[Text, Field(pattern=f"^{COLUMN}(,{COLUMN})*$", max_length=300)] = Field(
        default="market_value,net_invested,daily_return,cumulative_return,drawdown,regime",
        description="The answer's columns besides `date`, separated by commas.",
    )


class ReturnsFilter(DateRange):
    basis: Literal["nominal", "real", "excess"] = Field(
        default="nominal",
        description="Nominal, in money of the first day, or over Treasury bills.",
    )


class RollingFilter(DateRange):
    days: Annotated[Count, Field(ge=2, le=2520)] = Field(
        default=252,
        description="How far back each day looks, in days of an exchange that trades on 252 a year; what trades more "
        "often, or less, has as many returns as fall into that time.",
    )


class DrawdownsFilter(DateRange):
    limit: Annotated[Count, Field(ge=1, le=100)] = Field(default=10, description="Maximum drawdowns.")


class HoldingsFilter(Input):
    date: Day | None = Field(default=None, description="The day; default: the last known one.")


class HistoryFilter(Input):
    points: Annotated[Count, Field(ge=1, le=500)] = Field(
        default=60, description="Maximum days per ticker, including its first and last, or only the last."
    )


class TickerSearch(Input):
    search: Annotated[Text, Field(min_length=1, max_length=60)] = Field(
        description="Part of a ticker or a name.", examples=["total market"]
    )
    limit: Annotated[Count, Field(ge=1, le=50)] = Field(default=10, description="Maximum suggestions.")


class DayFilter(Input):
    date: Day = Field(description="Date at the exchange.")
