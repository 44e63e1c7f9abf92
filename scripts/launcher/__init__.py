"""Runs the platform on one machine: services, PostgreSQL, supervision, state."""
