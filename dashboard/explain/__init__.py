"""The drawer that explains a number."""
