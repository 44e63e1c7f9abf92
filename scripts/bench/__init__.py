"""Measures what we promise: `make bench`."""
