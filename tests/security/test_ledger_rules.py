"""Nobody sells what is not held: whatever is recorded, changed or deleted, in any order and at the same moment."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, rule, run_state_machine_as_test

from tests.security.conftest import Person, answer, refusal

DAYS = ("2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05")
SPLIT_DAY, SPLIT_RATIO = "2024-01-03", 2  # of SPLT
TICKERS, SIDES = st.sampled_from(["VTI", "SPLT"]), st.sampled_from(["BUY", "SELL", "SELL"])
QUANTITIES, ON = st.integers(1, 6), st.sampled_from(DAYS)


@dataclass(frozen=True)
class Trade:
    """What the model knows of a transaction; `entry` is the order in which they were first recorded."""

    entry: int
    ticker: str
    side: str
    quantity: int
    day: str

    @property
    def body(self) -> dict[str, object]:
        return {
            "ticker": self.ticker,
            "side": self.side,
            "quantity": str(self.quantity),
            "price": "100",
            "trade_date": self.day,
            "confirm": True,
        }


def is_covered(trades: list[Trade]) -> bool:
    """Whether every sale is covered: by a walk through the calendar, ticker by ticker."""
    for ticker in {trade.ticker for trade in trades}:
        held = Fraction(0)
        for day in DAYS:
            if (ticker, day) == ("SPLT", SPLIT_DAY):
                held *= SPLIT_RATIO
            todays = [trade for trade in trades if (trade.ticker, trade.day) == (ticker, day)]
            held += sum(trade.quantity if trade.side == "BUY" else -trade.quantity for trade in todays)
            if held < 0:
                return False
    return True


class LedgerMachine(RuleBasedStateMachine):
    """The service's ledger beside a list of trades: what one refuses, the other refuses."""

    join: Callable[[], Person]
    recorded = Bundle("recorded")

    @initialize()
    def somebody_joins(self) -> None:
        self.person = type(self).join()
        self.trades: dict[str, Trade] = {}
        self.entries = 0

    @rule(target=recorded, ticker=TICKERS, side=SIDES, quantity=QUANTITIES, day=ON)
    def record(self, ticker: str, side: str, quantity: int, day: str) -> str:
        self.entries += 1
        trade = Trade(self.entries, ticker, side, quantity, day)
        expected = is_covered([*self.trades.values(), trade])
        reply = self.person.call("POST", "/transactions", json=trade.body)
        if not expected:
            refusal(reply)
            return ""
        transaction_id = str(answer(reply, 201)["transaction_id"])
        self.trades[transaction_id] = trade
        return transaction_id

    @rule(transaction_id=recorded, ticker=TICKERS, side=SIDES, quantity=QUANTITIES, day=ON)
    def revise(self, transaction_id: str, ticker: str, side: str, quantity: int, day: str) -> None:
        if transaction_id in self.trades:
            trade = Trade(self.trades[transaction_id].entry, ticker, side, quantity, day)
            wanted = self.trades | {transaction_id: trade}
            reply = self.person.call("PUT", f"/transactions/{transaction_id}", json=trade.body)
            if is_covered(list(wanted.values())):
                answer(reply)
                self.trades = wanted
            else:
                refusal(reply)

    @rule(transaction_id=consumes(recorded))
    def delete(self, transaction_id: str) -> None:
        if transaction_id in self.trades:
            wanted = {key: trade for key, trade in self.trades.items() if key != transaction_id}
            reply = self.person.call("DELETE", f"/transactions/{transaction_id}")
            if is_covered(list(wanted.values())):
                assert reply.status_code == 204
                self.trades = wanted
            else:
                refusal(reply)

    def teardown(self) -> None:
        """Both hold the same at the end."""
        held = {
            item["transaction_id"]: (item["ticker"], item["side"], item["quantity"], item["trade_date"])
            for item in self.person.ledger()
        }
        assert held == {
            key: (trade.ticker, trade.side, str(trade.quantity), trade.day) for key, trade in self.trades.items()
        }


@pytest.mark.threat(21)
def test_the_ledger_takes_exactly_what_a_plain_walk_through_the_calendar_takes(join: Callable[[], Person]) -> None:
    machine = type("Ledger", (LedgerMachine,), {"join": staticmethod(join)})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.threat(21)
def test_a_purchase_that_a_later_sale_needs_can_neither_shrink_move_nor_go(alice: Person) -> None:
    bought = answer(alice.trade("BUY", "5"), 201)
    answer(alice.trade("SELL", "4", trade_date="2024-01-03"), 201)
    path = f"/transactions/{bought['transaction_id']}"
    body = {"ticker": "VTI", "side": "BUY", "price": "100", "quantity": "5", "trade_date": "2024-01-02"}

    for changed in ({"quantity": "3"}, {"trade_date": "2024-01-05"}, {"side": "SELL"}, {"ticker": "EAST"}):
        assert "held" in refusal(alice.call("PUT", path, json=body | changed))
    assert "0 held" in refusal(alice.call("DELETE", path))
    assert answer(alice.call("GET", path)) == bought


@pytest.mark.threat(22)
def test_of_eight_sales_at_once_only_as_many_succeed_as_shares_are_held(alice: Person) -> None:
    with ThreadPoolExecutor(8) as threads:
        for held in range(1, 21):
            covered = held % 7 + 1
            answer(alice.trade("BUY", str(covered)), 201)
            statuses = [done.status_code for done in threads.map(lambda _: alice.trade("SELL", "1"), range(8))]
            assert sorted(statuses) == [201] * covered + [422] * (8 - covered)

    assert held_at_the_end(alice.ledger()) == 0


@pytest.mark.threat(22)
def test_sales_and_withdrawn_purchases_at_once_never_leave_less_than_nothing(alice: Person) -> None:
    def attempts() -> Iterator[Callable[[], Any]]:
        """Eight at once: halve a purchase, delete it, move it, and five sales, of which it covers two."""
        path = f"/transactions/{answer(alice.trade('BUY', '2'), 201)['transaction_id']}"
        body = {"ticker": "VTI", "side": "BUY", "price": "100", "quantity": "2", "trade_date": "2024-01-02"}
        yield lambda: alice.call("PUT", path, json=body | {"quantity": "1"})
        yield lambda: alice.call("DELETE", path)
        yield lambda: alice.call("PUT", path, json=body | {"trade_date": "2024-01-05"})
        for _ in range(5):
            yield lambda: alice.trade("SELL", "1", trade_date="2024-01-03")

    with ThreadPoolExecutor(8) as threads:
        for _ in range(10):
            done = list(threads.map(lambda attempt: attempt().status_code, list(attempts())))
            assert set(done) <= {200, 201, 204, 404, 422}
            trades = [
                Trade(number, item["ticker"], item["side"], int(item["quantity"]), item["trade_date"])
                for number, item in enumerate(alice.ledger())
            ]
            assert is_covered(trades)


def held_at_the_end(ledger: list[dict[str, Any]]) -> int:
    return sum(int(trade["quantity"]) * (1 if trade["side"] == "BUY" else -1) for trade in ledger)
