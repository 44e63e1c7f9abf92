"""Trading stories whose numbers are worked by hand in the tests. 2024-01-02 is a Tuesday, 01-06 a Saturday."""

from tests.dbt.bronze import Bronze

D1, D2, D3, D4 = "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"
EX_DATE_SALES, EX_DATE_PRICES = (0, 1, 10, 19, 20), (48, 50, 53)
FRIDAY, SATURDAY, SUNDAY, MONDAY = "2024-01-05", "2024-01-06", "2024-01-07", "2024-01-08"


def write(bronze: Bronze) -> None:
    """Every story, its listings and its trades."""
    for story in (splits, calendar, positions, flows, dividends, versions, valuation, currencies, effects, hostility):
        story(bronze)


def splits(bronze: Bronze) -> None:
    bronze.listing("SPLT", {D1: 100, D2: 120, D3: 30, D4: 33}, split={D3: 4})
    bronze.listing("SPLA", {D1: 25, D2: 30, D3: 30, D4: 33}, basis="split_adjusted", split={D3: 4})
    for ticker in ("SPLT", "SPLA"):
        bronze.buy(f"split {ticker}", ticker, 10, 100, D1)
        bronze.sell(f"split {ticker}", ticker, 20, 33, D4)
    bronze.buy("trade on the split date", "SPLT", 4, 30, D3)
    bronze.listing("LAST", {D1: 100}, split={D3: 2})
    bronze.listing("NEXT", {D1: 100, D4: 100})
    bronze.buy("split after the last bar", "LAST", 10, 100, D1)
    bronze.buy("split after the last bar", "NEXT", 1, 100, D1)
    bronze.listing("REVS", {D1: 2, D2: 20, D3: 22}, split={D2: "0.1"})
    bronze.buy("reverse split", "REVS", "0.5", 2, D1)


def calendar(bronze: Bronze) -> None:
    bronze.listing("WKND", {FRIDAY: 100, MONDAY: 110})
    bronze.buy("more on a saturday", "WKND", 1, 100, FRIDAY)
    bronze.buy("more on a saturday", "WKND", 1, 105, SATURDAY)
    bronze.buy("opened on a saturday", "WKND", 1, 105, SATURDAY)
    bronze.listing("LIVE", {D1: 10, "2024-01-31": 10})
    bronze.listing("DEAD", {D1: 10, D2: 11})
    bronze.buy("delisted", "LIVE", 1, 10, D1)
    bronze.buy("delisted", "DEAD", 1, 10, D1)
    bronze.buy("only what ended", "DEAD", 1, 10, D1)
    bronze.buy("traded after the last bar", "DEAD", 1, 10, D1)
    bronze.sell("traded after the last bar", "DEAD", "0.5", 12, D4)


def positions(bronze: Bronze) -> None:
    bronze.listing("FLAT", {D1: 100, D2: 110, D3: 120, D4: 90, MONDAY: 99})
    bronze.buy("reopened", "FLAT", 10, 100, D1, fees=10)
    bronze.sell("reopened", "FLAT", 10, 110, D2, fees=11)
    bronze.buy("reopened", "FLAT", 5, 90, D4, fees=5)
    bronze.listing("AVGF", {D1: 10, D2: 20, D3: 30})
    for story in ("average or fifo", "fifo chosen"):
        bronze.buy(story, "AVGF", 10, 10, D1)
        bronze.buy(story, "AVGF", 10, 20, D2)
        bronze.sell(story, "AVGF", 15, 30, D3)
    bronze.portfolio("fifo chosen", method="fifo")
    bronze.listing("FRAC", {D1: 3, D2: 6})
    bronze.buy("fractions", "FRAC", "0.12345678", 3, D1)
    bronze.sell("fractions", "FRAC", "0.02345678", 6, D2)


def flows(bronze: Bronze) -> None:
    bronze.listing("DAYT", {D1: 100, D2: 104})
    # Entered in the wrong order: purchases of a day come before its sales.
    bronze.buy("round trip", "DAYT", 10, 100, D1)
    bronze.sell("round trip", "DAYT", 15, 104, D2)
    bronze.buy("round trip", "DAYT", 5, 102, D2)
    bronze.listing("AAAA", {D1: 100, D2: 110})
    bronze.listing("BBBB", {D1: 50, D2: 55})
    bronze.buy("second asset", "AAAA", 10, 100, D1)
    bronze.buy("second asset", "BBBB", 10, 50, D2, fees=2)
    bronze.buy("switch", "AAAA", 10, 100, D1)
    bronze.sell("switch", "AAAA", 5, 105, D2, fees=1)
    bronze.buy("switch", "BBBB", 5, 50, D2, fees=2)
    bronze.buy("mistyped", "AAAA", 10, 100, D1)
    bronze.sell("mistyped", "AAAA", 5, 1, D2)
    bronze.buy("gift", "AAAA", 10, 100, D1)
    bronze.buy("gift", "AAAA", 10, 0, D2)


