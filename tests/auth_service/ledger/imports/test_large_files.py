"""As many rows as are taken, where the database has long known other people and nothing of whoever sends them."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from apiflask import APIFlask

from tests.auth_service.conftest import Person, answer, join, serving
from tests.auth_service.ledger.imports.uploads import send
from tests.auth_service.ledger.test_transfer import HEADER
from tests.support.databases import Databases

ROWS = 20_000
OTHER_PEOPLES_TRADES = """
insert into bronze.transactions (transaction_id, version, user_id, ticker, side, quantity, price, currency, trade_date)
select gen_random_uuid(), 1, md5(person::text)::uuid, 'VTI', 'BUY', 1, 100, 'USD', date '2024-01-02'
from generate_series(1, 50) as person, generate_series(1, 160)
"""


@pytest.fixture(scope="module")
def old_database(databases: Databases, environment: dict[str, str]) -> Iterator[APIFlask]:
    """The API over a database whose statistics tell of people with few trades each."""
    platform = databases.new("old")
    with platform.connect("postgres", autocommit=True) as connection:
        connection.execute(OTHER_PEOPLES_TRADES)
        connection.execute("analyze")
    with serving(environment | platform.environment) as application:
        yield application


def row(number: int) -> str:
    """No two alike: purchases of 1 and a bit, and after each a sale of exactly 1."""
    day = date(2024, 1, 2) + timedelta(days=number // 400)
    quantity, side = ("1", "SELL") if number % 2 else (f"1.{number:08}", "BUY")
    return f"{('VTI', 'RARE', 'WEST', 'EAST')[number // 2 % 4]},{side},{quantity},100,{number % 7},,{day},\n"


def test_the_most_rows_that_are_taken_are_taken_from_somebody_new(old_database: APIFlask) -> None:
    person: Person = join(old_database)
    content = (HEADER + "".join(map(row, range(ROWS)))).encode()

    first, again = (answer(send(person, content)) for _ in range(2))

    assert (first["added"], again["added"], again["already_there"]) == (ROWS, 0, ROWS)
    assert len(person.ledger()) == 500
