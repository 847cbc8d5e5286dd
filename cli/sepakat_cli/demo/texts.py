"""The agreement of the demo: small enough to be read, and to be missed within seconds."""

from datetime import UTC, datetime, timedelta
from typing import Any

PROVIDER, CUSTOMER = "nusantara-cloud", "toko-maju"
STATE, LATENCY = f"{PROVIDER}/shop-state", f"{PROVIDER}/shop-latency"
SOURCE = "/probe/jakarta"
SIGNATORIES = {PROVIDER: "rina", CUSTOMER: "budi"}

PARTIES: dict[str, dict[str, Any]] = {
    PROVIDER: {
        "metadata": {"id": PROVIDER},
        "name": "PT Nusantara Cloud",
        "contacts": [
            {"id": "rina", "name": "Rina", "title": "Service owner", "email": "rina@nusantara.example",
             "language": "id", "timeZone": "Asia/Jakarta"},
            {"id": "oncall-cloud", "name": "Cloud on call", "email": "oncall@nusantara.example", "language": "en"},
        ],
    },
    CUSTOMER: {
        "metadata": {"id": CUSTOMER},
        "name": "Toko Maju",
        "contacts": [{"id": "budi", "name": "Budi", "title": "Business owner", "email": "budi@tokomaju.example",
                      "language": "id"}],
    },
}  # fmt: skip


def indicators(state: str, latency: str) -> dict[str, dict[str, Any]]:
    """The shop's state and latency under these ids, fed by the probe alone."""
    common = {"apiVersion": "sepakat/v1", "kind": "Indicator", "service": "shop", "sources": [SOURCE]}
    return {
        state: {**common, "metadata": {"id": state}, "kindOfEvents": "state", "downAfter": "PT1S"},
        latency: {**common, "metadata": {"id": latency}, "kindOfEvents": "measurement", "unit": "ms"},
    }


def agreement(id: str, state: str, latency: str, keys: dict[str, str]) -> dict[str, Any]:
    """A text that is in force now. `keys` are the parties' public keys."""
    today = datetime.now(UTC).date()
    return {
        "apiVersion": "sepakat/v1",
        "kind": "Agreement",
        "metadata": {"id": id, "title": {"en": "Online shop", "id": "Toko daring"}},
        "parties": {"provider": PROVIDER, "customer": CUSTOMER},
        "signatories": [{"party": p, "contact": c, "key": keys[p]} for p, c in SIGNATORIES.items()],
        "term": {
            "from": str(today - timedelta(days=1)), "until": str(today + timedelta(days=30)),
            "timeZone": "Asia/Jakarta",
        },
        "charges": [{"id": "monthly-fee", "amount": "25000000", "currency": "IDR"}],
        "services": [{"id": "shop", "description": {"en": "Checkout of the shop", "id": "Kasir toko"}}],
        "needs": [
            {
                "id": "sell-all-day",
                "statement": {"en": "Shoppers can pay at any time", "id": "Pembeli dapat membayar kapan saja"},
                "priority": "must",
                "impact": {"cost": "40000000", "currency": "IDR", "per": "PT1H"},
                "servedBy": ["availability-day", "fast-checkout"],
            }
        ],
        "objectives": [
            {
                "id": "availability-day",
                "title": {"en": "Availability per day", "id": "Ketersediaan per hari"},
                "indicator": state,
                "measure": "time",
                "target": "99.995",
                "window": {"calendar": "day"},
                "credits": {"of": "monthly-fee", "tiers": [{"below": "99.995", "percent": "10"}]},
            },
            {
                "id": "fast-checkout",
                "title": {"en": "Checkout answers fast", "id": "Kasir menjawab cepat"},
                "indicator": latency,
                "measure": "share",
                "threshold": {"atMost": 800, "unit": "ms"},
                "target": "95",
                "window": {"rolling": "P28D"},
            },
        ],
        "priorities": {"P1": {"escalation": "critical"}, "P2": {"escalation": "critical"}},
        "escalation": {
            "critical": {
                "levels": [
                    {"notify": ["oncall-cloud"], "acknowledgeWithin": "PT5S"},
                    {"notify": ["rina"], "acknowledgeWithin": "PT5M"},
                ],
                "repeat": 1,
                "acknowledgedBy": "provider",
            }
        },
    }  # fmt: skip
