"""The documentation tells the truth about names: whatever it names in code style, links or quotes is there."""

import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import airflow
import dash
import pytest
import yaml
from pydantic import SecretStr

from auth_service.app import create_app
from auth_service.config import ApiSettings
from backup.config import BackupSettings, RestoreSettings
from dashboard.app import create_server
from dashboard.config import Settings
from ingestion.config import IngestionSettings
from scripts.home import free_port
from tests.conftest import ROOT
from tests.house import markdown

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
# What it tells of was true when it was written; its links have to lead somewhere all the same.
OF_THEIR_TIME = {ROOT / "CHANGELOG.md"}
PRESENT = [page for page in PAGES if page not in OF_THEIR_TIME]
NOT_OURS = {".git", ".venv", ".venv-uv", "__pycache__", "site", "node_modules"}
API = "/api/v1"
BEGINNINGS = {"api", "auth", "health", "portfolio", "transactions", "tickers", "macro", "figures", "data"}
# Variables that other programs read.
OF_OTHERS = {"HTTPS_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}
MKDOCS = (str(Path(sys.executable).with_name("mkdocs")), "build", "--strict")  # with --quiet, warnings are not counted
# Where variables are read or set; in Python they are strings.
READ_IN = {
    r"[\"']([A-Z][A-Z0-9_]+)[\"']": (
        *(
            "scripts/*.py",
            "dags/**/*.py",
            "*/gunicorn.conf.py",
            "dbt/profiles.yml",
            "auth_service/metrics_listener.py",
            "*/config.py",
        ),
    ),
    r"(?:vars|secrets)\.([A-Z_]+)": (".github/workflows/*.yml",),
    r"^ *([A-Z][A-Z0-9_]+) ?\??[:=]|\$\{([A-Z0-9_]+)": (
        "docker-compose*.yml",
        ".env.example",
        "Makefile",
        "deploy/cloud-init.yaml",
    ),
}
ELSEWHERE = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?(?:https?:)?//|<link\b[^>]*\bhref=["']?(?:https?:)?//"""
    r"""|url\(["']?(?:https?:)?//|@import\s+["']?(?:https?:)?//"""
)


@dataclass(frozen=True)
class Kind:
    """One kind of names: how to find them in a text, and how to tell that one is right."""

    name: str
    named: Callable[[str], set[str]]
    exists: Callable[[str], bool]

    def wrong(self, text: str) -> set[str]:
        return {name for name in self.named(text) if not self.exists(name)}


def is_make_target(name: str) -> bool:
    return re.search(rf"^{re.escape(name)}:", (ROOT / "Makefile").read_text(), re.MULTILINE) is not None


def is_module(name: str) -> bool:
    """Whether `python -m` can run it."""
    try:
        found = find_spec(name)
        return found is not None and (found.submodule_search_locations is None or bool(find_spec(f"{name}.__main__")))
    except ModuleNotFoundError:
        return False


@cache
def our_files() -> frozenset[str]:
    """Every file and folder of the repository, with a slash before it."""
    found: set[str] = set()
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in NOT_OURS]
        found |= {f"/{(Path(folder) / name).relative_to(ROOT)}" for name in (*folders, *files)}
    return frozenset(found)


@cache
def rooms() -> set[str]:
    return {path.name for path in ROOT.iterdir() if path.is_dir() and path.name not in NOT_OURS}


def is_file(name: str) -> bool:
    """A path of the repository, or its end where that says enough."""
    if "*" in name:
        return any(ROOT.glob(name))
    return any(path.endswith(f"/{name.rstrip('/')}") for path in our_files())


@cache
def routes() -> frozenset[tuple[str, str]]:
    """Method and path of what the API and the dashboard answer, variable parts as braces; neither asks PostgreSQL."""
    key = SecretStr(secrets.token_urlsafe(48))
    settings = ApiSettings(
        postgres_port=free_port(), api_db_password=key, ingestion_db_password=key, jwt_secret_key=key
    )
    api = create_app(settings)
    api.extensions["database"].close()
    dashboard = create_server(Settings(dashboard_secret_key=key))
    rules = [rule for app in (api, dashboard) for rule in app.url_map.iter_rules()]
    known = {(method, rule.rule) for rule in rules for method in rule.methods or ()}
    known |= {("GET", page["path"]) for page in dash.page_registry.values()}
    # Dash takes any path whatever, and finds the page itself.
    return frozenset((method, re.sub(r"<[^>]*>", "{}", path)) for method, path in known if path != "/<path:path>")


