"""Measures what the models cost, for a full build and after one change, in PostgreSQL's own time.

A thousand users hold twenty tickers each for ten years; two tickers are in another currency than the portfolio. Time is
what PostgreSQL counts for every statement that dbt sends (pg_stat_statements), including planning and dbt's own queries
but not dbt's Python.
"""

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import log

import psutil
from psycopg.sql import SQL, Identifier

from scripts.bench.promises import Promise
from scripts.demo.warehouse import Warehouse, empty_warehouse
from scripts.launcher.home import Home

USERS = 1000
FEWER_USERS = 250

MARKET = """
create table public.bench_days as
select day::date as day, row_number() over (order by day) as number
from generate_series(date '2016-01-01', date '2025-12-31', interval '1 day') as day
where extract(isodow from day) < 6;

insert into bronze.raw_prices (ticker, price_date, close, currency, price_basis, source)
select
    case when ticker = 20 then 'EURUSD=X' else 'T' || ticker end,
    day,
    round((case when ticker = 20 then 1.1 else 100 end * exp(sum(
        0.0003 + case when ticker = 20 then 0.002 else 0.012 end * sin(number * number + ticker * 7.7)
    ) over (partition by ticker order by day)))::numeric, 6),
    case when ticker in (18, 19) then 'EUR' else 'USD' end,
    'split_adjusted',
    'bench'
from public.bench_days cross join generate_series(0, 20) as ticker;

insert into bronze.raw_corporate_actions (ticker, ex_date, action, value, currency, price_basis, source)
select 'T' || ticker, day, 'dividend', 0.4, case when ticker in (18, 19) then 'EUR' else 'USD' end,
    'split_adjusted', 'bench'
from public.bench_days cross join generate_series(0, 19) as ticker
where (number + ticker * 3) % 63 = 0
union all
select 'T' || ticker, date '2020-08-31', 'split', 4, null, 'split_adjusted', 'bench'
from generate_series(0, 19, 5) as ticker;
"""

# Ten trades per ticker, one a year; every third sells a part.
LEDGER = """
insert into bronze.transactions
    (transaction_id, version, user_id, ticker, side, quantity, price, fees, currency, trade_date)
select
    gen_random_uuid(),
    1,
    md5('user ' || person)::uuid,
    prices.ticker,
    case when year %% 3 = 2 then 'SELL' else 'BUY' end,
    case when year %% 3 = 2 then 5 else 10 + person %% 7 end,
    prices.close,
    1,
    prices.currency,
    prices.price_date
from generate_series(1, %s) as person
cross join generate_series(0, 19) as listing
cross join generate_series(0, 9) as year
inner join public.bench_days as days
    on days.number = year * 260 + 1 + (person * 37 + listing * 11 + year * 5) %% 250
inner join bronze.raw_prices as prices
    on prices.ticker = 'T' || listing and prices.price_date = days.day
"""

BACK_DATED_TRADE = """
insert into bronze.transactions
    (transaction_id, version, user_id, ticker, side, quantity, price, currency, trade_date)
select gen_random_uuid(), 1, md5('user 7')::uuid, 'T3', 'BUY', 3, 100, 'USD', date '2016-01-01' + %s * 365
"""

NEW_DAY = """
insert into bronze.raw_prices (ticker, price_date, close, currency, price_basis, source)
select ticker, price_date + 1, close * 1.01, currency, price_basis, source
from bronze.raw_prices where price_date = (select max(price_date) from bronze.raw_prices)
"""

# As Yahoo reports a split: the action, a new bar, and every earlier close and dividend divided and rounded again.
SPLIT = """
with today as (
    select max(price_date) + 1 as day from bronze.raw_prices
), action as (
    insert into bronze.raw_corporate_actions (ticker, ex_date, action, value, price_basis, source)
    select 'T1', day, 'split', 3, 'split_adjusted', 'bench' from today
), bar as (
    insert into bronze.raw_prices (ticker, price_date, close, currency, price_basis, source)
    select ticker, day, round(close * 1.01 / 3, 6), currency, price_basis, source
    from bronze.raw_prices cross join today where ticker = 'T1' and price_date = day - 1
), dividends as (
    update bronze.raw_corporate_actions set value = round(value / 3, 6) where ticker = 'T1' and action = 'dividend'
)
update bronze.raw_prices set close = round(close / 3, 6) where ticker = 'T1'
"""

SPILLED = "select temp_bytes / 1e6 from pg_stat_database where datname = current_database()"

READ_BY_ONE_USER = (
    *("gold_p_timeseries", "gold__performance", "gold_performance_windows", "gold_ticker_kpis"),
    *("gold_regime_performance", "gold_ticker_regime_performance", "gold_ticker_timeseries", "fct_daily_returns"),
    "int_daily_holdings",
)

CHANGED_ROWS = """
select
    (select count(*) from "default".gold_p_timeseries where as_of_date <= %(day)s and xmin::text::bigint >= %(xid)s)
    + (select count(*) from "default".int_daily_prices where price_date <= %(day)s and xmin::text::bigint >= %(xid)s)
"""


