"""The API over a migrated database, a small made-up market from files, and people who trade on it."""

import itertools
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from apiflask import APIFlask
from werkzeug.test import TestResponse

from auth_service.app import create_app
from auth_service.http import databases
from tests.auth_service.http.described import DescribedClient
from tests.support.databases import Databases
from tests.support.market import write_market
from tests.support.platform import Platform

PASSWORD = "correct horse battery staple"
addresses = (f"10.{a}.{b}.1" for a, b in itertools.product(range(256), range(256)))


@dataclass
class Person:
    """Somebody with a client of their own, signed in and at an address of their own."""

    app: APIFlask
    email: str
    address: str
    tokens: dict[str, Any]

    def call(self, method: str, path: str, *, token: str | None = None, **options: Any) -> TestResponse:
        """Ask as this person, with the access token unless another is given."""
        bearer = {"Authorization": f"Bearer {token or self.tokens['access_token']}"} | options.pop("headers", {})
        origin = {"REMOTE_ADDR": self.address}
        return self.app.test_client().open(
            f"/api/v1{path}", method=method, headers=bearer, environ_base=origin, **options
        )

    def trade(self, side: str, quantity: object, /, ticker: str = "VTI", **changed: object) -> TestResponse:
        """Record a trade at a plausible price on 2024-01-02, unless told otherwise."""
        key = changed.pop("key", None)
        price = {"PENC": "250", "ADJ": "100"}.get(ticker, "100")
        body = {"ticker": ticker, "side": side, "quantity": quantity, "price": price, "trade_date": "2024-01-02"}
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": str(key)} if key else {})
        return self.call("POST", "/transactions", data=json.dumps(body | changed), headers=headers)

    def ledger(self) -> list[dict[str, Any]]:
        """All present transactions, newest first."""
        items: list[dict[str, Any]] = answer(self.call("GET", "/transactions?limit=500"))["items"]
        return items


def answer(response: TestResponse, status: int = 200) -> dict[str, Any]:
    """The JSON of an answer that must have this status."""
    assert response.status_code == status, response.get_data(as_text=True)
    document: dict[str, Any] = json.loads(response.data)
    return document


def refusal(response: TestResponse, status: int = 422) -> str:
    """The sentence of a refusal, in the one shape of errors; of a file it may report the rows besides."""
    document = answer(response, status)
    assert set(document) - {"rows", "notices"} == {"error", "message", "fields"}
    return str(document["message"])


@pytest.fixture(scope="package")
def platform(databases: Databases) -> Platform:
    """One migrated database for all of this folder: its people do not see each other anyway."""
    return databases.new("api")


@pytest.fixture(scope="package")
def environment(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a service needs to know, for this folder's database and market."""
    market = write_market(tmp_path_factory.mktemp("market"))
    return platform.environment | market | {"JWT_SECRET_KEY": secrets.token_urlsafe(48)}


@pytest.fixture(scope="package")
def administrator(platform: Platform) -> Iterator[psycopg.Connection[Any]]:
    with platform.connect("postgres", autocommit=True) as connection:
        yield connection


@pytest.fixture(autouse=True)
def _forgiven(administrator: psycopg.Connection[Any]) -> None:
    """The people of all tests are more than may register within a quarter of an hour."""
    administrator.execute("delete from public.login_failures")


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[APIFlask]:
    """The API in this process."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        application = create_app()
        application.test_client_class = DescribedClient
        yield application
        databases.close(application)


@pytest.fixture(scope="package")
def app(environment: dict[str, str]) -> Iterator[APIFlask]:
    """The API over this folder's database and market."""
    with serving(environment) as application:
        yield application


def join(app: APIFlask) -> Person:
    """Register somebody new and sign in."""
    client, address = app.test_client(), next(addresses)
    login = {"email": f"{secrets.token_hex(6)}@example.org", "password": PASSWORD}
    origin = {"REMOTE_ADDR": address}
    answer(client.post("/api/v1/auth/register", json=login, environ_base=origin), 201)
    tokens = answer(client.post("/api/v1/auth/login", json=login, environ_base=origin))
    return Person(app, login["email"], address, tokens)


def forget_models(platform: Platform, source: str) -> None:
    """Take away all models, and what a test landed in bronze under a source of its own."""
    with platform.connect("postgres") as connection:
        connection.execute('drop schema "default" cascade')
        connection.execute('create schema "default" authorization macrofolio_dbt')
        connection.execute('grant usage on schema "default" to macrofolio_reader')
        connection.execute("delete from bronze.raw_prices where source = %s", (source,))
        connection.execute("delete from bronze.raw_fred where source = %s", (source,))


def personal_token(person: Person, scope: str, **more: object) -> str:
    """A personal access token of this person."""
    wanted = {"name": "script", "scope": scope, "current_password": PASSWORD} | more
    return str(answer(person.call("POST", "/auth/tokens", json=wanted), 201)["token"])


@pytest.fixture(scope="module")  # no longer than a token is believed, however slow the machine
def onlooker(app: APIFlask) -> Person:
    """Somebody whose every trade is refused."""
    return join(app)


@pytest.fixture
def alice(app: APIFlask) -> Person:
    return join(app)


@pytest.fixture
def bob(app: APIFlask) -> Person:
    return join(app)
