"""Loads one ticker's prices from a source into bronze."""

from datetime import UTC, date, datetime, timedelta

from ingestion.errors import GarbageError, NoPricesError
from ingestion.prices import landing
from ingestion.prices.plausibility import checked, same_action, same_value
from ingestion.providers.interface import PriceSource
from ingestion.records import PriceHistory
from ingestion.retries import patiently
from ingestion.store import bronze, quarantine
from ingestion.store.bronze import Connection
from ingestion.store.runs import Run, storing

# A provider's whole history is truncated if it lacks more than this fraction of the stored days.
TOLERATED_LOSS = 0.01
# Fetch everything now and then, to find corrections older than the overlapping window.
WHOLE_AGAIN_AFTER = timedelta(days=7)


def load_whole(connection: Connection, source: PriceSource, run: Run) -> None:
    """Fetch asset, prices and actions, and replace what is stored in one transaction."""
    run.asked_from = None
    asset = patiently(lambda: source.asset(run.subject), run.note_retry)
    history = _fetch(connection, source, run)
    refused = [refusal.row_date for refusal in run.refusals if refusal.item == "bar"]
    with storing(connection, run):
        landing.stage(connection, history.bars)
        if source.overlap is not None:
            _refuse_a_truncated_history(connection, history.ticker, refused)
        anew = bronze.is_on_other_terms(connection, history, source.name)
        # Where a day's value is now refused, its last good value stays unless its neighbours were restated.
        settled = not anew and bool(run.refusals) and not landing.restates(connection, history.ticker)
        kept = landing.Kept(refused, _good_actions(connection, run)) if settled else landing.Kept()
        bronze.write_asset(connection, asset, source.name)
        run.rows_changed = landing.merge_bars(connection, history, source.name)
        run.rows_changed += landing.merge_actions(connection, history, source.name, anew=anew)
        run.rows_changed += landing.remove_all_but(connection, history, kept)
        quarantine.supersede(connection, run, None)


def refresh(connection: Connection, source: PriceSource, run: Run, since: date | None = None) -> None:
    """Fetch what is new, or everything if stored data was restated.

    Args:
        connection: The sole writer's connection for this ticker.
        source: Where prices come from.
        run: The run to fill in.
        since: Look back at least to this day.

    """
    stored = bronze.ticker_info(connection, run.subject)
    if stored is None or source.overlap is None or _is_whole_due(connection, source, run.subject):
        load_whole(connection, source, run)
        return
    run.asked_from = min(stored.last_price_date - source.overlap, since or date.max)
    history = _fetch(connection, source, run)
    if (
        any(refusal.reason == "jump" for refusal in run.refusals)  # only the whole history shows which side is right
        or bronze.is_on_other_terms(connection, history, source.name)
        or _was_restated(connection, history, run.asked_from)
    ):
        load_whole(connection, source, run)
        return
    with storing(connection, run):
        landing.stage(connection, history.bars)
        run.rows_changed = landing.merge_bars(connection, history, source.name)
        run.rows_changed += landing.merge_actions(connection, history, source.name, anew=False)
        quarantine.supersede(connection, run, run.asked_from)


def _is_whole_due(connection: Connection, source: PriceSource, ticker: str) -> bool:
    fetched_at = bronze.last_fetched_whole(connection, ticker, source.name)
    return fetched_at is None or datetime.now(UTC) - fetched_at > WHOLE_AGAIN_AFTER


def _fetch(connection: Connection, source: PriceSource, run: Run) -> PriceHistory:
    """The usable rows; the rest goes into quarantine."""
    start = run.asked_from
    received = patiently(lambda: source.history(run.subject, start), run.note_retry)
    bars, actions, run.refusals = checked(received, quarantine.confirmed(connection, run.kind, run.subject))
    run.rows_received = len(received.bars) + len(received.actions)
    quarantine.keep(connection, run, run.refusals)
    if not bars:
        since = f" since {start}" if start else ""
        raise NoPricesError(f"{source.name} knows {run.subject} but has no usable price for it{since}.")
    return PriceHistory(received.ticker, received.currency, received.price_basis, bars, actions)


def _was_restated(connection: Connection, history: PriceHistory, window_start: date) -> bool:
    """True for a new action, a stored bar that changed, or no stored day to compare with.

    A new dividend counts too: it rewrites every adjusted close before it.
    """
    bars = bronze.stored_bars(connection, history.ticker, window_start)
    actions = bronze.stored_actions(connection, history.ticker, window_start)
    news = any(
        not same_action(actions.pop((action.ex_date, action.action), None), action) for action in history.actions
    )
    settled = [
        (now, before)
        for now in history.bars
        if (before := bars.get(now.price_date)) is not None and not before.is_provisional
    ]
    unchanged = all(
        same_value(now.close, before.close) and same_value(now.adj_close, before.adj_close) for now, before in settled
    )
    return news or bool(actions) or not settled or not unchanged


def _good_actions(connection: Connection, run: Run) -> list[tuple[date, str]]:
    """Stored actions to keep where the source now sends an impossible one; stored ones that are now doubted go."""
    stored = bronze.stored_actions(connection, run.subject)
    return [
        key
        for refusal in run.refusals
        if refusal.reason != "ratio"
        and (known := stored.get(key := (refusal.row_date, refusal.item))) is not None
        and refusal.received["value"] != str(known.value)
    ]


def _refuse_a_truncated_history(connection: Connection, ticker: str, refused: list[date]) -> None:
    stored, lost = landing.lost_days(connection, ticker, refused)
    if lost > TOLERATED_LOSS * stored:
        raise GarbageError(
            f"The provider's history of {ticker} lacks {lost} of {stored} stored days. "
            "It looks truncated, so nothing was changed."
        )
