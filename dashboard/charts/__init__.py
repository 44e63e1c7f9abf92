"""Figures as pure functions of the API's answers. Returns come as fractions and are shown in percent."""

from dashboard.charts.breakdowns import allocation, dividends, profit_and_loss
from dashboard.charts.months import monthly_returns
from dashboard.charts.regimes import regime_returns, regime_shapes
from dashboard.charts.style import CONFIG
from dashboard.charts.timelines import cumulative_return, drawdown, portfolio_value, rolling

__all__ = [
    "CONFIG",
    "allocation",
    "cumulative_return",
    "dividends",
    "drawdown",
    "monthly_returns",
    "portfolio_value",
    "profit_and_loss",
    "regime_returns",
    "regime_shapes",
    "rolling",
]
