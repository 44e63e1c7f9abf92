"""Exports in other languages, of other years, and with columns that nobody here has seen: read right, or told."""

import json

import pytest

from tests.auth_service.conftest import Person, answer
from tests.auth_service.ledger.imports.uploads import reasons, send, send_with, trades
from tests.auth_service.ledger.test_transfer import HEADER

T212 = "Action,Time,ISIN,Ticker,Name,No. of shares,Price / share,Currency (Price / share),Exchange rate,Total (GBP)"


def trading212(charges: str, cells: str) -> bytes:
    row = f"Market buy,2024-01-02 09:00:00,GB00TEST0043,PENC,Pence,10.0000000000,250.00,GBX,100.00000,25.00,{cells}"
    return f"{T212},{charges}\n{row}\n".encode()


@pytest.mark.parametrize(
    ("charges", "cells", "fees", "taxes"),
    [
        ("Stamp duty (GBP)", "4.00", "400", "“Stamp duty”"),
        (
            "Stamp duty (GBP),Stamp duty reserve tax (GBP),Finra fee (GBP)",
            "4.00,1.50,",
            "550",
            "“Stamp duty”, “Stamp duty reserve tax”",
        ),
        ("French transaction tax,Currency (French transaction tax)", "0.75,GBP", "75", "“French transaction tax”"),
        ("Transaction levy (GBP)", "0.01", "1", "“Transaction levy”"),
    ],
)
def test_taxes_of_trading_212_are_fees_and_the_report_says_so(
    alice: Person, charges: str, cells: str, fees: str, taxes: str
) -> None:
    report = answer(send(alice, trading212(charges, cells)))

    assert trades(alice) == [f"2024-01-02 BUY 10 PENC 250 GBp {fees}"]
    assert report["notices"] == [f"Taxes were added to the fees: {taxes}."]


UNREAD = (
    "Ignored columns with amounts: {}. If they belong to the price or the fees, map the file's columns, or "
    "correct the trades in the ledger."
)
GHOSTFOLIO = '{"activities": [{"type": "BUY", "symbol": "VTI", "date": "2024-01-02T00:00:00.000Z", "quantity": 1, '
GHOSTFOLIO += '"unitPrice": 100, "fee": 0, "currency": "USD", "stampDuty": 2}]}'
WEALTHFOLIO = "date,symbol,quantity,activityType,unitPrice,currency,fee"
IB_TRADES = (
    "Trades,Header,DataDiscriminator,Asset Category,Currency,Symbol,Date/Time,Quantity,T. Price,C. Price,Proceeds,"
)
DEGIRO_2023 = "Date,Time,Product,ISIN,Reference exchange,Venue,Quantity,Price,,Local value,,Value,,Exchange rate,"
DEGIRO_2023 += "Transaction and/or third,,Total,,Order ID"


@pytest.mark.parametrize(
    ("content", "column"),
    [
        (trading212("Government surcharge (GBP)", "£0.25").decode(), "Government surcharge (GBP)"),
        (f"{WEALTHFOLIO},Tax\n2024-01-02,VTI,1,BUY,100,USD,0,2.50\n", "Tax"),
        (f"{WEALTHFOLIO},Abgabe (EUR)\n2024-01-02,VTI,1,BUY,100,USD,0,(2)\n", "Abgabe (EUR)"),
        (GHOSTFOLIO, "stampDuty"),
        (
            "Date,Code,DataSource,Currency,Price,Quantity,Action,Fee,Levy\n2024-01-02,VTI,YAHOO,USD,100,1,buy,0,3",
            "Levy",
        ),
        (
            (
                "CurrencyPrimary,Symbol,AssetClass,TradeDate,Quantity,TradePrice,IBCommission,SalesTax\n"
                "USD,VTI,STK,20240102,1,100,-1,-0.08\n"
            ),
            "SalesTax",
        ),
        (
            (
                f"{IB_TRADES}Comm/Fee,GST,Code\n"
                'Trades,Data,Order,Stocks,USD,VTI,"2024-01-02, 10:00:00",1,100,100,-100,-1,-0.1,O\n'
            ),
            "GST",
        ),
        (
            (
                f"{DEGIRO_2023},,Tobin tax EUR\n02-01-2024,09:00,W,IE00TEST0018,EAM,XAMS,1,50.0000,EUR,-50.00,EUR,"
                "-50.00,EUR,,,,-50.00,EUR,id,,-0.15\n"
            ),
            "Tobin tax EUR",
        ),
    ],
)
def test_a_column_with_money_that_is_not_read_is_named(alice: Person, content: str, column: str) -> None:
    report = answer(send(alice, content.encode()))

    assert (report["added"], report["notices"]) == (1, [UNREAD.format(f"“{column}”")])


