select
    kpis.*,
    assets.asset_class,
    assets.sector,
    assets.industry,
    assets.country,
    assets.exchange
from "default".gold_ticker_kpis as kpis
left join "default".dim_assets as assets
    on kpis.ticker = assets.ticker
where kpis.user_id = %(user_id)s
order by kpis.market_value desc, kpis.ticker
