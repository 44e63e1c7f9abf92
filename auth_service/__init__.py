"""The only door to the platform's data: identity, the ledger, and portfolio JSON over HTTP."""