@contextmanager
def warehouse(users: int) -> Iterator[Warehouse]:
    """A migrated database with the market and the ledgers of this many users; no model is built yet."""
    with empty_warehouse() as everyone:
        everyone.administrator.execute(MARKET)
        everyone.administrator.execute(LEDGER, [users])
        everyone.administrator.execute("analyze")
        yield everyone


@dataclass
class FullBuild:
    """The cost of a full build: seconds, peak memory, and what sorts and hashes wrote to disk."""

    seconds: float
    peak_megabytes: float
    spilled_megabytes: float

    @classmethod
    def of(cls, everyone: Warehouse) -> "FullBuild":
        spilled_before = everyone.value(SPILLED)
        with _peak_memory(everyone.home) as peak:
            seconds = everyone.run_models()
        return cls(seconds, peak["megabytes"], everyone.value(SPILLED) - spilled_before)


def rows() -> list[Promise]:
    """The cost of one change compared with a full build, and how a full build grows with users."""
    with warehouse(FEWER_USERS) as fewer:
        of_fewer = FullBuild.of(fewer)
    with warehouse(USERS) as all_users:
        full = FullBuild.of(all_users)
        nothing = all_users.after("select")
        print(f"A run that finds nothing changed: {nothing * 1000:.0f} ms in PostgreSQL")
        trades = {years: all_users.after(BACK_DATED_TRADE, [10 - years]) for years in (1, 3, 5, 7, 9)}
        for years, seconds in trades.items():
            print(f"A trade {years} years ago: {seconds * 1000:.0f} ms in PostgreSQL")
        new_day = all_users.after(NEW_DAY)
        restated = _rows_changed_by_a_split(all_users)
        for mart in READ_BY_ONE_USER:
            print(f"One user's rows of {mart}: {_reading(all_users, mart) * 1000:.0f} ms")
        view, copy = _holdings(all_users)
    return [
        Promise(
            "A trade 1 to 9 years ago (median), against a full build",
            statistics.median(trades.values()),
            full.seconds,
            limit=1 / 500,
        ),
        Promise("A new day for all users, against a full build", new_day, full.seconds, limit=1 / 100),
        Promise("Rows before a split that the restated history changes", restated, 1, limit=0, unit="rows"),
        Promise("All of int_daily_holdings, against a copy of its rows", view, copy, limit=1.5),
        Promise(
            f"Growth exponent of a full build from {FEWER_USERS} to {USERS} users",
            log(full.seconds / of_fewer.seconds) / log(USERS / FEWER_USERS),
            1,
            limit=1.05,
            unit="",
        ),
        Promise(
            f"PostgreSQL's memory during a full build of {USERS} users, against {FEWER_USERS} users",
            full.peak_megabytes,
            of_fewer.peak_megabytes,
            limit=1.25,
            unit="MB",
        ),
        Promise("Sorts and hashes written to disk meanwhile", full.spilled_megabytes, 1, limit=0, unit="MB"),
    ]


def _rows_changed_by_a_split(everyone: Warehouse) -> float:
    """Rows of prices and series before the split that are written when a history is restated."""
    newest = everyone.administrator.execute("select max(price_date) from bronze.raw_prices").fetchone()
    transaction = everyone.value("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
    everyone.after(SPLIT)
    return everyone.value(CHANGED_ROWS, {"day": newest[0] if newest else None, "xid": transaction})


def _reading(everyone: Warehouse, mart: str) -> float:
    """Median seconds to read one user's rows of a mart as the API does, under row security."""
    administrator = everyone.administrator
    seconds = []
    for (user_id,) in administrator.execute("select md5('user ' || number) from generate_series(1, 7) as number"):
        with administrator.transaction():
            administrator.execute("set local role macrofolio_reader")
            administrator.execute("select set_config('app.user_id', %s, true)", [user_id])
            started = time.monotonic()
            administrator.execute(SQL("select * from {}").format(Identifier("default", mart))).fetchall()
            seconds.append(time.monotonic() - started)
    return statistics.median(seconds)


def _holdings(everyone: Warehouse) -> tuple[float, float]:
    """Seconds to write every holding of every day, and to copy the same rows."""
    view = everyone.timed('create unlogged table public.holdings as select * from "default".int_daily_holdings')
    return view, everyone.timed("create unlogged table public.holdings_copy as select * from public.holdings")


@contextmanager
def _peak_memory(home: Home) -> Iterator[dict[str, float]]:
    """Peak memory of PostgreSQL's processes in the block (proportional set size)."""
    postmaster = psutil.Process(int((home.postgres.data / "postmaster.pid").read_text().splitlines()[0]))
    peak, done = {"megabytes": 0.0}, threading.Event()

    def watch() -> None:
        while not done.wait(0.25):
            held = 0
            for process in (postmaster, *postmaster.children()):
                try:
                    held += process.memory_full_info().pss
                except psutil.NoSuchProcess:
                    continue  # the backend has ended
            peak["megabytes"] = max(peak["megabytes"], held / 1e6)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()


if __name__ == "__main__":
    for row in rows():
        print(row)
