"""The dashboard's settings, from the environment; the secret may be a file in SECRETS_DIR instead."""

import os

from pydantic import Field, HttpUrl, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]


class Settings(BaseSettings):
    """The secret has no default: without one the dashboard refuses to start."""

    model_config = SettingsConfigDict(
        hide_input_in_errors=True, env_ignore_empty=True, secrets_dir=os.environ.get("SECRETS_DIR")
    )

    dashboard_secret_key: SecretStr = Field(min_length=32)
    api_url: HttpUrl = HttpUrl("http://127.0.0.1:8000")
    session_days: float = Field(default=7, gt=0)
    dashboard_host: str = "127.0.0.1"
    dashboard_trusted_proxies: int = Field(default=0, ge=0)  # how many of our own proxies set X-Forwarded-*

    @property
    def trusted_hosts(self) -> list[str] | None:
        """Allowed values of the Host header; any value behind a proxy, which knows its own names.

        If a page elsewhere points its name at 127.0.0.1, the browser reaches this machine but still sends the page's
        name.
        """
        is_reached_by_loopback = self.dashboard_host in LOOPBACK and not self.dashboard_trusted_proxies
        return LOOPBACK if is_reached_by_loopback else None

    @property
    def api_base_url(self) -> str:
        """The API's versioned root, without a trailing slash."""
        return f"{str(self.api_url).rstrip('/')}/api/v1"
