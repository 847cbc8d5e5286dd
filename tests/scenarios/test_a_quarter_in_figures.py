"""Three outages of a quarter and what they come to in figures: nothing is made by hand, all of it has happened."""

from datetime import datetime, timedelta
from typing import Any

from disputes.cases import CUSTOMER, DAY, NOW, PROVIDER, after, answered, raised

from sepakat_incidents import analytics, answers, deadlines, folding, settling
from sepakat_incidents import line as domain
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
    assert (found.count, found.open, found.levels, found.repeated) == (3, 0, {1: 2, 2: 1}, 1)
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
