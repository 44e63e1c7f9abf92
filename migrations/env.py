"""Alembic's environment: connects as the owner and runs the whole upgrade in one transaction."""

from alembic import context
from sqlalchemy import URL, NullPool, create_engine, text

from migrations.config import MigrationSettings

settings = MigrationSettings()
engine = create_engine(
    URL.create(
        "postgresql+psycopg",
        username="macrofolio_owner",
        password=settings.owner_db_password.get_secret_value(),
        host=settings.postgres_host,
        port=settings.postgres_port,
        database=settings.postgres_db,
    ),
    poolclass=NullPool,
)

with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        # Two migrations started at once take turns; the second finds nothing to do.
        connection.execute(text("select pg_advisory_xact_lock(hashtext('macrofolio migrations'))"))
        context.run_migrations()
        # The API's readiness check asks for the last migration.
        if context.get_context().get_current_heads():
            connection.execute(text("grant select on public.alembic_version to macrofolio_api"))
