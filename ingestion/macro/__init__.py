"""Macro series: fetched and landed, every vintage of them."""
