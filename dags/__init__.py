"""When each part runs: Airflow DAGs, wiring only."""
