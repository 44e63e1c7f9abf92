"""Shared by tests of several rooms: databases, services, markets, providers."""
