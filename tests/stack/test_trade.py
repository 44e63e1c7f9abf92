"""A trade posted over HTTP reaches the marts, through the asset, without anybody's help."""

from psycopg.sql import SQL, Identifier

from scripts.demo.portfolio import Airflow, wait_until_up_to_date
from tests.stack.conftest import Stack
from tests.support.platform import wait_until

ARRIVAL_SECONDS = 120
TABLES_OF_USERS = """
select tables.table_schema, tables.table_name from information_schema.tables as tables
inner join information_schema.columns as columns using (table_schema, table_name)
where columns.column_name = 'user_id' and tables.table_type = 'BASE TABLE'
    and tables.table_schema in ('public', 'bronze', 'default')
"""


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


def newest_change(stack: Stack) -> int:
    """The number of the last change that was ever noted, by whomever."""
    query = "select pg_sequence_last_value(pg_get_serial_sequence('bronze.pending_changes', 'change_id'))"
    with stack.platform.connect("postgres") as connection:
        ((newest,),) = connection.execute(query).fetchall()
    return int(newest)


def runs_since(airflow: Airflow, change_id: int) -> set[str]:
    """The runs that an event of a later change started; an event of an earlier one may start its run later."""
    reply = airflow.client.get("/api/v2/assets/events?order_by=-timestamp&limit=100").raise_for_status()
    events = [event for event in reply.json()["asset_events"] if (event["extra"] or {}).get("from_trigger")]
    later = [event for event in events if event["extra"]["payload"]["change_id"] > change_id]
    return {run["run_id"] for event in later for run in event["created_dagruns"]}


def test_an_import_of_a_thousand_trades_is_one_run(stack: Stack, investor: dict[str, str]) -> None:
    header = "ticker,side,quantity,price,fees,currency,trade_date,note"
    rows = [f"IBM,BUY,1,200.{number % 100:02},0.{number // 100},USD,2013-02-28," for number in range(1000)]
    with stack.api(investor) as api, stack.airflow() as airflow:
        before = newest_change(stack)
        report = api.post("/transactions/import", content="\n".join([header, *rows]).encode()).raise_for_status().json()
        wait_until_up_to_date(api)
        (position,) = api.get("/portfolio/tickers").json()["items"]
        airflow.wait_until_idle()

        assert (report["added"], float(position["quantity"])) == (1000, 1000)
        # none where a run that an earlier test left behind took the rows in
        assert len(runs_since(airflow, before)) <= 1


def test_a_trade_of_known_prices_executes_only_tasks_of_stored_models_of_portfolios(
    stack: Stack, investor: dict[str, str]
) -> None:
    trade = {"ticker": "IBM", "side": "BUY", "quantity": "1", "price": "200.00", "trade_date": "2013-02-28"}
    with stack.api(investor) as api, stack.airflow() as airflow:
        airflow.wait_until_idle()
        api.post("/transactions", json=trade).raise_for_status()
        wait_until_up_to_date(api)
        airflow.wait_until_idle()
        address = "/api/v2/dags/transaction_sensor/dagRuns"
        (run,) = airflow.client.get(address, params={"order_by": "-run_after", "limit": 1}).json()["dag_runs"]
        tasks = airflow.client.get(f"{address}/{run['dag_run_id']}/taskInstances").json()["task_instances"]

    states = {task["task_id"].rpartition(".")[2]: task["state"] for task in tasks}
    executed = {name for name, state in states.items() if state == "success"}
    assert executed == {"stg_transactions_run", "int_position_intervals_run", "gold_p_timeseries_run"}
    assert {state for name, state in states.items() if name not in executed} == {"skipped"}


def test_many_trades_at_once_collapse_into_few_runs(stack: Stack, investor: dict[str, str]) -> None:
    trade = {"ticker": "IBM", "side": "BUY", "quantity": "1", "price": "200.00", "trade_date": "2013-02-28"}

    with stack.api(investor) as api, stack.airflow() as airflow:
        before = newest_change(stack)
        for number in range(40):
            api.post("/transactions", json=trade | {"fees": str(number)}).raise_for_status()
        wait_until_up_to_date(api)
        (position,) = api.get("/portfolio/tickers").json()["items"]

        assert float(position["quantity"]) == 40
        assert 1 <= len(runs_since(airflow, before)) <= 5


def rows_of(stack: Stack, user_id: str) -> dict[str, int]:
    """How many rows each table has of the user, where it has any."""
    with stack.platform.connect("postgres") as connection:
        tables = connection.execute(TABLES_OF_USERS).fetchall()
        counts = {}
        for schema, name in tables:
            query = SQL("select count(*) from {} where user_id = %s").format(Identifier(schema, name))
            counts[name] = connection.execute(query, [user_id]).fetchall()[0][0]
    return {name: count for name, count in counts.items() if count}


def test_an_erased_account_leaves_no_row_in_any_table(stack: Stack, investor: dict[str, str]) -> None:
    trade = {"ticker": "IBM", "side": "BUY", "quantity": "1", "price": "200.00", "trade_date": "2013-02-28"}
    with stack.api(investor) as api:
        user_id = api.get("/auth/me").json()["user_id"]
        api.post("/transactions", json=trade, headers={"Idempotency-Key": "erased"}).raise_for_status()
        wait_until_up_to_date(api)
        before = rows_of(stack, user_id)
        erasure = {"current_password": investor["password"]}
        api.request("DELETE", "/auth/me", json=erasure).raise_for_status()

    assert {"users", "transactions", "idempotency_keys", "gold_p_timeseries", "int_position_intervals"} <= set(before)
    wait_until(lambda: rows_of(stack, user_id) == {}, "no table has a row of the user", ARRIVAL_SECONDS)
