"""Checks for every commit and for releases."""
