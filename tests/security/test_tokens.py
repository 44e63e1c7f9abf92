"""Tokens: forged, expired, mixed up, replayed, left over; each is a 401 and nothing else."""

import base64
import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import jwt
import psycopg
import pytest

from tests.security.conftest import Person, answer, refusal

Claims = dict[str, Any]
OPEN_ROUTES = {"/health/live", "/health/ready"} | {
    f"/api/v1/auth/{name}" for name in ("register", "login", "oidc", "oidc/start", "oidc/finish")
}


def claims_of(token: str) -> Claims:
    """What a token says, believed or not."""
    found: Claims = jwt.decode(token, options={"verify_signature": False})
    return found


def encoded(document: Claims) -> str:
    return encoded_text(json.dumps(document))


def encoded_text(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def sign(environment: dict[str, str]) -> Callable[..., str]:
    """Signs any claims at all, with the service's own key unless told otherwise."""

    def signed(claims: Claims, key: str | None = None, algorithm: str = "HS256", **header: object) -> str:
        # By hand, because libraries refuse to write what an attacker would.
        text = f"{encoded({'alg': algorithm, 'typ': 'JWT'} | header)}.{encoded(claims)}"
        signer = jwt.get_algorithm_by_name(algorithm)
        signature = signer.sign(text.encode(), signer.prepare_key(key or environment["JWT_SECRET_KEY"]))
        return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"

    return signed


def guarded_routes(client: httpx.Client) -> Iterator[tuple[str, str]]:
    """Method and path of every route that asks for a token."""
    for path, methods in answer(client.get("/openapi.json"))["paths"].items():
        place = re.sub(r"\{\w+_id\}", "6a0f6bd6-0000-4000-8000-000000000000", path).replace("{ticker}", "VTI")
        if path not in OPEN_ROUTES:
            yield from ((method, place) for method in methods)


def is_believed(person: Person, token: str) -> bool:
    """Whether an access token opens the door; the alternative is the one refusal."""
    response = person.call("GET", "/auth/me", token=token)
    if response.status_code != 200:
        refusal(response, 401)
        assert response.headers["WWW-Authenticate"] == "Bearer"
    return response.status_code == 200


def test_a_token_signed_anew_with_the_right_key_is_believed(onlooker: Person, sign: Callable[..., str]) -> None:
    assert is_believed(onlooker, sign(claims_of(onlooker.tokens["access_token"])))


@pytest.mark.threat(1)
def test_no_other_key_algorithm_or_header_is_accepted(onlooker: Person, sign: Callable[..., str]) -> None:
    claims = claims_of(onlooker.tokens["access_token"])
    body = encoded(claims)
    forged = [
        sign(claims, key="k" * 40),
        sign(claims, algorithm="HS512"),
        sign(claims, crit=["exp"]),
        sign(claims, jwk={"kty": "oct", "k": "a2s"}),
        sign(claims, kid="../../dev/null"),
        *(f"{encoded({'alg': name, 'typ': 'JWT'})}.{body}." for name in ("none", "nOnE", "")),
        f"{onlooker.tokens['access_token']}x",
        f"{onlooker.tokens['access_token'].rpartition('.')[0]}.",
        "a.b.c",
        "..",
        f"{encoded_text('[' * 3000)}.{body}.{body}",
        f"{encoded({'alg': 'HS256', 'typ': 'JWT'})}.{encoded_text('[' * 3000)}.{body}",
        f"{encoded_text('7')}.{encoded_text('7')}.{body}",
    ]
    assert [token for token in forged if is_believed(onlooker, token)] == []


@pytest.mark.threat(2, 3)
@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "sid", "jti", "type", "iat", "nbf", "exp"])
def test_a_token_that_lacks_a_claim_is_refused(onlooker: Person, sign: Callable[..., str], claim: str) -> None:
    claims = claims_of(onlooker.tokens["access_token"])
    del claims[claim]

    assert not is_believed(onlooker, sign(claims))


