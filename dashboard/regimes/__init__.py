"""The page on the macro regimes, and what was earned in each."""
