"""The page on prices and macro series: how complete and how fresh."""
