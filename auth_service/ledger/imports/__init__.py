"""Trades out of files: of our own CSV, of other tools' and brokers' exports, and of any CSV whose columns are named."""
