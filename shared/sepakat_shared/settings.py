"""Settings of every service, from `SEPAKAT_*` variables; an unknown or impossible one stops the start."""

import os
import sys
from typing import Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """What it takes to reach the servers and to be reached."""

    model_config = SettingsConfigDict(env_prefix="SEPAKAT_", extra="ignore", frozen=True)

    backend: Literal["embedded", "native", "docker", "external"] = Field(
        "external", description="which kind of servers these are; only named in logs and health"
    )
    kafka: str = Field(description="bootstrap servers, `host:port[,host:port…]`")
    mongo: str = Field(description="MongoDB connection string")
    mongo_driver: Literal["pymongo", "motor"] = Field("pymongo", description="the database driver")
    mongo_database_prefix: str = Field("sepakat", description="each service's database is `<prefix>_<service>`")
    http_host: str = Field("127.0.0.1", description="address to listen on")
    http_port: int = Field(8000, ge=0, le=65535, description="port to listen on")
    public_url: str = Field("http://127.0.0.1:8000", description="where people and systems reach this service")
    max_body_bytes: int = Field(5 * 1024 * 1024, ge=1024, description="largest request body that is read")
    admin_key: SecretStr | None = Field(None, description="the first administrator's API key, for `sepakat init`")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="least severity logged")


S = TypeVar("S", bound=ServiceSettings)

_OWNERS = ("AGREEMENTS", "METRICS", "INCIDENTS", "NOTIFIER", "CONSOLE", "CLI", "TEST")


def load(settings: type[S], service: str) -> S:
    """Read `settings` from the environment, or end the process with one sentence a field.

    A service's own settings begin with `SEPAKAT_<SERVICE>_`; those of other services may stand in the same environment.
    Any other unknown name is refused, since it is nearly always a misspelling.
    """
    known = {f"SEPAKAT_{name.upper()}" for name in settings.model_fields}
    others = tuple(f"SEPAKAT_{owner}_" for owner in _OWNERS if owner != service.upper())
    for name in sorted(os.environ):
        if name.startswith("SEPAKAT_") and name not in known and not name.startswith(others):
            sys.exit(f"{name} is not a setting of {service}; known are: {', '.join(sorted(known))}")
    try:
        return settings()
    except ValidationError as error:
        sys.exit("; ".join(f"SEPAKAT_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors()))
