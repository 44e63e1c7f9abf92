"""One trading story a file, told in YAML, with numbers worked by hand or published: run through the real models.

A ticker means something in its own story only. Numbers must be equal to 1e-9; where a source rounds, `within` says how
far.
"""

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.dbt.bronze import Bronze
from tests.dbt.command import run_dbt
from tests.dbt.conftest import Marts
from tests.support.databases import Databases

FOLDER = Path(__file__).parent
STORIES = {path.stem: yaml.safe_load(path.read_text()) for path in sorted(FOLDER.glob("*.yaml"))}
NUMBERS = {name: number for number, name in enumerate(STORIES)}
# 2024-01-02 BUY 10 AAA at 100 fees 9.95 in EUR
LINE = re.compile(
    r"(?P<trade_date>\S+) (?P<side>BUY|SELL) (?P<quantity>\S+) (?P<ticker>\S+) at (?P<price>\S+)"
    r"( fees (?P<fees>\S+))?( taxes (?P<taxes>\S+))?( in (?P<currency>\S+))?"
    r"( settled in (?P<settlement_currency>\S+) at (?P<fx_rate>\S+))?( account (?P<account>\S+))?"
)
# 2024-01-02 DIVIDEND 20 USD of AAA taxes 3 account Broker
ENTRY = re.compile(
    r"(?P<trade_date>\S+) (?P<type>[A-Z]+) (?P<amount>\S+) (?P<currency>\S+)( of (?P<ticker>\S+))?"
    r"( fees (?P<fees>\S+))?( taxes (?P<taxes>\S+))?( account (?P<account>\S+))?"
)
ACTIONS = ("split", "dividend", "capital_gain", "contained_gain", "price_adjustment")
DAY_OF = {"gold_p_timeseries": "as_of_date", "int_daily_holdings": "holding_date", "fct_daily_returns": "return_date"}
DAY_OF |= {
    "int_holding_values": "holding_date",
    "int_position_intervals": "valid_from",
    "gold_ticker_timeseries": "return_date",
}


def symbol(story: str, ticker: str) -> str:
    """The ticker in the one database of all stories; exchange rates are everybody's."""
    return ticker if ticker.endswith("=X") else f"{ticker}.{NUMBERS[story]:02}"


def tell(bronze: Bronze, story: str, content: dict[str, Any]) -> None:
    """Write what the story is about."""
    for ticker, listing in content["market"].items():
        given = {name: days_of(listing[name]) for name in ("closes", *ACTIONS) if name in listing}
        bronze.listing(
            symbol(story, ticker),
            given.pop("closes"),
            currency=listing.get("currency", "USD"),
            basis=listing.get("basis", "as_traded"),
            **given,
        )
    settings = content.get("settings", {})
    bronze.portfolio(
        story,
        settings.get("base_currency", "USD"),
        settings.get("method", "average"),
        symbol(story, settings.get("benchmark", "NONE")),
    )
    for name, account in content.get("accounts", {}).items():
        bronze.account(story, name, **account)
    entries = []
    for line in content["ledger"]:
        found = LINE.fullmatch(line) or ENTRY.fullmatch(line)
        assert found, f"{story}: cannot read {line!r}"
        terms = {name: text for name, text in found.groupdict().items() if text is not None}
        if "ticker" in terms:
            terms["ticker"] = symbol(story, terms["ticker"])
        entries.append(bronze.entry(story, **terms))
    for change in content.get("changes", []):
        bronze.amend(entries[change["entry"] - 1], change.get("version", 2), quantity=change.get("quantity"))


def days_of(values: dict[date, float]) -> dict[str, float]:
    return {day.isoformat(): value for day, value in values.items()}


@pytest.fixture(scope="module")
def marts(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Marts:
    """All stories in one database, and the models built from them."""
    platform = databases.new("golden")
    with platform.connect("postgres") as connection:
        for story, content in STORIES.items():
            tell(Bronze(connection), story, content)
    run_dbt(platform, tmp_path_factory.mktemp("dbt"), "build", "--exclude-resource-type", "unit_test")
    return Marts(platform)


def check(row: dict[str, Any], expected: dict[str, Any], where: str) -> None:
    for column, value in expected.items():
        found = row[column]
        if isinstance(value, dict):
            assert float(found) == pytest.approx(value["value"], abs=value["within"]), f"{where}: {column}"
        elif isinstance(value, bool | str | date | datetime) or value is None:
            assert found == value, f"{where}: {column} is {found!r}"
        else:
            assert found is not None, f"{where}: {column} is not known"
            assert float(found) == pytest.approx(value, rel=1e-9, abs=1e-9), f"{where}: {column}"


@pytest.mark.parametrize("story", STORIES)
def test_the_models_tell_the_story_as_it_was(marts: Marts, story: str) -> None:
    for model, expected in STORIES[story]["expect"].items():
        rows = marts.rows(model, story)
        if not expected:
            assert rows == [], f"{story}: {model} has rows"
        elif model == "gold__performance":
            check(rows[0], expected, f"{story}: {model}")
        elif model == "gold_p_timeseries":
            days = {row["as_of_date"]: row for row in rows}
            for day, columns in expected.items():
                check(days[day], columns, f"{story}: {model} on {day}")
        else:
            for ticker, columns in expected.items():
                own = [row for row in rows if row["ticker"] == symbol(story, ticker)]
                if model in DAY_OF:
                    days = {row[DAY_OF[model]]: row for row in own}
                    for day, values in columns.items():
                        check(days[day], values, f"{story}: {model} of {ticker} on {day}")
                else:
                    (row,) = own
                    check(row, columns, f"{story}: {model} of {ticker}")


def test_there_are_stories() -> None:
    assert len(STORIES) >= 25
    assert all(content["source"] and content["expect"] for content in STORIES.values())
