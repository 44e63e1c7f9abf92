"""Passwords: how long they may be, that every character counts, and that hashing them stops nobody else."""

import secrets
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.security.conftest import Clients, Person, answer, refusal

LONG = secrets.token_urlsafe(96)[:128]


@pytest.mark.threat(15)
@pytest.mark.parametrize("length", [0, 1, 11, 129, 1024, 1025, 100_000])
def test_a_password_below_12_or_above_128_characters_is_refused(onlooker: Person, length: int) -> None:
    password = (LONG * 800)[:length]
    newcomer = {"email": f"{secrets.token_hex(6)}@example.org", "password": password}
    change = {"current_password": onlooker.password, "new_password": password}

    assert "password" in answer(onlooker.client.post("/api/v1/auth/register", json=newcomer), 422)["fields"]
    refusal(onlooker.client.post("/api/v1/auth/login", json=newcomer), 422 if length > 1024 else 401)
    refusal(onlooker.call("PATCH", "/auth/me", json=change))


@pytest.mark.threat(15)
@pytest.mark.parametrize("length", [12, 72, 73, 128])
def test_every_character_of_a_password_counts(client: httpx.Client, length: int) -> None:
    person = Person(client, f"{secrets.token_hex(6)}@example.org", LONG[:length])
    answer(client.post("/api/v1/auth/register", json=person.login), 201)

    for other in (LONG[: length - 1], LONG[: length - 1] + "~", LONG[:length] + "~", LONG[:length].swapcase()):
        refusal(client.post("/api/v1/auth/login", json=person.login | {"password": other}), 401)
    person.sign_in()


@pytest.mark.threat(15)
@pytest.mark.parametrize(
    "password",
    [
        "größe und ähre am öl",
        "\u043f\u0430\u0440\u043e\u043b\u044c \u0431\u0435\u0437 \u0431\u0443\u043a\u0432",
        "a\x00zero in the middle",
        "🔑 Schlüssel 🗝 verlegt im Moor",
    ],
)
def test_any_character_may_stand_in_a_password(client: httpx.Client, password: str) -> None:
    person = Person(client, f"{secrets.token_hex(6)}@example.org", password)
    answer(client.post("/api/v1/auth/register", json=person.login), 201)

    person.sign_in()
    refusal(client.post("/api/v1/auth/login", json=person.login | {"password": password[:-1]}), 401)


def test_letters_that_only_become_ascii_in_lower_case_are_none_of_an_address(client: httpx.Client) -> None:
    kelvin = {"email": f"{secrets.token_hex(6)}\u212a@example.org", "password": LONG}

    for path in ("register", "login"):
        assert "email" in answer(client.post(f"/api/v1/auth/{path}", json=kelvin), 422)["fields"]


@pytest.mark.threat(16)
def test_fifty_logins_at_once_keep_nobody_else_waiting(clients: Clients, client: httpx.Client) -> None:
    def log_in(number: int) -> int:
        wrong = {"email": f"{number}.{secrets.token_hex(4)}@example.org", "password": "not the password"}
        return client.post("/api/v1/auth/login", json=wrong).status_code

    waits = []
    with ThreadPoolExecutor(50) as threads, clients() as bystander:
        logins = [threads.submit(log_in, number) for number in range(50)]
        while not all(login.done() for login in logins):
            began = time.perf_counter()
            assert bystander.get("/health/ready").status_code == 200
            waits.append(time.perf_counter() - began)

    assert {login.result() for login in logins} == {401}
    assert len(waits) > 3
    assert max(waits) < 1
