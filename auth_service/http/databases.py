"""The running application's databases: views get them here and pass them to the rules."""

from flask import Flask, current_app

from auth_service.config import ApiSettings
from auth_service.database import Database, Watch
from auth_service.http import metrics, request_log

WATCH = Watch(request_log.time_of_the_database, metrics.waiting_for_connection, metrics.connection_in_use)


def connect(app: Flask, settings: ApiSettings) -> None:
    """Give the application its databases, with their use measured."""
    app.extensions["database"] = Database(settings.conninfo, settings.api_connections, WATCH)
    app.extensions["marts"] = Database(settings.marts_conninfo, settings.api_connections, WATCH)


def database() -> Database:
    """Identities and the ledger."""
    pool: Database = current_app.extensions["database"]
    return pool


def marts() -> Database:
    """The models' tables, with a login that sees no identities and can't write."""
    pool: Database = current_app.extensions["marts"]
    return pool


def close(app: Flask) -> None:
    """Close all of an application's connections."""
    for name in ("database", "marts"):
        app.extensions[name].close()
