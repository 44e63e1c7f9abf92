"""The migration history of the bronze and public schemas, the roles and their grants (Alembic)."""