def is_endpoint(named: str) -> bool:
    """A path, with or without what all of the API begin with, and its method. A path alone may be a beginning."""
    asked, _, path = named.rpartition(" ")
    path = re.sub(r"\{[^}]*\}|\$\w+", "{}", path).rstrip(".")
    answered = {route for method, route in routes() if asked in ("", method)}
    patterns = [re.escape(route).replace(re.escape("{}"), "[^/]+") for route in answered]
    if any(re.fullmatch(pattern, where) for pattern in patterns for where in (path, API + path)):
        return True
    return not asked and any(route.startswith(f"{path}/") for route in answered)


@cache
def known_tables() -> frozenset[str]:
    models = {path.stem for path in (ROOT / "dbt").rglob("*.sql")}
    migrations = "".join(path.read_text() for path in (ROOT / "migrations" / "versions").glob("*.py"))
    return frozenset(
        {"public.alembic_version", *models, *re.findall(r"create table ((?:bronze|public)\.\w+)", migrations)}
    )


def is_table(name: str) -> bool:
    if name[-1] in "*…":
        return any(table.startswith(name[:-1]) for table in known_tables())
    # `int_x.column` and a column that begins like a model are not told apart from one: the stem has to be known.
    return name in known_tables()


@cache
def known_variables() -> frozenset[str]:
    classes = (ApiSettings, BackupSettings, IngestionSettings, RestoreSettings, Settings)
    found = {field.upper() for settings in classes for field in settings.model_fields}
    for pattern, places in READ_IN.items():
        for path in {path for place in places for path in ROOT.glob(place)}:
            found |= {
                name
                for names in re.findall(pattern, path.read_text(), re.MULTILINE)
                for name in as_tuple(names)
                if name
            }
    return frozenset(found | airflows_variables())


def airflows_variables() -> set[str]:
    sections = yaml.safe_load((Path(airflow.__file__).parent / "config_templates" / "config.yml").read_text())
    return {f"AIRFLOW__{name}__{option}".upper() for name in sections for option in sections[name]["options"]}


def as_tuple(found: str | tuple[str, ...]) -> tuple[str, ...]:
    return (found,) if isinstance(found, str) else found


def is_variable(name: str) -> bool:
    if name.endswith("…"):
        return any(variable.startswith(name[:-1]) for variable in known_variables())
    return name in known_variables() or name in OF_OTHERS


KINDS = (
    Kind("make target", markdown.make_targets, is_make_target),
    Kind("module", markdown.modules, is_module),
    Kind("file", lambda text: markdown.files(text, rooms()), is_file),
    Kind("endpoint", lambda text: markdown.endpoints(text, BEGINNINGS), is_endpoint),
    Kind("table", markdown.tables, is_table),
    Kind("variable", markdown.variables, is_variable),
)
# Texts with a name that is right and one that is not; the kind stands before the dash.
TEXTS = {
    "make target": ("`make demo`, then `make tea`", "tea"),
    "module": ("`python -m backup create` and `python -m scripts.nothing`", "scripts.nothing"),
    "file": ("`docs/metrics.md` and `docs/nothing.md`", "docs/nothing.md"),
    "endpoint": ("`GET /portfolio/holdings` and `GET /portfolio/nothing`", "GET /portfolio/nothing"),
    "endpoint - method": ("`GET /figures` and `PUT /figures`", "PUT /figures"),
    "endpoint - page": ("`GET /ledger` and `GET /leger`", "GET /leger"),
    "endpoint - curl": ('```\ncurl "$API/tickers/VTI/prices?date=x" "$API/tickets"\n```', "/tickets"),
    "module - package": ("`python -m migrations` and `python -m dashboard`", "dashboard"),
    "file - end": ("`profiles.yml` and `profile.yml`", "profile.yml"),
    "table - schema": ("```sql\nselect from bronze.raw_prices, bronze.prices\n```", "bronze.prices"),
    "table - beginning": ("`bronze.raw_*` and `bronze.row_*`", "bronze.row_*"),
    "variable - beginning": ("`OIDC_…` and `ODIC_…`", "ODIC_…"),
    "variable - Airflow's": ("`AIRFLOW__METRICS__OTEL_ON` and `AIRFLOW__METRICS__OTEL`", "AIRFLOW__METRICS__OTEL"),
    "table": ("`gold_ticker_kpis` and `gold_nothing`", "gold_nothing"),
    "variable": ("`FRED_API_KEY` and `FRED_API_NOTHING`", "FRED_API_NOTHING"),
}


