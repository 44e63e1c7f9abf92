select
    holdings.*,
    assets.asset_class,
    assets.sector,
    assets.industry,
    assets.country,
    assets.exchange
from "default".int_holding_values as holdings
left join "default".dim_assets as assets
    on holdings.ticker = assets.ticker
where
    holdings.user_id = %(user_id)s
    and holdings.holding_date = coalesce(
        %(day)s,
        (
            select portfolios.as_of_date
            from "default".int_published_portfolios as portfolios
            where portfolios.user_id = %(user_id)s
        )
    )
order by holdings.market_value desc, holdings.ticker