def test_columns_without_money_are_not_named(alice: Person) -> None:
    content = (
        f"{WEALTHFOLIO},Order ID,Depot-Nr,Zeit,Leer,Rabatt\n2024-01-02,VTI,1,BUY,100,USD,0,7,123456789,09:30,,0.00\n"
    )

    assert answer(send(alice, content.encode()))["notices"] == []


def test_a_refused_file_tells_them_too(alice: Person) -> None:
    content = f"{WEALTHFOLIO},Tax\n2024-01-02,VTI,1,BUY,100,USD,0,2.50\n2024-01-02,VTI,x,BUY,100,USD,0,2.50\n"

    assert answer(send(alice, content.encode()), 422)["notices"] == [UNREAD.format("“Tax”")]


def test_two_columns_of_one_name_are_refused(onlooker: Person) -> None:
    content = f"{WEALTHFOLIO},Fee\n2024-01-02,VTI,1,BUY,100,USD,0,2.50\n"

    assert "names the column 'fee' 2 times" in answer(send(onlooker, content.encode()), 422)["message"]


@pytest.mark.parametrize("blank", [",,,,\n", " , , , , \n", '"","","","",""\n', "\n", ",,,,,,,,,,,\n", "\u00a0,,,,\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_rows_of_empty_cells_are_no_rows(alice: Person, blank: str, mark: str) -> None:
    content = f"{mark}ticker,side,quantity,price,trade_date\n{blank}VTI,BUY,1,100,2024-01-02\n{blank * 2}"

    report = answer(send(alice, content.encode()))

    assert (report["added"], [row["line"] for row in report["rows"]]) == (1, [3])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_first_line_may_declare_the_separator(alice: Person, delimiter: str) -> None:
    lines = ["ticker,side,quantity,price,trade_date", "VTI,BUY,1,100,2024-01-02"]
    content = f"sep={delimiter}\r\n" + "\n".join(line.replace(",", delimiter) for line in lines)

    assert answer(send(alice, content.encode()))["rows"][0]["line"] == 3


def test_a_file_without_rows_says_so(onlooker: Person) -> None:
    assert answer(send(onlooker, HEADER.encode()))["notices"] == ["The file has no rows below the header."]


IB_START = "Statement,Header,Feldname,Feldwert\nStatement,Data,BrokerName,Interactive Brokers\n"
IB_GERMAN = "Transaktionen,Header,DataDiscriminator,Vermögenswertkategorie,Währung,Symbol,Datum/Zeit,Menge,T.-Kurs,"
IB_GERMAN += "Schlusskurs,Erträge,Prov./Gebühr,Basis,Realisierter G/V,MTM G/V,Code\n"
IB_LANGUAGES = {
    "German": IB_START
    + IB_GERMAN
    + 'Transaktionen,Data,Order,Aktien,USD,VTI,"2024-01-02, 09:30:00","1,000",100.5,101,-100500,-1.25,100501.25,0,0,O\n'
    + "Transaktionen,SubTotal,,Aktien,USD,VTI,,1000,,,-100500,-1.25,100501.25,0,0,\n",
    "Spanish": "Statement,Header,Nombre del campo,Valor del campo\n"
    "Operaciones,Header,DataDiscriminator,Categoría de activo,Divisa,Cuenta,Símbolo,Fecha/Hora,Cantidad,Precio trans.,"
    "Precio de cier.,Productos,Tarifa/com.,Básico,PyG realizadas,MTM P/G,Código\n"
    'Operaciones,Data,Order,Acciones,USD,U1,VTI,"2024-01-02, 09:30:00","1,000",100.5,101,-100500,-1.25,1,0,0,O\n',
    "French, without closing prices": "Statement,Header,Nom du champ,Valeur du champ\n"
    "Transactions,Header,DataDiscriminator,Catégorie d'actifs,Devise,Symbole,Date/Heure,Bourse,Quantité,Prix,Produits,"
    "Comm/Tarif,Base,Code\n"
    'Transactions,Data,Trade,Actions,USD,VTI,"2024-01-02, 09:30:00",ARCA,"1,000",100.5,-100500,-1.25,1,O\n',
    "a language that is not known": "取引,Header,DataDiscriminator,a,b,c,d,e,f,g,h,i,j,k,l,m\n"
    '取引,Data,Order,Stocks,USD,VTI,"2024-01-02, 09:30:00","1,000",100.5,101,-100500,-1.25,1,0,0,O\n',
}


@pytest.mark.parametrize("language", IB_LANGUAGES)
def test_a_statement_of_interactive_brokers_is_read_in_any_language(alice: Person, language: str) -> None:
    answer(send(alice, IB_LANGUAGES[language].encode()))

    assert trades(alice) == ["2024-01-02 BUY 1000 VTI 100.5 USD 1.25"]


def test_other_movements_of_a_german_statement_are_told_by_row(alice: Person) -> None:
    dividends = (
        "Dividenden,Header,Währung,Datum,Beschreibung,Betrag\nDividenden,Data,USD,2024-01-05,VTI Bardividende,300\n"
    )
    forex = 'Transaktionen,Data,Order,Devisen,USD,EUR.USD,"2024-01-03, 12:00:00",-200,1.1,,220,-2,,,0,\n'
    instruments = "Informationen,Header,Kategorie,Symbol,Beschreibung,Conid,Wertpapier-ID,Börse\n"
    instruments += "Informationen,Data,Aktien,WLD,WORLD,2,IE00TEST0018,AEB\n"
    world = 'Transaktionen,Data,Order,Aktien,EUR,WLD,"2024-01-02, 10:00:00",3,50,50,-150,-1,151,0,0,O\n'

    report = answer(send(alice, (IB_START + IB_GERMAN + world + forex + dividends + instruments).encode()))

    assert trades(alice) == ["2024-01-02 BUY 3 WLD.AS 50 EUR 1"]
    assert reasons(report, "skipped") == {
        5: "Devisen is not a share or fund.",
        7: "Dividenden are not trades: VTI Bardividende.",
    }


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ('Order,Aktien,USD,VTI,"2024-01-02, 09:30:00",10,100.5,101,-9,-1,1,0,0,O', "is not the proceeds"),
        ('Order,Krypto,USD,VTI,"2024-01-02, 09:30:00",10,100.5,101,-1005,-1,1,0,0,O', "an unknown kind of asset"),
    ],
)
def test_a_row_of_a_statement_that_cannot_be_told_is_refused(onlooker: Person, row: str, told: str) -> None:
    fields = answer(send(onlooker, f"{IB_START}{IB_GERMAN}Transaktionen,Data,{row}\n".encode()), 422)["fields"]

    assert list(fields) == ["4"]
    assert told in fields["4"]


