"""What was planned for an endpoint is posted again, from a time on; and the trial that its test button posts."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from pymongo import ASCENDING

from sepakat_notifier import sending
from sepakat_notifier.endpoint import Endpoint
from sepakat_notifier.notification import Event, Notification, Occasion
from sepakat_notifier.store import Notifications
from sepakat_shared.contracts.fact import rfc3339

_AT_ONCE = 500
TESTED = "sepakat.endpoint.tested.v1"


class Replays:
    def __init__(self, notifications: Notifications) -> None:
        self._notifications = notifications

    async def replay(self, endpoint: str, since: datetime, by: str) -> int:
        """Make what was planned from `since` on pending again, whatever had become of it. Returns how many there are.

        Those that are pending already stay as they are. Order is kept where the endpoint asks for it.
        """
        states, after, count = self._notifications.all.states, rfc3339(since), 0
        while True:
            query = {
                "recipient": endpoint,
                "channel": "webhook",
                "order": {"$gte": after},
                "state.party": {"$ne": None},
            }
            found = await states.find(query).sort("order", ASCENDING).limit(_AT_ONCE).to_list(None)
            again = [each for each in found if each["status"] != "pending"]
            if again:
                read = [self._notifications.all.read(each) for each in again]
                decisions = {each["_id"]: _replayed for each in again}
                await self._notifications.all.execute_many(decisions, by=by, read=read)
            count += len(again)
            if len(found) < _AT_ONCE:
                return count
            after = found[-1]["order"] + " "


def _replayed(notification: Notification | None, now: datetime) -> Sequence[Event]:
    return sending.replay(notification, now)


def trial(endpoint: Endpoint, now: datetime) -> Notification:
    """A message that is stored nowhere: only whether it can be posted is asked."""
    id = secrets.token_hex(16)
    data = {"endpoint": endpoint.id, "party": endpoint.party, "at": rfc3339(now)}
    occasion = Occasion(id, "/sepakat/notifier", TESTED, endpoint.id, rfc3339(now), data)
    return Notification(
        id, "webhook", endpoint.id, endpoint.party, (endpoint.party,), f"endpoint/{endpoint.id}", "endpoint", occasion,
        None, now, "", None,
    )  # fmt: skip
