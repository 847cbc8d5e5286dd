"""What `incidents` publishes about post-incident notes and what was promised in them."""

from typing import ClassVar

from sepakat_shared.contracts.fact import Instant, Part
from sepakat_shared.contracts.incidents import _IncidentEvent


class Promise(Part):
    """What the author's party will do until `due_at`; `owner` is its contact who sees to it."""

    follow_up: str
    text: str
    owner: str
    due_at: Instant


class PostmortemPublished(_IncidentEvent):
    """`party` tells what happened; from version 2 on it is amended. `late`: the first one came after its deadline."""

    type: ClassVar[str] = "sepakat.postmortem.published.v1"
    version: int
    by: str
    party: str
    late: bool
    what_happened: str
    why: str
    what_will_change: str
    follow_ups: tuple[Promise, ...] = ()


class PostmortemReminded(_IncidentEvent):
    """The agreement asks `responsible` for a note that has not come: it is due soon, or `late`."""

    type: ClassVar[str] = "sepakat.postmortem.reminded.v1"
    responsible: str
    due_at: Instant
    late: bool


class _Promised(_IncidentEvent):
    responsible: str
    follow_up: str
    text: str
    owner: str
    due_at: Instant
    late: bool


class FollowUpReminded(_Promised):
    """What was promised is not done: it is due soon, or `late`."""

    type: ClassVar[str] = "sepakat.followup.reminded.v1"


class FollowUpDone(_Promised):
    """What was promised is done; `late`: after it was due."""

    type: ClassVar[str] = "sepakat.followup.done.v1"
    by: str
    note: str | None = None
