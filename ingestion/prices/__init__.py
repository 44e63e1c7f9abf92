"""Prices, corporate actions and assets by ticker: fetched, checked, loaded."""
