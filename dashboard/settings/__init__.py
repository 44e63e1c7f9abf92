"""The page on how a portfolio is counted, and on the account."""
