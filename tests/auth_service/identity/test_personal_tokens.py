"""Personal access tokens: made, used, revoked, expired, and nothing of them kept that opens anything."""

import re
import secrets
from binascii import crc32
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest

from tests.auth_service.conftest import PASSWORD, Person, answer, personal_token, refusal
from tests.support.platform import Platform, wait_until


def test_a_token_is_shown_once_and_only_its_hash_is_kept(alice: Person, platform: Platform) -> None:
    issued = answer(
        alice.call("POST", "/auth/tokens", json={"name": "nightly export", "current_password": PASSWORD}), 201
    )
    token = issued.pop("token")

    assert re.fullmatch(r"mfpat_[0-9a-f]{56}", token)
    assert answer(alice.call("GET", "/auth/tokens"))["items"] == [issued]
    assert (issued["name"], issued["scope"], issued["expires_at"]) == ("nightly export", "read", None)
    with platform.connect("postgres") as connection:
        kept = connection.execute(
            "select token_hash, personal_tokens::text from public.personal_tokens where token_id = %s",
            [issued["token_id"]],
        ).fetchone()
    assert kept is not None
    assert kept[0] == sha256(token.encode()).digest()
    assert token.removeprefix("mfpat_")[:12] not in kept[1]


def test_a_token_that_reads_sees_the_ledger_and_changes_nothing(alice: Person) -> None:
    alice.trade("BUY", "1")
    token = personal_token(alice, "read")

    assert len(answer(alice.call("GET", "/transactions", token=token))["items"]) == 1
    entry = {"ticker": "VTI", "side": "BUY", "quantity": "1", "price": "100", "trade_date": "2024-01-02"}
    assert "is read-only" in refusal(alice.call("POST", "/transactions", token=token, json=entry), 403)
    assert len(alice.ledger()) == 1


def test_a_token_that_writes_records_trades_for_its_owner_alone(alice: Person, bob: Person) -> None:
    token = personal_token(alice, "write")
    entry = {"ticker": "VTI", "side": "BUY", "quantity": "1", "price": "100", "trade_date": "2024-01-02"}

    answer(bob.call("POST", "/transactions", token=token, json=entry), 201)

    assert (len(alice.ledger()), len(bob.ledger())) == (1, 0)


def test_a_use_is_noted_once_an_hour(alice: Person, platform: Platform) -> None:
    token = personal_token(alice, "read")
    assert answer(alice.call("GET", "/auth/tokens"))["items"][0]["last_used_at"] is None

    def use() -> str:
        alice.call("GET", "/auth/me", token=token)
        return str(answer(alice.call("GET", "/auth/tokens"))["items"][0]["last_used_at"])

    first = use()
    assert use() == first
    move(platform, token, "last_used_at = last_used_at - interval '61 min'")
    assert use() > first


def test_a_revoked_token_opens_nothing(alice: Person, bob: Person) -> None:
    token = personal_token(alice, "read")
    token_id = answer(alice.call("GET", "/auth/tokens"))["items"][0]["token_id"]

    refusal(bob.call("DELETE", f"/auth/tokens/{token_id}"), 404)
    assert alice.call("GET", "/auth/me", token=token).status_code == 200
    assert alice.call("DELETE", f"/auth/tokens/{token_id}").status_code == 204

    response = alice.call("GET", "/auth/me", token=token)
    assert "unknown, revoked or expired" in refusal(response, 401)
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert answer(alice.call("GET", "/auth/tokens"))["items"] == []
    refusal(alice.call("DELETE", f"/auth/tokens/{token_id}"), 404)


def test_a_token_is_good_until_it_expires(alice: Person, platform: Platform) -> None:
    token = personal_token(alice, "read", expires_in_days=30)
    move(platform, token, "expires_at = expires_at - interval '29 d 23 h'")
    assert alice.call("GET", "/auth/me", token=token).status_code == 200

    move(platform, token, "expires_at = expires_at - interval '2 h'")

    refusal(alice.call("GET", "/auth/me", token=token), 401)
    assert answer(alice.call("GET", "/auth/tokens"))["items"] == []


