"""What is said of a wrong field: never the words of a library."""

import pytest

from tests.auth_service.conftest import Person, answer

TRADE = {"ticker": "VTI", "side": "BUY", "quantity": "1", "price": "100", "trade_date": "2024-01-02"}
LIBRARY = ("should", "Input", "Field required", "Value error", "permitted", "pattern '", "valid dictionary", "parse")


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"price": None}, "price", "is missing"),
        ({"currency": "US"}, "currency", "must be a three-letter currency code such as USD"),
        ({"side": "HOLD"}, "side", "must be BUY or SELL"),
        ({"note": "x" * 1001}, "note", "must have at most 1000 characters"),
        ({"note": {}}, "note", "must be text in quotation marks"),
        ({"confirm": "yes"}, "confirm", "must be true or false"),
        ({"colour": "red"}, "colour", "is not a field of this request"),
        ({"ticker": ["VTI"]}, "ticker", "must be a ticker such as VTI"),
    ],
)
def test_a_wrong_field_is_told_as_a_person_would(
    onlooker: Person, changed: dict[str, object], field: str, said: str
) -> None:
    told = answer(onlooker.call("POST", "/transactions", json=TRADE | changed), 422)

    assert told["fields"][field].startswith(said)
    assert [word for word in LIBRARY if word in str(told)] == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/transactions?limit=0", "limit"),
        ("/transactions?limit=many", "limit: must be a whole number"),
        ("/transactions?cursor=x", "cursor: must be the next_cursor of the page before"),
        ("/portfolio/timeseries?columns=1", "columns"),
        ("/tickers?search=", "search"),
    ],
)
def test_a_wrong_parameter_is_told_as_a_person_would(onlooker: Person, path: str, said: str) -> None:
    told = answer(onlooker.call("GET", path), 422)

    assert said in told["message"]
    assert [word for word in LIBRARY if word in str(told)] == []


def test_a_field_that_is_missing_or_nested_is_told_by_its_name(onlooker: Person) -> None:
    told = answer(onlooker.call("POST", "/transactions", json={"ticker": "VTI"}), 422)

    assert told["fields"]["price"] == "is missing"
