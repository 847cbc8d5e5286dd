"""Handing out evidence: the service's signing key, and packs made from what is stored."""

import asyncio
import base64
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pymongo.errors import DuplicateKeyError

from sepakat_metrics import evidence
from sepakat_metrics.archive import Archive
from sepakat_metrics.attainment import Attainments
from sepakat_metrics.settings import MetricsSettings
from sepakat_metrics.terms import asks_since
from sepakat_shared import signatures
from sepakat_shared.auth import Principal
from sepakat_shared.calendars import to_ms
from sepakat_shared.clock import Clock
from sepakat_shared.mongo import Collection, Database


class Packs:
    """Evidence packs, signed with the key of the settings, or else with one that is made once and kept."""

    def __init__(
        self, db: Database, settings: MetricsSettings, attainments: Attainments, archive: Archive, clock: Clock
    ) -> None:
        self._meta: Collection = db["meta"]
        self._given = settings.metrics_evidence_key
        self._attainments = attainments
        self._archive = archive
        self._clock = clock
        self._key: Ed25519PrivateKey | None = None

    async def load(self) -> None:
        """Find the key. Raises ValueError for one in the settings that is none."""
        if self._given is not None:
            self._key = _private(self._given.get_secret_value())
            return
        fresh = base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()
        try:
            await self._meta.insert_one({"_id": "evidence-key", "private": fresh})
        except DuplicateKeyError:
            kept = await self._meta.find_one({"_id": "evidence-key"})
            fresh = kept["private"] if kept else fresh
        self._key = _private(fresh)

    @property
    def key(self) -> Ed25519PrivateKey:
        if self._key is None:
            raise RuntimeError("the evidence key is read before the service starts")
        return self._key

    @property
    def public_key(self) -> str:
        return signatures.public_key(self.key)

    async def of(self, asking: Principal, agreement: str, objective: str, period: str | None) -> dict[str, Any]:
        """The pack of one objective over a period. Raises NotFound or Invalid."""
        part, span = self._attainments.part(self._attainments.visible(asking, agreement), objective, period)
        terms = self._attainments.terms(part)
        since = asks_since(terms.objective, terms.kind, span)
        days = await self._archive.days(part.objective.indicator, since, span[1])
        now = to_ms(self._clock.now())
        version = part.version

        def pack() -> dict[str, Any]:
            own = evidence.within(days, span, agreement)
            return evidence.pack(terms, agreement, version.number, own, span, now, self.key, version.counting)

        # In a thread: the event loop goes on beside it, however long the period is.
        return await asyncio.to_thread(pack)


def _private(encoded: str) -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(encoded, validate=True))
    except ValueError as error:
        raise ValueError("SEPAKAT_METRICS_EVIDENCE_KEY: must be 32 bytes of an Ed25519 key in base64") from error
