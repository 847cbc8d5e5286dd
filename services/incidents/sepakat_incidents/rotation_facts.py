"""What the others are told of a rotation: that somebody was put on call, or no longer is. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sepakat_incidents.identity import titled
from sepakat_incidents.rotations import Event, Overridden, Rotation, Withdrawn, in_force
from sepakat_shared.contracts import oncall as contract
from sepakat_shared.contracts import topics
from sepakat_shared.messages import Message


def of_rotation(event: Event, rotation: Rotation) -> Iterable[Message]:
    match event:
        case Overridden(override, at, by, instead_of):
            about = _about(rotation, override.contact, override.start, override.end, by, at)
            yield _message(rotation, contract.OnCallOverridden(**about, instead_of=instead_of))
        case Withdrawn(_, at, by, contact, start, end, again) if contact is not None and start and end:
            about = _about(rotation, contact, start, end, by, at)
            yield _message(rotation, contract.OverrideWithdrawn(**about, again=again))
        case _:
            return  # what a text declares is told with the text


def _message(rotation: Rotation, fact: contract._OnCallEvent) -> Message:
    return Message.of(topics.INCIDENTS, f"{rotation.party}/{rotation.id}", fact)


def _about(rotation: Rotation, contact: str, start: datetime, end: datetime, by: str, at: datetime) -> dict[str, Any]:
    declared = in_force(rotation, start)
    provider, customer = declared.parties
    return {
        "rotation": f"{rotation.party}/{rotation.id}", "title": titled(declared.title), "party": rotation.party,
        "agreement": declared.agreement, "agreement_title": titled(declared.agreement_title), "provider": provider,
        "customer": customer, "contact": contact, "start": start, "end": end, "by": by, "at": at,
    }  # fmt: skip
