"""The page on worth, returns and risk."""
