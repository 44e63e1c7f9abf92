"""The API on behalf of the person making the current request."""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import NoReturn, TypeVar, Unpack, cast
from urllib.parse import quote
from uuid import UUID

from flask import current_app, g

from dashboard.api import payloads as told
from dashboard.api.client import ApiClient, ApiRefusalError, Json, Method, Params, Parts, TokenPair
from dashboard.auth.sessions import KeptDocument, Session, SessionStore

PAGE_SIZE = 500  # the API's maximum

Found = TypeVar("Found")


class LoggedOutError(Exception):
    """The API no longer accepts this session: it was revoked or has expired."""


class UserApi:
    """Every call the pages make, with the session's tokens, which are renewed once when they expire."""

    def __init__(self, client: ApiClient, session: Session, sessions: SessionStore) -> None:
        self._client = client
        self._session = session
        self._sessions = sessions

    # ---- figures

    def status(self) -> told.PortfolioStatus:
        """Whether the figures hold every transaction, where they end, and what failed. Asked anew each time."""
        return self._read(told.PortfolioStatus, "/portfolio/status")

    def performance(self) -> told.Performance:
        """The figures of the whole portfolio; every one None while there is none."""
        return self._document(told.Performance, "/portfolio/performance")

    def windows(self) -> list[told.WindowPerformance]:
        """The figures of each fixed window of time that the portfolio is old enough for."""
        return self._document(told.WindowPerformanceList, "/portfolio/windows")["items"]

    def timeseries(self, *columns: str) -> told.Timeseries:
        """The requested columns and `date`, of the same length, one row per calendar day of the whole history."""
        return self._document(told.Timeseries, "/portfolio/timeseries", {"columns": ",".join(columns)})

    def window(self, name: str) -> told.WindowPerformance | None:
        """Figures for a window: a fixed one by name, or `custom <first day> <last day>`."""
        match name.split():
            case ["custom", first_day, last_day]:
                days = _range(first_day, last_day)
                items = self._document(told.WindowPerformanceList, "/portfolio/windows", days)["items"]
            case _:
                items = [item for item in self.windows() if item["time_window"] == name]
        return items[0] if items else None

    def returns(self, basis: str, first_day: str | None = None, last_day: str | None = None) -> told.ReturnLines:
        """Returns since the close before the days, of the portfolio and its benchmark, and the drawdown, by `date`."""
        return self._document(told.ReturnLines, "/portfolio/returns", {"basis": basis} | _range(first_day, last_day))

    def drawdowns(self, most: int, first_day: str | None = None, last_day: str | None = None) -> list[told.Drawdown]:
        """The deepest falls, the deepest first."""
        return self._document(told.DrawdownList, "/portfolio/drawdowns", {"limit": most} | _range(first_day, last_day))[
            "items"
        ]

    def calendar_returns(self, first_day: str | None = None, last_day: str | None = None) -> list[told.CalendarReturn]:
        """One row for each month and year that has trading days within the two."""
        return self._document(told.CalendarReturnList, "/portfolio/returns/calendar", _range(first_day, last_day))[
            "items"
        ]

    def rolling_statistics(
        self, days: int, first_day: str | None = None, last_day: str | None = None
    ) -> told.RollingStatistics:
        """`volatility` and `sharpe` of each trading day's latest returns, by `date`."""
        return self._document(
            told.RollingStatistics, "/portfolio/returns/rolling", {"days": days} | _range(first_day, last_day)
        )

    def macro_context(self, first_day: str | None = None, last_day: str | None = None) -> told.MacroContext:
        """Spans and indicators overlapping the days from the first to the last, by default all."""
        return self._document(told.MacroContext, "/macro/context", _range(first_day, last_day))

    def tickers(self) -> list[told.TickerKpis]:
        """The figures of each ticker ever held, the largest holding first."""
        return self._document(told.TickerKpisList, "/portfolio/tickers")["items"]

    def tickers_history(self) -> list[told.TickerHistory]:
        """Growth of one unit of money in each ticker while held, in a few points."""
        return self._document(told.TickerHistoryList, "/portfolio/tickers/history")["items"]

    def dividends(self) -> list[told.YearlyDividend]:
        """One row per year and ticker."""
        return self._document(told.YearlyDividendList, "/portfolio/dividends")["items"]

    def holdings(self, day: str | None = None) -> list[told.Holding]:
        """What was held at the end of the day; of the last one known without it."""
        return self._document(told.Holdings, "/portfolio/holdings", {"date": day} if day else {})["items"]

    def regimes(self) -> list[told.RegimePerformance]:
        """Returns in each macro regime, inflation state and so on, as fractions."""
        return self._document(told.RegimePerformanceList, "/portfolio/regimes")["items"]

    def regimes_by_ticker(self) -> list[told.TickerRegimePerformance]:
        """The same for each ticker."""
        return self._document(told.TickerRegimePerformanceList, "/portfolio/regimes/tickers")["items"]

    # ---- where figures come from

    def figures(self) -> list[told.Figure]:
        """What each column of each model means and reads, and how its model's tests ended."""
        return self._document(told.Figures, "/figures")["items"]

    def ticker_data(self) -> list[told.TickerData]:
        """How complete and how old the prices are of each ticker that the figures need."""
        return self._document(told.TickerDataList, "/data/tickers")["items"]

    def series_data(self) -> list[told.SeriesData]:
        """The same of the macro series."""
        return self._document(told.SeriesDataList, "/data/series")["items"]

    # ---- the account

    def account(self) -> told.Profile:
        """The account, with its base currency, benchmark and cost basis method."""
        return self._read(told.Profile, "/auth/me")

    def change_profile(self, changes: Mapping[str, object]) -> None:
        """Change settings, or the password; a refusal names the fields."""
        self._request("PATCH", "/auth/me", json=changes)

    def erase_account(self, password: str | None) -> NoReturn:
        """Erase the account and everything in it; ends the session."""
        self._request("DELETE", "/auth/me", json={"current_password": password})
        self._log_out()

    def sessions(self) -> list[told.SessionOut]:
        """Where this account is logged in."""
        return self._read(told.SessionList, "/auth/sessions")["items"]

    def end_session(self, session_id: str) -> None:
        """Log out elsewhere."""
        self._request("DELETE", f"/auth/sessions/{_id(session_id)}")

    def end_all_sessions(self) -> NoReturn:
        """Log out everywhere, here too."""
        self._request("DELETE", "/auth/sessions")
        self._log_out()

    def personal_tokens(self) -> list[told.PersonalTokenOut]:
        """The tokens for scripts, without what is secret in them."""
        return self._read(told.PersonalTokenList, "/auth/tokens")["items"]

    def add_personal_token(self, wanted: told.NewPersonalToken) -> told.IssuedPersonalToken:
        """A new token for scripts, told in full this once."""
        return self._answer(told.IssuedPersonalToken, "POST", "/auth/tokens", json=wanted)

    def revoke_personal_token(self, token_id: str) -> None:
        """Make a token for scripts worthless."""
        self._request("DELETE", f"/auth/tokens/{_id(token_id)}")

    # ---- accounts

    def accounts(self) -> list[told.AccountOut]:
        """Where entries are kept: the first one, then the others by their age; closed ones too."""
        return self._read(told.AccountList, "/accounts")["items"]

    def open_account(self, wanted: Mapping[str, object]) -> None:
        """Open an account; refused when another one has its name."""
        self._request("POST", "/accounts", json=wanted)

    def change_account(self, account_id: str, changes: Mapping[str, object]) -> None:
        """Change what is given of an account; refused as the API refuses it."""
        self._request("PATCH", f"/accounts/{_id(account_id)}", json=changes)

    def delete_account(self, account_id: str) -> None:
        """Delete an account in which nothing was ever recorded."""
        self._request("DELETE", f"/accounts/{_id(account_id)}")

    def cash(self) -> list[told.CashBalance]:
        """What each account that keeps cash has of each currency, on the newest day."""
        return self._document(told.CashBalanceList, "/portfolio/cash")["items"]

    def statement(self, account_id: str, first_day: str | None, last_day: str | None) -> list[told.CashStatement]:
        """What moved in an account that keeps cash from one day to another, by currency."""
        path = f"/accounts/{_id(account_id)}/statement"
        return self._document(told.CashStatementList, path, _range(first_day, last_day))["items"]

    # ---- ledger

    def suggestions(self, text: str) -> list[told.SuggestionOut]:
        """Tickers whose symbol or name begins with or contains the text."""
        return self._read(told.Suggestions, "/tickers", {"search": text})["items"]

    def day_prices(self, ticker: str, day: str) -> told.DayPrices:
        """Prices of the day, or of the last one with prices in the week before."""
        return self._read(told.DayPrices, f"/tickers/{quote(ticker, safe='')}/prices", {"date": day})

    def transactions(self, most: int, ticker: str | None = None) -> tuple[list[told.TransactionOut], bool]:
        """The newest, of one ticker if it is given, and whether there are older ones than these."""
        rows: list[told.TransactionOut] = []
        wanted: dict[str, str | int] = {"limit": PAGE_SIZE} | ({"ticker": ticker} if ticker else {})
        while True:
            page = self._document(told.TransactionPage, "/transactions", wanted)
            rows += page["items"]
            if len(rows) >= most or not page["next_cursor"]:
                return rows[:most], len(rows) > most or page["next_cursor"] is not None
            wanted |= {"cursor": page["next_cursor"]}

    def history(self, transaction_id: str) -> list[told.TransactionOut]:
        """All versions of a transaction, oldest first."""
        return self._read(told.TransactionHistory, f"{_transaction(transaction_id)}/history")["items"]

    def record(self, transaction: Mapping[str, object], idempotency_key: str) -> told.TransactionOut:
        """Record what a form says; sent again under the same key it writes nothing."""
        headers = {"Idempotency-Key": idempotency_key}
        return self._answer(told.TransactionOut, "POST", "/transactions", json=transaction, headers=headers)

    def revise(self, transaction_id: str, transaction: Mapping[str, object]) -> told.TransactionOut:
        """Replace a transaction by a new version; refused as recording it would be."""
        return self._answer(told.TransactionOut, "PUT", _transaction(transaction_id), json=transaction)

    def delete(self, transaction_id: str) -> None:
        """Delete a transaction; refused when a later sale needs it."""
        self._request("DELETE", _transaction(transaction_id))

    def rename(self, ticker: str, new_ticker: str, *, confirmed: bool) -> int:
        """Rename a ticker in all of its transactions; return how many changed."""
        wanted = told.Renaming(ticker=ticker, new_ticker=new_ticker, confirm=confirmed)
        return self._answer(told.RenamingOut, "POST", "/transactions/rename", json=wanted)["renamed"]

    def import_formats(self) -> list[told.FormatOut]:
        """The formats that are recognised, in the order in which people look for one."""
        return self._read(told.FormatList, "/transactions/import/formats")["items"]

    def import_file(self, content: bytes, instructions: told.Instructions, params: Params) -> told.ImportOutcome:
        """The result for each row, or with `dry_run` in `params` the expected one."""
        return self._answer(
            told.ImportOutcome,
            "POST",
            "/transactions/import",
            params=params,
            files={"file": ("transactions", content)},
            data={"options": json.dumps(instructions)},
        )

    def export(self) -> str:
        """All transactions as CSV."""
        return self._signed_in(lambda token: self._client.text("/transactions/export", token=token))

    # --  # ---- requests

    def _read(self, kind: type[Found], path: str, params: Params | None = None) -> Found:
        return self._answer(kind, "GET", path, params=params)

    def _answer(self, kind: type[Found], method: Method, path: str, **parts: Unpack[Parts]) -> Found:
        """The answer, which is of that kind because the API's description says so: `payloads`."""
        return cast("Found", self._request(method, path, **parts))

    def _document(self, kind: type[Found], path: str, params: Params | None = None) -> Found:
        """A versioned document, not to be modified; one read before is only checked for changes."""
        key = (path, *sorted((params or {}).items()))
        with self._session.lock:
            kept = self._session.documents.setdefault(key, KeptDocument())
        with kept.lock:
            kept.document = self._signed_in(
                lambda token: self._client.document(path, params or {}, token=token, known=kept.document)
            )
            content = kept.document.content
        self._sessions.keep(self._session, key, kept)
        return cast("Found", content)

    def _request(self, method: Method, path: str, **parts: Unpack[Parts]) -> Json:
        return self._signed_in(lambda token: self._client.request(method, path, token=token, **parts))

    def _signed_in(self, ask: Callable[[str], Found]) -> Found:
        tokens = self._session.tokens
        try:
            return ask(tokens.access)
        except ApiRefusalError as refusal:
            if refusal.status != HTTPStatus.UNAUTHORIZED:
                raise
        return ask(self._renewed(tokens).access)

    def _log_out(self) -> NoReturn:
        """The API has ended the session, so end it here, too."""
        self._sessions.close(self._session.session_id)
        raise LoggedOutError

    def _renewed(self, used: TokenPair) -> TokenPair:
        """The pair after `used`; of many requests that find it expired, only the first renews it."""
        with self._session.lock:
            if self._session.tokens == used:
                try:
                    self._session.tokens = self._client.renew(used)
                except ApiRefusalError as refusal:
                    if refusal.status != HTTPStatus.UNAUTHORIZED:
                        raise
                    self._sessions.close(self._session.session_id)
                    raise LoggedOutError from refusal
            return self._session.tokens


def current() -> UserApi:
    """The API for the session of the request at hand."""
    return UserApi(current_app.extensions["api_client"], g.session, current_app.extensions["sessions"])


def _transaction(transaction_id: str) -> str:
    """The path of one transaction."""
    return f"/transactions/{_id(transaction_id)}"


def _range(first_day: str | None, last_day: str | None) -> dict[str, str | int]:
    return {name: day for name, day in (("from", first_day), ("to", last_day)) if day}


def _id(text: str) -> UUID:
    """A UUID for a path; anything else the page sends is refused."""
    try:
        return UUID(text)
    except ValueError:
        message = "That entry no longer exists. Reload the page and try again."
        raise ApiRefusalError(HTTPStatus.NOT_FOUND, "not_found", message, {}) from None
