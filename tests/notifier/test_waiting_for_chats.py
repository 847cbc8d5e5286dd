"""What waited for a chat or a mailbox that takes it no more is told another way."""

from types import SimpleNamespace
from typing import Any

import pytest
from facts import NOW, incident, notification

from sepakat_notifier.gathering import GATHERED, NOTHING_TO_TELL
from sepakat_notifier.notification import Notification, Occasion
from sepakat_notifier.own_reactions import OwnReactions
from sepakat_shared.clock import ManualClock
from sepakat_shared.contracts import incidents
from sepakat_shared.contracts.notifications import NotificationGivenUp, NotificationSuppressed
from sepakat_shared.messages import Envelope

CAUSE = Envelope("e", "/test", "t", None, None, b"")


class Stored:
    """Stands for the database and for planning: keeps what is tried again, and what is planned."""

    def __init__(self, waited: Notification, members: tuple[Notification, ...] = (), endpoint: Any = None) -> None:
        self._waited, self._members, self._endpoint = waited, members, endpoint
        self.tried: list[str] = []
        self.planned: list[tuple[str, str, str]] = []
        self.all = self

    async def find(self, _id: str) -> Any:
        return SimpleNamespace(state=self._waited)

    async def gathered(self, _within: str, _limit: int) -> list[Notification]:
        return list(self._members)

    async def told_instead(self, _about: str, event: str, _said: Notification) -> list[str]:
        return [f"mail of {event}"]

    async def execute_many(self, decides: Any, by: str) -> None:
        self.tried += decides

    async def of(self, _id: str) -> Any:
        return self._endpoint

    async def plan(self, channel: str, to: str, *more: Any, **_: Any) -> None:
        self.planned.append((channel, to, more[3].id))


async def heard(
    stored: Any, reason: str, contract: Any = NotificationSuppressed, **more: Any
) -> tuple[list[str], list[tuple[str, str, str]]]:
    own = OwnReactions(stored, stored, stored, stored, None, ManualClock(NOW))
    reactions = {each.contract: each.handler for each in own.all()}
    about: dict[str, Any] = {"notification": "n1", "recipient": "ops", "about": "toko.checkout.0001",
                             "about_type": "incident", "party": "toko-maju", "at": NOW}  # fmt: skip
    fact = contract(**(about | {"channel": "chat", "reason": reason} | more))
    handler = reactions.get(contract)
    if handler is not None:
        await handler(fact, CAUSE)
    return stored.tried, stored.planned


OPENED = notification(incident(incidents.IncidentOpened), "ops", channel="chat", party="toko-maju")


@pytest.mark.parametrize("reason", ["the chat endpoint was removed", "the chat endpoint is disabled"])
async def test_whoever_reads_there_and_the_fallback_get_a_mail(reason: str) -> None:
    room = SimpleNamespace(fallback="budi", party="toko-maju")
    assert await heard(Stored(OPENED, endpoint=room), reason) == (["mail of e1"], [("email", "budi", "e1")])
    assert await heard(Stored(OPENED), reason) == (["mail of e1"], []), "of what is removed nothing names a fallback"


async def test_what_a_summary_was_to_tell_there_is_mailed_too() -> None:
    data = {"kind": "summary", "agreement": "toko", "about_type": "incident"}
    occasion = Occasion("s1", "/sepakat/test", GATHERED, "toko.checkout.0001", "2026-11-24T09:00:00Z", data)
    summary = notification(incident(incidents.IncidentOpened), "ops", channel="chat", occasion=occasion)
    assert await heard(Stored(summary, (OPENED,)), "the chat endpoint is disabled") == (["mail of e1"], [])
    assert await heard(Stored(summary, (OPENED,)), NOTHING_TO_TELL) == ([], [])


async def test_what_nobody_wanted_or_has_words_for_stays_unsaid() -> None:
    silent = notification(incident(incidents.ClockStarted), "ops", channel="chat", party="toko-maju")
    for waited, more in ((OPENED, {"by_choice": True}), (OPENED, {"channel": "webhook"}), (silent, {})):
        assert await heard(Stored(waited), "there are no words about it", **more) == ([], [])


async def test_what_waited_for_who_was_erased_is_told_to_who_reads_the_same_mailbox() -> None:
    mail = notification(incident(incidents.IncidentOpened), "ana", party="nusantara")
    assert await heard(Stored(mail), "contact 'ana' was erased", channel="email") == (["mail of e1"], [])


async def test_what_a_mailbox_refuses_is_tried_for_everybody_who_reads_it() -> None:
    mail = notification(incident(incidents.IncidentOpened), "ana", party="nusantara")
    refused = await heard(Stored(mail), "550 no such user", NotificationGivenUp, channel="email", attempts=1)
    assert refused == (["mail of e1"], []), "else the escalation would take the others for told"
