"""Settings of the API, from the environment alone; nothing secret has a default."""

from datetime import timedelta
from urllib.parse import urlsplit

from psycopg.conninfo import make_conninfo
from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

APPLICATION = "macrofolio-api"
STATEMENT_TIMEOUT = timedelta(seconds=15)
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class ApiSettings(BaseSettings):
    """Read once when a worker starts; a missing or short secret stops the start."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    postgres_host: str = "127.0.0.1"
    postgres_port: int = 5433
    postgres_db: str = "macrofolio"
    api_db_password: SecretStr = Field(min_length=16)
    jwt_secret_key: SecretStr = Field(min_length=32)

    api_host: str = "127.0.0.1"
    api_port: int = 8000
    api_workers: int = Field(default=2, ge=1)
    # Many threads, as some wait for a hash or a provider while others answer; fewer connections, as queries are short.
    api_threads: int = Field(default=32, ge=1)
    api_connections: int = Field(default=10, ge=1)  # of each worker
    api_started: str = (
        ""  # told by the server, alike to all its workers: what it computed is not what the next one does
    )
    trusted_proxies: int = Field(default=0, ge=0)  # how many X-Forwarded-For hops are ours

    access_token_lifetime: timedelta = timedelta(minutes=15)
    refresh_token_lifetime: timedelta = timedelta(days=30)  # from the last refresh on
    session_lifetime: timedelta = timedelta(days=90)  # from the login on, however often it is refreshed
    refresh_grace: timedelta = timedelta(seconds=10)
    request_body_limit: int = 2 * 1024 * 1024  # bytes
    import_body_limit: int = 8 * 1024 * 1024  # bytes: as many rows as JSON, which takes some 400 for each
    import_row_limit: int = 20_000

    # Sign-in through one OpenID Connect provider: off unless all but the name are given.
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_redirect_uri: str = ""
    oidc_name: str = "single sign-on"

    @property
    def offers_oidc(self) -> bool:
        """True when people may sign in through another provider."""
        return bool(self.oidc_issuer)

    @model_validator(mode="after")
    def oidc_is_set_as_a_whole(self) -> "ApiSettings":
        secret = self.oidc_client_secret.get_secret_value()
        given = (self.oidc_issuer, self.oidc_client_id, secret, self.oidc_redirect_uri)
        if any(given) and not all(given):
            raise ValueError("set OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET and OIDC_REDIRECT_URI, or none")
        for name, url in (("OIDC_ISSUER", self.oidc_issuer), ("OIDC_REDIRECT_URI", self.oidc_redirect_uri)):
            if url and urlsplit(url).scheme != "https" and urlsplit(url).hostname not in LOOPBACK:
                raise ValueError(f"{name} has to begin with https://")
        return self

    @property
    def conninfo(self) -> str:
        """Where and as whom the API logs in to PostgreSQL."""
        return make_conninfo(
            host=self.postgres_host,
            port=self.postgres_port,
            dbname=self.postgres_db,
            user="macrofolio_api",
            password=self.api_db_password.get_secret_value(),
            application_name=APPLICATION,
            connect_timeout=3,
            options=f"-c statement_timeout={STATEMENT_TIMEOUT // timedelta(milliseconds=1)} -c timezone=UTC",
        )
