"""The data page: how complete and fresh prices and macro series are."""
