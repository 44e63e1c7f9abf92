"""Dumps of the platform's database, complete or not at all, and restoring them (`python -m backup`)."""
