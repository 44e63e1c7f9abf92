"""The launcher: `python -m scripts.launcher.stack up`, or another of COMMANDS, which the Makefile calls."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import httpx

from scripts.demo import portfolio
from scripts.demo.sample_data import build as build_sample_data
from scripts.launcher import backups
from scripts.launcher.deaths import Deaths, known_deaths
from scripts.launcher.embedded_postgres import PostgresError
from scripts.launcher.home import ROOT, Home, LauncherError
from scripts.launcher.services import (
    AIRFLOW_MIGRATE,
    BUILD_MODELS,
    DBT_TARGETS,
    DOCUMENT_MODELS,
    MIGRATE,
    SERVICES,
    SIGN_IN_FILE,
    SIGN_IN_SETTINGS,
    SOURCE_SETTINGS,
    Service,
)
from scripts.launcher.supervision import Supervisor, stack_programs

LIVE_SOURCES = {"PRICE_SOURCE": "yahoo", "MACRO_SOURCE": "fred"}
PATIENCE_SECONDS = 180.0
DOCS_PATH = "/cosmos/macrofolio/dbt_docs_index.html"


def up(home: Home) -> None:
    """Start every service on live data, and print where they answer."""
    sources = LIVE_SOURCES | _given(SOURCE_SETTINGS)
    with _stopped_on_failure(home):
        _start(home, sources)
    _print_addresses(home)


def run_demo(home: Home) -> None:
    """Start every service on the sample data, enter the demo's trades, and wait until the marts hold them."""
    with _stopped_on_failure(home):
        if not home.sample_data.exists():
            with _step("Build the sample data from its packages"):
                home.make_folders()
                build_sample_data(home.sample_data)
        files = {"PRICE_SOURCE": "files", "MACRO_SOURCE": "files", "FILES_SOURCE_DIR": str(home.sample_data)}
        _start(home, files)
        portfolio.fill(home, _step)
    _print_addresses(home)


def down(home: Home) -> None:
    """Stop the stack and all its processes."""
    Supervisor(home).stop()
    print(f"Macrofolio is stopped. Its data stays in {home.folder}.")


def status(home: Home) -> None:
    """Print what runs and how often it died; exit code 1 if something is not running."""
    supervisor = Supervisor(home)
    if not supervisor.runs():
        raise LauncherError(f"Macrofolio is not running (data in {home.folder}). Start it with make demo or make up.")
    states, deaths = supervisor.states(), known_deaths(home)
    for name, state in states.items():
        known = deaths.get(name, Deaths())
        print(f"{name:24} {state:10} deaths: {known.total}")
        if known.given_up and state != "RUNNING":
            print(f"    {known.given_up}")
    _print_addresses(home)
    if missing := sorted(name for name, state in states.items() if state != "RUNNING"):
        raise LauncherError(f"Not running: {', '.join(missing)}. See the logs in {home.logs}.")


def logs(home: Home) -> None:
    """Follow every log until interrupted."""
    files = sorted(home.logs.glob("*.log"))
    if not files:
        raise LauncherError(f"No logs in {home.logs} yet. Start the stack with make demo or make up.")
    with contextlib.suppress(KeyboardInterrupt):
        subprocess.run(["tail", "-n", "20", "-F", *map(str, files)], check=False)  # noqa: S607  # POSIX


def reset(home: Home) -> None:
    """Stop the stack and delete its state, after asking unless YES=1."""
    if os.environ.get("YES") != "1":
        answer = input(f"Delete the database, logs and logins in {home.folder}? [y/N] ")
        if answer.strip().lower() not in {"y", "yes"}:
            raise LauncherError("Nothing was deleted.")
    Supervisor(home).stop()
    for folder in (home.postgres.folder, home.folder):
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{home.folder} is gone.")


def admin(home: Home) -> None:
    """Manage accounts and registration."""
    _run_as_the_api(home, "auth_service.admin")


def confirm(home: Home) -> None:
    """Load an item that waits in quarantine."""
    _run_as_the_api(home, "ingestion.confirm")


def _run_as_the_api(home: Home, module: str) -> None:
    """Run a command line with the API's environment, and exit with its exit code."""
    if not Supervisor(home).runs():
        raise LauncherError(f"Macrofolio is not running (data in {home.folder}). Start it with make demo or make up.")
    api = next(service for service in SERVICES if service.name == "api")
    environment = api.environment(home, home.remembered("sources.json"))
    done = subprocess.run([sys.executable, "-m", module, *sys.argv[2:]], env=environment, cwd=ROOT, check=False)
    sys.exit(done.returncode)


def _given(names: Iterable[str]) -> dict[str, str]:
    return {name: os.environ[name] for name in names if os.environ.get(name)}


