"""The settings page: portfolio options and the account."""