def test_a_statement_of_which_nothing_is_understood_is_refused(onlooker: Person) -> None:
    content = IB_START + "Kontoinformation,Header,Feldname,Feldwert\nKontoinformation,Data,Name,X\n"

    told = answer(send(onlooker, content.encode()), 422)["message"]

    assert "no trades or other readable rows" in told
    assert "Statement, Kontoinformation" in told


DEGIRO_2020 = (
    "Datum,Uhrzeit,Produkt,ISIN,Börse,Anzahl,,Kurs,,Wert in Lokalwährun,,Wert,Wechselkurs,,Gebühr,,Gesamt,Order-ID"
)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            "02-01-2024,09:13,W,IE00TEST0018,XET,5,EUR,50.0000,EUR,-250.00,EUR,-250.00,,EUR,-2.04,EUR,-252.04,70ab",
            "2024-01-02 BUY 5 WLD.AS 50 EUR 2.04",
        ),
        (  # 2 EUR at 1.25 dollars
            "02-01-2024,15:30,T,US9229087690,NSY,5,USD,100.0000,USD,-500.00,EUR,-400.00,1.2500,EUR,-2.00,EUR,-402.00,70ac",
            "2024-01-02 BUY 5 VTI 100 USD 2.5",
        ),
        (  # the same the other way round
            "02-01-2024,15:30,T,US9229087690,NSY,5,USD,100.0000,USD,-500.00,EUR,-400.00,0.8000,EUR,-2.00,EUR,-402.00,70ac",
            "2024-01-02 BUY 5 VTI 100 USD 2.5",
        ),
    ],
)
def test_degiro_of_2020_is_read(alice: Person, row: str, expected: str) -> None:
    answer(send(alice, f"{DEGIRO_2020}\n{row}\n".encode()))

    assert trades(alice) == [expected]


