"""Health check for a container without a port: `python dags/config/heartbeat.py scheduler` fails without a heartbeat.

Asks the API server, which knows the heartbeats. `airflow jobs check` reads them itself, but costs three seconds of
processor time each time.
"""

import json
import os
import sys
from urllib.parse import urljoin
from urllib.request import urlopen

address = urljoin(os.environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"], "/api/v2/monitor/health")
with urlopen(address, timeout=10) as reply:  # noqa: S310  # the address is our own setting
    state = json.load(reply)[sys.argv[1]]
if state["status"] != "healthy":
    sys.exit(f"{sys.argv[1]}: {state}")
