"""Which tests run together in one process, in what order they start, and which a quick run leaves out."""

from xdist.scheduler import LoadScopeScheduling

# Slow fixtures (a platform, a service, a warehouse) are made once per unit. A unit is a folder or some modules; every
# other module is its own unit. The longest start first, so that all processes finish together.
UNITS: dict[str, tuple[str, ...]] = {
    "stack": ("tests/stack/",),
    "browser": ("tests/browser/",),
    "ledger model": ("tests/auth_service/ledger/test_ledger_model.py",),
    "rebuilds": ("tests/dbt/test_rebuilds.py",),
    "one state": ("tests/dbt/test_one_state.py",),
    "description": ("tests/auth_service/http/test_openapi.py",),
    "faults": ("tests/security/test_faults.py",),
    "figures": ("tests/auth_service/figures/test_figures.py",),
    "security": ("tests/security/",),
    "changes": ("tests/dbt/test_changes.py",),
    "warehouse": (
        *("tests/dbt/test_access.py", "tests/dbt/test_effects.py", "tests/dbt/test_exposures.py"),
        *("tests/dbt/test_figures.py", "tests/dbt/test_hostile_ledgers.py", "tests/dbt/test_lineage.py"),
        *("tests/dbt/test_random_ledgers.py", "tests/dbt/test_stories.py", "tests/dbt/test_unit_tests.py"),
    ),
    "simulation": ("tests/dbt/test_simulation.py",),
    "overlap": ("tests/dbt/test_overlap.py",),
    "vendor data": ("tests/dbt/test_vendor_data.py",),
    "windows": ("tests/dbt/test_windows.py",),
    "DAGs": ("tests/dags/",),
}
# The whole platform and the browser, and tests that repeat, kill or wait for long.
SLOW = (
    *(
        "tests/stack/",
        "tests/browser/",
        "tests/backup/",
        "tests/scripts/test_supervision.py",
        "tests/migrations/test_upgrades.py",
    ),
    *("tests/dags/test_hanging_model.py", "tests/deploy/test_secrets.py"),
    "tests/deploy/test_images.py::test_the_installation_of_an_image_carries_its_service",
    *("tests/security/test_brute_force.py", "tests/security/test_faults.py"),
    *(f"tests/auth_service/figures/test_{name}.py" for name in ("ranges", "figures", "provenance")),
    "tests/auth_service/ledger/test_ledger_model.py",
    *(f"tests/auth_service/http/test_{name}.py" for name in ("openapi", "service")),
    *(
        f"tests/dbt/test_{name}.py"
        for name in (
            *("changes", "comparisons", "days", "elapsed_time", "figures", "macro", "one_state", "overlap", "rebuilds"),
            *("simulation", "vendor_data", "windows"),
        )
    ),
)


def unit_of(nodeid: str) -> str:
    module = nodeid.partition("::")[0]
    return next((unit for unit, beginnings in UNITS.items() if module.startswith(beginnings)), module)


def place(nodeid: str) -> int:
    """The unit's place in the starting order."""
    return list(UNITS).index(unit) if (unit := unit_of(nodeid)) in UNITS else len(UNITS)


class InUnits(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Gives a process one unit after another."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)
