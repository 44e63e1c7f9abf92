"""The HTTP API as Python calls, and the sessions it answers for."""
