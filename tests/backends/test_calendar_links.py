"""Links to calendars on a real database: those that were stored under other names are read still."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from sepakat_cli.backends import Backend
from sepakat_shared import mongo
from sepakat_shared.aggregate import Kind
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import Principal, digest
from sepakat_shared.calendar_links import CalendarLinks
from sepakat_shared.clock import ManualClock
from sepakat_shared.commits import Commits
from sepakat_shared.errors import Gone, NotFound
from sepakat_shared.settings import ServiceSettings

pytestmark = pytest.mark.servers
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
RINA = Principal("rina", "nusantara", frozenset(), frozenset())


@dataclass(frozen=True)
class Link:
    """As `agreements` stored it before."""

    id: str
    agreement: str
    party: str | None
    digest: str
    by: str
    made_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True)
class Made:
    link: Link


BEFORE: Kind[Link, Made] = Kind(
    "maintenance-link", Link, (Made,), lambda _, event: event.link,
    lambda each: {"parties": [each.party], "agreement": each.agreement, "digest": each.digest, "revoked": False},
    lambda *_: [],
)  # fmt: skip


async def test_a_link_of_before_is_opened_listed_and_revoked_as_a_new_one_is(backend: Backend) -> None:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    commits = Commits(client[f"links_{uuid.uuid4().hex[:8]}"], ManualClock(NOW))
    kept = Link("a1", "toko-checkout", "nusantara", digest("token"), "rina", NOW)
    await Aggregates(commits, BEFORE).execute("a1", lambda *_: [Made(kept)], by="rina")

    links = CalendarLinks(commits, "maintenance-link", "agreement")
    made, token = await links.make("toko-checkout", RINA)
    assert [each.id for each in await links.of("toko-checkout", RINA)] == sorted(["a1", made.id])
    for each in ("token", token):
        assert (await links.opened(each))[0] == "toko-checkout"
    with pytest.raises(NotFound, match="of this agreement"):
        await links.revoke("a1", "toko-search", RINA)
    await links.revoke("a1", "toko-checkout", RINA)
    assert [each.id for each in await links.of("toko-checkout", RINA)] == [made.id]
    with pytest.raises(Gone):
        await links.opened("token")
    await mongo.close_client(client)
