"""The ledger page: purchases and sales."""
