"""A trade posted over HTTP reaches the marts, through the asset, without anybody's help."""

from scripts.demo import wait_until_up_to_date
from tests.stack.conftest import Stack


def test_a_posted_trade_arrives_in_the_marts(stack: Stack) -> None:
    trade = {"ticker": "IBM", "side": "BUY", "quantity": "1.5", "price": "202.91", "trade_date": "2013-03-01"}
    with stack.api() as api:
        (before,) = (item for item in api.get("/portfolio/tickers").json()["items"] if item["ticker"] == "IBM")
        recorded = api.post("/transactions", json=trade, headers={"Idempotency-Key": "test-arrives"})
        assert recorded.is_success, recorded.text

        wait_until_up_to_date(api)

        (after,) = (item for item in api.get("/portfolio/tickers").json()["items"] if item["ticker"] == "IBM")
        assert float(after["quantity"]) - float(before["quantity"]) == 1.5
