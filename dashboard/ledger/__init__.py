"""The page on what was bought and sold."""
