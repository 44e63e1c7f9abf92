"""The HTTP API as Python calls, and whose answers they are."""
