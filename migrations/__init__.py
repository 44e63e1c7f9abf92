"""The one history of the schemas bronze and public, of the roles and of their grants (Alembic)."""
