"""Trades paid in another currency than their listing's, at a rate of their own."""

from collections.abc import Iterator

import pytest

from tests.auth_service.conftest import Person, answer, refusal
from tests.auth_service.ledger.test_renaming import rename
from tests.auth_service.ledger.test_transfer import export, upload
from tests.support.platform import Platform

PAID = {"settlement_currency": "EUR", "fx_rate": "0.912345678901"}
HEADER = "ticker,side,quantity,price,trade_date,settlement_currency,fx_rate\n"
SOURCE = "settlements"
# Each says that a dollar was 0.80 euros on the day before the trades.
PAIRS = {"USDEUR=X": "0.8", "EURUSD=X": "1.25", "EUR=X": "0.8"}


@pytest.fixture(params=PAIRS)
def quoted(request: pytest.FixtureRequest, platform: Platform) -> Iterator[None]:
    """One pair that a source quotes."""
    bar = (request.param, "2024-01-01", PAIRS[request.param], "EUR", "as_traded", True, SOURCE)
    with platform.connect("postgres", autocommit=True) as connection:
        connection.execute(
            "insert into bronze.raw_prices (ticker, price_date, close, currency, price_basis, is_provisional, source)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            bar,
        )
        yield
        connection.execute("delete from bronze.raw_prices where source = %s", [SOURCE])


def test_a_trade_keeps_its_own_rate_through_a_change_and_a_new_ticker(alice: Person) -> None:
    recorded = answer(alice.trade("BUY", "1", ticker="WEST", **PAID), 201)
    assert {name: recorded[name] for name in PAID} == PAID
    assert alice.ledger() == [recorded]

    address = f"/transactions/{recorded['transaction_id']}"
    names = ("ticker", "side", "quantity", "price", "trade_date")
    body = {name: recorded[name] for name in names} | PAID | {"fx_rate": "0.9"}
    answer(alice.call("PUT", address, json=body))
    answer(rename(alice, "WEST", "EAST"))

    versions = answer(alice.call("GET", f"{address}/history"))["items"]
    rates = [(version["ticker"], version["settlement_currency"], version["fx_rate"]) for version in versions]
    assert rates == [("WEST", "EUR", PAID["fx_rate"]), ("WEST", "EUR", "0.9"), ("EAST", "EUR", "0.9")]


def test_our_own_file_brings_the_rate_out_and_in(alice: Person, bob: Person) -> None:
    answer(alice.trade("BUY", "1", **PAID), 201)
    answer(alice.trade("BUY", "1"), 201)
    text = export(alice)

    assert upload(bob, text)["added"] == 2
    assert upload(bob, text)["already_there"] == 2

    assert export(bob) == text
    assert [item["fx_rate"] for item in bob.ledger()] == [None, PAID["fx_rate"]]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"settlement_currency": "EUR"}, "Also enter the exchange rate: how many EUR one USD cost."),
        ({"fx_rate": "0.9"}, "Enter the currency you paid in, or leave out the exchange rate."),
        ({"settlement_currency": "USD", "fx_rate": "1"}, "VTI is quoted in USD"),
    ],
)
def test_half_a_settlement_is_refused_at_its_field(alice: Person, given: dict[str, str], sentence: str) -> None:
    assert sentence in refusal(alice.trade("BUY", "1", **given))
    assert alice.ledger() == []


def test_pence_are_paid_in_pounds_without_a_rate(alice: Person) -> None:
    given = {"settlement_currency": "GBP", "fx_rate": "0.01"}
    assert "PENC is quoted in GBp" in refusal(alice.trade("BUY", "1", ticker="PENC", **given))


@pytest.mark.parametrize("rate", ["0", "-1", "1e-3", "0.1234567890123", "", "one"])
def test_a_rate_that_is_none_is_refused(alice: Person, rate: str) -> None:
    refusal(alice.trade("BUY", "1", settlement_currency="EUR", fx_rate=rate))
    assert alice.ledger() == []


@pytest.mark.usefixtures("quoted")
def test_a_rate_the_other_way_round_is_asked_about(alice: Person) -> None:
    given = {"settlement_currency": "EUR", "fx_rate": "1.25"}

    asked = alice.trade("BUY", "1", **given)
    assert answer(asked, 422)["error"] == "implausible_price"
    assert "One USD cost about 0.8 EUR on 2024-01-02, not 1.25." in refusal(asked)

    answer(alice.trade("BUY", "1", **given, confirm=True), 201)
    answer(alice.trade("BUY", "1", settlement_currency="EUR", fx_rate="0.82"), 201)


@pytest.mark.usefixtures("quoted")
def test_a_file_with_a_rate_the_other_way_round_is_refused_by_line(alice: Person) -> None:
    rows = "VTI,BUY,1,100,2024-01-02,EUR,0.81\nVTI,BUY,1,100,2024-01-02,EUR,1.25\nVTI,BUY,1,100,2024-01-02,,\n"

    refused = answer(alice.call("POST", "/transactions/import", data=HEADER + rows, content_type="text/csv"), 422)

    assert list(refused["fields"]) == ["3"]
    assert upload(alice, HEADER + rows, "?confirm=true")["added"] == 3