def test_an_unknown_version_of_degiro_is_refused_by_name(onlooker: Person) -> None:
    header = DEGIRO_2020.replace("Anzahl,,Kurs", "Anzahl,Kurs,,Handelsplatz")
    row = "02-01-2024,09:13,W,IE00TEST0018,XET,5,50.0000,EUR,X,EUR,-250.00,EUR,-250.00,,EUR,-2.04,EUR,-252.04,70ab"

    told = answer(send(onlooker, f"{header}\n{row}\n".encode()), 422)["message"]

    assert "version of Degiro's file is not supported" in told


def test_columns_of_degiro_that_have_moved_are_found_out(onlooker: Person) -> None:
    row = "02-01-2024,09:00,W,IE00TEST0018,EAM,XAMS,50.0000,10,EUR,-50.00,EUR,-50.00,EUR,,,,-50.00,EUR,id"

    fields = answer(send(onlooker, f"{DEGIRO_2023}\n{row}\n".encode()), 422)["fields"]

    assert fields == {"2": "Quantity times price is not the value. This version of the file is not supported."}


def test_an_order_at_degiro_is_a_trade_without_venue_and_fees_too(alice: Person) -> None:
    trade = "02-01-2024,09:00,W,IE00TEST0018,EAM,,10,50.0000,EUR,-500.00,EUR,-500.00,EUR,,,,-500.00,EUR,0c1"
    split = "02-01-2024,00:00,S,IE00TEST0018,EAM,,60,50.0000,EUR,-3000.00,EUR,-3000.00,EUR,,,,-3000.00,EUR,"

    report = answer(send(alice, f"{DEGIRO_2023}\n{trade}\n{split}\n".encode()))

    assert trades(alice) == ["2024-01-02 BUY 10 WLD.AS 50 EUR 0"]
    assert reasons(report, "skipped") == {3: "No venue, fees or order: a booking such as a split or swap, not a trade."}


def test_the_cash_account_of_portfolio_performance_before_2025_is_told_by_row(alice: Person) -> None:
    header = (
        "Date,Type,Value,Transaction Currency,Gross Amount,Currency Gross Amount,Exchange Rate,Fees,Taxes,Shares,ISIN,"
    )
    header += "WKN,Ticker Symbol,Security Name,Note\n"
    buy = '2024-01-02T00:00,Buy,"-4,001.00",USD,,,,,,,,,VTI,Fund,\n'
    deposit = '2024-01-02T00:00,Deposit,"5,000.00",USD,,,,,,,,,,,\n'

    report = answer(send(alice, (header + buy + deposit).encode()))

    told = "Buy: the file gives amounts but no number of shares. Export the transactions of the securities account."
    assert reasons(report, "skipped") == {2: told, 3: "Deposit is not a trade."}


TRANSFER = "2024-01-02,{symbol},10,{kind},{price},USD,0\n"


@pytest.mark.parametrize("kind", ["TRANSFER_IN", "transfer_in", "ADD_HOLDING"])
def test_shares_transferred_into_wealthfolio_count_as_bought_at_their_price(alice: Person, kind: str) -> None:
    moved = TRANSFER.format(symbol="VTI", kind=kind, price=100)
    content = f"{WEALTHFOLIO}\n{moved}2024-01-05,VTI,10,SELL,102,USD,0\n"

    report = answer(send(alice, content.encode()))

    assert sorted(trades(alice)) == ["2024-01-02 BUY 10 VTI 100 USD 0", "2024-01-05 SELL 10 VTI 102 USD 0"]
    assert reasons(report, "added")[2] == f"{kind.upper()}: imported as a trade at its price"


