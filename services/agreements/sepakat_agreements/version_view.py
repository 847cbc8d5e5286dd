"""One version of an agreement as it is shown."""

from typing import Any

import msgspec

from sepakat_agreements.agreement import Agreement, Version


def version_view(agreement: Agreement, version: Version) -> dict[str, Any]:
    effective = version.effective_from
    return {
        "id": agreement.id,
        "title": version.text["metadata"].get("title"),
        "version": version.version,
        "status": version.status.value,
        "hash": version.hash,
        "provider": version.provider,
        "customer": version.customer,
        "effective_from": effective.isoformat() if effective else None,
        "signatures": [
            {"party": each.party, "contact": each.contact, "key": each.key, "at": each.at.isoformat()}
            for each in version.signatures
        ],
    }


def whole_view(agreement: Agreement, version: Version) -> dict[str, Any]:
    """The same with its text, and with what was frozen when both had signed it."""
    frozen = None if version.frozen is None else msgspec.to_builtins(version.frozen)
    return {**version_view(agreement, version), "frozen": frozen, "text": version.text}
