"""The Airflow DAGs: when each part runs. Wiring only."""
