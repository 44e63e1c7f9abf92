"""Bronze in the database: what is stored, what was refused, what each fetch came to."""
