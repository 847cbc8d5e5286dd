"""Three outages of a quarter and what they come to in figures: nothing is made by hand, all of it has happened."""

import csv
import io
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from disputes.cases import CUSTOMER, DAY, NOW, PROVIDER, after, answered, raised
from handled import Handled, opened
from samples import agreement

from sepakat_cli.backends import Backend
from sepakat_incidents import analytics, analytics_api, answers, comment_api, deadlines, folding, settling
from sepakat_incidents import line as domain
from sepakat_incidents.discussions import Discussions
from sepakat_incidents.docket import Docket
from sepakat_incidents.escalation import Ladder, Rung
from sepakat_incidents.handling import Handling
from sepakat_incidents.incident import About, Incident, Line, Trigger
from sepakat_shared.clock import ManualClock

ID, ABOUT = "toko.checkout", About("toko", "checkout", "nusantara", "toko-maju")
LADDER = Ladder((Rung(("oncall",), 900), Rung(("rina",), 900)), repeat=1)
MINUTE = timedelta(minutes=1)


class Service:
    """One service whose outages open incidents on one line; `outage` plays one of them and ends closed."""

    def __init__(self, start: datetime) -> None:
        self.clock = ManualClock(start)
        self.line: Line | None = None

    def outage(self, at: timedelta, acknowledged: timedelta, restored: timedelta, priority: str = "P1") -> None:
        begun = self.clock.now() + at
        self.until(begun)
        trigger = Trigger("impairment", "impairment:x", f"e-{begun}", begun - 2 * MINUTE, {"en": "Checkout is down"})
        self.take(domain.begin(self.line, ID, ABOUT, trigger, Handling(priority, LADDER, version=1), begun))
        id = self.incident.id
        self.until(begun + acknowledged)
        self.take(answers.acknowledge(self.known, id, "rina", PROVIDER, self.clock.now()))
        self.until(begun + restored)
        self.take(domain.passed(self.line, "impairment:x", self.clock.now(), self.clock.now(), DAY))
        self.until(self.clock.now() + 2 * DAY)

    @property
    def known(self) -> Line:
        assert self.line is not None
        return self.line

    @property
    def incident(self) -> Incident:
        assert self.known.incident is not None
        return self.known.incident

    @property
    def all(self) -> list[Incident]:
        return [*self.known.past.values(), self.incident]

    def until(self, instant: datetime) -> None:
        """Let time pass; what falls due meanwhile happens at its time."""
        while self.line is not None and (due := deadlines.due_at(self.incident)) is not None and due <= instant:
            self.clock.set(due)
            self.take(deadlines.fire(self.line, due))
        self.clock.set(instant)

    def take(self, events: Any) -> None:
        for event in events:
            self.line = folding.apply(self.line, event)


def test_a_quarter_in_figures() -> None:
    start = datetime.fromisoformat("2026-10-01T00:00:00+00:00")
    checkout = Service(start)
    checkout.outage(3 * DAY, 5 * MINUTE, 25 * MINUTE)  # the first level takes it up
    checkout.outage(10 * DAY, 20 * MINUTE, 60 * MINUTE, "P2")  # the second one does
    checkout.outage(30 * DAY, 40 * MINUTE, 50 * MINUTE)  # only when all were asked once more
    end = start + 90 * DAY
    found = analytics.handled(checkout.all, start, end)
    assert (found.count, found.open, found.levels, found.repeated) == (3, 0, {1: 1, 2: 2}, 1)
    assert (found.acknowledge.mean, found.acknowledge.longest) == (1300, 40 * 60)
    assert (found.restore.mean, found.restore.median) == (45 * 60, 50 * 60)
    # The impact began two minutes before each record of it.
    assert found.impact_seconds == (27 + 62 + 52) * 60
    assert found.between_failures == (90 * 86_400 - found.impact_seconds) / 3
    by_month = analytics.grouped(checkout.all, "month", start, end)
    assert {name: each.count for name, each in by_month.items()} == {"2026-10": 2, "2026-11": 1}

    contested, refused = answered(), raised()
    settled = after(contested, settling.accept(contested, PROVIDER, 1, "rina", NOW + 3 * DAY))
    given_up = after(refused, settling.withdraw(refused, CUSTOMER, "a mistake", "budi", NOW + DAY))
    counted = analytics.disputed([settled, given_up, raised()], start, NOW + DAY)
    assert (counted.count, counted.open, counted.results) == (3, 1, {"upheld": 1, "withdrawn": 1})
    assert counted.took.mean == 2 * 86_400


def with_figures(it: Handled) -> None:
    discussions = Discussions(it.commits)
    it.app.include_router(comment_api.router(it.incidents, discussions, it.posts, it.clock))
    it.app.include_router(analytics_api.router(it.incidents, Docket(it.commits), discussions, it.wordings, it.clock))


@pytest.mark.servers
@pytest.mark.timeout(300)
async def test_figures_and_rows_are_those_of_what_happened_and_each_party_counts_what_it_may_read(
    backend: Backend,
) -> None:
    async with opened(backend, agreement(), more=with_figures) as it:
        for minutes in (10, 20):
            id = await it.impaired()
            await it.after(minutes=minutes)
            await it.post("nusantara", id, "acknowledge")
            await it.post("nusantara", id, "comments", 201, body="=the vendor is late")
            await it.after(minutes=minutes)
            await it.mended()
            await it.after(days=2)
        await it.post("toko-maju", id, "comments", 201, body="thank you", visibility="shared")
        figures = (await it.ask("toko-maju", "GET", "/v1/analytics", params={"by": "service"}))["total"]
        assert (figures["incidents"], figures["mtta_seconds"], figures["mttr_seconds"]) == (2, 900.0, 1800.0)
        assert (await it.ask("stranger", "GET", "/v1/analytics"))["total"]["incidents"] == 0

        async def rows(who: str, format: str) -> str:
            headers = {"Authorization": f"Bearer spk_{who}"}
            answer = await it.http.get("/v1/analytics/incidents", params={"format": format}, headers=headers)
            assert "vendor" not in answer.text, "what was said is in no export"
            return answer.text

        table = list(csv.DictReader(io.StringIO(await rows("nusantara", "csv"))))
        lines = [json.loads(each) for each in (await rows("nusantara", "ndjson")).splitlines()]
        assert [each["id"] for each in table] == [each["id"] for each in lines] and table[0]["id"] == id
        said = ("provider_comments", "customer_comments")
        assert [lines[0][each] for each in said] == [1, 1]
        of_customer = json.loads((await rows("toko-maju", "ndjson")).splitlines()[0])
        assert [of_customer[each] for each in said] == [0, 1], "what the provider keeps to itself"
        assert of_customer["provider_commented_at"] is None
