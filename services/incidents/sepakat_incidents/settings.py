"""Settings of the incidents service."""

from datetime import timedelta

from pydantic import Field, SecretStr

from sepakat_shared.settings import ServiceSettings


class IncidentsSettings(ServiceSettings):
    """`SEPAKAT_INCIDENTS_…`"""

    incidents_close_after: timedelta = Field(timedelta(hours=24), description="from resolved to closed, ISO 8601")
    incidents_secret_key: SecretStr | None = Field(
        None, min_length=32, description="signs the links to forms and reports; else one is made and kept"
    )
