"""The models' documentation, which Airflow serves to whoever is signed in."""

from http import HTTPStatus

import httpx
import pytest

from scripts.launcher.home import ROOT
from scripts.launcher.stack import DOCS_PATH
from tests.stack.conftest import Stack

DOCUMENTS = ("manifest.json", "catalog.json")


def test_airflow_shows_the_dbt_docs_of_what_was_built(stack: Stack) -> None:
    with stack.airflow() as airflow:
        page = airflow.client.get(DOCS_PATH)
        manifest, catalog = (airflow.client.get(str(page.url.join(name))).json() for name in DOCUMENTS)

    assert page.status_code == HTTPStatus.OK
    assert "dbt" in page.text
    described = manifest["nodes"]["model.macrofolio.gold__performance"]
    assert described["description"].startswith("One row per user")
    built = catalog["nodes"]["model.macrofolio.gold__performance"]["columns"]
    assert set(built) == set(described["columns"])
    assert "exposure.macrofolio.api_portfolio_performance" in manifest["exposures"]


def test_the_docs_name_no_path_of_the_machine(stack: Stack) -> None:
    with stack.airflow() as airflow:
        documents = [airflow.client.get(str(airflow.client.base_url.join(DOCS_PATH).join(name))) for name in DOCUMENTS]

    assert [name for document in documents for name in (ROOT, stack.home.folder) if str(name) in document.text] == []


@pytest.mark.threat(48)
@pytest.mark.parametrize("name", ["dbt_docs", "dbt_docs_index.html", *DOCUMENTS])
def test_the_docs_are_for_who_is_signed_in(stack: Stack, name: str) -> None:
    address = httpx.URL(stack.home.url("AIRFLOW_PORT")).join(DOCS_PATH).join(name)

    answers = [httpx.get(address, headers=headers, trust_env=False) for headers in ({}, {"Authorization": "Bearer no"})]

    assert [answer.status_code for answer in answers] == [HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN]
    assert all(answer.json().keys() == {"detail"} for answer in answers)


@pytest.mark.threat(47)
def test_airflow_answers_to_its_own_names_and_shows_itself_in_no_frame(stack: Stack) -> None:
    address = stack.home.url("AIRFLOW_PORT")

    ours, foreign = (httpx.get(address, headers=headers, trust_env=False) for headers in ({}, {"Host": "evil.example"}))

    assert (ours.status_code, foreign.status_code) == (HTTPStatus.OK, HTTPStatus.BAD_REQUEST)
    assert ours.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_who_is_not_signed_in_is_led_to_the_login_and_back(stack: Stack) -> None:
    airflow = stack.home.url("AIRFLOW_PORT")

    answer = httpx.get(airflow + DOCS_PATH, headers={"Accept": "text/html"}, trust_env=False)
    login = httpx.get(httpx.URL(airflow).join(answer.headers["location"]), trust_env=False)

    assert answer.status_code == HTTPStatus.SEE_OTHER
    assert login.headers["location"].endswith("/auth/login?next=%2Fcosmos%2Fmacrofolio%2Fdbt_docs_index.html")


def test_the_docs_stand_in_airflows_menu(stack: Stack) -> None:
    with stack.airflow() as airflow:
        plugins = airflow.client.get("/api/v2/plugins").json()["plugins"]

    views = [view for plugin in plugins for view in plugin["external_views"]]
    assert [(view["name"], view["href"]) for view in views if view["name"] == "dbt docs"] == [("dbt docs", DOCS_PATH)]