@pytest.mark.threat(2, 3)
@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("iss", "elsewhere"),
        ("aud", "elsewhere"),
        ("type", "refresh"),
        ("type", "odd"),
        ("type", None),
        ("type", ["access"]),
        ("sub", "nobody"),
        ("sub", 1),
        ("sid", "b5a55b9e-0000-4000-8000-000000000000"),
        ("sid", None),
        ("jti", "1"),
        ("jti", None),
        ("exp", 1),
        ("exp", "soon"),
        ("exp", None),
        pytest.param("nbf", int(time.time()) + 3600, id="nbf-in an hour"),
        pytest.param("iat", int(time.time()) + 3600, id="iat-in an hour"),
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(
    onlooker: Person, sign: Callable[..., str], claim: str, value: object
) -> None:
    assert not is_believed(onlooker, sign(claims_of(onlooker.tokens["access_token"]) | {claim: value}))


@pytest.mark.parametrize("claim", ["iat", "nbf"])
def test_a_token_of_a_clock_that_is_seconds_ahead_is_believed(
    onlooker: Person, sign: Callable[..., str], claim: str
) -> None:
    assert is_believed(onlooker, sign(claims_of(onlooker.tokens["access_token"]) | {claim: int(time.time()) + 4}))


@pytest.mark.threat(2)
def test_a_token_that_has_just_run_out_is_refused(onlooker: Person, sign: Callable[..., str]) -> None:
    assert not is_believed(onlooker, sign(claims_of(onlooker.tokens["access_token"]) | {"exp": int(time.time()) - 1}))


@pytest.mark.threat(4)
def test_access_and_refresh_tokens_do_not_stand_in_for_each_other(onlooker: Person) -> None:
    assert not is_believed(onlooker, onlooker.tokens["refresh_token"])
    refusal(onlooker.call("POST", "/auth/refresh", token=onlooker.tokens["access_token"]), 401)


@pytest.mark.threat(4)
def test_another_persons_session_does_not_go_with_ones_own_name(
    onlooker: Person, alice: Person, sign: Callable[..., str]
) -> None:
    mine, hers = claims_of(onlooker.tokens["access_token"]), claims_of(alice.tokens["access_token"])

    assert not is_believed(onlooker, sign(mine | {"sub": hers["sub"]}))
    assert not is_believed(onlooker, sign(mine | {"sid": hers["sid"]}))


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "bearer {token}", "Basic {token}", "{token}", "Bearer {token} {token}", ",", "Bearer a,,Bearer b"],
)
def test_a_header_that_is_not_bearer_and_one_token_is_refused(onlooker: Person, header: str) -> None:
    sent = {"Authorization": header.format(token=onlooker.tokens["access_token"])}

    refusal(onlooker.client.get("/api/v1/auth/me", headers=sent), 401)


def test_of_two_authorization_headers_none_is_chosen(onlooker: Person, alice: Person) -> None:
    both = [("Authorization", f"Bearer {person.tokens['access_token']}") for person in (onlooker, alice)]

    refusal(onlooker.client.get("/api/v1/auth/me", headers=both), 401)


def test_every_route_but_the_open_ones_asks_for_a_token(client: httpx.Client) -> None:
    for method, place in guarded_routes(client):
        refusal(client.request(method, place), 401)


@pytest.mark.threat(5)
@pytest.mark.parametrize("query", ["", "?from=nonsense&date=nonsense&cursor=nonsense&limit=0"])
def test_no_route_opens_to_a_token_whose_session_is_over(alice: Person, query: str) -> None:
    assert alice.call("POST", "/auth/logout").status_code == 204

    for method, place in guarded_routes(alice.client):
        refusal(alice.call(method, place.removeprefix("/api/v1") + query), 401)


