"""The page on where entries are kept, and what cash is there."""
