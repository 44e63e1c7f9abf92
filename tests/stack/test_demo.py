"""What `make demo` promises when it returns."""

import os
import signal
import stat
from http import HTTPStatus

import httpx
import psutil

from tests.stack.conftest import Stack
from tests.support.platform import wait_until


def test_the_marts_hold_every_trade_of_the_demo(stack: Stack) -> None:
    with stack.api() as api:
        status = api.get("/portfolio/status").json()
        trades = api.get("/transactions", params={"limit": 200}).json()["items"]

    assert (status["up_to_date"], status["pending_transactions"]) == (True, 0)
    assert status["as_of_date"] == "2013-03-01"
    assert len(trades) >= 40


def test_the_portfolio_is_drawn_over_macro_regimes(stack: Stack) -> None:
    with stack.api() as api:
        series = api.get("/portfolio/timeseries").json()
        spans = api.get("/macro/context").json()["spans"]

    assert (series["date"][0], series["date"][-1]) == ("2000-03-06", "2013-03-01")
    assert len(series["date"]) == 4744  # calendar days, both ends counted
    assert {*series["regime"]} <= {"goldilocks", "reflation", "stagflation", "deflation", None}
    assert len({*series["regime"]} - {None}) >= 3
    recessions = [(span["valid_from"], span["valid_to"]) for span in spans if span["kind"] == "recession"]
    assert {("2001-04-01", "2001-11-30"), ("2008-01-01", "2009-06-30")} <= {*recessions}


def test_a_split_does_not_move_the_value_and_multiplies_the_shares(stack: Stack) -> None:
    with stack.api() as api:
        before, after = (
            {item["ticker"]: item for item in api.get("/portfolio/holdings", params={"date": day}).json()["items"]}
            for day in ("2005-02-25", "2005-02-28")
        )

    assert (float(before["AAPL"]["quantity"]), float(after["AAPL"]["quantity"])) == (260, 520)
    assert 0.9 < float(after["AAPL"]["market_value"]) / float(before["AAPL"]["market_value"]) < 1.1


def test_closed_and_reopened_positions_keep_their_rows(stack: Stack) -> None:
    with stack.api() as api:
        positions = {item["ticker"]: item for item in api.get("/portfolio/tickers").json()["items"]}

    assert {ticker: float(item["quantity"]) for ticker, item in positions.items()} == {
        "AAPL": 200,
        "FB": 0,
        "GOOG": 30,
        "IBM": 65,
        "MSFT": 330,
    }
    assert positions["MSFT"]["first_held_on"] == "2009-02-23"
    assert float(positions["MSFT"]["dividends"]) > 0


def test_airflow_ran_every_model_as_a_task_of_its_own(stack: Stack) -> None:
    with stack.airflow() as airflow:
        for dag_id in ("daily_market_data_ingestion", "monthly_fred_macro_refresh", "transaction_sensor"):
            runs = airflow.client.get(f"/api/v2/dags/{dag_id}/dagRuns", params={"state": "success"}).json()["dag_runs"]
            assert runs, dag_id
            tasks = airflow.client.get(f"/api/v2/dags/{dag_id}/dagRuns/{runs[0]['dag_run_id']}/taskInstances").json()
            states = {task["task_id"]: task["state"] for task in tasks["task_instances"]}
            assert states["dbt.models.marts.gold_p_timeseries_run"] == "success"
            assert {*states.values()} <= {"success", "skipped"}


def test_airflow_can_draw_every_dag(stack: Stack) -> None:
    with stack.airflow() as airflow:
        for dag_id in ("daily_market_data_ingestion", "monthly_fred_macro_refresh", "transaction_sensor"):
            for path in (f"/ui/grid/structure/{dag_id}", f"/ui/structure/structure_data?dag_id={dag_id}"):
                assert airflow.client.get(path).status_code == HTTPStatus.OK, path


def test_the_asset_started_the_transaction_dag(stack: Stack) -> None:
    with stack.airflow() as airflow:
        runs = airflow.client.get("/api/v2/dags/transaction_sensor/dagRuns").json()["dag_runs"]

    assert {run["run_type"] for run in runs} == {"asset_triggered"}


def test_logins_are_for_their_owner_only(stack: Stack) -> None:
    for name in ("logins.json", "secrets.json"):
        assert stat.S_IMODE((stack.home.folder / name).stat().st_mode) == 0o600


def test_a_second_start_says_that_it_already_runs(stack: Stack) -> None:
    again = stack.command("demo")

    assert again.returncode == 0
    assert "already running" in again.stdout
    assert stack.home.url("DASHBOARD_PORT") in again.stdout


def test_nothing_listens_beyond_the_loopback_address(stack: Stack) -> None:
    ours = {process.pid for process in stack_processes(stack)}
    addresses = {
        connection.laddr and connection.laddr.ip
        for connection in psutil.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN and connection.pid in ours
    }

    assert addresses == {"127.0.0.1"}


def test_default_logins_of_airflow_are_refused(stack: Stack) -> None:
    login = {"username": "airflow", "password": "airflow"}
    reply = httpx.post(stack.home.url("AIRFLOW_PORT") + "/auth/token", json=login, trust_env=False)

    assert reply.status_code == HTTPStatus.UNAUTHORIZED


def test_a_killed_postgresql_comes_back_with_every_trade(stack: Stack) -> None:
    with stack.api() as api:
        before = api.get("/transactions", params={"limit": 200}).json()
        pid_file = stack.home.postgres.data / "postmaster.pid"
        killed = pid_file.read_text().splitlines()[0]
        os.kill(int(killed), signal.SIGKILL)

        def started_again() -> bool:
            return pid_file.exists() and pid_file.read_text().splitlines()[:1] not in ([], [killed])

        def answers() -> bool:
            return api.get("/transactions", params={"limit": 200}).status_code == HTTPStatus.OK

        wait_until(started_again, "the supervisor has started PostgreSQL again", seconds=60)
        wait_until(answers, "the API answers again by itself", seconds=60)
        assert api.get("/transactions", params={"limit": 200}).json() == before


def stack_processes(stack: Stack) -> list[psutil.Process]:
    """The supervisor of the stack and all its descendants."""
    supervisor = psutil.Process(int((stack.home.folder / "supervisord.pid").read_text()))
    return [supervisor, *supervisor.children(recursive=True)]
