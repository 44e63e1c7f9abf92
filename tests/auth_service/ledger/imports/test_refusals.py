"""What cannot be taken: every line is told by its number, and nothing of the file is written."""

import csv

import pytest

from tests.auth_service.conftest import Person, answer, refusal
from tests.auth_service.ledger.imports.uploads import FILES, imported, send, trades
from tests.support.platform import Platform

# In each file: a cell of a trade, what stands there instead, the line, and a part of the sentence.
BROKEN = [
    (
        "ghostfolio.json",
        '"quantity": 5, "type": "BUY"',
        '"quantity": "five", "type": "BUY"',
        "2",
        "'five' is not a number",
    ),
    ("ghostfolio.json", '"unitPrice": 100.25', '"unitPrice": 9e99', "2", "price: must be a plain decimal"),
    ("ghostfolio.json", '"symbol": "VTI", "tags": ["t"]', '"symbol": "NOPE", "tags": ["t"]', "2", "NOPE"),
    ("ghostfolio.csv", "20240103", "20500606", "5", "in the future"),
    ("ghostfolio.csv", "02-01-2024", "31-02-2024", "3", "trade_date"),
    (
        "ghostfolio.json",
        '"date": "2024-01-02T00:00:00.000Z", "symbol": "VTI"',
        '"date": "2024-01-02T99:99", "symbol": "VTI"',
        "2",
        "is not a date",
    ),
    ("trading212.csv", "2024-01-02 14:30:03.613", "2024-01-02 14:61:03", "3", "is not a date"),
    ("ghostfolio.csv", "100.25,5,buy", "100.123456789,5,buy", "3", "at most 8"),
    ("portfolio_performance_de.csv", ";20;IE00TEST0018", ";;IE00TEST0018", "3", "price cannot be computed"),
    ("portfolio_performance_de.csv", "Kauf;-1.004,99", "Osto;-1.004,99", "3", "unknown type"),
    ("wealthfolio.csv", "BUY,100.50", "BUY,1000.50", "2", "far from 1000.5"),
    ("wealthfolio.csv", "USD,4.95", "EUR,4.95", "2", "VTI is quoted in USD, not EUR"),
    ("ib_flex.csv", '"USD","BUY","EXECUTION"', '"EUR","BUY","EXECUTION"', "5", "commission is in EUR"),
    ("ib_flex.csv", '"BUY","EXECUTION"', '"BUY (Ca.)","EXECUTION"', "5", "cancels an earlier trade"),
    ("ib_statement.csv", '"2024-01-02, 09:45:56"', '"02 Jan 2024"', "7", "is not a date"),
    ("degiro_en.csv", "1.1000,-0.92", ",-0.92", "2", "there is no exchange rate"),
    ("degiro_en.csv", "101.0000", '"101,0"', "2", "is not a number"),
    ("trading212.csv", "USD,1.25,,", "USD,Not available,,", "3", "there is no exchange rate"),
    ("trading212.csv", "Market sell", "Market sell,", "5", "more cells than the first line has columns"),
]


@pytest.mark.parametrize("broken", BROKEN)
def test_a_bad_line_is_told_and_keeps_the_whole_file_out(alice: Person, broken: tuple[str, ...]) -> None:
    name, cell, instead, line, told = broken
    text = (FILES / name).read_text()
    assert cell in text

    fields = answer(send(alice, text.replace(cell, instead, 1).encode()), 422)["fields"]

    assert told in fields[line]
    assert trades(alice) == []


def test_a_sale_that_is_not_covered_is_told_whichever_tool_tells_of_it(alice: Person) -> None:
    text = (FILES / "wealthfolio.csv").read_text().replace("VTI,EQUITY,10,BUY", "VTI,EQUITY,4,BUY")

    fields = answer(send(alice, text.encode()), 422)["fields"]

    assert fields == {"5": "Sells 5 VTI on 2024-01-05, but only 4 held that day."}


def test_a_file_of_no_known_format_is_told_what_is_known_and_how_to_map(onlooker: Person) -> None:
    told = refusal(send(onlooker, b"when,what,how many\n2024-01-02,VTI,1\n"))

    assert "begins with 'when, what, how many'" in told
    assert "Degiro (degiro)" in told
    assert "maps its columns" in told


def test_a_forced_format_that_the_file_has_not_is_refused(onlooker: Person) -> None:
    told = refusal(send(onlooker, (FILES / "degiro_en.csv").read_bytes(), "?format=trading212"))

    assert told.startswith("The file is not from Trading 212. It begins with 'Date, Time, Product")
    refusal(send(onlooker, b"", "?format=excel"))


def test_a_format_may_be_forced(alice: Person) -> None:
    assert imported(alice, "wealthfolio.csv", "?format=wealthfolio")["added"] == 2


@pytest.mark.parametrize("name", ["wealthfolio.csv", "trading212.csv", "ib_flex.csv", "ghostfolio.csv"])
def test_columns_may_stand_in_any_order(alice: Person, bob: Person, name: str) -> None:
    imported(alice, name)
    rows = list(csv.reader((FILES / name).read_text().splitlines()))
    turned = [row[::-1] if len(row) > 4 and row[0] not in {"BOF", "EOS"} else row for row in rows]
    text = "\n".join(",".join(f'"{cell}"' for cell in row) for row in turned)

    answer(send(bob, text.encode()))

    assert sorted(trades(bob)) == sorted(trades(alice))


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("place", [4, 8])
def test_an_execution_is_found_wherever_its_column_stands(alice: Person, delimiter: str, place: int) -> None:
    names = ["CurrencyPrimary", "Symbol", "ISIN", "AssetClass", "TradeDate", "Quantity", "TradePrice", "IBCommission"]
    cells = ["USD", "VTI", "", "STK", "20240102", "3", "100", "-1"]
    names.insert(place, "LevelOfDetail")
    cells.insert(place, "EXECUTION")

    report = answer(send(alice, f"{delimiter.join(names)}\n{delimiter.join(cells)}\n".encode()))

    assert report["added"] == 1


def test_a_purchase_that_takes_from_a_later_sale_is_told(alice: Person, platform: Platform) -> None:
    answer(alice.trade("BUY", "5", ticker="WEST"), 201)
    user_id = answer(alice.call("GET", "/auth/me"))["user_id"]
    with platform.connect("postgres") as connection:  # sales as a split found later leaves them
        for quantity in (10, 5):
            connection.execute(
                """
                insert into bronze.transactions
                    (transaction_id, version, user_id, ticker, side, quantity, price, currency, trade_date)
                values (gen_random_uuid(), 1, %s, 'WEST', 'SELL', %s, 100, 'USD', '2024-01-02')
                """,
                [user_id, quantity],
            )
    purchase = b"ticker,side,quantity,price,trade_date\nWEST,BUY,5,101,2024-01-02\n"

    refused = send(alice, purchase)
    with platform.connect("postgres") as connection:  # what this folder's marts are built from has to be covered
        connection.execute("delete from bronze.transactions where user_id = %s", [user_id])

    assert list(answer(refused, 422)["fields"]) == ["2"]


def test_an_amount_that_is_too_large_in_pence_is_refused(onlooker: Person) -> None:
    content = b"ticker,side,quantity,price,trade_date,currency\nPENC,BUY,1,999999999999999,2024-01-02,GBP\n"

    assert list(answer(send(onlooker, content, "?confirm=true"), 422)["fields"]) == ["2"]
