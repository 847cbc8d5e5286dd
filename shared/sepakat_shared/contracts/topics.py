"""Every topic of the system, by name: who writes it, how it is keyed and how long it is kept."""

from dataclasses import dataclass
from typing import Final

DAY_MS: Final = 86_400_000


@dataclass(frozen=True)
class Topic:
    """One Kafka topic. `keep_ms` is its retention in milliseconds; `None` means compacted: the last record per key."""

    name: str
    writer: str
    keyed_by: str
    partitions: int = 4
    keep_ms: int | None = 14 * DAY_MS

    @property
    def settings(self) -> dict[str, str]:
        if self.keep_ms is None:
            return {"cleanup.policy": "compact"}
        return {"cleanup.policy": "delete", "retention.ms": str(self.keep_ms)}


METRICS: Final = "sepakat.metrics.v1"
COMPLIANCE: Final = "sepakat.compliance.v1"
INCIDENTS: Final = "sepakat.incidents.v1"
NOTIFICATIONS: Final = "sepakat.notifications.v1"
AGREEMENTS: Final = "sepakat.agreements.v1"
AGREEMENT_TEXTS: Final = "sepakat.agreement-texts.v1"
CONTACTS: Final = "sepakat.contacts.v1"
REPORTERS: Final = "sepakat.reporters.v1"
KEYS: Final = "sepakat.keys.v1"

TOPICS: Final = (
    Topic(METRICS, writer="anyone", keyed_by="indicator"),
    Topic(COMPLIANCE, writer="metrics", keyed_by="aggregate"),
    Topic(INCIDENTS, writer="incidents", keyed_by="incident, dispute or report"),
    Topic(NOTIFICATIONS, writer="notifier", keyed_by="notification"),
    Topic(AGREEMENTS, writer="agreements", keyed_by="agreement"),
    Topic(AGREEMENT_TEXTS, writer="agreements", keyed_by="agreement/version", keep_ms=None),
    Topic(CONTACTS, writer="agreements", keyed_by="party or party/contact", keep_ms=None),
    Topic(REPORTERS, writer="incidents", keyed_by="report", keep_ms=None),
    Topic(KEYS, writer="agreements", keyed_by="key", keep_ms=None),
)


def dlq(topic: str, group: str) -> str:
    """The dead-letter topic of one consumer group for one topic."""
    return f"{topic}.{group}.dlq"
