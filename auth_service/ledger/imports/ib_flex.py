"""Interactive Brokers' Flex Query as CSV: trades among other sections, with or without header and trailer records.

Source: ibkrguides.com (Trades; header and trailer records), ghostfolio/ghostfolio, test/import/ok/vti-buy-on-ibkr.csv,
dickwolff/Export-To-Ghostfolio, samples/ibkr-*.csv. The user chooses the columns. Sales have a negative
quantity, costs are negative, dates are yyyyMMdd unless chosen otherwise. A trade may appear twice, by execution and by
order (LevelOfDetail).
"""

from collections.abc import Iterator
from decimal import Decimal

from auth_service.ledger.imports.amounts import currency, number, optional, plain, year_first
from auth_service.ledger.imports.document import Document, Header
from auth_service.ledger.imports.rows import Record, RefusedRowError, SkippedRowError, SourceRow
from auth_service.quoting import shortened

NAME, LABEL = "ib-flex", "Interactive Brokers, Flex query"
HINT = "Performance & Reports → Flex Queries → Activity Flex Query with the section Trades, as CSV"
MARKERS = {"BOF", "BOA", "BOS", "EOS", "EOA", "EOF", "MSG"}
LONGEST_START = 20_000  # messages, and a header with about a hundred columns
SHARES = {"STK", "FUND", ""}
# Columns that are read, that follow from those, or that are irrelevant to the trade's money.
COLUMNS = """
    clientaccountid accountalias model currencyprimary currency fxratetobase assetclass subcategory symbol description
    conid securityid securityidtype cusip isin figi listingexchange underlyingconid underlyingsymbol
    underlyingsecurityid underlyinglistingexchange issuer issuercountrycode tradeid multiplier relatedtradeid strike
    reportdate expiry datetime tradedate put/call principaladjustfactor settledatetarget settledate transactiontype
    exchange quantity tradeprice trademoney proceeds taxes ibcommission ibcommissioncurrency netcash netcashinbase
    closeprice open/closeindicator notes/codes cost costbasis fifopnlrealized realizedpl mtmpnl origtradeprice
    origtradedate origtradeid origorderid origtransactionid clearingfirmid buy/sell iborderid transactionid ibexecid
    relatedtransactionid rtn brokerageorderid orderreference volatilityorderlink exchorderid extexecid ordertime
    opendatetime holdingperioddatetime whenrealized whenreopened levelofdetail changeinprice changeinquantity ordertype
    traderid isapiorder accruedint accruedinterest initialinvestment positionactionid serialnumber deliverytype
    commoditytype fineness weight capitalgainspnl fxpnl
"""
KNOWN = set(COLUMNS.split())


def recognises(document: Document) -> bool:
    """The currency column's name is near the beginning, whichever section comes first."""
    return "CurrencyPrimary" in document.text[:LONGEST_START]


def knows(column: str) -> bool:
    """True for a column, in lower case, that is read or irrelevant to a trade."""
    return column in KNOWN


def records(document: Document) -> Iterator[Record]:
    """The rows of every section, under its own header's names."""
    header = None
    is_by_execution = any("EXECUTION" in row for _, row in document.lines())
    detail = "EXECUTION" if is_by_execution else "ORDER"
    for number_, row in document.lines():
        if "CurrencyPrimary" in row:
            header = Header(row, knows)
        elif header and row[0] not in MARKERS and MARKERS.isdisjoint(row[1:2]):
            yield header.record(number_, row, **{"wanted detail": detail})


def read(record: Record) -> SourceRow:
    """The trade in an execution or order; its fees are commission plus taxes."""
    _refuse_what_is_no_purchase_or_sale(record)
    quantity = number(record["quantity"])
    commission_in = record["ibcommissioncurrency"] or record["currencyprimary"]
    charges = -(optional(record["ibcommission"]) + optional(record["taxes"]))
    if charges and commission_in != record["currencyprimary"]:
        priced_in = shortened(record["currencyprimary"])
        raise RefusedRowError(f"The commission is in {shortened(commission_in)}, the price in {priced_in}.")
    return SourceRow(
        isin=record["isin"],
        broker_symbol=record["symbol"].replace(" ", "-"),
        side="SELL" if quantity < 0 else "BUY",
        quantity=plain(abs(quantity)),
        price=plain(number(record["tradeprice"])),
        fees=plain(max(charges, Decimal(0))),
        currency=currency(record["currencyprimary"]),
        trade_date=year_first(record["tradedate"] or record["datetime"]),
        taxes_among_fees=("Taxes",) if optional(record["taxes"]) else (),
        remarks=(f"a rebate of {plain(-charges)} was ignored",) if charges < 0 else (),
    )


def _refuse_what_is_no_purchase_or_sale(record: Record) -> None:
    if "tradeprice" not in record.cells:
        told = shortened(record["type"] or record["activitydescription"]) or "The row"
        raise SkippedRowError(f"{told} is not a trade.")
    if record["levelofdetail"] not in {"", record["wanted detail"]}:
        raise SkippedRowError(f"{shortened(record['levelofdetail'])} repeats a row of {record['wanted detail']}.")
    if record["assetclass"] not in SHARES or not (record["isin"] or record["symbol"]):
        raise SkippedRowError(
            f"{shortened(record['assetclass']) or 'An exchange of currencies'} is not a share or fund."
        )
    if "(Ca.)" in record["buy/sell"]:
        raise RefusedRowError("This cancels an earlier trade. Remove both lines from the file.")
