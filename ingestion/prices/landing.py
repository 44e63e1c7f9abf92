"""Loads bars and actions into bronze: COPY into a staging table, then one MERGE that writes only what differs.

Everything here runs inside the caller's transaction; the caller is the ticker's sole writer.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from ingestion.prices.plausibility import same_action
from ingestion.records import Bar, PriceHistory
from ingestion.store.bronze import Connection, stored_actions

STAGING = """
    create temporary table if not exists staged_bars (
        price_date date, close numeric, open numeric, high numeric, low numeric, adj_close numeric, volume numeric,
        is_provisional boolean
    ) on commit delete rows
"""

# A bar's fields in order, which is also the table's.
LINE = "\t".join(["%s"] * len(Bar._fields)) + "\n"

# The tolerance is plausibility.TOLERANCE: a rounded restatement is no change.
MERGE_BARS = """
    merge into bronze.raw_prices as stored
    using pg_temp.staged_bars as staged
    on stored.ticker = %(ticker)s and stored.price_date = staged.price_date
    when matched and (
        stored.is_provisional <> staged.is_provisional
        or (stored.currency, stored.price_basis, stored.source) is distinct from (%(currency)s, %(basis)s, %(source)s)
        or exists (
            select from (values
                (stored.close, staged.close), (stored.open, staged.open), (stored.high, staged.high),
                (stored.low, staged.low), (stored.adj_close, staged.adj_close), (stored.volume, staged.volume)
            ) as amounts (before, now)
            where before <> now and abs(before - now) > 1e-6 * greatest(abs(before), abs(now))
                or (before is null) <> (now is null)
        )
    ) then update set
        open = staged.open, high = staged.high, low = staged.low, close = staged.close, adj_close = staged.adj_close,
        volume = staged.volume, currency = %(currency)s, price_basis = %(basis)s,
        is_provisional = staged.is_provisional, source = %(source)s, loaded_at = now()
    when not matched then
        insert (ticker, price_date, open, high, low, close, adj_close, volume, currency, price_basis, is_provisional,
            source)
        values (%(ticker)s, staged.price_date, staged.open, staged.high, staged.low, staged.close, staged.adj_close,
            staged.volume, %(currency)s, %(basis)s, staged.is_provisional, %(source)s)
"""

UPSERT_ACTION = """
    insert into bronze.raw_corporate_actions
        (ticker, ex_date, action, value, currency, within_dividend, price_basis, source)
    values (%s, %s, %s, %s, %s, %s, %s, %s)
    on conflict (ticker, ex_date, action) do update set
        value = excluded.value, currency = excluded.currency, within_dividend = excluded.within_dividend,
        price_basis = excluded.price_basis, source = excluded.source, loaded_at = now()
"""


def stage(connection: Connection, bars: Sequence[Bar]) -> None:
    """Copy bars to the database, where they stay until the transaction ends."""
    connection.execute(STAGING)
    with connection.cursor() as cursor, cursor.copy("copy pg_temp.staged_bars from stdin (null 'None')") as copy:
        copy.write("".join([LINE % bar for bar in bars]))


def merge_bars(connection: Connection, history: PriceHistory, source: str) -> int:
    """Insert and update the staged bars that are new or changed; returns how many."""
    return connection.execute(
        MERGE_BARS,
        {"ticker": history.ticker, "currency": history.currency, "basis": history.price_basis, "source": source},
    ).rowcount


def merge_actions(connection: Connection, history: PriceHistory, source: str, *, anew: bool) -> int:
    """Insert and update the splits and dividends that are new or changed, or all if `anew`; returns how many."""
    known = {} if anew else stored_actions(connection, history.ticker)
    changed = [row for row in history.actions if not same_action(known.get((row.ex_date, row.action)), row)]
    with connection.cursor() as cursor:
        cursor.executemany(
            UPSERT_ACTION,
            [(history.ticker, *row, history.price_basis, source) for row in changed],
        )
    return len(changed)


def lost_days(connection: Connection, ticker: str, refused: Sequence[date]) -> tuple[int, int]:
    """How many days are stored, and how many of them the staged bars lack without having been refused."""
    row = connection.execute(
        """
        select count(*), count(*) filter (
            where price_date <> all(%s)
                and not exists (select from pg_temp.staged_bars as staged where staged.price_date = stored.price_date)
        ) from bronze.raw_prices as stored where ticker = %s
        """,
        [list(refused), ticker],
    ).fetchone()
    return row or (0, 0)


def restates(connection: Connection, ticker: str) -> bool:
    """True when a settled close of the staged days differs from the stored one: what is stored has another basis."""
    row = connection.execute(
        """
        select from bronze.raw_prices as stored
        inner join pg_temp.staged_bars as staged using (price_date)
        where stored.ticker = %s and not stored.is_provisional
            and abs(stored.close - staged.close) > 1e-6 * greatest(stored.close, staged.close)
        limit 1
        """,
        [ticker],
    ).fetchone()
    return row is not None


class Kept(NamedTuple):
    """What stays although the source no longer sends it: bars by date, actions by date and kind."""

    bars: Sequence[date] = ()
    actions: Sequence[tuple[date, str]] = ()


def remove_all_but(connection: Connection, history: PriceHistory, kept: Kept) -> int:
    """Remove the ticker's rows that are neither staged nor kept; returns how many."""
    bars = connection.execute(
        """
        delete from bronze.raw_prices as stored
        where ticker = %s and price_date <> all(%s)
            and not exists (select from pg_temp.staged_bars as staged where staged.price_date = stored.price_date)
        """,
        [history.ticker, list(kept.bars)],
    )
    held = [*((action.ex_date, action.action) for action in history.actions), *kept.actions]
    actions = connection.execute(
        """
        delete from bronze.raw_corporate_actions as stored
        where ticker = %s and not exists (
            select from unnest(%s::date[], %s::text[]) as held (ex_date, action)
            where held.ex_date = stored.ex_date and held.action = stored.action
        )
        """,
        [history.ticker, [day for day, _ in held], [kind for _, kind in held]],
    )
    return bars.rowcount + actions.rowcount
