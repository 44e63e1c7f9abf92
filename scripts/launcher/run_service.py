"""Become one service: `python -m scripts.launcher.run_service api` sets its environment and executes its command.

The supervisor starts services through this, so that no secret appears in a command line or in the supervisor's
settings.
"""

import os
import sys

from scripts.launcher.home import ROOT, Home
from scripts.launcher.services import SERVICES


def main() -> None:
    home = Home.from_environment()
    service = next(service for service in SERVICES if service.name == sys.argv[1])
    os.chdir(ROOT)
    os.execve(service.argv()[0], service.argv(), service.environment(home, home.remembered("sources.json")))


if __name__ == "__main__":
    main()
