"""Time in which an obligation was unmet that pauses objectives, as an exclusion: the text binds both. Pure."""

import hashlib
from datetime import datetime

from sepakat_metrics.adjustments import EXCLUSION, Asked
from sepakat_shared.contracts import obligations
from sepakat_shared.contracts.fact import rfc3339

Ended = obligations.ObligationMet | obligations.ObligationExcused | obligations.ObligationVoided
REASON = "obligation-unmet"


def asked_by(fact: Ended) -> Asked | None:
    """From its due instant until it was met, excused or void; None where it was so in time, or pauses nothing."""
    if fact.unmet is None or not fact.pauses:
        return None
    note = f"{fact.obligation}, which {fact.party} owes, was not met in its time"
    return Asked(
        fact.agreement, fact.provider, fact.customer, fact.pauses, EXCLUSION, REASON, note, fact.unmet.start,
        fact.unmet.end,
    )  # fmt: skip


def id_of(occurrence: str, due_at: datetime | None = None) -> str:
    """Of the exclusion: by the occurrence alone the first time, with the due instant where that was owed anew."""
    again = "" if due_at is None else f"\n{rfc3339(due_at)}"
    return hashlib.sha256(f"{occurrence}\nunmet{again}".encode()).hexdigest()[:24]