def dividends(bronze: Bronze) -> None:
    bronze.listing("DIVI", {D1: 50, D2: 49, D3: 49}, dividend={D2: "1.5"})
    bronze.listing(
        "DIVS", {D1: 25, D2: "24.5", D3: "24.5"}, basis="split_adjusted", split={D3: 2}, dividend={D2: "0.75"}
    )
    for ticker in ("DIVI", "DIVS"):
        bronze.buy(f"dividend {ticker}", ticker, 10, 50, D1)
    bronze.buy("bought on the ex-date", "DIVI", 10, 49, D2)
    bronze.buy("sold on the ex-date", "DIVI", 10, 50, D1)
    bronze.sell("sold on the ex-date", "DIVI", 10, 49, D2)

    bronze.listing("EXDT", {D1: 51, D2: 50}, dividend={D2: 1})
    for sold in EX_DATE_SALES:
        for price in EX_DATE_PRICES:
            story = f"{sold} of 20 sold at {price} on the ex-date"
            bronze.buy(story, "EXDT", 20, 51, D1)
            if sold:
                bronze.sell(story, "EXDT", sold, price, D2)
    bronze.buy("five times as many on the ex-date", "EXDT", 20, 51, D1)
    bronze.buy("five times as many on the ex-date", "EXDT", 80, 47, D2)
    bronze.buy("a round trip on the ex-date", "EXDT", 20, 51, D1)
    bronze.buy("a round trip on the ex-date", "EXDT", 5, 52, D2)
    bronze.sell("a round trip on the ex-date", "EXDT", 24, 49, D2)


def versions(bronze: Bronze) -> None:
    bronze.amend(bronze.buy("all deleted", "DIVI", 1, 50, D1), 2)
    edited = bronze.buy("edited", "DIVI", 1, 50, D1)
    bronze.amend(edited, 2, quantity=2)
    bronze.amend(edited, 3, quantity=3)


def valuation(bronze: Bronze) -> None:
    bronze.listing("NEWB", {D3: 12, D4: 15})
    bronze.buy("before the first price", "NEWB", 10, 10, D1, fees=1)
    bronze.buy("never priced", "NONE", 2, 7, D1)
    bronze.sell("never priced", "NONE", 1, 7, D2)


def currencies(bronze: Bronze) -> None:
    bronze.listing("PENY.L", {D1: 1000, D2: 1100}, currency="GBp")
    bronze.portfolio("pence", base_currency="GBP")
    bronze.buy("pence", "PENY.L", 10, 1000, D1, currency="GBp")
    bronze.listing("EURO.PA", {D1: 100, D2: 100}, currency="EUR", dividend={D2: 1})
    bronze.listing("EURUSD=X", {D1: "1.1", D2: "1.2"})
    bronze.buy("euros in dollars", "EURO.PA", 1, 100, D1, currency="EUR", fees=1)
    bronze.listing("THRD", {D1: 100, D2: 100, D3: 100, D4: 100})
    bronze.listing("DKKUSD=X", {D1: "0.15", D2: "0.16"})
    bronze.dividend("THRD", D3, 10, "DKK")
    for story in ("paid in a third currency", "sold when paid in a third currency"):
        bronze.buy(story, "THRD", 10, 100, D1)
    bronze.sell("sold when paid in a third currency", "THRD", 5, 100, D3)
    bronze.listing("SWIS.SW", {D1: 100, D2: 100}, currency="CHF")
    bronze.buy("francs without a rate", "SWIS.SW", 1, 100, D1, currency="CHF")
    bronze.buy("francs without a rate", "AAAA", 1, 100, D1)


def effects(bronze: Bronze) -> None:
    """Pounds at 1.25, 1.50 and 2 dollars: 10 pounds a share, then 12, then 15 and a dividend of 0.50."""
    bronze.listing("GBPUSD=X", {D1: "1.25", D2: "1.5", D3: 2})
    bronze.listing("PNDS.L", {D1: 10, D2: 12, D3: 15}, currency="GBP", dividend={D3: "0.5"})
    pounds = {"currency": "GBP"}
    bronze.buy("a part of pounds sold", "PNDS.L", 10, 10, D1, fees=1, **pounds)
    bronze.sell("a part of pounds sold", "PNDS.L", 4, 12, D2, fees=2, **pounds)
    bronze.buy("pounds bought twice", "PNDS.L", 10, 10, D1, **pounds)
    bronze.buy("pounds bought twice", "PNDS.L", 10, 12, D2, **pounds)
    bronze.sell("pounds bought twice", "PNDS.L", 5, 15, D3, **pounds)
    bronze.buy("all pounds sold", "PNDS.L", 10, 10, D1, **pounds)
    bronze.sell("all pounds sold", "PNDS.L", 10, 12, D2, **pounds)
    bronze.buy("pounds paid in dollars", "PNDS.L", 10, "12.5", D1)
    bronze.buy("pounds without a price", "GONE.L", 10, 10, D1, **pounds)
    bronze.buy("pounds without a price", "PNDS.L", 1, 10, D1, **pounds)


def hostility(bronze: Bronze) -> None:
    bronze.buy("bought at nearly nothing", "AAAA", 1, "0.00000001", D1)
    bronze.buy("bought far too dear", "AAAA", 1, 1_000_000, D1)
    bronze.buy("fees above the proceeds", "AAAA", 1, 100, D1)
    bronze.sell("fees above the proceeds", "AAAA", 1, 104, D2, fees=500)
    for story in ("gift without a price", "gift without a price beside a round trip"):
        bronze.buy(story, "AAAA", 1, 100, D1)
        bronze.buy(story, "NONE", 1, 0, D1)
    bronze.sell("gift without a price", "AAAA", 1, 104, D2)
    bronze.buy("gift without a price beside a round trip", "AAAA", 1, 104, D2)
    bronze.sell("gift without a price beside a round trip", "AAAA", 2, 104, D2)
    january = [f"2024-01-{day:02}" for day in range(1, 31)]
    bronze.listing("MINT", dict.fromkeys(january, 100))
    for day in january:
        bronze.buy("thirty fortunes", "MINT", 1, "0.00000001", day)
        bronze.sell("thirty fortunes", "MINT", 1, 100, day)
