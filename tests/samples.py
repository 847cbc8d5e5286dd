"""Texts that tests start from."""

from copy import deepcopy
from typing import Any

from sepakat_shared.contracts import texts

_AGREEMENT: dict[str, Any] = {
    "apiVersion": "sepakat/v1",
    "kind": "Agreement",
    "metadata": {"id": "toko-checkout", "title": {"en": "Checkout platform", "id": "Platform checkout"}},
    "parties": {"provider": "nusantara", "customer": "toko-maju"},
    "signatories": [],
    "term": {"from": "2026-01-01", "until": "2026-12-31", "timeZone": "Asia/Jakarta"},
    "charges": [{"id": "fee", "amount": "25000000", "currency": "IDR"}],
    "services": [{"id": "checkout", "description": {"en": "Checkout", "id": "Checkout"}}],
    "needs": [
        {
            "id": "sell-all-day",
            "statement": {"en": "Shoppers can pay at any time", "id": "Pembeli dapat membayar kapan saja"},
            "priority": "must",
            "servedBy": ["availability"],
        }
    ],
    "objectives": [
        {
            "id": "availability",
            "title": {"en": "Availability per month", "id": "Ketersediaan per bulan"},
            "indicator": "nusantara/checkout-state",
            "measure": "time",
            "target": "99.9",
            "window": {"calendar": "month"},
            "credits": {"of": "fee", "tiers": [{"below": "99.9", "percent": "10"}]},
        }
    ],
    "priorities": {"P1": {"escalation": "critical"}, "P2": {"escalation": "critical"}},
    "escalation": {
        "critical": {
            "levels": [
                {"notify": ["oncall"], "acknowledgeWithin": "PT15M"},
                {"notify": ["rina"], "acknowledgeWithin": "PT30M"},
            ],
            "repeat": 1,
        }
    },
}


def agreement_dict(**changes: Any) -> dict[str, Any]:
    """A small valid agreement as it stands in YAML, with top-level fields replaced."""
    return {**deepcopy(_AGREEMENT), **changes}


def agreement(**changes: Any) -> texts.Agreement:
    return texts.Agreement.model_validate(agreement_dict(**changes))
