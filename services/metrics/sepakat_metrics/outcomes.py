"""What the outcome of a dispute changes, as adjustments: the parties are bound by it. Pure."""

import hashlib
from collections.abc import Iterator
from typing import Final

from sepakat_metrics.adjustments import CREDIT, Asked
from sepakat_shared.contracts.disputes import DisputeSettled

_OUTCOMES: Final = {"upheld": "upheld", "partly": "upheld in part", "rejected": "rejected"}
_DECIDERS: Final = {
    "agreement": "both parties", "default": "the agreed default", "mediator": "the mediator", "forum": "the forum",
}  # fmt: skip


def asked_by(fact: DisputeSettled) -> Iterator[tuple[str, Asked]]:
    """What the outcome of a dispute changes, each part under a name of its own."""
    note = f"dispute {fact.number}: {_OUTCOMES[fact.result]} by {_DECIDERS[fact.how]}"
    parties = (fact.agreement, fact.provider, fact.customer)
    for i, each in enumerate(fact.remedy.adjustments):
        if fact.subject_kind == "clock" and not each.objectives:
            continue  # no objective measures that clock; without names it would count in those of every other one
        yield str(i), Asked(
            *parties, each.objectives, each.kind, "dispute", note, each.start, each.end, each.good, each.total,
            each.ticket or "", each.seconds, fact.dispute,
        )  # fmt: skip
    percent, period = fact.remedy.credit_percent, fact.period
    if percent is not None and period is not None and fact.objective is not None:
        yield "credit", Asked(
            *parties, (fact.objective,), CREDIT, "dispute", note, period.start, period.end,
            dispute=fact.dispute, credit_percent=percent,
        )  # fmt: skip


def id_of(dispute: str, part: str) -> str:
    """Of the adjustment that a part of the outcome makes: the same part makes no second one."""
    return hashlib.sha256(f"{dispute}\n{part}".encode()).hexdigest()[:24]
