"""Two things at the same moment, one of which ends what the other builds on: the later one sees the earlier.

Each test holds one half open in the database until the other is known to wait for it, so it is the same race each time.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.security.conftest import Person, answer, refusal
from tests.support.platform import Platform, wait_until

CHANGE = "update public.users set password_hash = password_hash || 'x' where email = %s"
ERASE = "delete from public.users where email = %s"
TRADE = """
insert into bronze.transactions
    (transaction_id, version, user_id, ticker, side, quantity, price, currency, trade_date)
select gen_random_uuid(), 1, user_id, 'VTI', 'BUY', 1, 100, 'USD', '2024-01-02'
from public.users where email = %s for key share
"""


@pytest.fixture
def meanwhile(
    platform: Platform, database: psycopg.Connection[Any]
) -> Callable[[str, Person, Callable[[], httpx.Response]], httpx.Response]:
    """Sends a request while a statement on the person has been executed but not committed; the request's answer."""

    def waits_or_is_done(request: Future[httpx.Response]) -> bool:
        query = "select count(*) from pg_stat_activity where datname = %s and wait_event_type = 'Lock'"
        return request.done() or database.execute(query, [platform.database]).fetchone() != (0,)

    def send(statement: str, person: Person, request: Callable[[], httpx.Response]) -> httpx.Response:
        with ThreadPoolExecutor(1) as thread, platform.connect("postgres") as other:
            other.execute(statement.encode(), [person.email])
            sent = thread.submit(request)
            wait_until(lambda: waits_or_is_done(sent), "the request waits or is answered", seconds=10)
            other.commit()
            return sent.result()

    return send


def trades_of(database: psycopg.Connection[Any], user_id: str) -> int:
    (count,) = database.execute(
        "select count(*) from bronze.transactions where user_id = %s", [user_id]
    ).fetchone() or (-1,)
    return int(count)


@pytest.mark.threat(5)
def test_a_login_with_a_password_that_is_being_changed_opens_nothing(
    alice: Person, meanwhile: Callable[..., httpx.Response]
) -> None:
    refusal(meanwhile(CHANGE, alice, lambda: alice.client.post("/api/v1/auth/login", json=alice.login)), 401)


@pytest.mark.threat(5)
def test_of_two_changes_of_a_password_the_second_has_to_know_the_first(
    alice: Person, meanwhile: Callable[..., httpx.Response]
) -> None:
    change = {"current_password": alice.password, "new_password": f"{alice.password} anew"}

    reply = meanwhile(CHANGE, alice, lambda: alice.call("PATCH", "/auth/me", json=change))

    assert "current password is wrong" in refusal(reply)


@pytest.mark.threat(5)
def test_a_login_to_an_account_that_is_being_erased_opens_nothing(
    alice: Person, meanwhile: Callable[..., httpx.Response]
) -> None:
    refusal(meanwhile(ERASE, alice, lambda: alice.client.post("/api/v1/auth/login", json=alice.login)), 401)


@pytest.mark.threat(5)
@pytest.mark.parametrize("key", [None, "once"])
def test_a_trade_that_comes_while_its_account_is_erased_is_not_recorded(
    alice: Person, meanwhile: Callable[..., httpx.Response], database: psycopg.Connection[Any], key: str | None
) -> None:
    user_id = answer(alice.call("GET", "/auth/me"))["user_id"]

    refusal(meanwhile(ERASE, alice, lambda: alice.trade("BUY", "1", key=key)), 401)

    assert trades_of(database, user_id) == 0


@pytest.mark.threat(5)
def test_a_file_that_comes_while_its_account_is_erased_is_not_imported(
    alice: Person, meanwhile: Callable[..., httpx.Response], database: psycopg.Connection[Any]
) -> None:
    user_id = answer(alice.call("GET", "/auth/me"))["user_id"]
    text = "ticker,side,quantity,price,trade_date\nVTI,BUY,1,100,2024-01-02\n"

    refusal(meanwhile(ERASE, alice, lambda: alice.upload(text)), 401)

    assert trades_of(database, user_id) == 0


@pytest.mark.threat(5)
def test_an_erasure_takes_the_trade_along_that_was_being_recorded(
    alice: Person, meanwhile: Callable[..., httpx.Response], database: psycopg.Connection[Any]
) -> None:
    user_id = answer(alice.call("GET", "/auth/me"))["user_id"]

    assert (
        meanwhile(
            TRADE, alice, lambda: alice.call("DELETE", "/auth/me", json={"current_password": alice.password})
        ).status_code
        == 204
    )

    assert trades_of(database, user_id) == 0


@pytest.mark.threat(5, 6)
def test_after_a_logout_no_refresh_that_was_under_way_lives_on(alice: Person) -> None:
    with ThreadPoolExecutor(9) as threads:
        refreshes = [
            threads.submit(alice.call, "POST", "/auth/refresh", token=alice.tokens["refresh_token"]) for _ in range(8)
        ]
        logout = threads.submit(alice.call, "POST", "/auth/logout")
        replies = [refresh.result() for refresh in refreshes]

    assert logout.result().status_code == 204
    assert {reply.status_code for reply in replies} <= {200, 401}
    for reply in replies:
        token = answer(reply)["access_token"] if reply.is_success else alice.tokens["access_token"]
        refusal(alice.call("GET", "/auth/me", token=token), 401)


def test_of_many_registrations_of_one_address_one_succeeds(client: httpx.Client) -> None:
    login = {"email": f"{uuid4().hex}@example.org", "password": "correct horse battery staple"}

    def register(number: int) -> int:
        email = login["email"].upper() if number % 2 else login["email"]
        return client.post("/api/v1/auth/register", json=login | {"email": email}).status_code

    with ThreadPoolExecutor(8) as threads:
        statuses = sorted(threads.map(register, range(8)))

    assert statuses == [201] + [409] * 7
