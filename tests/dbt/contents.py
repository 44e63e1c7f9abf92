"""What the tables hold that are rebuilt in part, and how two such states differ."""

import math
from decimal import Decimal
from typing import Any

from tests.support.platform import Platform

# Every table that is rebuilt in part, with its key; the views read nothing else.
TABLES = {
    "int_corporate_actions": "ticker, ex_date, action",
    "int_daily_prices": "ticker, price_date",
    "stg_transactions": "transaction_id",
    "int_price_ranges": "ticker",
    "int_fx_rates": "currency, base_currency, rate_date",
    "int_fx_ranges": "currency, base_currency",
    "int_position_intervals": "user_id, ticker, valid_from",
    "fct_macro_regimes": "date_day",
    "int_published_portfolios": "user_id",
    "int_published_trades": "transaction_id",
    "int_published_positions": "user_id, ticker, valid_from",
    "int_published_dividends": "user_id, ticker, ex_date, is_recorded, currency",
    "int_published_entries": "transaction_id",
    "int_published_cash_balances": "user_id, account_id, currency, valid_from",
    "int_published_cash_movements": "movement_id",
    "int_published_closing_prices": "user_id, ticker",
    "gold_p_timeseries": "user_id, as_of_date",
}
# What changes between two builds of models, which is when it was computed.
NOT_COMPARED = {"built_at"}

Rows = dict[str, list[dict[str, Any]]]


def contents(platform: Platform) -> Rows:
    with platform.connect("macrofolio_dbt") as connection:
        return {
            table: [
                row
                for (row,) in connection.execute(f'select to_jsonb(rows) from "default".{table} as rows order by {key}')
            ]
            for table, key in TABLES.items()
        }


def is_same(one: object, other: object) -> bool:
    if isinstance(one, float | int | Decimal) and isinstance(other, float | int | Decimal):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return one == other


def differences(one: Rows, other: Rows) -> list[str]:
    """What stands differently in two contents, in words."""
    found = [
        f"{table}: {len(one[table])} rows, but {len(other[table])} after a full refresh"
        for table in TABLES
        if len(one[table]) != len(other[table])
    ]
    return found or [
        f"{table}: {column} is {mine[column]}, but {full[column]} after a full refresh; {full}"
        for table in TABLES
        for mine, full in zip(one[table], other[table], strict=True)
        for column in full
        if column not in NOT_COMPARED and not is_same(mine[column], full[column])
    ]
