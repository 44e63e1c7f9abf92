"""Sessions: how long a family may live, what one's own are, and ending them all."""

from datetime import UTC, datetime, timedelta

from apiflask import APIFlask

from auth_service.identity import sessions
from tests.auth_service.conftest import PASSWORD, Person, answer, refusal
from tests.security.test_tokens import claims_of
from tests.support.platform import Platform


def age(platform: Platform, person: Person, days: int) -> None:
    """Make the person's sessions as old as if they had begun `days` earlier, refreshed ever since."""
    with platform.connect("postgres") as connection:
        connection.execute(
            """
            update public.sessions set created_at = created_at - make_interval(days => %s)
            where user_id = (select user_id from public.users where email = %s)
            """,
            [days, person.email],
        )


def test_a_refresh_never_outlives_the_familys_ninety_days(alice: Person, platform: Platform) -> None:
    age(platform, alice, 80)

    pair = answer(alice.call("POST", "/auth/refresh", token=alice.tokens["refresh_token"]))

    left = datetime.fromtimestamp(claims_of(pair["refresh_token"])["exp"], UTC) - datetime.now(UTC)
    assert timedelta(days=10) - left < timedelta(minutes=2)
    assert left <= timedelta(days=10)


def test_after_ninety_days_the_family_is_over_however_lately_it_was_refreshed(
    alice: Person, platform: Platform
) -> None:
    age(platform, alice, 90)

    assert "has ended" in refusal(alice.call("POST", "/auth/refresh", token=alice.tokens["refresh_token"]), 401)


def test_a_young_family_slides(alice: Person) -> None:
    left = datetime.fromtimestamp(claims_of(alice.tokens["refresh_token"])["exp"], UTC) - datetime.now(UTC)

    assert timedelta(days=30) - left < timedelta(minutes=2)


def test_one_sees_ones_own_live_sessions(alice: Person, bob: Person) -> None:
    login = {"email": alice.email, "password": PASSWORD}
    second, third = (answer(alice.call("POST", "/auth/login", json=login)) for _ in range(2))
    alice.call("POST", "/auth/logout", token=third["access_token"])
    second = answer(alice.call("POST", "/auth/refresh", token=second["refresh_token"]))

    listed = answer(alice.call("GET", "/auth/sessions"))["items"]

    first_id, second_id = (claims_of(tokens["access_token"])["sid"] for tokens in (alice.tokens, second))
    assert [(row["session_id"], row["is_current"]) for row in listed] == [(second_id, False), (first_id, True)]
    assert listed[0]["last_refreshed_at"] > listed[0]["created_at"]
    assert len(answer(bob.call("GET", "/auth/sessions"))["items"]) == 1


def test_who_signs_in_without_end_keeps_the_last_hundred(alice: Person, app: APIFlask, platform: Platform) -> None:
    with platform.connect("postgres") as connection:
        owner = connection.execute(
            "select user_id, password_hash from public.users where email = %s", [alice.email]
        ).fetchall()
    [(user_id, password_hash)] = owner
    database, lifetimes = app.extensions["database"], sessions.Lifetimes.of(app.extensions["settings"])
    for _ in range(100):
        sessions.open_session(database, user_id, password_hash, lifetimes)

    refusal(alice.call("GET", "/auth/me"), 401)
    last = answer(alice.call("POST", "/auth/login", json={"email": alice.email, "password": PASSWORD}))["access_token"]
    assert len(answer(alice.call("GET", "/auth/sessions", token=last))["items"]) == 100


def test_one_session_is_ended_by_its_id_and_nobody_elses(alice: Person, bob: Person) -> None:
    other = answer(alice.call("POST", "/auth/login", json={"email": alice.email, "password": PASSWORD}))
    path = f"/auth/sessions/{claims_of(other['access_token'])['sid']}"

    refusal(bob.call("DELETE", path), 404)
    assert alice.call("GET", "/auth/me", token=other["access_token"]).status_code == 200
    assert alice.call("DELETE", path).status_code == 204

    refusal(alice.call("GET", "/auth/me", token=other["access_token"]), 401)
    refusal(alice.call("DELETE", path), 404)
    assert alice.call("GET", "/auth/me").status_code == 200


def test_logging_out_everywhere_ends_this_session_too_and_nobody_elses(alice: Person, bob: Person) -> None:
    login = {"email": alice.email, "password": PASSWORD}
    other = answer(alice.call("POST", "/auth/login", json=login))

    assert alice.call("DELETE", "/auth/sessions").status_code == 204

    for tokens in (alice.tokens, other):
        refusal(alice.call("GET", "/auth/me", token=tokens["access_token"]), 401)
        refusal(alice.call("POST", "/auth/refresh", token=tokens["refresh_token"]), 401)
    assert bob.call("GET", "/auth/me").status_code == 200
    answer(alice.call("POST", "/auth/login", json=login))
