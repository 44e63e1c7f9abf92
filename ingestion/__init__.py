"""Fetches outside data (prices, corporate actions, assets, macro series) and lands it in bronze."""
