"""Bronze in the database: what is stored, what was refused, and the outcome of each fetch."""
