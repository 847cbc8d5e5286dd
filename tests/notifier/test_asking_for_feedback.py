"""Somebody is asked what they think of an incident: the letter, its way out, its page and what a press says."""

import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from facts import NAMES, NOW, agreed, notification
from fastapi import FastAPI
from notifying import VAULT

from sepakat_cli.backends import Backend
from sepakat_notifier import addressees, answering, feedback_pages, letters, preference, routing
from sepakat_notifier import notification as domain
from sepakat_notifier.directory import Directory, Reader
from sepakat_notifier.notification import Planned, Rated
from sepakat_notifier.preference import LeaveOut, Preference, Tell
from sepakat_notifier.preferences import Preferences
from sepakat_notifier.store import Notifications
from sepakat_notifier.subscription import Digest, Subscription
from sepakat_notifier.vault import Link
from sepakat_shared import mongo
from sepakat_shared.clock import ManualClock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts.agreements import ContactRecorded
from sepakat_shared.contracts.feedback import IncidentFeedbackAsked
from sepakat_shared.errors import NotFound
from sepakat_shared.messages import Envelope
from sepakat_shared.settings import ServiceSettings

ASKED = agreed(IncidentFeedbackAsked, recipients=("toko-maju/budi",))
INCIDENT = "toko.checkout.0001"


def token(purpose: Any = "feedback", **changes: Any) -> str:
    base = {"notification": "n1", "incident": INCIDENT, "party": "toko-maju", "contact": "budi"}
    return VAULT.link_token(Link(**{**base, "until": (NOW + timedelta(days=7)).timestamp(), **changes}), purpose)


def budi(**chosen: Any) -> Preference:
    return Preference("toko-maju", "budi", **chosen)


def test_it_is_asked_of_the_customer_and_is_no_news_of_the_incident_itself() -> None:
    assert addressees.named_with_party(ASKED) == [("toko-maju", "budi")]
    assert routing.subject_of(ASKED).about == f"{INCIDENT}/feedback"
    assert routing.is_for_one_person(ASKED)


def test_it_can_be_left_out_and_never_waits_for_a_digest_or_goes_to_a_chat() -> None:
    assert preference.told(budi(), ASKED, NOW) == [Tell("budi")]
    [left_out] = preference.told(budi(feedback=False), ASKED, NOW)
    assert isinstance(left_out, LeaveOut) and "asked what they think" in left_out.reason
    assert isinstance(preference.told(budi(muted=True), ASKED, NOW)[0], LeaveOut)
    daily = Subscription(ways=("room",), digest=Digest("day", "UTC"))
    [told] = preference.told(budi(subscriptions=(daily,)), ASKED, NOW)
    assert isinstance(told, Tell) and told.digest is None and "mail" in told.ways


def test_the_letter_has_its_link_and_a_way_out_in_both_languages() -> None:
    for language, subject, button in (
        ("en", "What do you think of how CHECKOUT-0001 was handled?", "Say what you think"),
        ("id", "Bagaimana pendapat Anda tentang penanganan CHECKOUT-0001?", "Sampaikan pendapat"),
    ):
        reader = Reader("toko-maju", "budi", "Budi", "budi@toko.example", language, "Asia/Jakarta")
        letter = letters.compose(ASKED, reader, NAMES, "https://x.example/feedback/t", "https://x.example/u/t")
        assert letter.subject == subject
        for part in (letter.text, letter.html):
            assert all(each in part for each in (button, "https://x.example/feedback/t", "https://x.example/u/t"))


def test_the_link_opens_nothing_else_and_counts_once() -> None:
    assert VAULT.open_link(token(), NOW, "feedback").contact == "budi"
    with pytest.raises(NotFound):
        VAULT.open_link(token(), NOW, "resolve")
    with pytest.raises(NotFound):
        VAULT.open_link(token("join"), NOW, "feedback")
    planned = notification(ASKED, "budi")
    said = Rated(INCIDENT, 4, None, "toko-maju", "budi", NOW)
    [event] = answering.rate(planned, said)
    assert answering.rate(domain.apply(planned, event), said) == []


class Door:
    def __init__(self, db: mongo.Database) -> None:
        self.clock = ManualClock(NOW)
        self.commits = Commits(db, self.clock)
        self.notifications, self.directory = Notifications(self.commits), Directory(db)
        preferences = Preferences(self.commits)
        app = FastAPI()
        app.include_router(
            feedback_pages.router(
                feedback_pages.FeedbackPages(self.notifications, self.directory, preferences, VAULT, self.clock)
            )
        )
        self.browser = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t")

    async def told(self) -> list[Any]:
        commits = await self.commits.of("notification/n1")
        return [(message["type"], message["data"]) for each in commits for message in each["messages"]]


@pytest.fixture
async def door(backend: Backend) -> AsyncIterator[Door]:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    door = Door(client[f"feedback_{uuid.uuid4().hex[:8]}"])
    await door.notifications.all.execute("n1", lambda *_: [Planned(notification(ASKED, "budi"))], by="test")
    known = ContactRecorded(party="toko-maju", contact="budi", name="Budi", language="id")
    await door.directory.on_contact(known, Envelope("e", "/test", "t", None, None, b""))
    yield door
    await door.browser.aclose()
    await mongo.close_client(client)


@pytest.mark.servers
async def test_looking_says_nothing_and_what_is_sent_counts_once(door: Door) -> None:
    page = await door.browser.get(f"/feedback/{token()}")
    assert page.status_code == 200 and "Seberapa puas Anda dengan Kasir kali ini?" in page.text
    assert "checked" not in page.text and page.text.count('type="radio"') == 5 and 'name="words"' in page.text
    assert "form-action 'self'" in page.headers["content-security-policy"]
    for wrong in ({}, {"mark": "6"}, {"mark": "4", "words": "x" * 4001}):
        refused = await door.browser.post(f"/feedback/{token()}", data=wrong)
        assert refused.status_code == 422 and "<button" in refused.text
    assert await door.told() == []
    for mark in ("4", "1"):
        sent = {"mark": mark, "words": " told in time\r\nbut late "}
        done = await door.browser.post(f"/feedback/{token()}", data=sent)
        assert (done.status_code, "Terima kasih" in done.text, "<button" in done.text) == (200, True, False)
    [(type, data)] = await door.told()
    assert type == "sepakat.notification.feedback_given.v1"
    assert (data["party"], data["contact"], data["incident"], data["mark"], data["words"]) == (
        "toko-maju", "budi", INCIDENT, 4, "told in time\nbut late",
    )  # fmt: skip
    assert "Terima kasih" in (await door.browser.get(f"/feedback/{token()}")).text

    late = await door.browser.post(f"/feedback/{token(until=NOW.timestamp())}", data={"mark": "5"})
    assert late.status_code == 410 and "The time in which an answer was awaited is over." in late.text
    for other in ({"incident": "toko.search.0001"}, {"contact": "stranger"}, {"notification": "n2"}):
        assert (await door.browser.get(f"/feedback/{token(**other)}")).status_code == 404
