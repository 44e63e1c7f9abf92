"""Hand-made markets and ledgers, written to bronze as ingestion and the API would write them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_DNS, UUID, uuid4, uuid5

import psycopg

# Actions that are no kind of their own in the database, and whether the day's dividend contains them.
KINDS = {"contained_gain": ("capital_gain", True)}


def user(story: str) -> UUID:
    """The user of a story, the same in every run."""
    return uuid5(NAMESPACE_DNS, story)


def account(story: str, name: str) -> UUID:
    """An account of a story's user, the same in every run."""
    return uuid5(user(story), name)


@dataclass(frozen=True)
class Bronze:
    """Writes through a superuser's connection, because no role of the platform may write to every table."""

    connection: psycopg.Connection[Any]

    def listing(
        self,
        ticker: str,
        closes: Mapping[str, float | str],
        *,
        currency: str = "USD",
        basis: str = "as_traded",
        **actions: Mapping[str, float | str],
    ) -> None:
        """One ticker with its closes and actions (`split`, `dividend`) by ISO date; the last bar is provisional.

        A `contained_gain` is a capital gain that the day's dividend contains.
        """
        last = max(closes, default="")
        self._insert(
            "raw_prices (ticker, price_date, close, currency, price_basis, is_provisional, source)",
            [(ticker, day, close, currency, basis, day == last, "test") for day, close in closes.items()],
        )
        self._insert(
            "raw_corporate_actions (ticker, ex_date, action, within_dividend, value, currency, price_basis, source)",
            [
                (ticker, day, *KINDS.get(action, (action, False)), value, currency, basis, "test")
                for action, values in actions.items()
                for day, value in values.items()
            ],
        )
        self._insert(
            "raw_assets (ticker, name, currency, source)", [(ticker, f"{ticker} Incorporated", currency, "test")]
        )

    def dividend(self, ticker: str, day: str, amount: float | str, currency: str) -> None:
        """A dividend a share that is not paid in the listing's currency."""
        self._insert(
            "raw_corporate_actions (ticker, ex_date, action, value, currency, price_basis, source)",
            [(ticker, day, "dividend", amount, currency, "as_traded", "test")],
        )

    def account(self, story: str, name: str, *, currency: str = "USD", tracks_cash: bool = True) -> UUID:
        """One more account of the story's user, who has been written before."""
        self.connection.execute(
            "insert into public.accounts (account_id, user_id, name, currency, tracks_cash) "
            "values (%s, %s, %s, %s, %s)",
            [account(story, name), user(story), name, currency, tracks_cash],
        )
        return account(story, name)

    def trade(self, story: str, side: str, ticker: str, **terms: Any) -> UUID:
        """The first version of a purchase or sale; `terms`: quantity, price, trade_date; fees, currency, account."""
        return self.entry(story, side=side, ticker=ticker, **terms)

    def entry(self, story: str, **terms: Any) -> UUID:
        """The first version of a transaction of any type; `account` names one of `account`, else it is the first."""
        transaction_id = uuid4()
        key = {"transaction_id": transaction_id, "version": 1, "user_id": user(story)}
        if "account" in terms:
            terms["account_id"] = account(story, terms.pop("account"))
        transaction = key | {"currency": "USD"} | terms
        self._insert(f"transactions ({', '.join(transaction)})", [tuple(transaction.values())])
        return transaction_id

    def buy(self, story: str, ticker: str, quantity: float | str, price: float | str, on: str, **more: Any) -> UUID:
        return self.trade(story, "BUY", ticker, quantity=quantity, price=price, trade_date=on, **more)

    def sell(self, story: str, ticker: str, quantity: float | str, price: float | str, on: str, **more: Any) -> UUID:
        return self.trade(story, "SELL", ticker, quantity=quantity, price=price, trade_date=on, **more)

    def amend(self, transaction_id: UUID, version: int, *, quantity: float | str | None = None) -> None:
        """A new version with another quantity, or a tombstone without one."""
        self.connection.execute(
            """
            insert into bronze.transactions (
                transaction_id, version, is_deleted, user_id, account_id, type, ticker, side, quantity, price, fees,
                taxes, amount, currency, trade_date
            )
            select transaction_id, %(version)s, %(quantity)s::numeric is null, user_id, account_id, type, ticker, side,
                coalesce(%(quantity)s, quantity), price, fees, taxes, amount, currency, trade_date
            from bronze.transactions where transaction_id = %(id)s and version = %(version)s - 1
            """,
            {"version": version, "quantity": quantity, "id": transaction_id},
        )

    def portfolio(self, story: str, base_currency: str = "USD", method: str = "average", benchmark: str = "^T") -> None:
        """The settings that registration would have written."""
        self.connection.execute(
            "insert into public.users (user_id, email, password_hash) values (%s, %s, 'x')",
            [user(story), f"{user(story)}@example.com"],
        )
        self.connection.execute(
            "insert into public.portfolio_settings values (%s, %s, %s, %s)",
            [user(story), base_currency, method, benchmark],
        )

    def series(self, series_id: str, values: Mapping[str, float], published: Mapping[str, str]) -> None:
        """A macro series, each observation with the day of its publication."""
        self._insert(
            "raw_fred (series_id, observation_date, value, realtime_start, dated_by, source)",
            [(series_id, day, value, published[day], "publication_lag", "test") for day, value in values.items()],
        )

    def _insert(self, target: str, rows: list[tuple[Any, ...]]) -> None:
        if rows:
            places = ", ".join(["%s"] * len(rows[0]))
            with self.connection.cursor() as cursor:
                cursor.executemany(f"insert into bronze.{target} values ({places})", rows)
