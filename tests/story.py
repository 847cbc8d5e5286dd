"""One incident as a story: it opens at eight, time passes, somebody does something about it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sepakat_incidents import deadlines, folding
from sepakat_incidents import line as domain
from sepakat_incidents.escalation import NOBODY, Rosters
from sepakat_incidents.events import Event, Foreseen, Missed
from sepakat_incidents.handling import Handling
from sepakat_incidents.incident import About, Incident, Line, Trigger
from sepakat_incidents.publish import of_line
from sepakat_shared.clock import ManualClock
from sepakat_shared.messages import Message

OPENED = datetime(2026, 11, 24, 8, tzinfo=UTC)
DAY = timedelta(days=1)


class Story:
    """One incident that opens at eight, and whoever does something about it at their times."""

    def __init__(self, how: Handling, rosters: Rosters = NOBODY) -> None:
        self.clock = ManualClock(OPENED)
        self._rosters = rosters
        self.line: Line | None = None
        self.events: list[Event] = []
        self.told: list[Message] = []
        about = About("toko-checkout", "checkout", "nusantara", "toko-maju")
        trigger = Trigger("impairment", "impairment:x", "e1", OPENED, {"en": "Checkout is down"})
        self.take(domain.begin(None, "toko-checkout.checkout", about, trigger, how, OPENED, rosters))

    @property
    def known(self) -> Line:
        assert self.line is not None
        return self.line

    @property
    def incident(self) -> Incident:
        assert self.line is not None and self.line.incident is not None
        return self.line.incident

    def at(self, clock: str) -> "Story":
        """Let time pass until then; deadlines fire at their times."""
        until = datetime.fromisoformat(f"2026-11-24T{clock}:00+00:00")
        while (due := deadlines.due_at(self.incident)) is not None and due <= until:
            self.clock.set(max(due, self.clock.now()))
            self.fire()
        self.clock.set(until)
        return self

    def late(self, clock: str) -> "Story":
        """Nothing runs until then; what is due fires at once."""
        self.clock.set(datetime.fromisoformat(f"2026-11-24T{clock}:00+00:00"))
        self.fire()
        return self

    def fire(self) -> None:
        self.take(deadlines.fire(self.line, self.clock.now(), self._rosters))

    def do(self, command: Any, *given: Any) -> "Story":
        self.take(command(self.line, self.incident.id, *given, self.clock.now()))
        return self

    def resolve(self, close_after: timedelta = DAY) -> "Story":
        assert self.line is not None
        self.take(domain.resolve(self.line, self.incident.id, "rina", None, self.clock.now(), close_after))
        return self

    def take(self, events: Any) -> None:
        for event in events:
            self.line = folding.apply(self.line, event)
            self.events.append(event)
            self.told.extend(of_line(event, self.line))

    def marks(self) -> list[tuple[str, str, int | str]]:
        return [
            (f"{each.at:%H:%M}", each.measures, each.percent if isinstance(each, Foreseen) else "missed")
            for each in self.events
            if isinstance(each, Foreseen | Missed)
        ]

    def types(self) -> list[str]:
        return [each.type.removeprefix("sepakat.").removesuffix(".v1") for each in self.told]

    def tickets(self) -> list[tuple[str, str]]:
        facts = [each for each in self.told if each.topic == "sepakat.metrics.v1"]
        return [(each.data["fact"], str(each.at)[11:16]) for each in facts if each.data]
