"""A trade paid in another currency than its listing's, at its own exchange rate."""

from collections.abc import Sequence
from decimal import Decimal

from auth_service.database import Database
from auth_service.errors import ImplausiblePriceError, InvalidRequestError
from auth_service.ledger.schemas import Trade
from auth_service.ledger.trade_checks import OLDEST_COMPARABLE_BAR
from ingestion.units import unit

PLAUSIBLE_FACTOR = Decimal("1.25")

# USDEUR=X is euros for one dollar, and so is EUR=X; EURUSD=X is dollars for one euro.
RATES = """
select asked.position, bar.rate
from unnest(%(currencies)s::text[], %(settlements)s::text[], %(days)s::date[])
    with ordinality as asked (currency, settlement, day, position)
cross join lateral (
    select case when prices.ticker in (pair.own, pair.of_dollar) then prices.close else 1 / prices.close end as rate
    from (
        select asked.currency || asked.settlement || '=X' as own,
            asked.settlement || asked.currency || '=X' as other,
            case when asked.currency = 'USD' then asked.settlement || '=X' end as of_dollar,
            case when asked.settlement = 'USD' then asked.currency || '=X' end as into_dollar
    ) as pair
    inner join bronze.raw_prices as prices
        on prices.ticker in (pair.own, pair.other, pair.of_dollar, pair.into_dollar)
    where prices.price_date between asked.day - %(oldest)s and asked.day and prices.close > 0
    order by prices.price_date desc, prices.ticker
    limit 1
) as bar
"""


def refuse_half_a_settlement(trade: Trade, currency: str) -> None:
    """Refuse a rate without a currency, a currency without a rate, and the listing's own currency.

    Args:
        trade: The trade.
        currency: The listing's currency.

    Raises:
        InvalidRequestError: One of the two is missing, or no rate is needed.

    """
    if trade.settlement_currency is None and trade.fx_rate is not None:
        raise InvalidRequestError.about(
            "settlement_currency", "Enter the currency you paid in, or leave out the exchange rate."
        )
    if trade.settlement_currency is None:
        return
    if trade.settlement_currency == unit(currency).currency:
        message = f"{trade.ticker} is quoted in {currency}. Leave out the currency you paid in and the exchange rate."
        raise InvalidRequestError.about("settlement_currency", message)
    if trade.fx_rate is None:
        message = (
            f"Also enter the exchange rate: how many {trade.settlement_currency} one {unit(currency).currency} cost."
        )
        raise InvalidRequestError.about("fx_rate", message)


def known_rates(database: Database, trades: Sequence[tuple[Trade, str]]) -> list[Decimal | None]:
    """For each trade and its listing's currency, the pair's known rate on that day or in the week before.

    None without a rate of its own, or without a known rate to compare.
    """
    found: list[Decimal | None] = [None] * len(trades)
    asked = [
        (place, unit(currency).currency, trade.settlement_currency, trade.trade_date)
        for place, (trade, currency) in enumerate(trades)
        if trade.fx_rate is not None and trade.settlement_currency is not None
    ]
    if asked:
        places, currencies, settlements, days = map(list, zip(*asked, strict=True))
        parameters = {"currencies": currencies, "settlements": settlements, "days": days}
        with database.transaction() as connection:
            for row in connection.execute(RATES, parameters | {"oldest": OLDEST_COMPARABLE_BAR}):
                found[places[row["position"] - 1]] = row["rate"]
    return found


def refuse_unlike_rate(trade: Trade, currency: str, known: Decimal | None) -> None:
    """Refuse a rate far from the known rate of that day.

    Raises:
        ImplausiblePriceError: It is more than a quarter off, or inverted.

    """
    if trade.fx_rate is None or known is None:
        return
    if known / PLAUSIBLE_FACTOR <= trade.fx_rate <= known * PLAUSIBLE_FACTOR:
        return
    one, paid, about = unit(currency).currency, trade.settlement_currency, Decimal(f"{known:.6g}").normalize()
    message = (
        f"One {one} cost about {about:f} {paid} on {trade.trade_date}, not {trade.fx_rate.normalize():f}. "
        f"Enter the {paid} for one {one}, or confirm the rate if it is right."
    )
    raise ImplausiblePriceError.about("fx_rate", message)
