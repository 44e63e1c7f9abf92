"""The API's settings, from the environment or files in SECRETS_DIR; secrets have no defaults."""

import os
import sys
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from psycopg.conninfo import make_conninfo
from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from auth_service.secret_rules import secret_of
from ingestion.config import IngestionSettings

APPLICATION = "macrofolio-api"
ADVICE = "Set it to the output of: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"

Password = Annotated[SecretStr, AfterValidator(secret_of(16))]
Key = Annotated[SecretStr, AfterValidator(secret_of(32))]
LOOPBACK = ["127.0.0.1", "localhost", "::1"]


class ApiSettings(BaseSettings):
    """Read once when a worker starts; a missing, short or well-known secret stops the start."""

    model_config = SettingsConfigDict(
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        env_ignore_empty=True,
        secrets_dir=os.environ.get("SECRETS_DIR"),
    )

    postgres_host: str = "127.0.0.1"
    postgres_port: int = 5433
    postgres_db: str = "macrofolio"
    api_db_password: Password
    reader_db_password: Password  # for the role that reads the models' tables, but no identities
    ingestion_db_password: Password  # for the role that stores an unseen ticker's history, in this process too
    jwt_secret_key: Key

    api_host: str = "127.0.0.1"
    api_port: int = 8000
    api_metrics_host: str = "127.0.0.1"
    api_metrics_port: int | None = None  # unset: no metrics
    api_workers: int = Field(default=2, ge=1)
    # Many threads, because some wait for a hash or a provider; fewer connections, because queries are short.
    api_threads: int = Field(default=32, ge=1)
    api_connections: int = Field(default=10, ge=1)  # per worker
    api_started: str = ""  # the server's start, shared by its workers: another start may compute differently
    api_documents_size: int = Field(default=32 * 1024 * 1024, ge=0)  # bytes of figures each worker caches
    api_imports: int = Field(default=4, ge=1)  # files each worker reads at once, up to 150 MB of memory each
    api_imports_of_one: int = Field(default=2, ge=1)  # of these, for one user
    api_statement_seconds: int = Field(default=15, ge=1)  # the longest a query may take
    api_lock_seconds: int = Field(default=10, ge=1)  # the longest a writer waits for another
    trusted_proxies: int = Field(default=0, ge=0)  # how many X-Forwarded-For hops are our own

    access_token_lifetime: timedelta = timedelta(minutes=15)
    refresh_token_lifetime: timedelta = timedelta(days=30)  # since the last refresh
    session_lifetime: timedelta = timedelta(days=90)  # since the login, however often it is refreshed
    refresh_grace: timedelta = timedelta(seconds=10)
    request_body_limit: int = 1024 * 1024  # bytes
    import_body_limit: int = 8 * 1024 * 1024  # bytes: enough for the maximum rows as JSON, at about 400 each
    import_row_limit: int = 20_000

    # Sign-in through one OpenID Connect provider: off unless all of these but the name are set.
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_redirect_uri: str = ""
    oidc_name: str = "single sign-on"

    @property
    def offers_oidc(self) -> bool:
        """True when people may sign in through a provider."""
        return bool(self.oidc_issuer)

    @model_validator(mode="after")
    def oidc_is_set_as_a_whole(self) -> "ApiSettings":
        """Raise ValueError for an incomplete provider, or one without TLS that isn't on this machine."""
        secret = self.oidc_client_secret.get_secret_value()
        given = (self.oidc_issuer, self.oidc_client_id, secret, self.oidc_redirect_uri)
        if any(given) and not all(given):
            raise ValueError("set OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET and OIDC_REDIRECT_URI, or none")
        for name, url in (("OIDC_ISSUER", self.oidc_issuer), ("OIDC_REDIRECT_URI", self.oidc_redirect_uri)):
            if url and urlsplit(url).scheme != "https" and urlsplit(url).hostname not in LOOPBACK:
                raise ValueError(f"{name} must start with https://")
        return self

    @property
    def trusted_hosts(self) -> list[str] | None:
        """Allowed values of the Host header; any value behind a proxy, which knows its own names.

        If a page elsewhere points its name at 127.0.0.1, the browser reaches this machine but still sends the page's
        name.
        """
        is_reached_by_loopback = self.api_host in LOOPBACK and not self.trusted_proxies
        return [*LOOPBACK, "[::1]"] if is_reached_by_loopback else None

    @property
    def conninfo(self) -> str:
        """Connection string for identities and the ledger, with the API's role."""
        return self._conninfo("macrofolio_api", self.api_db_password)

    @property
    def marts_conninfo(self) -> str:
        """Connection string for the models' tables: a role with nothing to lose runs whatever code they contain."""
        return self._conninfo("macrofolio_reader", self.reader_db_password)

    def _conninfo(self, role: str, password: SecretStr) -> str:
        """Includes how the role's queries are planned, and how long they may take."""
        settings = {
            "statement_timeout": f"{self.api_statement_seconds}s",
            "lock_timeout": f"{self.api_lock_seconds}s",
            # No request waits for anything else inside a transaction: an idle one belongs to a hung thread.
            "idle_in_transaction_session_timeout": f"{2 * self.api_statement_seconds}s",
            # A user's few rows are in memory, in index order: read this way, they need no sort.
            "random_page_cost": "1.1",
            "timezone": "UTC",
        }
        return make_conninfo(
            host=self.postgres_host,
            port=self.postgres_port,
            dbname=self.postgres_db,
            user=role,
            password=password.get_secret_value(),
            application_name=APPLICATION,
            connect_timeout=3,
            # A host that vanished sends nothing: without these, a request would wait hours for its answer.
            tcp_user_timeout=20_000,
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=2,
            options=" ".join(f"-c {name}={value}" for name, value in settings.items()),
        )


def settings_from_environment() -> ApiSettings:
    """The settings; exits with one line per wrong variable, without its value."""
    try:
        settings = ApiSettings()
        IngestionSettings()  # this process fetches unseen tickers: report a wrong setting now, not then
    except ValidationError as error:
        sys.exit("\n".join(_sentence(*problem) for problem in _problems(error)))
    return settings


def _problems(error: ValidationError) -> list[tuple[str, str]]:
    return [
        (
            ".".join(str(part) for part in problem["loc"]).upper(),
            "is missing" if problem["type"] == "missing" else problem["msg"].removeprefix("Value error, "),
        )
        for problem in error.errors(include_input=False, include_url=False)
    ]


def _sentence(variable: str, reason: str) -> str:
    said = f"{variable} {reason[0].lower()}{reason[1:]}" if variable else reason
    is_secret = ApiSettings.model_fields.get(variable.lower()) and variable.endswith(("PASSWORD", "KEY"))
    return f"The API does not start: {said.rstrip('.')}.{' ' + ADVICE if is_secret else ''}"
