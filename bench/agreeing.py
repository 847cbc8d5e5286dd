"""An agreement in force for a benchmark: `bench` provides, `buyer` is the customer, and somebody of each has signed."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from cluster import OPERATOR, api
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sepakat_shared import signatures

AGREEMENT = "bench"
SIGNED_BY = {"bench": "rina", "buyer": "budi"}


async def agree(cluster: Any, services: list[str], mailed: bool = False, **changes: Any) -> None:
    """From yesterday until tomorrow, with those services; `changes` are further parts of the text.

    Whoever signed has an address where `mailed`.
    """
    keys = {party: Ed25519PrivateKey.generate() for party in SIGNED_BY}
    today = datetime.now(UTC).date()
    text = {
        "apiVersion": "sepakat/v1", "kind": "Agreement", "metadata": {"id": AGREEMENT, "title": {"en": "Bench"}},
        "parties": {"provider": "bench", "customer": "buyer"},
        "signatories": [
            {"party": party, "contact": contact, "key": signatures.public_key(keys[party])}
            for party, contact in SIGNED_BY.items()
        ],
        "term": {"from": str(today - timedelta(days=1)), "until": str(today + timedelta(days=1)), "timeZone": "UTC"},
        "services": [{"id": name, "description": {"en": name}} for name in services],
        **changes,
    }  # fmt: skip
    async with api(cluster.urls["agreements"], OPERATOR) as http:
        for party, contact in SIGNED_BY.items():
            named = {"id": contact, "name": contact} | ({"email": f"{contact}@{party}.example"} if mailed else {})
            body = {"metadata": {"id": party}, "name": party, "contacts": [named]}
            (await http.put(f"/v1/parties/{party}", json=body)).raise_for_status()
        answer = await http.put(f"/v1/agreements/{AGREEMENT}", content=json.dumps(text))
        hashed = answer.raise_for_status().json()["hash"]
        for party, contact in SIGNED_BY.items():
            body = {"party": party, "contact": contact, "hash": hashed,
                    "signature": signatures.sign(keys[party], hashed)}  # fmt: skip
            (await http.post(f"/v1/agreements/{AGREEMENT}/signatures", json=body)).raise_for_status()
