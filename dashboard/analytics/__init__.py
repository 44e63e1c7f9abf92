"""The analytics page: value, returns and risk."""