def test_what_is_no_token_of_ours_is_refused(onlooker: Person) -> None:
    number = secrets.token_hex(24)
    checked = f"{crc32(number.encode()):08x}"
    forged = [
        f"mfpat_{number}{checked}",
        f"mfpat_{number}00000000",
        f"mfpat_{number}",
        "mfpat_",
        f"mfpat_{number * 900}",
    ]
    for token in forged:
        refusal(onlooker.call("GET", "/auth/me", token=token), 401)


def test_a_new_password_and_a_logout_everywhere_leave_tokens_alone_but_erasure_ends_them(alice: Person) -> None:
    token = personal_token(alice, "read")
    change = {"current_password": PASSWORD, "new_password": "another quiet harbour"}
    answer(alice.call("PATCH", "/auth/me", json=change))
    assert alice.call("DELETE", "/auth/sessions").status_code == 204
    assert alice.call("GET", "/auth/me", token=token).status_code == 200

    login = {"email": alice.email, "password": "another quiet harbour"}
    alice.tokens = answer(alice.call("POST", "/auth/login", json=login))
    erasure = {"current_password": login["password"]}
    assert alice.call("DELETE", "/auth/me", json=erasure).status_code == 204

    refusal(alice.call("GET", "/auth/me", token=token), 401)


def test_nobody_has_more_than_fifty_even_when_asking_for_many_at_once(alice: Person, platform: Platform) -> None:
    expired = personal_token(alice, "read", expires_in_days=1)
    for _ in range(47):
        personal_token(alice, "read")
    move(platform, expired, "expires_at = now()")

    with ThreadPoolExecutor(5) as threads:  # as many passwords may be tried at once
        asked = threads.map(
            lambda _: alice.call("POST", "/auth/tokens", json={"name": "x", "current_password": PASSWORD}), range(6)
        )
        statuses = sorted(response.status_code for response in asked)

    assert statuses == [201, 201, 201, 409, 409, 409]
    assert len(answer(alice.call("GET", "/auth/tokens"))["items"]) == 50


def test_a_reset_that_is_under_way_ends_tokens_that_are_being_made(alice: Person, platform: Platform) -> None:
    user_id = answer(alice.call("GET", "/auth/me"))["user_id"]
    with platform.connect("postgres") as reset, ThreadPoolExecutor(1) as threads:
        reset.execute("update public.users set password_hash = 'new' where user_id = %s", [user_id])
        asked = threads.submit(alice.call, "POST", "/auth/tokens", json={"name": "x", "current_password": PASSWORD})
        wait_until(lambda: somebody_waits(platform), "the request waits for the reset", seconds=10)
        reset.execute("update public.sessions set revoked_at = now() where user_id = %s", [user_id])
        reset.commit()

        assert "has ended" in refusal(asked.result(), 401)


def somebody_waits(platform: Platform) -> bool:
    with platform.connect("postgres") as connection:
        return connection.execute("select from pg_locks where not granted").fetchone() is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"name": ""},
        {"name": "x" * 101},
        {"name": "x", "scope": "admin"},
        {"name": "x", "expires_in_days": 0},
        {"name": "x", "expires_in_days": 3651},
        {"name": "x", "expires_in_days": "1.5"},
        {"name": "x", "user_id": "somebody"},
    ],
)
def test_an_odd_wish_is_refused(onlooker: Person, wrong: dict[str, object]) -> None:
    refusal(onlooker.call("POST", "/auth/tokens", json=wrong))


def move(platform: Platform, token: str, change: str) -> None:
    """Change the kept row, as time would."""
    with platform.connect("postgres") as connection:
        done = connection.execute(
            f"update public.personal_tokens set {change} where token_hash = %s", [sha256(token.encode()).digest()]
        )
        assert done.rowcount == 1
