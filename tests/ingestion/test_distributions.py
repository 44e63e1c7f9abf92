"""Dividends, capital gains and splits that prices or one another contradict wait in quarantine until confirmed."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from ingestion import confirm
from ingestion.prices import price_refresh
from ingestion.prices.distributions import is_a_count
from tests.ingestion.conftest import Bronze, FilesFolder
from tests.ingestion.replay.yahoo import Listing, Quote, Yahoo

ACTIONS = "select ex_date, action, value from bronze.raw_corporate_actions order by 1, 2"
JANUARY = date(2022, 1, 1)


def write(
    folder: FilesFolder,
    closes: Mapping[date, object],
    dividends: Mapping[date, object] | None = None,
    splits: Mapping[date, object] | None = None,
) -> None:
    """Prices of ACME."""
    days = closes.keys() | (dividends or {}).keys() | (splits or {}).keys()
    folder.prices(
        "ACME",
        "".join(
            f"{day},,,,{closes[day]},,,{(dividends or {}).get(day, '')},{(splits or {}).get(day, '')}\n"
            for day in sorted(days)
        ),
    )


def flat(close: object, days: int = 120) -> dict[date, object]:
    return {JANUARY + timedelta(days=day): close for day in range(days)}


def day(number: int) -> date:
    return JANUARY + timedelta(days=number)


@pytest.mark.parametrize(
    ("close", "dividends", "refused"),
    [
        (700, {10: "5.9", 40: "976", 70: "7.6"}, [40]),  # more than the share is worth
        (700, {40: "976"}, [40]),
        (700, {40: "590"}, [40]),
        (700, {10: "5.9", 40: "700", 70: "7.6"}, [40]),  # all of it
        (700, {40: "175"}, [40]),  # a quarter
        (700, {40: "174.99"}, []),  # which a rising market may hide
        (700, {10: "0.3", 20: "0.3", 40: "30", 70: "0.3"}, [40]),  # 100 times its neighbours
        (700, {10: "0.3", 20: "0.3", 40: "24", 70: "0.3"}, [40]),  # 80 times
        (700, {10: "0.3", 20: "0.3", 40: "23.99", 70: "0.3"}, []),
        (700, {10: "0.1", 20: "0.1", 40: "10", 70: "0.1"}, []),  # too little to tell: 1.4 % of the price
        (700, {10: "5.9", 20: "5.9", 40: "0.059", 70: "5.9"}, [40]),  # a hundredth
        (700, {10: "5.9", 20: "5.9", 40: "0.059"}, [40]),
        (700, {10: "5.9", 20: "5.9", 40: "0.059", 70: "0.059"}, []),  # a cut that stays
        (700, {10: "5.9", 40: "0.059"}, []),  # nobody knows which of the two is right
        (700, {}, []),
    ],
)
def test_a_dividend_that_the_price_does_not_show_waits(
    folder: FilesFolder, bronze: Bronze, close: int, dividends: dict[int, str], refused: list[int]
) -> None:
    folder.asset("ACME", currency="GBp")
    write(folder, flat(close), {day(number): amount for number, amount in dividends.items()})

    price_refresh.ensure_history("ACME")

    assert bronze.quarantine() == [("ACME", day(number), "dividend", "jump") for number in refused]
    loaded = [(day(number), "dividend", Decimal(amount)) for number, amount in dividends.items()]
    assert bronze.rows(ACTIONS) == [row for row in loaded if row[0] not in map(day, refused)]


@pytest.mark.parametrize(("after", "refused"), [(400, False), (525, False), (526, True), (700, True)])
def test_a_special_dividend_is_known_by_the_fall_of_the_price(
    folder: FilesFolder, bronze: Bronze, after: int, refused: bool
) -> None:
    folder.asset("ACME")
    closes = flat(700, 40) | {day(40 + number): after for number in range(40)}
    write(folder, closes, {day(40): "350"})

    price_refresh.ensure_history("ACME")

    assert bool(bronze.quarantine()) == refused
    assert bronze.rows("select count(*) from bronze.raw_corporate_actions") == [(0 if refused else 1,)]


def test_a_price_that_falls_days_later_confirms_too(folder: FilesFolder, bronze: Bronze) -> None:
    folder.asset("ACME")
    write(folder, flat(700, 44) | {day(44): 350, day(45): 350}, {day(40): "350"})

    price_refresh.ensure_history("ACME")

    assert bronze.quarantine() == []


def test_a_dividend_on_the_day_of_a_split_is_one_of_a_new_share(folder: FilesFolder, bronze: Bronze) -> None:
    folder.asset("ACME")
    closes = flat(1000, 40) | {day(40 + number): 70 for number in range(20)}  # 100 a new share, of which 30 are paid
    write(folder, closes, {day(40): "30"}, {day(40): 10})

    price_refresh.ensure_history("ACME")

    assert bronze.quarantine() == []
    assert bronze.rows(ACTIONS) == [(day(40), "dividend", 30), (day(40), "split", 10)]


def test_a_refused_dividend_loads_once_somebody_confirms_it(folder: FilesFolder, bronze: Bronze) -> None:
    folder.asset("ACME")
    folder.asset("^GSPC")
    folder.closes("^GSPC", {"2022-01-02": 10})
    write(folder, flat(700), {day(40): "300"})
    price_refresh.ensure_history("ACME")
    assert bronze.rows(ACTIONS) == []

    bronze.connection.execute("update bronze.quarantined_rows set confirmed_at = now()")
    for _ in range(2):
        price_refresh.refresh_known_tickers()

        assert bronze.rows(ACTIONS) == [(day(40), "dividend", 300)]
        assert bronze.quarantine() == []

    write(folder, flat(700), {day(40): "600"})
    price_refresh.refresh_known_tickers()
    assert bronze.quarantine() == [("ACME", day(40), "dividend", "jump")], "that was not confirmed"
    assert bronze.rows(ACTIONS) == [(day(40), "dividend", 300)], "the last good value stays"


def test_the_command_confirms_and_loads(
    folder: FilesFolder, bronze: Bronze, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.asset("ACME")
    write(folder, flat(700), {day(40): "300"}, {day(60): "1.324"})
    price_refresh.ensure_history("ACME")

    assert confirm.main(["acme", str(day(41))]) == 1
    assert f"No dividend, capital gain or split of ACME is in quarantine for {day(41)}" in capsys.readouterr().err
    assert confirm.main(["acme", str(day(40))]) == 0
    assert f"Confirmed for ACME on {day(40)}: dividend." in capsys.readouterr().out
    assert bronze.rows(ACTIONS) == [
        (day(40), "dividend", 300),
        (day(60), "price_adjustment", Decimal("1.324")),
    ]
    assert confirm.main(["ACME", str(day(60))]) == 0
    assert bronze.rows(ACTIONS) == [(day(40), "dividend", 300), (day(60), "split", Decimal("1.324"))]
    assert bronze.quarantine() == []


def test_what_was_loaded_before_it_was_doubted_goes(folder: FilesFolder, bronze: Bronze) -> None:
    folder.asset("ACME")
    folder.asset("^GSPC")
    folder.closes("^GSPC", {"2022-01-02": 10})
    write(folder, flat(700), {day(40): "976"}, {day(60): "1.324"})
    price_refresh.ensure_history("ACME")
    bronze.connection.execute(
        """
        insert into bronze.raw_corporate_actions (ticker, ex_date, action, value, currency, price_basis, source)
        values ('ACME', %s, 'dividend', 976, 'USD', 'as_traded', 'files'),
            ('ACME', %s, 'split', 1.324, null, 'as_traded', 'files')
        """,
        [day(40), day(60)],
    )

    price_refresh.refresh_known_tickers()

    assert bronze.rows(ACTIONS) == [(day(60), "price_adjustment", Decimal("1.324"))]


@pytest.mark.parametrize("ratio", ["1.324", "1.281", "1.054", "1.025", "2.376", "0.955"])
def test_a_ratio_that_no_split_has_changes_no_count_and_is_told(
    folder: FilesFolder, bronze: Bronze, ratio: str
) -> None:
    folder.asset("ACME")
    write(folder, flat(18), splits={day(60): ratio})

    price_refresh.ensure_history("ACME")

    assert bronze.rows(ACTIONS) == [(day(60), "price_adjustment", Decimal(ratio))]
    assert bronze.quarantine() == [("ACME", day(60), "split", "ratio")]

    bronze.connection.execute("update bronze.quarantined_rows set confirmed_at = now()")
    folder.asset("^GSPC")
    folder.closes("^GSPC", {"2022-01-02": 10})
    price_refresh.refresh_known_tickers()
    assert bronze.rows(ACTIONS) == [(day(60), "split", Decimal(ratio))]
    assert bronze.quarantine() == []


@pytest.mark.parametrize(
    "ratio",
    # Two for one, three for two, stock dividends of 1, 3, 5 and 10 %, ten shares and four and a half for ten, reverse
    # splits, and consolidations as they follow a return of capital.
    [
        *("2", "3", "7", "20", "100", "1.5", "1.25", "1.3333", "1.333333333", "1.01", "1.03", "1.05", "1.1", "1.45"),
        *("0.5", "0.1", "0.3333", "0.0667", "0.067", "0.004", "0.001"),
        *("0.7894736842105263", "0.5454545", "0.95", "0.96", "0.833333"),
    ],
)
def test_ratios_that_splits_have_are_counts(ratio: str) -> None:
    assert is_a_count(Decimal(ratio))


@pytest.mark.parametrize(
    "ratio",
    ["1.324", "1.319", "1.281", "1.253", "1.196", "1.128", "1.0833", "1.046", "1.011", "1.998", "2.089", "0.755"],
)
def test_quotients_of_prices_are_none(ratio: str) -> None:
    assert not is_a_count(Decimal(ratio))


@pytest.mark.usefixtures("live")
def test_yahoos_spin_off_is_a_price_adjustment_and_its_stock_dividend_a_split(yahoo: Yahoo, bronze: Bronze) -> None:
    yahoo.listings["ACME"] = Listing(
        [Quote(day(0), 18.0), Quote(day(1), 18.0), Quote(day(2), 18.0)],
        splits={day(1): (1324, 1000), day(2): (103, 100)},
    )

    price_refresh.ensure_history("ACME")

    assert bronze.rows(ACTIONS) == [
        (day(1), "price_adjustment", Decimal("1.324")),
        (day(2), "split", Decimal("1.03")),
    ]
    assert bronze.quarantine() == [("ACME", day(1), "split", "ratio")]


CRASH = [65, 30, "17.5", "1.07", "0.005", "0.0001"]


@pytest.mark.parametrize("days_before", [10, 340])
@pytest.mark.parametrize("days_after", [5, 80, 800])
def test_a_coin_that_crashed_is_worth_what_is_left(
    folder: FilesFolder, bronze: Bronze, days_before: int, days_after: int
) -> None:
    folder.asset("ACME", quote_type="CRYPTOCURRENCY")
    closes: list[object] = [*[80] * days_before, *CRASH[:-1], *CRASH[-1:] * days_after]
    write(folder, {day(number): close for number, close in enumerate(closes)})

    price_refresh.ensure_history("ACME")

    assert list(bronze.closes("ACME").values()) == [float(str(close)) for close in closes]
    assert bronze.quarantine() == []


@pytest.mark.parametrize("low", ["1", "0.99", "0.8", "1.01", "0.01"])  # 80 times as high is a jump, less is none
@pytest.mark.parametrize("held", [1, 4, 5, 50])
def test_a_level_is_believed_once_it_has_held_for_five_bars(
    folder: FilesFolder, bronze: Bronze, low: str, held: int
) -> None:
    folder.asset("ACME")
    closes: list[object] = [*[80] * 60, *[low] * held]
    write(folder, {day(number): close for number, close in enumerate(closes)})

    price_refresh.ensure_history("ACME")

    is_believed = held >= 5 or low == "1.01"
    assert list(bronze.closes("ACME").values())[60:] == [float(low)] * (held if is_believed else 0)
    assert len(bronze.quarantine()) == (0 if is_believed else held)


def test_a_level_that_prices_came_back_from_is_no_price(folder: FilesFolder, bronze: Bronze) -> None:
    folder.asset("ACME")
    closes: list[object] = [*[80] * 60, *["0.2"] * 30, *[70] * 20]
    write(folder, {day(number): close for number, close in enumerate(closes)})

    price_refresh.ensure_history("ACME")

    assert len(bronze.quarantine()) == 30
    assert set(bronze.closes("ACME").values()) == {80, 70}


@pytest.mark.parametrize("currency", ["GBp", "GBP", "ZAc", "ILS", "KWF", "USX"])
def test_pounds_for_pence_are_no_crash_however_long_they_hold(
    folder: FilesFolder, bronze: Bronze, currency: str
) -> None:
    folder.asset("ACME", currency=currency)
    factor = 1000 if currency == "KWF" else 100
    closes: list[object] = [*[800] * 60, *[Decimal(820) / factor] * 40]
    write(folder, {day(number): close for number, close in enumerate(closes)})

    price_refresh.ensure_history("ACME")

    assert set(bronze.closes("ACME").values()) == {800}
    assert len(bronze.quarantine()) == 40


def test_several_crashes_one_after_the_other_are_believed(folder: FilesFolder, bronze: Bronze) -> None:
    folder.asset("ACME")
    levels = ["50000", "500", "4", "0.01"]
    closes: list[object] = [close for close in levels for _ in range(12)]
    write(folder, {day(number): close for number, close in enumerate(closes)})

    price_refresh.ensure_history("ACME")

    assert bronze.quarantine() == []
    stored = list(bronze.closes("ACME").values())
    assert [now for last, now in pairwise([0, *stored]) if now != last] == [float(level) for level in levels]
