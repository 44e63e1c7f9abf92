"""Dumps of the platform's database, taken whole or not at all, and the way back from one (`python -m backup`)."""