def _start(home: Home, sources: Mapping[str, str]) -> None:
    supervisor = Supervisor(home)
    supervisor.stop()  # left by a killed launcher or supervisor
    home.refuse_taken_ports()
    home.make_folders()
    home.write_logins()
    home.remember("sources.json", sources)
    home.remember(SIGN_IN_FILE, _given(SIGN_IN_SETTINGS))
    with _step("Start PostgreSQL"):
        home.postgres.initialise(home.secrets["POSTGRES_PASSWORD"])
        supervisor.start(stack_programs(home))
        _wait_for("PostgreSQL", home, supervisor, home.postgres.answers)
    with _step("Migrate the database and Airflow's metadata"):
        _run(home, MIGRATE)
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda step: _run(home, step), (AIRFLOW_MIGRATE, BUILD_MODELS)))
    with _step("Start the API, the dashboard and Airflow"):
        for service in SERVICES:
            supervisor.start_service(service.name)
        _document_models(home)  # takes less time than Airflow's start
        for service in SERVICES:
            _wait_for(service.name, home, supervisor, _service_answers(home, supervisor, service))


def _document_models(home: Home) -> None:
    """Build the model docs from what dbt parsed for the build: parsing again would take half of the time."""
    folder = home.folder / DBT_TARGETS[DOCUMENT_MODELS]
    folder.mkdir(exist_ok=True)
    shutil.copy(home.folder / DBT_TARGETS[BUILD_MODELS] / "partial_parse.msgpack", folder)
    _run(home, DOCUMENT_MODELS)


def _run(home: Home, step: Service) -> None:
    log = home.logs / f"{step.name}.log"
    with log.open("ab") as output:
        done = subprocess.run(
            step.argv(), env=step.environment(home, {}), cwd=ROOT, stdout=output, stderr=output, check=False
        )
    if done.returncode != 0:
        raise LauncherError(f"The step {step.name} failed with exit code {done.returncode}. See {log}")


def _wait_for(name: str, home: Home, supervisor: Supervisor, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not ready():
        if sentence := known_deaths(home).get(name, Deaths()).given_up:
            raise LauncherError(sentence)
        state = supervisor.states().get(name, "")
        if state == "FATAL" or time.monotonic() > deadline:
            raise LauncherError(f"{name} did not start (state {state or 'unknown'}). See {home.logs / name}.log")
        time.sleep(0.1)


def _service_answers(home: Home, supervisor: Supervisor, service: Service) -> Callable[[], bool]:
    def ready() -> bool:
        if not service.port:
            return supervisor.states()[service.name] == "RUNNING"
        try:
            return httpx.get(home.url(service.port) + service.health, trust_env=False).is_success
        except httpx.HTTPError:
            return False

    return ready


@contextlib.contextmanager
def _stopped_on_failure(home: Home) -> Iterator[None]:
    """Refuse a second start; stop everything again if the start fails or is interrupted."""
    if Supervisor(home).runs():
        print(f"Macrofolio is already running from {home.folder}.")
        _print_addresses(home)
        sys.exit(0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        yield
    except BaseException:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # an impatient second Ctrl-C must not leave half a stack
        Supervisor(home).stop()
        raise


@contextlib.contextmanager
def _step(sentence: str) -> Iterator[None]:
    """Print one step and how long it took."""
    print(f"  {sentence} …", end=" ", flush=True)
    started = time.monotonic()
    yield
    print(f"{time.monotonic() - started:.1f} s", flush=True)


def _print_addresses(home: Home) -> None:
    logins = home.remembered("logins.json")
    is_demo = home.remembered("sources.json").get("FILES_SOURCE_DIR") == str(home.sample_data)
    person = "{email} / {password}".format(**logins["demo"]) if is_demo else "register there"
    rows = [
        ("Dashboard", home.url("DASHBOARD_PORT"), person),
        ("API", home.url("API_PORT") + "/docs", ""),
        ("Airflow", home.url("AIRFLOW_PORT"), "{user} / {password}".format(**logins["airflow"])),
        ("dbt docs", home.url("AIRFLOW_PORT") + DOCS_PATH, ""),
        ("PostgreSQL", f"127.0.0.1:{home.ports['POSTGRES_PORT']}", f"see {home.folder / 'logins.json'}"),
    ]
    print()
    for name, address, login in rows:
        print(f"  {name:11} {address:64} {login}")
    print("\n  make status · make logs · make down")


COMMANDS = {
    "up": up,
    "demo": run_demo,
    "down": down,
    "status": status,
    "logs": logs,
    "reset": reset,
    "admin": admin,
    "confirm": confirm,
    "backup": backups.back_up,
    "restore": backups.restore,
}


def main() -> None:
    try:
        home = Home.from_environment()
        home.refuse_foreign_files()
        COMMANDS[sys.argv[1]](home)
    except KeyboardInterrupt:
        sys.exit("\nInterrupted. Everything that had started was stopped.")
    except (LauncherError, PostgresError) as error:
        sys.exit(f"\n{error}")


if __name__ == "__main__":
    main()
