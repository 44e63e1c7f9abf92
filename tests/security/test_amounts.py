"""Amounts, dates and tickers: taken exactly as they are meant or refused, by the service and by the database."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from tests.security.conftest import Person, answer, refusal
from tests.support.platform import Platform

NO_AMOUNT: list[object] = [
    *("NaN", "sNaN", "Infinity", "-Infinity", "inf", "1e5", "1E400", "1e-9", "0x1", "1_0", "1,5", "1 000"),
    *("-1", "-0", "+1", "\uff11", "\u0663", "\u00bd", " 1", "1 ", "1\n", "1.", ".5", "01", "1..2", "", "null"),
    *("1.1234567890123456789", "1.0000000000000000000", "1000000000000000", "9" * 400),
    *(None, True, [], {}, ["1"]),
]
TOO_LONG = {"price": "1.123456789", "fees": "1.000000000", "quantity": "1.1234567890123456789"}
ADD = """
insert into bronze.transactions
    (transaction_id, version, user_id, ticker, side, quantity, price, fees, currency, trade_date, type, amount, taxes)
values (
    gen_random_uuid(), 1, %(user_id)s, %(ticker)s, 'BUY', %(quantity)s, %(price)s, %(fees)s, 'USD', %(trade_date)s,
    %(type)s, %(amount)s, %(taxes)s
)
"""


@pytest.mark.threat(18)
@pytest.mark.parametrize("field", ["quantity", "price", "fees"])
def test_text_that_is_no_plain_positive_decimal_is_refused(onlooker: Person, field: str) -> None:
    for amount in [*NO_AMOUNT, TOO_LONG[field]]:
        if field == "fees" and amount is None:
            continue  # none
        wrong: dict[str, Any] = {field: amount}
        assert field in answer(onlooker.trade("BUY", "1", **wrong), 422)["fields"], amount
    assert onlooker.ledger() == []


@pytest.mark.threat(18, 19)
@pytest.mark.parametrize(
    "number",
    [
        *("1e5", "1E400", "1e-2", "-1", "-0", "0", "0.0", "1.1234567890123456789", "0.1000000000000000055"),
        *("1000000000000000", "1.5e0", "NaN", "Infinity", "-Infinity", "01", "+1", "1."),
    ],
)
def test_a_json_number_that_is_no_plain_positive_decimal_is_refused(onlooker: Person, number: str) -> None:
    body = f'{{"ticker":"VTI","side":"BUY","quantity":{number},"price":"100","trade_date":"2024-01-02"}}'

    response = onlooker.call("POST", "/transactions", content=body, headers={"Content-Type": "application/json"})

    refusal(response, 422 if response.status_code == 422 else 400)
    assert onlooker.ledger() == []


@pytest.mark.threat(18, 19)
@pytest.mark.parametrize("field", ["amount", "taxes"])
def test_text_that_is_no_plain_decimal_is_no_amount_of_money(onlooker: Person, field: str) -> None:
    body = {"type": "INTEREST", "amount": "1", "taxes": "0", "trade_date": "2024-01-02"}
    for amount in [*NO_AMOUNT, TOO_LONG["price"], "--1", "-", "-.5", "-01", "-1e5", "- 1"]:
        if (field, str(amount)) in {("amount", "-1"), ("taxes", "None")}:
            continue  # interest paid; no taxes
        assert field in answer(onlooker.call("POST", "/transactions", json=body | {field: amount}), 422)["fields"], (
            amount
        )
    assert onlooker.ledger() == []


@pytest.mark.threat(19)
@pytest.mark.parametrize(
    ("quantity", "price", "fees"),
    [
        ("0.00000001", "100", "0"),
        ("0.123456789012345678", "100", "0"),
        ("123456789012345.12345678", "99.99999999", "0.00000001"),
        ("999999999999999.99999999", "100", "999999999999999.99999999"),
        ("1.10", "100.00", "0.10000000"),
    ],
)
def test_an_amount_comes_back_digit_by_digit(alice: Person, quantity: str, price: str, fees: str) -> None:
    sent = {"quantity": quantity, "price": price, "fees": fees}

    recorded = answer(alice.trade("BUY", quantity, price=price, fees=fees), 201)

    for seen in (recorded, *alice.ledger()):
        assert {name: seen[name] for name in sent} == sent
    assert f"VTI,BUY,{quantity},{price},{fees},USD" in alice.call("GET", "/transactions/export").text


@pytest.mark.threat(18, 19, 20, 24)
@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((name, value) for name in ("quantity", "price", "fees") for value in ("NaN", "Infinity", "-1", "1e15")),
        *((name, "0.123456789") for name in ("price", "fees", "amount", "taxes")),
        *((name, value) for name in ("amount", "taxes") for value in ("NaN", "Infinity", "1e15")),
        ("quantity", "0.1234567890123456789"),
        ("quantity", "0"),
        ("type", "GIFT"),
        ("type", "SELL"),
        ("type", "DEPOSIT"),
        ("trade_date", "1969-12-31"),
        ("ticker", "'; drop"),
        ("ticker", "A\nB"),
        ("ticker", "vti"),
    ],
)
def test_the_database_refuses_it_too(onlooker: Person, platform: Platform, field: str, value: str) -> None:
    user_id = answer(onlooker.call("GET", "/auth/me"))["user_id"]
    row = {"ticker": "VTI", "quantity": "1", "price": "1", "fees": "0", "trade_date": "2024-01-02", "user_id": user_id}
    row |= {"type": None, "amount": None, "taxes": "0"}

    with platform.connect("macrofolio_api") as connection:
        connection.execute(f"set local app.user_id = '{user_id}'".encode())
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(ADD.encode(), row | {field: value})
    assert onlooker.ledger() == []


@pytest.mark.threat(18, 20)
@pytest.mark.parametrize(
    "day",
    [
        *("1969-12-31", "0001-01-01", "0000-01-01", "9999-12-31", "2024-02-30", "2023-02-29", "2024-13-01"),
        *("2024-1-2", "20240102", "2024-W01-2", "2024-01-02T00:00:00", "02/01/2024", "2024-01-02\n", " 2024-01-02"),
        *("\uff12\uff10\uff12\uff14-01-02", "today", "", "1704153600", 1704153600, 1704153600.5, None, True, []),
    ],
)
def test_what_is_no_date_that_can_have_been_is_refused(onlooker: Person, day: object) -> None:
    assert "trade_date" in answer(onlooker.trade("BUY", "1", trade_date=day), 422)["fields"]
    assert onlooker.ledger() == []


@pytest.mark.threat(20)
def test_a_day_may_have_come_at_one_exchange_and_not_at_another(alice: Person) -> None:
    def trade_today_in_the_east(ticker: str) -> Any:
        today = datetime.now(ZoneInfo("Pacific/Kiritimati")).date()
        return alice.trade("BUY", "1", ticker=ticker, trade_date=today.isoformat())

    assert trade_today_in_the_east("EAST").status_code == 201
    assert "in the future" in refusal(trade_today_in_the_east("WEST"))
    ahead = datetime.now(UTC).date() + timedelta(days=2)
    assert "in the future" in refusal(alice.trade("BUY", "1", ticker="EAST", trade_date=ahead.isoformat()))


@pytest.mark.threat(20)
def test_a_revision_cannot_move_a_trade_into_the_future(alice: Person) -> None:
    recorded = answer(alice.trade("BUY", "1"), 201)
    ahead = date.today() + timedelta(days=2)  # noqa: DTZ011  two days ahead are ahead anywhere
    body = {"ticker": "VTI", "side": "BUY", "quantity": "1", "price": "100", "trade_date": ahead.isoformat()}

    refusal(alice.call("PUT", f"/transactions/{recorded['transaction_id']}", json=body))

    assert alice.ledger() == [recorded]


@pytest.mark.threat(24)
@pytest.mark.parametrize(
    "ticker",
    [
        *(
            "A\x00",
            "A\nB",
            "VTI\n",
            "../etc",
            "..",
            "./VTI",
            "VTI/../VTI",
            "VTI%2F..",
            "%00",
            "VTI?x=1",
            "VTI#",
            "V TI",
        ),
        *("'; DROP TABLE x", "' or 1=1", "\uff36\uff34\uff29", "\u017f", "\u212a", "VT\u0131", "", "-VTI", ".VTI"),
        *("=VTI", "A" * 33, "{VTI}", "$VTI", "VTI,SPY", "<b>", "\u202eVTI"),
    ],
)
def test_what_cannot_be_a_ticker_reaches_nobody(onlooker: Person, ticker: str) -> None:
    assert "ticker" in answer(onlooker.trade("BUY", "1", ticker=ticker), 422)["fields"]
    assert "benchmark" in answer(onlooker.call("PATCH", "/auth/me", json={"benchmark": ticker}), 422)["fields"]
    refusal(onlooker.call("GET", "/transactions", params={"ticker": ticker}))
    assert onlooker.ledger() == []


@pytest.mark.threat(24)
@pytest.mark.parametrize(
    "path", ["A%00", "A%0AB", "..%2F..%2Fetc", "%2e%2e", "%EF%BC%B6TI", "'%3B%20DROP", "%FF", "V%20TI"]
)
def test_a_path_cannot_name_what_cannot_be_a_ticker(onlooker: Person, path: str) -> None:
    refusal(onlooker.call("GET", f"/tickers/{path}"), 404)


def test_an_unknown_ticker_is_refused(onlooker: Person) -> None:
    assert "NOPE" in refusal(onlooker.trade("BUY", "1", ticker="NOPE"))
    assert onlooker.ledger() == []
