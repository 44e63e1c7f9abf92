"""Trades: their rules, their history, and importing and exporting them as files."""
