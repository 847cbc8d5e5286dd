"""Settings of the metrics service."""

from pydantic import Field, SecretStr

from sepakat_shared.settings import ServiceSettings


class MetricsSettings(ServiceSettings):
    """`SEPAKAT_METRICS_…`"""

    metrics_flush_ms: int = Field(250, ge=10, le=60_000, description="longest time between two checkpoints")
    metrics_batch: int = Field(5_000, ge=1, description="most records taken from the topic at once")
    metrics_horizon: int = Field(1_000_000, ge=1_000, description="offsets of a partition in which duplicates are seen")
    metrics_park_days: int = Field(7, ge=1, description="days that events wait for their indicator's registration")
    metrics_evidence_key: SecretStr | None = Field(
        None,
        description="Ed25519 private key, 32 bytes in base64, that evidence is signed with; else one is made and kept",
    )
