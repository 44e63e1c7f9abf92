"""Files as other tools and brokers write them, and the trades in them worked out by hand."""

import pytest

from auth_service.http.strict_request import LONGEST_JSON
from tests.auth_service.conftest import Person, answer, refusal
from tests.auth_service.ledger.imports.uploads import FILES, imported, reasons, send, trades
from tests.conftest import ROOT

# The file: its format, the trades by day, the lines that are skipped, what was changed of others.
CASES: dict[str, tuple[str, list[str], set[int], dict[int, str]]] = {
    "ghostfolio.json": (
        "ghostfolio",
        [
            "2024-01-02 BUY 4 PENC 250 GBp 0",
            "2024-01-02 BUY 5 VTI 100.25 USD 1.5 first 🚀",
            "2024-01-03 SELL 0.3 VTI 101 USD 0.0000001",
        ],
        {1, 3, 5},
        {
            4: "quantity rounded from 0.30000000000000004 to 0.3",
            6: "price and fees converted from GBP to GBp",
        },
    ),
    "ghostfolio.csv": (
        "ghostfolio-csv",
        ["2024-01-02 BUY 5 VTI 100.25 USD 1.5 My first order", "2024-01-03 SELL 2 VTI 101 USD 0"],
        {2, 4},
        {},
    ),
    "portfolio_performance_de.csv": (
        "portfolio-performance",
        [
            "2024-01-02 BUY 10 VTI 100 USD 15.55555556",  # (9 + 5) / 0.9
            "2024-01-02 BUY 20 WLD.AS 50 EUR 4.99 Sparplan",  # (1,004.99 - 4.99) / 20
            "2024-01-03 BUY 3 WLD.AS 50 EUR 0",
            "2024-01-03 SELL 3 WLD.AS 50.33333333 EUR 3",  # (148 + 3) / 3
        ],
        {2, 5},
        {
            4: "fees converted from EUR at 0,9000; fees rounded from 15.555555555555555556 to 15.55555556",
            6: "price rounded from 50.333333333333333333 to 50.33333333",
            7: "Einlieferung: imported as a trade at its value",
        },
    ),
    "portfolio_performance_en.csv": (
        "portfolio-performance",
        ["2024-01-02 BUY 10 VTI 100 USD 4.99", "2024-01-05 SELL 3 VTI 102 USD 0"],
        {3, 4},
        {},
    ),
    "wealthfolio.csv": (
        "wealthfolio",
        ["2024-01-02 BUY 10 VTI 100.5 USD 4.95", "2024-01-05 SELL 5 VTI 102 USD 4.95"],
        {3, 4},
        {},
    ),
    "wealthfolio_export.csv": (
        "wealthfolio",
        ['2024-01-02 BUY 2 VTI 100.5 USD 1 said "buy"', "2024-01-03 SELL 1 VTI 101 USD 0"],
        {4},
        {},
    ),
    "ib_flex.csv": (
        "ib-flex",
        [
            "2024-01-02 BUY 10 VTI 100.5 USD 1.25",
            "2024-01-02 BUY 40 PENC 250 GBp 150",
            "2024-01-03 SELL 4 VTI 101 USD 0",
        ],
        {6, 9, 13},
        {7: "price and fees converted from GBP to GBp", 8: "a rebate of 0.2 was ignored"},
    ),
    "ib_statement.csv": (
        "ib-statement",
        [
            "2024-01-02 BUY 1000 VTI 100.5 USD 5.25",
            "2024-01-02 BUY 3 WLD.AS 50 EUR 1",
            "2024-01-03 SELL 400 VTI 101 USD 2",
        ],
        {13, 15},
        {},
    ),
    "degiro_en.csv": (
        "degiro",
        [
            "2024-01-02 BUY 10 VTI 100.5 USD 4.708",  # (2.28 + 2.00) EUR at 1.1 USD
            "2024-01-02 BUY 1000 WLD.AS 50 EUR 3",
            "2024-01-03 SELL 4 VTI 101 USD 3.212",
        ],
        set(),
        {},
    ),
    "degiro_de.csv": (
        "degiro",
        ["2024-01-02 BUY 3 WLD.AS 49.559 EUR 0", "2024-01-02 BUY 400 PENC 250.5 GBp 387"],  # 4.50 EUR at 86 pence
        {3},
        {},
    ),
    "degiro_fr.csv": ("degiro", ["2024-01-02 BUY 1000 VTI 100.33 USD 3.454"], set(), {}),
    "trading212.csv": (
        "trading212",
        [
            "2024-01-02 BUY 2.5 VTI 100.5 USD 0.375",  # 0.30 EUR at 1.25 USD
            "2024-01-02 BUY 40 PENC 250 GBp 50",  # 0.50 pounds of stamp duty
            "2024-01-03 SELL 0.12345679 VTI 101 USD 0.0125",
        ],
        {2, 6, 7},
        {5: "quantity rounded from 0.123456789 to 0.12345679"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_file_is_recognised_and_its_trades_are_those_worked_by_hand(alice: Person, name: str) -> None:
    format_name, expected, skipped, changed = CASES[name]

    report = imported(alice, name)

    assert sorted(trades(alice)) == expected
    assert report["format"] == format_name
    assert set(reasons(report, "skipped")) == skipped
    assert {line: reason for line, reason in reasons(report, "added").items() if reason} == changed
    assert (report["added"], report["skipped"]) == (len(expected), len(skipped))


@pytest.mark.parametrize("name", CASES)
def test_the_same_export_again_adds_nothing(alice: Person, name: str) -> None:
    added = imported(alice, name)["added"]

    again = imported(alice, name)

    assert (again["added"], again["already_there"]) == (0, added)


@pytest.mark.parametrize("name", CASES)
def test_a_dry_run_gives_the_same_report_and_writes_nothing(alice: Person, name: str) -> None:
    dry = imported(alice, name, "?dry_run=true")

    assert trades(alice) == []
    assert imported(alice, name) == dry | {"dry_run": False}


@pytest.mark.parametrize("name", CASES)
def test_what_was_imported_goes_out_and_comes_back_as_our_own_file(alice: Person, bob: Person, name: str) -> None:
    imported(alice, name)
    own = alice.call("GET", "/transactions/export").data

    bob.call("POST", "/transactions/import", data=own)

    assert bob.call("GET", "/transactions/export").data == own
    assert sorted(trades(bob)) == sorted(trades(alice))


def test_a_trade_that_two_tools_tell_alike_is_there_once(alice: Person) -> None:
    imported(alice, "wealthfolio.csv")
    header = "Date,Code,DataSource,Currency,Price,Quantity,Action,Fee,Note"
    text = f"{header}\n02-01-2024,VTI,YAHOO,USD,100.5,10,buy,4.95,mine\n"

    report = answer(send(alice, text.encode()))

    assert (report["added"], report["already_there"]) == (0, 1)


def test_a_swiss_file_has_apostrophes_between_thousands(alice: Person) -> None:
    header = (FILES / "portfolio_performance_de.csv").read_text().splitlines()[0]
    row = "2024-01-02T00:00;Kauf;100'000.00;USD;;;;;;1'000;US9229087690;;VTI;Total Market;"

    answer(send(alice, f"{header}\n{row}\n".encode()))

    assert trades(alice) == ["2024-01-02 BUY 1000 VTI 100 USD 0"]


def test_the_formats_that_may_be_forced_are_those_that_are_listed(onlooker: Person) -> None:
    listed = answer(onlooker.call("GET", "/transactions/import/formats"))["items"]
    described = answer(onlooker.app.test_client().get("/openapi.json"))["paths"]["/api/v1/transactions/import"]["post"]
    [forced] = [parameter for parameter in described["parameters"] if parameter["name"] == "format"]

    names = {item["name"] for item in listed}
    assert names == {name for name, *_ in CASES.values()} | {"macrofolio"} == {*forced["schema"]["enum"]} - {None}
    assert [item["label"] for item in listed] == sorted(item["label"] for item in listed)
    assert "must be ghostfolio, macrofolio, " in refusal(send(onlooker, b"", "?format=excel"))


def test_the_manual_lists_the_formats_as_the_api_does(onlooker: Person) -> None:
    manual = (ROOT / "docs" / "import.md").read_text()

    for item in answer(onlooker.call("GET", "/transactions/import/formats"))["items"]:
        assert f"| {item['label']} | `{item['name']}` | {item['hint']} |" in manual


def test_a_file_of_json_may_be_longer_than_any_other_json(alice: Person) -> None:
    content = (FILES / "ghostfolio.json").read_bytes().replace(b"[", b"[" + b" " * 2 * LONGEST_JSON, 1)

    assert answer(send(alice, content))["added"] == 3
