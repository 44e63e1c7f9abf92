"""Trades from files: our own CSV, exports of other tools and brokers, and any CSV with mapped columns."""
