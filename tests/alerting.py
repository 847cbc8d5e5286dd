"""Alerts as Alertmanager sends them."""

from typing import Any

OF = {"sepakat_agreement": "toko-checkout", "sepakat_service": "checkout"}
OPEN = "0001-01-01T00:00:00Z"


def alert(n: int, status: str = "firing", *, ends: str = OPEN, **labels: str) -> dict[str, Any]:
    """As Alertmanager writes it: with nanoseconds, and with fields that nobody here reads."""
    about = {"alertname": "Down", "instance": f"shop-{n}", "severity": "critical", **OF, **labels}
    return {
        "status": status, "labels": about,
        "annotations": {"summary": "shops do not answer"}, "startsAt": f"2026-11-24T08:{n % 60:02d}:00.123456789Z",
        "endsAt": ends, "generatorURL": "http://prometheus.example/graph", "fingerprint": f"{n:016x}",
    }  # fmt: skip


def group(*alerts: Any, **changes: Any) -> dict[str, Any]:
    return {
        "version": "4", "groupKey": '{}:{alertname="Down"}', "truncatedAlerts": 0, "status": "firing",
        "receiver": "sepakat", "groupLabels": {"alertname": "Down"}, "commonLabels": {}, "commonAnnotations": {},
        "externalURL": "http://alertmanager.example", "alerts": list(alerts), **changes,
    }  # fmt: skip
