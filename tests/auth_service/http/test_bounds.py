"""Everything that a request may hold has a bound, and so has what an answer quotes of it."""

from collections.abc import Iterator
from typing import Any

import pytest

import auth_service.figures.schemas
import auth_service.identity.schemas
import auth_service.ledger.imports.schemas
import auth_service.ledger.schemas
from auth_service.strict_schemas import Input
from tests.auth_service.conftest import Person, answer
from tests.auth_service.ledger.imports.uploads import send, send_with

MODELS = [
    model
    for module in (
        auth_service.figures.schemas,
        auth_service.identity.schemas,
        auth_service.ledger.schemas,
        auth_service.ledger.imports.schemas,
    )
    for model in vars(module).values()
    if isinstance(model, type) and issubclass(model, Input) and model is not Input
]
BOUNDS = {"string": "maxLength", "array": "maxItems", "object": "maxProperties"}


def unbounded(schema: Any, where: str) -> Iterator[str]:
    """The places of a schema at which something of any size may stand."""
    if isinstance(schema, list):
        for number, part in enumerate(schema):
            yield from unbounded(part, f"{where}[{number}]")
    if not isinstance(schema, dict):
        return
    kind = str(schema.get("type"))  # a field may have that name
    is_bounded = {"enum", "const", BOUNDS.get(kind, ""), "properties"} & set(schema) or schema.get("format") == "date"
    pattern = schema.get("pattern", "*")
    if kind in BOUNDS and not is_bounded and ("*" in pattern.replace("\\*", "") or "+" in pattern):
        yield where
    for name, part in schema.items():
        if name not in {"example", "examples", "default", "enum"}:
            yield from unbounded(part, f"{where}.{name}")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_text_list_and_map_of_a_request_has_a_bound(model: type[Input]) -> None:
    assert list(unbounded(model.model_json_schema(), model.__name__)) == []


def test_a_hundred_thousand_words_for_a_side_are_refused_in_few(alice: Person) -> None:
    columns = {"ticker": "t", "side": "s", "quantity": "q", "price": "p", "trade_date": "d"}
    sides = {f"w{number:x}": "BUY" for number in range(25_000)}

    reply = send_with(alice, b"t,s,q,p,d\nA,x,1,1,2020-01-01\n", {"mapping": {"columns": columns, "sides": sides}})

    assert reply.status_code == 422
    assert len(reply.data) < 2000


@pytest.mark.parametrize("name", ["x" * 50_000, "\u202e" * 40_000])
def test_an_unknown_name_is_quoted_in_part(alice: Person, name: str) -> None:
    body = {"ticker": "VTI", "side": "BUY", "quantity": "1", "price": "100", "trade_date": "2024-01-02", name: name}

    reply = alice.call("POST", "/transactions", json=body)

    assert answer(reply, 422)["error"] == "invalid"
    assert len(reply.get_data(as_text=True)) < 6000


def test_a_file_of_unknown_columns_is_refused_in_few_words(alice: Person) -> None:
    header = "ticker,side,quantity,price,trade_date," + ",".join(f"column{number}" for number in range(1_900))

    reply = send(alice, f"{header}\nVTI,BUY,1,100,2024-01-02".encode())

    assert reply.status_code == 422
    assert len(reply.data) < 5000
