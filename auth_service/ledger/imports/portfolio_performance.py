"""Portfolio Performance's CSV of transactions, in every language: columns are identified by position.

Source: portfolio-performance/portfolio, datatransfer/csv/exporter/CSVExporter.java (columns, signs; decimal mark and
separator come from the system) and model/labels*.properties (its names for purchases and sales). `Value` is what was
paid or received, including fees and taxes; the price is computed from it. If the security has another currency, the
gross amount is in that currency, and the exchange rate is what one unit of it costs in the account's.
"""

from collections.abc import Iterator

from auth_service.ledger.imports.amounts import (
    currency,
    decimal_mark,
    number,
    optional,
    plain,
    quotient,
    rounded,
    year_first,
)
from auth_service.ledger.imports.document import Document
from auth_service.ledger.imports.rows import Record, RefusedRowError, SkippedRowError, SourceRow
from auth_service.quoting import shortened

NAME, LABEL = "portfolio-performance", "Portfolio Performance"
HINT = "All Transactions → export as CSV, or File → Export → CSV, per account"
PLACES = ("date", "type", "value", "currency", "gross", "gross currency", "rate", "fees", "taxes", "shares")
NAMES = (*PLACES, "isin", "wkn", "ticker", "name", "note")
# English, German, French, Spanish, Italian, Dutch, Portuguese.
SIDES = {
    "BUY": {"Buy", "Kauf", "Achat", "Compra", "Koop", "Comprar"},
    "SELL": {"Sell", "Verkauf", "Vente", "Venta", "Vendi", "Verkoop", "Vender"},
}
DELIVERIES = {
    "BUY": {"Delivery (Inbound)", "Einlieferung", "Distribution (Entrante)", "Entrega (Entrada)", "Entrega (Inbound)"}
    | {"Trasferimento Titoli (in entrata)", "Levering (inkomend)"},
    "SELL": {"Delivery (Outbound)", "Auslieferung", "Distribution (Sortante)", "Entrega (Salida)", "Entrega (Outbound)"}
    | {"Trasferimento Titoli (in uscita)", "Levering (uitgaand)"},
}
NO_TRADES = {"dividend", "dividende", "dividendes", "dividendo", "transfer (inbound)", "transfer (outbound)"} | {
    "umbuchung (eingang)",
    "umbuchung (ausgang)",
    "transfert (entrant)",
    "transfert (sortant)",
    "transferencia (entrada)",
    "transferencia (salida)",
    "transferência (entrada)",
    "transferência (saída)",
    "trasferimento (in entrata)",
    "trasferimento (in uscita)",
    "overboeking (inkomend)",
    "overboeking (uitgaand)",
}


def recognises(document: Document) -> bool:
    """Since 2024 a second date, the dividend's ex-date, follows the first."""
    return any(
        len(document.header) == len(NAMES) + further
        and document.header[NAMES.index("isin") + further : NAMES.index("ticker") + further] == ["isin", "wkn"]
        for further in (0, 1)
    )


def records(document: Document) -> Iterator[Record]:
    """The rows under our names, with the file's decimal mark, which every value has."""
    names = NAMES if len(document.header) == len(NAMES) else (NAMES[0], "ex date", *NAMES[1:])
    rows = list(document.lines())[1:]
    place = names.index("value")
    mark = next((mark for _, row in rows if len(row) > place and (mark := decimal_mark(row[place]))), ".")
    shares = names.index("shares")
    has_shares = any(row[shares : shares + 1] not in ([], [""]) for _, row in rows)
    known = {"mark": mark, "has shares": "yes" if has_shares else ""}
    for number_, row in rows:
        yield Record(number_, dict(zip(names, row, strict=False)) | known, tuple(row[len(names) :]))


def read(record: Record) -> SourceRow:
    """The trade in one booking; its price is the value per share without fees and taxes."""
    side, remarks = _side(record)
    if not record["has shares"]:  # in any row: the export of a cash account until 2025
        raise SkippedRowError(
            f"{shortened(record['type'])}: the file gives amounts but no number of shares. Export the transactions "
            "of the securities account."
        )
    mark = record["mark"]
    written = record["value"] + record["gross"] + record["shares"]
    thousands = next(filter(written.__contains__, "'\u2019"), "," if mark == "." else ".")  # Swiss, or others
    value, gross, fees, taxes, shares = (
        abs(optional(record[name], mark, thousands)) for name in ("value", "gross", "fees", "taxes", "shares")
    )
    charges = fees + taxes
    if gross:
        priced_in = record["gross currency"]
        if charges:
            charges = quotient(charges, number(record["rate"], mark, thousands))
            remarks.append(f"fees converted from {shortened(record['currency'])} at {record['rate']}")
    else:
        priced_in = record["currency"]
        gross = value - charges if side == "BUY" else value + charges
    return SourceRow(
        ticker=record["ticker"],
        isin=record["isin"],
        side=side,
        quantity=plain(shares),
        price=rounded("price", quotient(gross, shares), remarks),
        fees=rounded("fees", charges, remarks),
        taxes_among_fees=("Taxes",) if taxes else (),
        currency=currency(priced_in),
        trade_date=year_first(record["date"]),
        note=record["note"],
        remarks=tuple(remarks),
    )


def _side(record: Record) -> tuple[str, list[str]]:
    kind = record["type"]
    for side in ("BUY", "SELL"):
        if kind in SIDES[side]:
            return side, []
        if kind in DELIVERIES[side]:
            return side, [f"{kind}: imported as a trade at its value"]
    if kind.lower() in NO_TRADES or not record["shares"]:
        raise SkippedRowError(f"{shortened(kind) or 'A row without a type'} is not a trade.")
    raise RefusedRowError(f"{shortened(kind)} is an unknown type. Map the file's columns instead.")