@pytest.mark.threat(5)
def test_a_copied_token_is_dead_after_logout(alice: Person) -> None:
    other = alice.sign_in()

    assert alice.call("POST", "/auth/logout").status_code == 204

    assert not is_believed(alice, alice.tokens["access_token"])
    refusal(alice.call("POST", "/auth/refresh", token=alice.tokens["refresh_token"]), 401)
    assert is_believed(other, other.tokens["access_token"])


@pytest.mark.threat(5)
def test_a_new_password_ends_every_other_session(alice: Person) -> None:
    other = alice.sign_in()
    change = {"current_password": alice.password, "new_password": f"{alice.password} anew"}

    answer(alice.call("PATCH", "/auth/me", json=change))

    assert not is_believed(other, other.tokens["access_token"])
    refusal(other.call("POST", "/auth/refresh", token=other.tokens["refresh_token"]), 401)
    assert is_believed(alice, alice.tokens["access_token"])
    refusal(alice.client.post("/api/v1/auth/login", json=alice.login), 401)
    Person(alice.client, alice.email, change["new_password"]).sign_in()


@pytest.mark.threat(5)
def test_every_token_of_an_erased_account_is_dead(alice: Person) -> None:
    other = alice.sign_in()

    assert alice.call("DELETE", "/auth/me", json={"current_password": alice.password}).status_code == 204

    for session in (alice, other):
        assert not is_believed(session, session.tokens["access_token"])
        refusal(session.call("POST", "/auth/refresh", token=session.tokens["refresh_token"]), 401)
        refusal(session.trade("BUY", "1"), 401)


@pytest.mark.threat(5)
@pytest.mark.parametrize(
    "end",
    [
        "delete from public.sessions where session_id = %s",
        "update public.sessions set expires_at = now() where session_id = %s",
    ],
)
def test_a_token_whose_session_the_database_does_not_hold_is_refused(
    alice: Person, database: psycopg.Connection[Any], end: str
) -> None:
    database.execute(end.encode(), [claims_of(alice.tokens["access_token"])["sid"]])

    assert not is_believed(alice, alice.tokens["access_token"])
    refusal(alice.call("POST", "/auth/refresh", token=alice.tokens["refresh_token"]), 401)


@pytest.mark.threat(6)
def test_a_refresh_token_replayed_later_ends_the_session(alice: Person, database: psycopg.Connection[Any]) -> None:
    successor = answer(alice.call("POST", "/auth/refresh", token=alice.tokens["refresh_token"]))
    database.execute(
        "update public.sessions set rotated_at = rotated_at - interval '11 s' where session_id = %s",
        [claims_of(successor["access_token"])["sid"]],
    )

    assert "already used" in refusal(alice.call("POST", "/auth/refresh", token=alice.tokens["refresh_token"]), 401)
    assert not is_believed(alice, successor["access_token"])
    refusal(alice.call("POST", "/auth/refresh", token=successor["refresh_token"]), 401)


@pytest.mark.threat(6)
def test_the_predecessors_predecessor_ends_the_session_at_once(alice: Person) -> None:
    second = answer(alice.call("POST", "/auth/refresh", token=alice.tokens["refresh_token"]))
    third = answer(alice.call("POST", "/auth/refresh", token=second["refresh_token"]))

    refusal(alice.call("POST", "/auth/refresh", token=alice.tokens["refresh_token"]), 401)
    assert not is_believed(alice, third["access_token"])


@pytest.mark.threat(6, 7)
def test_parallel_refreshes_all_get_the_same_successor(alice: Person) -> None:
    def refresh(_: int) -> dict[str, Any]:
        return answer(alice.call("POST", "/auth/refresh", token=alice.tokens["refresh_token"]))

    with ThreadPoolExecutor(24) as threads:
        pairs = list(threads.map(refresh, range(24)))

    assert all(pair == pairs[0] for pair in pairs)
    assert pairs[0]["refresh_token"] != alice.tokens["refresh_token"]
    assert is_believed(alice, pairs[0]["access_token"])
