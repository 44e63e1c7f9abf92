"""The demo's data: what is derived from packages, against what is known of those companies."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.demo import sample_data
from scripts.demo.sample_data import CorporateAction, SampleDataError, corporate_actions
from tests.support import real_data
from tests.support.real_data import needs_real_data

FIRST_DAY, LAST_DAY = "2000-03-01", "2013-03-01"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder as the demo gets it."""
    folder = tmp_path_factory.mktemp("sample") / "data"
    sample_data.build(folder)
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    """All rows of a CSV file."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def actions(folder: Path, ticker: str) -> Iterator[tuple[str, str, float]]:
    """Ex-date, kind and value of each action of a ticker."""
    for row in rows(folder / "prices" / f"{ticker}.csv"):
        if float(row["splits"]) != 1:
            yield row["date"], "split", float(row["splits"])
        if float(row["dividends"]) != 0:
            yield row["date"], "dividend", float(row["dividends"])


def test_splits_are_the_known_ones_and_no_others(folder: Path) -> None:
    found = {
        ticker: [(day, ratio) for day, kind, ratio in actions(folder, ticker) if kind == "split"]
        for ticker in sample_data.EQUITIES
    }

    assert found == {
        "AAPL": [("2000-06-21", 2), ("2005-02-28", 2)],
        "FB": [],
        "GOOG": [],
        "IBM": [],
        "MSFT": [("2003-02-18", 2)],
    }


def test_dividends_are_the_declared_ones(folder: Path) -> None:
    paid = {
        ticker: {day: amount for day, kind, amount in actions(folder, ticker) if kind == "dividend"}
        for ticker in sample_data.EQUITIES
    }

    assert paid["AAPL"] == {"2012-08-09": 2.65, "2012-11-07": 2.65, "2013-02-07": 2.65}
    assert paid["FB"] == paid["GOOG"] == {}
    # Declared per share as it was then: 0.08, twice 0.16 a year, the special 3.08, then every quarter.
    assert len(paid["MSFT"]) == 37
    assert {day: paid["MSFT"][day] for day in ("2003-02-19", "2003-10-15", "2004-11-15", "2013-02-19")} == {
        "2003-02-19": 0.08,
        "2003-10-15": 0.16,
        "2004-11-15": 3.08,
        "2013-02-19": 0.23,
    }
    assert len(paid["IBM"]) == 52
    assert (paid["IBM"]["2000-05-08"], paid["IBM"]["2013-02-06"]) == (0.13, 0.85)


@needs_real_data
@pytest.mark.parametrize(("ticker", "vendor"), [("MSFT", "yahoo"), ("AAPL", "lean"), ("IBM", "lean")])
def test_actions_agree_with_another_vendor(folder: Path, ticker: str, vendor: str) -> None:
    path = real_data.FOLDER / "equities" / f"{vendor}_actions.csv"
    recorded = {
        (row["ex_date"], row["type"]): float(row["value"])
        for row in rows(path)
        if row["ticker"] == ticker and FIRST_DAY <= row["ex_date"] <= LAST_DAY
    }

    # The other vendor is off by up to a hundredth of a cent.
    assert {(day, kind): value for day, kind, value in actions(folder, ticker)} == pytest.approx(recorded, abs=2e-4)


def test_prices_are_as_traded_and_end_on_the_first_of_march_2013(folder: Path) -> None:
    spans = {path.stem: (rows(path)[0]["date"], rows(path)[-1]["date"]) for path in (folder / "prices").glob("*.csv")}

    assert spans == {
        "AAPL": (FIRST_DAY, LAST_DAY),
        "FB": ("2012-05-18", LAST_DAY),
        "GOOG": ("2004-08-19", LAST_DAY),
        "IBM": (FIRST_DAY, LAST_DAY),
        "MSFT": (FIRST_DAY, LAST_DAY),
        "^GSPC": ("1999-01-04", "2018-12-31"),
        "^IXIC": ("1999-01-04", "2018-12-31"),
    }
    closes = {row["date"]: float(row["close"]) for row in rows(folder / "prices" / "AAPL.csv")}
    assert (closes["2005-02-25"], closes["2005-02-28"]) == (88.99, 44.86)


def test_every_ticker_is_described(folder: Path) -> None:
    described = {row["ticker"]: row for row in rows(folder / "assets.csv")}

    assert set(described) == {path.stem for path in (folder / "prices").glob("*.csv")}
    assert {row["quote_type"] for row in described.values()} == {"EQUITY", "INDEX"}
    assert all(row["currency"] == "USD" and row["name"] and row["exchange"] for row in described.values())
    assert {row["price_basis"] for row in described.values()} == {"as_traded"}


def test_macro_series_carry_the_names_of_what_they_are(folder: Path) -> None:
    series = {path.stem: rows(path) for path in (folder / "macro").glob("*.csv")}

    assert sorted(series) == ["CPILFESL", "FRENCHRF", "UNRATENSA"]
    assert series["CPILFESL"][0] == {"observation_date": "1957-01-01", "value": "28.5"}
    assert series["CPILFESL"][-1] == {"observation_date": "2018-11-01", "value": "259.481"}
    # Seasonally adjusted it was 3.4.
    assert series["UNRATENSA"][0] == {"observation_date": "1948-01-01", "value": "4.0"}
    assert series["UNRATENSA"][-1] == {"observation_date": "2016-12-01", "value": "4.5"}
    # 0.22 % a month.
    assert series["FRENCHRF"][0] == {"observation_date": "1926-07-01", "value": "2.64"}


def test_building_again_gives_the_same_and_leaves_nothing_else_behind(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*.csv")}
    (folder / "prices" / "OLD.csv").write_text("left over")

    sample_data.build(folder)

    assert {path: path.read_bytes() for path in folder.rglob("*.csv")} == before
    assert [path.name for path in folder.parent.iterdir()] == ["data"]


def test_a_constant_adjustment_is_an_action_outside_the_range() -> None:
    assert corporate_actions(["d1", "d2"], [100.0, 110.0], [50.0, 55.0]) == {}


def test_a_split_and_a_dividend_on_one_day_are_told_apart() -> None:
    # Halved, and 1 paid on a close of 50: the factor steps by 2 x (1 + 1 / 50) = 2.04.
    derived = corporate_actions(["d1", "d2"], [100.0, 50.0], [100.0 / 2.04, 50.0])

    assert derived == {"d2": CorporateAction(split=2.0, dividend=1.0)}


def test_a_split_that_the_price_did_not_follow_is_refused() -> None:
    with pytest.raises(SampleDataError, match=r"A 2:1 split on d2, but the close went down to 1/1\.00"):
        corporate_actions(["d1", "d2"], [100.0, 100.0], [50.0, 100.0])


def test_an_adjustment_that_no_payment_explains_is_refused() -> None:
    with pytest.raises(SampleDataError, match=r"steps back by 0\.500000 on d2"):
        corporate_actions(["d1", "d2"], [100.0, 100.0], [100.0, 50.0])
