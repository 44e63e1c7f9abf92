"""The page on macro regimes and the returns in each."""
