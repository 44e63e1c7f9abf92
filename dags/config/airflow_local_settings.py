"""Airflow reads this in each of its processes.

The scheduler forks a process for every task. With dbt and Cosmos imported before the fork a task starts in a fraction
of the time, and the imported code's memory is shared.
"""

import gc
import sys

if "scheduler" in sys.argv[:2]:
    import airflow.sdk  # noqa: F401  # before cosmos: the import is circular otherwise
    import dbt.adapters.postgres
    import dbt.cli.main  # noqa: F401

    gc.freeze()  # a collection in the child would copy the pages it touches
