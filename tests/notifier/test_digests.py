"""Digests and summaries from event to mail, over real SMTP and a real database, by a clock that the test owns."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, time, timedelta

import httpx
import pytest
from correspondence import Inbox, Instance, database, inbox, text
from facts import NOW, incident, objective
from notifying import VAULT

from sepakat_cli.backends import Backend
from sepakat_notifier import reading
from sepakat_notifier.branding import Branding, Chosen
from sepakat_notifier.settings import NotifierSettings
from sepakat_notifier.subscription import Digest, Subscription
from sepakat_shared import web
from sepakat_shared.auth import KnownKeys
from sepakat_shared.clock import ManualClock
from sepakat_shared.contracts import compliance, incidents

pytestmark = pytest.mark.servers
DAILY = (Subscription(digest=Digest("day", "Asia/Jakarta", time(8))),)
EIGHT = datetime(2026, 11, 25, 1, tzinfo=UTC)
"""The next 08:00 in Jakarta after NOW."""


@pytest.fixture
def mail() -> Iterator[Inbox]:
    with inbox() as server:
        yield server


@pytest.fixture
async def pair(backend: Backend, mail: Inbox) -> AsyncIterator[tuple[Instance, Instance]]:
    """Two instances of the notifier that share a database and a clock."""
    async with database(backend) as (db, given):
        more = {"notifier_smtp_host": "127.0.0.1", "notifier_smtp_port": mail.port}
        settings = NotifierSettings.model_validate(given | more)
        clock = ManualClock(NOW)
        yield Instance(db, clock, settings), Instance(db, clock, settings)


async def test_what_can_wait_is_one_mail_at_its_hour_sent_once_by_several_instances(
    pair: tuple[Instance, Instance], mail: Inbox
) -> None:
    first, second = pair
    await first.introduce(("toko-maju", "budi"), ("nusantara", "rina"))
    await first.choose("toko-maju", "budi", language="id", subscriptions=DAILY)
    async with first.sending(second) as at:
        for n in range(3):
            await first.hear(incident(incidents.IncidentOpened, priority="P3", incident=f"toko.{n}"), f"e{n}")
        await second.hear(incident(incidents.IncidentOpened, priority="P3", incident="toko.0"), "e0")
        await first.hear(incident(incidents.IncidentOpened, priority="P1"), "urgent")
        await first.hear(objective(), "owed")
        await at(NOW + timedelta(seconds=1))  # within the lease of what is in hand
        assert sorted(each["To"] for each in mail.mails()) == sorted(
            ["Budi <budi@toko-maju.example>"] * 2 + ["Rina <rina@nusantara.example>"]
        ), "what is urgent or owed did not wait"
        waits = await first.about("e1")
        assert (waits.status.value, waits.reason) == ("pending", "waits for the daily digest")
        mail.received.clear()
        await at(EIGHT)
        await at(EIGHT + timedelta(hours=1))
    [digest] = mail.mails()
    assert digest["Subject"] == "Ringkasan harian: 3 pesan" and digest["List-Unsubscribe"]
    assert text(digest).count("/m/") == 3
    for n in range(3):
        told = await first.about(f"e{n}")
        assert (told.status.value, told.reason, told.party) == ("delivered", f"in {told.within}", "toko-maju")
        assert str(told.within) in digest["Message-ID"]


async def test_a_digest_survives_a_server_that_is_away_and_what_it_could_not_tell_is_given_up_with_it(
    pair: tuple[Instance, Instance], mail: Inbox
) -> None:
    notifier, _ = pair
    await notifier.introduce(("toko-maju", "budi"))
    await notifier.choose("toko-maju", "budi", subscriptions=DAILY)
    await notifier.hear(incident(incidents.IncidentOpened, priority="P3", incident="toko.1"), "e1")
    mail.answers = ["451 later", "550 never"]
    async with notifier.sending() as at:
        await at(EIGHT)
        await at(EIGHT + timedelta(minutes=10))
        await at(EIGHT + timedelta(minutes=20))
    assert mail.received == []
    told = await notifier.about("e1")
    assert (told.status.value, told.reason) == ("given_up", "the mail server answered 550 never")


async def test_a_line_of_a_digest_leads_to_the_letter_and_nobody_elses(
    pair: tuple[Instance, Instance], mail: Inbox
) -> None:
    notifier, _ = pair
    await notifier.introduce(("toko-maju", "budi"))
    await notifier.choose("toko-maju", "budi", subscriptions=DAILY)
    chosen = Chosen(Branding("toko-maju", "The desk of Toko Maju", "#1f3a5f"))
    await notifier.brandings.execute("toko-maju", lambda *_: [chosen], "test")
    await notifier.hear(incident(incidents.IncidentOpened, priority="P3"), "e1")
    async with notifier.sending() as at:
        await at(EIGHT)
    [digest] = mail.mails()
    assert "The desk of Toko Maju" in text(digest), "the name that its party has chosen"
    path = "/m/" + text(digest).partition("/m/")[2].split()[0]
    app = web.application("t", "t", KnownKeys(notifier.db, notifier.clock), 1_000_000)
    looks = notifier.brandings
    parts = (notifier.notifications, notifier.directory, notifier.preferences, looks, VAULT, notifier.clock)
    app.include_router(reading.router(*parts))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as browser:
        page = await browser.get(path)
        assert page.status_code == 200 and "[P3] Checkout is down" in page.text
        assert "The desk of Toko Maju" in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "/u/" not in page.text and "/a/" not in page.text
        assert (await browser.get(path[:-3])).status_code == 404
        notifier.clock.advance(timedelta(days=8))
        assert (await browser.get(path)).status_code == 410


async def test_a_storm_about_one_incident_is_a_few_mails_and_a_summary_in_their_thread(
    pair: tuple[Instance, Instance], mail: Inbox
) -> None:
    notifier, _ = pair
    await notifier.introduce(("toko-maju", "budi"), ("nusantara", "rina"))
    async with notifier.sending() as at:
        await notifier.hear(incident(incidents.IncidentOpened), "e0")
        for n in range(1, 40):
            await notifier.hear(incident(incidents.IncidentUpdated, note=f"step {n}", by="rina"), f"e{n}")
        await notifier.hear(objective(compliance.ObjectiveBreached), "owed")
        await at(NOW + timedelta(seconds=1))
        alone = [each for each in mail.mails() if "toko.checkout.0001" in each["References"]]
        assert len(alone) == 5
        assert len(mail.received) == 5 + 2, "what is owed is not summed up"
        await at(NOW + timedelta(minutes=3))
        await notifier.hear(incident(incidents.IncidentResolved), "over")
        await at(NOW + timedelta(minutes=6))
    of_incident = [each for each in mail.mails() if "toko.checkout.0001" in each["References"]]
    assert len(of_incident) == 7
    summary, last = of_incident[5:]
    assert summary["Subject"].startswith("35 updates: ")
    assert last["Subject"] == "[P1] Over: Checkout is down", "one alone is told as it is"
    found = [each for each in await notifier.all() if each.occasion.id.startswith("e")]
    assert {each.status.value for each in found} == {"delivered"}
    assert sum(each.within is not None for each in found) == 35


async def test_what_foretells_a_deadline_is_told_in_the_middle_of_a_storm(
    pair: tuple[Instance, Instance], mail: Inbox
) -> None:
    notifier, _ = pair
    await notifier.introduce(("toko-maju", "budi"), ("nusantara", "rina"))
    async with notifier.sending() as at:
        await notifier.hear(incident(incidents.IncidentOpened), "e0")
        for n in range(9):
            await notifier.hear(incident(incidents.IncidentCommented, party="toko-maju", by="budi"), f"e{n + 1}")
        mail.received.clear()
        await notifier.hear(incident(incidents.ClockForecast, due_at=NOW + timedelta(minutes=1)), "soon")
        soon = incident(incidents.IncidentSnoozed, by="ana", until=NOW + timedelta(minutes=1))
        await notifier.hear(soon, "off for a minute")
        await notifier.hear(incident(incidents.IncidentSnoozed, by="ana"), "off for half an hour")
        await at(NOW + timedelta(seconds=1))
        told = [each["Subject"] for each in mail.mails() if each["To"].startswith("Rina")]
        assert len(told) == 2, told
        assert "75 %" in told[0] and "Put off until" in told[1]
