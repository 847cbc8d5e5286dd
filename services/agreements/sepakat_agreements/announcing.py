"""What the parties do about maintenance: the provider announces, moves or cancels, the customer consents or refuses.

Each decision says who may, and until when. Pure.
"""

from collections.abc import Sequence
from datetime import datetime

from sepakat_agreements.maintenance import (
    Announced,
    Cancelled,
    Concern,
    Consented,
    Diary,
    Event,
    Moved,
    Plan,
    Refused,
    State,
    Work,
)
from sepakat_shared.errors import Conflict, Forbidden


def announce(
    diary: Diary, concern: Concern, plan: Plan, reason: str, party: str, by: str, now: datetime
) -> Sequence[Event]:
    """Announce work with that plan. Raises Forbidden."""
    require_provider(party, diary.provider)
    state = State.AWAITING if plan.objections else State.ANNOUNCED
    work = Work(diary.next_id, concern, plan, state, reason, by, now, now)
    return [Announced(diary.agreement, diary.provider, diary.customer, work)]


def move(
    diary: Diary, id: str, plan: Plan, reason: str, party: str, by: str, now: datetime
) -> Sequence[Event]:  # fmt: skip
    """Plan anew what is still to come. The same plan changes nothing. Raises NotFound, Forbidden or Conflict."""
    require_provider(party, diary.provider)
    work = open_work(diary, id, now)
    if plan.occurrences == work.plan.occurrences:
        return []
    return [Moved(id, plan, work.to_come(now), reason, by, now)]


def cancel(diary: Diary, id: str, reason: str, party: str, by: str, now: datetime) -> Sequence[Event]:
    """Call off what is still to come; what runs ends now. Once. Raises NotFound, Forbidden or Conflict."""
    require_provider(party, diary.provider)
    if diary.get(id).state is State.CANCELLED:
        return []
    open_work(diary, id, now)
    return [Cancelled(id, reason, by, now)]


def consent(
    diary: Diary, id: str, revision: int, statement: str | None, beyond_allowance: bool, party: str, by: str,
    now: datetime,
) -> Sequence[Event]:  # fmt: skip
    """Agree to what needs it, before it begins, as it was read (`revision`): it may have been moved since.

    Raises NotFound, Forbidden or Conflict.
    """
    work = _answerable(diary, id, party, now)
    if work.state is State.ANNOUNCED:
        return []
    if work.revision != revision:
        raise Conflict(f"it has changed since revision {revision} was read; read it again, it is {work.revision} now")
    return [Consented(id, statement, beyond_allowance, by, now)]


def refuse(
    diary: Diary, id: str, statement: str | None, party: str, by: str, now: datetime
) -> Sequence[Event]:  # fmt: skip
    """Do not agree to what needs it. Raises NotFound, Forbidden or Conflict."""
    work = _answerable(diary, id, party, now)
    if work.state is State.ANNOUNCED:
        raise Conflict("it was consented to: what was agreed to is the provider's to cancel")
    return [Refused(id, statement, by, now)]


def require_provider(party: str, provider: str) -> None:
    """Raises Forbidden for anybody else."""
    if party != provider:
        raise Forbidden(f"maintenance is announced, moved and cancelled by the provider, {provider!r}")


def open_work(diary: Diary, id: str, now: datetime) -> Work:
    """Work that is not over and was not called off. Raises NotFound or Conflict."""
    work = diary.get(id)
    if work.state not in (State.ANNOUNCED, State.AWAITING):
        raise Conflict(f"this maintenance is {work.state.value}; announce it anew")
    if work.plan.ends_at <= now:
        raise Conflict("this maintenance is over")
    return work


def _answerable(diary: Diary, id: str, party: str, now: datetime) -> Work:
    """Work that waits for the customer, or that it has consented to already."""
    if party != diary.customer:
        raise Forbidden(f"whether maintenance is agreed to is for the customer, {diary.customer!r}, to say")
    work = diary.get(id)
    if not work.plan.objections:
        raise Conflict("this maintenance needs no consent: it keeps the agreed rules")
    if work.state is State.ANNOUNCED:
        return work
    if work.state is not State.AWAITING:
        raise Conflict(f"this maintenance is {work.state.value}")
    if work.plan.starts_at <= now:
        raise Conflict("it has begun without consent; time that is over is excluded by an adjustment of `metrics`")
    return work