def test_transfers_of_wealthfolio_that_are_no_trades_say_why(alice: Person) -> None:
    moved = [
        ("$CASH-USD", "TRANSFER_IN", 1),
        ("VTI", "TRANSFER_OUT", 0),
        ("WEST", "TRANSFER_IN", ""),
        ("VTI", "TRANSFER_IN", 0),
    ]
    rows = "".join(TRANSFER.format(symbol=symbol, kind=kind, price=price) for symbol, kind, price in moved)

    report = answer(send(alice, f"{WEALTHFOLIO}\n{rows}".encode()))

    assert reasons(report, "skipped") == {
        2: "TRANSFER_IN of money is not a trade.",
        3: "TRANSFER_OUT is not a trade: the file has both sides, so you kept the shares.",
        4: "TRANSFER_IN without a price: enter a purchase, as you once bought them.",
        5: "TRANSFER_IN is not a trade: the file has both sides, so you kept the shares.",
    }


def activities(*moments: str) -> bytes:
    """Purchases in Ghostfolio's JSON at these moments."""
    bought = {"type": "BUY", "symbol": "VTI", "currency": "USD", "quantity": 1, "unitPrice": 100, "fee": 0}
    return json.dumps({"activities": [bought | {"date": moment} for moment in moments]}).encode()


@pytest.mark.parametrize(
    ("moments", "days"),
    [
        (["2024-01-07T23:00:00.000Z", "2024-06-02T22:00:00.000Z"], ["2024-01-08", "2024-06-03"]),  # Berlin
        (["2024-01-07T18:30:00.000Z"], ["2024-01-08"]),  # India
        (["2024-01-07T13:00:00.000Z", "2024-06-02T14:00:00.000Z"], ["2024-01-08", "2024-06-03"]),  # Sydney
        (["2024-01-08T05:00:00.000Z", "2024-06-03T04:00:00.000Z"], ["2024-01-08", "2024-06-03"]),  # New York
        (["2024-01-07T11:00:00.000Z", "2024-06-02T12:00:00.000Z"], ["2024-01-08", "2024-06-03"]),  # Auckland
        (["2024-01-08T00:00:00.000Z", "2024-06-02T22:00:00Z"], ["2024-01-08", "2024-06-03"]),  # some by a script
        (["2024-01-08T15:31:07.000Z", "2024-06-03T20:59:59.123Z"], ["2024-01-08", "2024-06-03"]),  # times of trades
        (["2024-01-08"], ["2024-01-08"]),
    ],
)
def test_midnight_of_a_time_zone_is_its_day(alice: Person, moments: list[str], days: list[str]) -> None:
    answer(send(alice, activities(*moments), "?confirm=true"))

    assert sorted(trade.split()[0] for trade in trades(alice)) == days


@pytest.mark.parametrize(
    ("moments", "zone", "day"),
    [
        (["2024-01-08T10:00:00.000Z"], "Pacific/Kiritimati", "2024-01-09"),
        (["2024-01-08T11:00:00.000Z"], "Pacific/Pago_Pago", "2024-01-08"),
        (["2024-01-08T23:00:00.000Z", "2024-01-09T16:00:00.000Z"], "Europe/Berlin", "2024-01-09"),  # of two zones
    ],
)
def test_a_moment_that_may_be_of_two_days_is_asked_about(
    alice: Person, moments: list[str], zone: str, day: str
) -> None:
    fields = answer(send(alice, activities(*moments)), 422)["fields"]

    assert "Give its time zone as time_zone" in fields["1"]
    answer(send_with(alice, activities(*moments), {"time_zone": zone}, "?confirm=true"))
    assert {trade.split()[0] for trade in trades(alice)} == {day}


def test_a_time_zone_that_does_not_exist_is_refused(onlooker: Person) -> None:
    fields = answer(send_with(onlooker, activities("2024-01-02"), {"time_zone": "Berlin"}), 422)["fields"]

    assert "Europe/Berlin" in fields["options.time_zone"]


def test_midnights_of_wealthfolio_are_their_days_too(alice: Person) -> None:
    content = f"{WEALTHFOLIO}\n2024-01-01T23:00:00.000Z,VTI,1,BUY,100,USD,0\n"

    answer(send(alice, content.encode()))

    assert trades(alice) == ["2024-01-02 BUY 1 VTI 100 USD 0"]
