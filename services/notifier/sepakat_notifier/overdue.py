"""What waits for a server that is left alone: nothing of it is tried, but what has waited for too long ends."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from sepakat_notifier import sending
from sepakat_notifier.notification import Event, Notification, Status
from sepakat_notifier.outlets import Outlet
from sepakat_notifier.store import Notifications
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.mongo import up_to

_AT_ONCE: Final = 200
_NEVER_TRIED: Final = "its recipient's side was not tried any more, since everything before it had failed"


async def give_up(
    notifications: Notifications, alone: Sequence[Outlet], in_hand: Collection[str], lasts: timedelta, now: datetime
) -> tuple[list[Notification], bool]:
    """Give up what has waited for the outlets `alone` as long as `lasts`, but for what this instance has `in_hand`.

    Returns those that were given up, and whether there may be more.
    """
    recipients = [each.recipient for each in alone if each.recipient is not None]
    channels = [each.channel for each in alone if each.recipient is None]
    long_ago = {"$lt": rfc3339(now - lasts)}
    # What is tried anew, or was put off, may be as old as it likes: it must not hide what is overdue. One question
    # each, as a database may go through all that ever was for an $or.
    overdue = {"due_at": up_to(now), "order": long_ago}
    asked = [
        {**overdue, of: {"$in": those}, "state.tried_since": since}
        for of, those in (("recipient", recipients), ("channel", channels))
        for since in (None, long_ago) if those
    ]  # fmt: skip
    found = list[str]()
    for query in asked:
        some = await notifications.all.states.find(query, {"_id": 1}).limit(_AT_ONCE).to_list(None)
        found += [each["_id"] for each in some]
    ids = [id for id in found if id not in in_hand]
    if not ids:
        return [], False

    def expire(notification: Notification | None, at: datetime) -> Sequence[Event]:
        return sending.expire(notification, lasts, _NEVER_TRIED, at)

    after = await notifications.all.execute_many(dict.fromkeys(ids, expire), by="delivery")
    ended = [each.state for each in after.values() if each.state.status is not Status.PENDING]
    # Where none of so many ended, none would at once either.
    return ended, bool(ended) and len(found) >= _AT_ONCE
