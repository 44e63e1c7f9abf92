"""Prices, corporate actions and assets by ticker: fetched, judged, landed."""