def dead_links(page: Path, text: str) -> set[str]:
    """Relative links that lead to no file, or to no heading of it."""
    dead = set()
    for link in markdown.links(text):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        inside = text if target == page else target.read_text() if target.suffix == ".md" and target.exists() else ""
        if not target.exists() or (anchor and anchor not in markdown.anchors(inside)):
            dead.add(link)
    return dead


def untrue_snippets(text: str) -> list[str]:
    """Files that do not have what a page quotes of them."""
    return [name for name, body in markdown.snippets(text) if body.rstrip() not in (ROOT / name).read_text()]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_a_page_names_is_there(kind: Kind) -> None:
    wrong = {page.name: found for page in PRESENT if (found := kind.wrong(page.read_text()))}
    assert wrong == {}
    assert any(kind.named(page.read_text()) for page in PRESENT)


@pytest.mark.parametrize("case", TEXTS)
def test_a_wrong_name_is_found(case: str) -> None:
    kind = next(kind for kind in KINDS if kind.name == case.partition(" - ")[0])
    text, wrong = TEXTS[case]

    assert kind.wrong(text) == {wrong}
    assert len(kind.named(text)) == 2


def test_every_kind_is_shown_to_fail() -> None:
    assert {case.partition(" - ")[0] for case in TEXTS} == {kind.name for kind in KINDS}


def test_the_picture_names_tables_that_are_there() -> None:
    written = re.findall(r">([^<>]+)<", (ROOT / "docs" / "architecture.svg").read_text())
    text = " ".join(f"`{' '.join(words.split())}`" for words in written if words.strip())

    assert "bronze.transactions" in markdown.tables(text)
    assert [name for name in markdown.tables(text) if not is_table(name)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    assert dead_links(page, page.read_text()) == set()


def test_a_dead_link_is_found() -> None:
    page = ROOT / "docs" / "index.md"
    right = "# Here\n\n[a](#here) [b](metrics.md) [c](operations.md#containers)"
    text = f"{right} [d](#there) [e](nothing.md) [f](metrics.md#nothing)"
    assert dead_links(page, text) == {"#there", "nothing.md", "metrics.md#nothing"}


def test_what_is_quoted_stands_in_its_file() -> None:
    quoting = ROOT / "docs" / "add_a_metric.md"
    assert untrue_snippets(quoting.read_text()) == []
    assert len(markdown.snippets(quoting.read_text())) > 10
    assert untrue_snippets('```make title="Makefile"\nnothing: like this\n```\n') == ["Makefile"]


def test_the_site_is_built_without_a_complaint_and_asks_nobody(tmp_path: Path) -> None:
    done = subprocess.run([*MKDOCS, "--site-dir", tmp_path], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    built = [path for path in tmp_path.rglob("*") if path.suffix in {".html", ".css"}]
    assert {path.stem for path in (ROOT / "docs").glob("*.md")} <= {path.stem for path in built}
    assert [path.name for path in built if ELSEWHERE.search(path.read_text())] == []
    assert ELSEWHERE.search('<script src="https://example.org/x.js"></script>')


@pytest.mark.parametrize("line", ["[a](nowhere.md)", "[b](metrics.md#nowhere)", "![c](nowhere.png)"])
def test_a_dead_link_stops_the_build_of_the_site(tmp_path: Path, line: str) -> None:
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    with (tmp_path / "docs" / "index.md").open("a") as page:
        page.write(f"\n{line}\n")

    done = subprocess.run(MKDOCS, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "nowhere" in done.stderr
