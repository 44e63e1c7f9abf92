"""A trade posted over HTTP reaches the marts, through the asset, without anybody's help."""

from scripts.demo import wait_until_up_to_date
from tests.stack.conftest import Stack


def test_posted_trades_arrive_in_the_marts(stack: Stack, investor: dict[str, str]) -> None:
    trade = {"ticker": "IBM", "side": "BUY", "quantity": "1.5", "price": "200.00", "trade_date": "2013-02-28"}
    sale = trade | {"side": "SELL", "quantity": "0.5", "price": "202.00", "trade_date": "2013-03-01"}
    with stack.api(investor) as api:
        for body in (trade, sale):
            recorded = api.post("/transactions", json=body)
            assert recorded.is_success, recorded.text

        status = wait_until_up_to_date(api)

        assert (status["pending_transactions"], status["as_of_date"]) == (0, "2013-03-01")
        (position,) = api.get("/portfolio/tickers").json()["items"]
        assert (float(position["quantity"]), float(position["realized_pnl_average"])) == (1.0, 1.0)


def test_many_trades_at_once_collapse_into_few_runs(stack: Stack, investor: dict[str, str]) -> None:
    trade = {"ticker": "IBM", "side": "BUY", "quantity": "1", "price": "200.00", "trade_date": "2013-02-28"}

    def runs() -> int:
        reply = airflow.client.get("/api/v2/dags/transaction_sensor/dagRuns", params={"limit": 1})
        return int(reply.raise_for_status().json()["total_entries"])

    with stack.api(investor) as api, stack.airflow() as airflow:
        airflow.wait_until_idle()
        before = runs()
        for number in range(40):
            api.post("/transactions", json=trade | {"fees": str(number)}).raise_for_status()
        wait_until_up_to_date(api)
        airflow.wait_until_idle()
        (position,) = api.get("/portfolio/tickers").json()["items"]

        assert float(position["quantity"]) == 40
        assert 1 <= runs() - before <= 5
