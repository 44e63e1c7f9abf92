"""One running API for the whole folder, people who know it by its address only, and the promises of every answer."""

import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg
import pytest

from tests.support.databases import Databases
from tests.support.market import write_market
from tests.support.platform import Platform
from tests.support.running_api import RunningApi, running_api

Clients = Callable[[], httpx.Client]
TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
FORBIDDEN_WORDS = ("Traceback", "psycopg", "site-packages", 'File "')


@dataclass(frozen=True)
class Person:
    """Somebody with an account, who is signed in."""

    client: httpx.Client
    email: str
    password: str
    tokens: dict[str, Any] = field(default_factory=dict)

    @property
    def login(self) -> dict[str, str]:
        return {"email": self.email, "password": self.password}

    def call(self, method: str, path: str, *, token: str | None = None, **options: Any) -> httpx.Response:
        """Ask as this person, with the access token unless another is given."""
        bearer = {"Authorization": f"Bearer {token or self.tokens['access_token']}"}
        return self.client.request(method, f"/api/v1{path}", headers=bearer | options.pop("headers", {}), **options)

    def trade(self, side: str, quantity: object, /, key: str | None = None, **changed: object) -> httpx.Response:
        """Record a trade of VTI at a plausible price on 2024-01-02, unless told otherwise."""
        body = {"ticker": "VTI", "side": side, "quantity": quantity, "price": "100", "trade_date": "2024-01-02"}
        headers = {"Idempotency-Key": key} if key else {}
        return self.call("POST", "/transactions", json=body | changed, headers=headers)

    def upload(self, text: str | bytes, query: str = "") -> httpx.Response:
        """Import a CSV file."""
        return self.call("POST", f"/transactions/import{query}", content=text, headers={"Content-Type": "text/csv"})

    def ledger(self) -> list[dict[str, Any]]:
        """All present transactions, newest first."""
        items: list[dict[str, Any]] = answer(self.call("GET", "/transactions?limit=500"))["items"]
        return items

    def sign_in(self) -> "Person":
        """The same person with another session."""
        tokens = answer(self.client.post("/api/v1/auth/login", json=self.login))
        return Person(self.client, self.email, self.password, tokens)


def answer(response: httpx.Response, status: int = 200) -> dict[str, Any]:
    """The JSON of an answer that must have this status."""
    assert response.status_code == status, response.text
    document: dict[str, Any] = response.json()
    return document


def refusal(response: httpx.Response, status: int = 422) -> str:
    """The sentence of a refusal, in the one shape of errors; of a file it may report the rows besides."""
    document = answer(response, status)
    assert set(document) - {"rows", "notices"} == {"error", "message", "fields"}
    assert document["message"]
    return str(document["message"])


@pytest.fixture(scope="package")
def platform(databases: Databases) -> Platform:
    """One migrated database for all of this folder: its people do not see each other anyway."""
    return databases.new("security")


@pytest.fixture(scope="package")
def environment(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Where the service finds its database and its market, and the key it signs tokens with."""
    market = write_market(tmp_path_factory.mktemp("market"))
    return platform.environment | market | {"JWT_SECRET_KEY": secrets.token_urlsafe(48)}


@pytest.fixture(scope="package")
def service(environment: dict[str, str]) -> Iterator[RunningApi]:
    with running_api(environment) as api:
        yield api


@pytest.fixture(scope="package")
def given_tokens() -> set[str]:
    """Every token that the service has given out."""
    return set()


@pytest.fixture(scope="package")
def clients(service: RunningApi, given_tokens: set[str]) -> Clients:
    """Makes clients with connections of their own; whatever they ask, no answer may tell what is inside."""

    def inspect(response: httpx.Response) -> None:
        text = response.read().decode(errors="replace")
        assert response.status_code < 500 or response.status_code == 503, text
        if not response.request.url.path.startswith("/docs"):
            assert [word for word in FORBIDDEN_WORDS if word in text] == []
        given_tokens.update(TOKEN.findall(text))

    return lambda: service.client(on_answer=inspect)


@pytest.fixture(scope="package")
def client(clients: Clients) -> Iterator[httpx.Client]:
    with clients() as client:
        yield client


@pytest.fixture(scope="package")
def database(platform: Platform) -> Iterator[psycopg.Connection[Any]]:
    """The database as nobody but a test sees it: to let time pass, and to look behind the door."""
    with platform.connect("postgres", autocommit=True) as connection:
        yield connection


@pytest.fixture(autouse=True)
def _forgiven(database: psycopg.Connection[Any]) -> None:
    """All tests come from one address, whose failed logins would add up."""
    database.execute("delete from public.login_failures")


@pytest.fixture(scope="package")
def join(client: httpx.Client) -> Callable[[], Person]:
    """Registers somebody new and signs in."""

    def register() -> Person:
        person = Person(client, f"{secrets.token_hex(6)}@example.org", secrets.token_urlsafe(18))
        answer(client.post("/api/v1/auth/register", json=person.login), 201)
        return person.sign_in()

    return register


@pytest.fixture(scope="module")
def onlooker(join: Callable[[], Person]) -> Person:
    """Somebody whose every attempt is refused."""
    return join()


@pytest.fixture
def alice(join: Callable[[], Person]) -> Person:
    return join()


@pytest.fixture
def bob(join: Callable[[], Person]) -> Person:
    return join()
