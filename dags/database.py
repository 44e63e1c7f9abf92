"""The platform's database, as the DAGs reach it: with dbt's rights."""

import os
from typing import Any


def address() -> dict[str, Any]:
    """What psycopg needs to connect."""
    return {
        "host": os.environ["POSTGRES_HOST"],
        "port": int(os.environ["POSTGRES_PORT"]),
        "dbname": os.environ["POSTGRES_DB"],
        "user": "macrofolio_dbt",
        "password": os.environ["DBT_DB_PASSWORD"],
        "connect_timeout": 5,
    }
