"""Views parse, call one function, and return data."""
