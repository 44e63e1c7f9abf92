"""One ticker's prices, from a source into bronze."""

from datetime import date

from ingestion import bronze
from ingestion.bronze import Connection
from ingestion.errors import NoPricesError, ProviderUnavailableError
from ingestion.plausibility import checked, same_value
from ingestion.records import PriceHistory
from ingestion.runs import Run
from ingestion.sources.interface import PriceSource

# A provider's whole history that lacks more of the stored days than this is a truncated answer.
TOLERATED_LOSS = 0.01


def load_whole(connection: Connection, source: PriceSource, run: Run) -> None:
    """Fetch asset, prices and actions, and store them in one transaction in place of what is there."""
    asset = source.asset(run.subject)
    history = _fetch(source, run)
    if source.overlap is not None:
        _refuse_a_truncated_history(connection, history)
    with connection.transaction():
        bronze.write_asset(connection, asset, source.name)
        run.rows_changed = bronze.write_history(connection, history, source.name)
        run.rows_changed += bronze.remove_all_but(connection, history)


def refresh(connection: Connection, source: PriceSource, run: Run) -> None:
    """Fetch what is new, and everything when the days that are stored already were restated."""
    stored = bronze.ticker_info(connection, run.subject)
    if stored is None or source.overlap is None:
        load_whole(connection, source, run)
        return
    run.asked_from = window_start = stored.last_price_date - source.overlap
    history = _fetch(source, run)
    if bronze.is_on_other_terms(connection, history, source.name) or _was_restated(connection, history, window_start):
        run.asked_from = None
        load_whole(connection, source, run)
        return
    with connection.transaction():
        run.rows_changed = bronze.write_history(connection, history, source.name)


def _fetch(source: PriceSource, run: Run) -> PriceHistory:
    """The usable rows; refused ones are noted in `run`."""
    received = source.history(run.subject, run.asked_from)
    history, run.refusals = checked(received)
    run.rows_received = len(received.bars) + len(received.actions) + len(received.unreadable)
    if not history.bars:
        since = f" since {run.asked_from}" if run.asked_from else ""
        raise NoPricesError(f"{source.name} knows {run.subject} but has no usable price of it{since}.")
    return history


def _was_restated(connection: Connection, history: PriceHistory, window_start: date) -> bool:
    """True for a split that is new to us, a stored close that changed, or no stored day to compare with."""
    bars = bronze.stored_bars(connection, history.ticker, window_start)
    actions = bronze.stored_actions(connection, history.ticker, window_start)
    new_split = any(
        action.action == "split"
        and ((known := actions.get((action.ex_date, "split"))) is None or not same_value(known.value, action.value))
        for action in history.actions
    )
    settled = [
        (bar.close, bars[bar.price_date].close)
        for bar in history.bars
        if bar.price_date in bars and not bars[bar.price_date].is_provisional
    ]
    return new_split or not settled or not all(same_value(now, before) for now, before in settled)


def _refuse_a_truncated_history(connection: Connection, history: PriceHistory) -> None:
    stored = bronze.stored_bars(connection, history.ticker)
    lost = len(stored.keys() - {bar.price_date for bar in history.bars})
    if lost > TOLERATED_LOSS * len(stored):
        raise ProviderUnavailableError(
            f"The provider's history of {history.ticker} lacks {lost} of the {len(stored)} days that are stored: "
            "it is taken for a truncated answer, and nothing was changed."
        )
