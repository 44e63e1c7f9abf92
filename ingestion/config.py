"""Settings of ingestion: the database, and where prices and macro series come from."""

import os
import re
import tempfile
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class IngestionSettings(BaseSettings):
    """Read from the environment, secrets also from files in SECRETS_DIR; errors name missing or malformed settings."""

    # Errors name the variable, never its value, which may be a password.
    model_config = SettingsConfigDict(
        hide_input_in_errors=True, env_ignore_empty=True, secrets_dir=os.environ.get("SECRETS_DIR")
    )

    postgres_host: str = "127.0.0.1"
    postgres_port: int = 5433
    postgres_db: str = "macrofolio"
    ingestion_db_password: SecretStr = Field(min_length=16)
    price_source: Literal["yahoo", "files"] = "yahoo"
    macro_source: Literal["fred", "files"] = "fred"
    files_source_dir: Path | None = None
    fred_api_key: SecretStr | None = None
    # yfinance keeps cookies and time zones here.
    yahoo_cache_dir: Path = Path(tempfile.gettempdir()) / "macrofolio-yahoo"

    @field_validator("files_source_dir", "fred_api_key", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("fred_api_key")
    @classmethod
    def _looks_like_a_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and not re.fullmatch("[a-z0-9]{32}", key.get_secret_value()):
            raise ValueError("FRED_API_KEY must be the 32 lowercase letters and digits that FRED gave you.")
        return key

    @model_validator(mode="after")
    def _files_need_a_folder(self) -> Self:
        if "files" in (self.price_source, self.macro_source) and self.files_source_dir is None:
            raise ValueError("The files source needs FILES_SOURCE_DIR: the folder that holds prices/ and macro/.")
        return self
