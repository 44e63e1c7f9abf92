"""Macro series: fetched and loaded with every vintage."""
