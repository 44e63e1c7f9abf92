"""Tokens: forged, expired, mixed up, replayed; each is a 401 and nothing else."""

import base64
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest

from tests.auth_service.conftest import PASSWORD, Person, answer, refusal
from tests.platform import Platform

Claims = dict[str, Any]


def claims_of(token: str) -> Claims:
    """What a token says, believed or not."""
    found: Claims = jwt.decode(token, options={"verify_signature": False})
    return found


def forge(person: Person, change: Callable[[Claims], object], kind: str = "access_token", **signing: Any) -> str:
    """The person's token with changed claims, signed with the service's own key unless told otherwise."""
    claims = claims_of(person.tokens[kind])
    change(claims)
    key = signing.pop("key", person.app.config["JWT_SECRET_KEY"])
    return jwt.encode(claims, key, **({"algorithm": "HS256"} | signing))


def encoded(document: Claims) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


def unchanged(_: Claims) -> None:
    pass


def test_a_token_signed_anew_with_the_right_key_is_believed(alice: Person) -> None:
    assert alice.call("GET", "/auth/me", token=forge(alice, unchanged)).status_code == 200


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "sid", "jti", "type", "iat", "nbf", "exp"])
def test_a_token_that_lacks_a_claim_is_refused(onlooker: Person, claim: str) -> None:
    refusal(onlooker.call("GET", "/auth/me", token=forge(onlooker, lambda claims: claims.pop(claim))), 401)


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("iss", "elsewhere"),
        ("aud", "elsewhere"),
        ("type", "refresh"),
        ("type", "odd"),
        ("type", None),
        ("sub", "nobody"),
        ("sub", 1),
        ("sid", "b5a55b9e-0000-4000-8000-000000000000"),
        ("sid", None),
        ("jti", "1"),
        ("jti", None),
        ("exp", 1),
        ("exp", "soon"),
        ("nbf", int(time.time()) + 3600),
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(onlooker: Person, claim: str, value: object) -> None:
    refusal(onlooker.call("GET", "/auth/me", token=forge_unchecked(onlooker, {claim: value})), 401)


def forge_unchecked(person: Person, changed: Claims) -> str:
    """As `forge`, for claims that the library refuses to write."""
    claims = claims_of(person.tokens["access_token"]) | changed
    head = f"{encoded({'alg': 'HS256', 'typ': 'JWT'})}.{encoded(claims)}"
    algorithm = jwt.get_algorithm_by_name("HS256")
    key = algorithm.prepare_key(person.app.config["JWT_SECRET_KEY"])
    return f"{head}.{base64.urlsafe_b64encode(algorithm.sign(head.encode(), key)).rstrip(b'=').decode()}"


def test_no_other_key_algorithm_or_header_is_accepted(onlooker: Person) -> None:
    body = onlooker.tokens["access_token"].split(".")[1]
    forged = [
        forge(onlooker, unchanged, key="k" * 40),
        forge(onlooker, unchanged, algorithm="HS512"),
        forge(onlooker, unchanged, headers={"crit": ["exp"]}),
        forge(onlooker, unchanged, headers={"jwk": {"kty": "oct", "k": "a2s"}}),
        forge(onlooker, unchanged, headers={"kid": "../../dev/null"}),
        *(f"{encoded({'alg': name, 'typ': 'JWT'})}.{body}." for name in ("none", "nOnE", "")),
        f"{onlooker.tokens['access_token']}x",
        "a.b.c",
        "é",
    ]
    for token in forged:
        refusal(onlooker.call("GET", "/auth/me", token=token), 401)


def test_access_and_refresh_tokens_do_not_stand_in_for_each_other(onlooker: Person) -> None:
    refusal(onlooker.call("GET", "/auth/me", token=onlooker.tokens["refresh_token"]), 401)
    refusal(onlooker.call("POST", "/auth/refresh", token=onlooker.tokens["access_token"]), 401)


def test_without_a_token_there_is_nothing_to_see(onlooker: Person) -> None:
    response = onlooker.app.test_client().get("/api/v1/portfolio/status")

    refusal(response, 401)
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_copied_token_is_dead_after_logout(alice: Person) -> None:
    assert alice.call("POST", "/auth/logout").status_code == 204

    refusal(alice.call("GET", "/auth/me"), 401)
    refusal(alice.call("POST", "/auth/refresh", token=alice.tokens["refresh_token"]), 401)


def test_parallel_refreshes_all_get_the_same_successor(alice: Person) -> None:
    def refresh(_: int) -> dict[str, Any]:
        return answer(alice.call("POST", "/auth/refresh", token=alice.tokens["refresh_token"]))

    with ThreadPoolExecutor(8) as threads:
        pairs = list(threads.map(refresh, range(24)))

    assert all(pair == pairs[0] for pair in pairs)
    assert pairs[0]["refresh_token"] != alice.tokens["refresh_token"]
    assert alice.call("GET", "/auth/me", token=pairs[0]["access_token"]).status_code == 200


def test_a_refresh_token_replayed_later_ends_the_session(alice: Person, platform: Platform) -> None:
    successor = answer(alice.call("POST", "/auth/refresh", token=alice.tokens["refresh_token"]))
    session_id = claims_of(successor["access_token"])["sid"]
    with platform.connect("postgres") as connection:
        connection.execute(
            "update public.sessions set rotated_at = rotated_at - interval '11 s' where session_id = %s", [session_id]
        )

    assert "used before" in refusal(alice.call("POST", "/auth/refresh", token=alice.tokens["refresh_token"]), 401)
    refusal(alice.call("GET", "/auth/me", token=successor["access_token"]), 401)
    refusal(alice.call("POST", "/auth/refresh", token=successor["refresh_token"]), 401)


def test_the_predecessors_predecessor_ends_the_session_at_once(alice: Person) -> None:
    second = answer(alice.call("POST", "/auth/refresh", token=alice.tokens["refresh_token"]))
    third = answer(alice.call("POST", "/auth/refresh", token=second["refresh_token"]))

    refusal(alice.call("POST", "/auth/refresh", token=alice.tokens["refresh_token"]), 401)
    refusal(alice.call("GET", "/auth/me", token=third["access_token"]), 401)


def test_a_new_password_ends_every_other_session(alice: Person) -> None:
    login = {"email": alice.email, "password": PASSWORD}
    other = answer(alice.call("POST", "/auth/login", json=login))
    change = {"current_password": PASSWORD, "new_password": "another quiet harbour"}

    answer(alice.call("PATCH", "/auth/me", json=change))

    refusal(alice.call("GET", "/auth/me", token=other["access_token"]), 401)
    assert alice.call("GET", "/auth/me").status_code == 200
    refusal(alice.call("POST", "/auth/login", json=login), 401)
    answer(alice.call("POST", "/auth/login", json=login | {"password": "another quiet harbour"}))
