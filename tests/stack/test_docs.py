"""The models' documentation, which Airflow serves."""

from http import HTTPStatus

import httpx

from scripts.stack import DOCS_PATH
from tests.stack.conftest import Stack


def test_airflow_shows_the_dbt_docs_of_what_was_built(stack: Stack) -> None:
    page = httpx.get(stack.home.url("AIRFLOW_PORT") + DOCS_PATH, trust_env=False)
    manifest, catalog = (
        httpx.get(str(page.url.join(name)), trust_env=False).json() for name in ("manifest.json", "catalog.json")
    )

    assert page.status_code == HTTPStatus.OK
    assert "dbt" in page.text
    described = manifest["nodes"]["model.macrofolio.gold__performance"]
    assert described["description"].startswith("One row per user")
    built = catalog["nodes"]["model.macrofolio.gold__performance"]["columns"]
    assert set(built) == set(described["columns"])
    assert "exposure.macrofolio.api_portfolio_performance" in manifest["exposures"]


def test_the_docs_stand_in_airflows_menu(stack: Stack) -> None:
    with stack.airflow() as airflow:
        plugins = airflow.client.get("/api/v2/plugins").json()["plugins"]

    views = [view for plugin in plugins for view in plugin["external_views"]]
    assert [(view["name"], view["href"]) for view in views if view["name"] == "dbt docs"] == [("dbt docs", DOCS_PATH)]
