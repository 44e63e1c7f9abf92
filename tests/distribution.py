"""Which tests stay together in one process, and in what order they begin, when `pytest -n` starts several."""

from xdist.scheduler import LoadScopeScheduling

# What is slow to make is made once for all tests of a unit: a platform, a service, a warehouse. A unit is a folder or
# some of its modules; every other module is a unit of its own. The longest begin first, so that all processes end at
# about the same time.
UNITS: dict[str, tuple[str, ...]] = {
    "stack": ("tests/stack/",),
    "browser": ("tests/browser/",),
    "security": ("tests/security/",),
    "auth_service": ("tests/auth_service/",),
}


def unit_of(nodeid: str) -> str:
    module = nodeid.partition("::")[0]
    return next((unit for unit, beginnings in UNITS.items() if module.startswith(beginnings)), module)


def place(nodeid: str) -> int:
    """Where the test's unit stands in the order of beginning."""
    return list(UNITS).index(unit) if (unit := unit_of(nodeid)) in UNITS else len(UNITS)


class InUnits(LoadScopeScheduling):
    """Gives a process one unit after the other."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)
