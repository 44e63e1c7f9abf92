"""Before the first run of the models there are no marts: every portfolio is empty, and no answer an error."""

from tests.auth_service.conftest import Person, answer


def test_before_the_models_have_run_every_portfolio_is_empty(alice: Person) -> None:
    alice.trade("BUY", "1")

    assert answer(alice.call("GET", "/portfolio/status")) == {
        "up_to_date": False,
        "pending_transactions": 1,
        "as_of_date": None,
        "prices_as_of": None,
        "prices_are_stale": False,
        "macro_as_of": None,
        "last_refresh": None,
        "failed_models": [],
        "failed_prices": [],
        "stale_sources": [],
    }
    assert set(answer(alice.call("GET", "/portfolio/performance")).values()) == {None}
    assert all(column == [] for column in answer(alice.call("GET", "/portfolio/timeseries")).values())
    for name in ("returns", "returns/rolling"):
        assert all(column == [] for column in answer(alice.call("GET", f"/portfolio/{name}")).values())
    lists = ("tickers", "tickers/history", "holdings", "holdings?date=2024-01-02", "dividends", "regimes", "windows")
    for name in (*lists, "windows?from=2024-01-02", "drawdowns", "returns/calendar"):
        assert answer(alice.call("GET", f"/portfolio/{name}")) == {"items": [], "next_cursor": None}
    assert answer(alice.call("GET", "/macro/context")) == {"spans": [], "indicators": []}
