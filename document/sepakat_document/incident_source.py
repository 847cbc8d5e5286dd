"""What the document of an incident is written from: its record, as one reader may see it.

Nothing is left out here that the record has: whoever makes it has left out what is not for the reader.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from sepakat_document.speech import Speech

Span = tuple[datetime, datetime]
CLOCKS: Final = {
    "first-response": ("First response", "Tanggapan pertama"), "restore": ("Restoration", "Pemulihan"),
    "resolve": ("Resolution", "Penyelesaian"), "update": ("Progress note", "Kabar kemajuan"),
}  # fmt: skip
_TURNS: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Entry:
    """Something that happened: `what` is its name on the timeline, `told` what is said of it there."""

    at: datetime
    by: str
    what: str
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Agreed:
    """What disputes have made of a clock; `number` is the last one's."""

    elapsed: timedelta
    met: bool
    number: str


@dataclass(frozen=True)
class Clock:
    """`runs` is the time that counts, `still` that in which it stood still; what is in neither is out of its hours.

    `state` is met, missed, running, paused, stopped or cancelled. `due_at` is None while it is paused.
    """

    measures: str
    state: str
    limit: timedelta
    elapsed: timedelta
    started_at: datetime
    stopped_at: datetime | None
    due_at: datetime | None
    runs: tuple[Span, ...] = ()
    still: tuple[Span, ...] = ()
    agreed: Agreed | None = None


@dataclass(frozen=True)
class Promise:
    """`status` is open, overdue or done."""

    text: str
    owner: str
    due_at: datetime
    status: str
    late: bool = False


@dataclass(frozen=True)
class Note:
    """The post-incident note as it was published last."""

    version: int
    what_happened: str
    why: str
    what_will_change: str
    promises: tuple[Promise, ...] = ()


@dataclass(frozen=True)
class Link:
    kind: str
    number: str


@dataclass(frozen=True)
class Record:
    """An incident and all that happened, in order."""

    number: str
    title: Mapping[str, str]
    agreement: str
    service: str
    provider: str
    customer: str
    priority: str
    status: str
    responsible: str
    opened_at: datetime
    impact_started_at: datetime
    agreement_title: Mapping[str, str] | None = None
    service_title: Mapping[str, str] | None = None
    impact: str | None = None
    urgency: str | None = None
    owner: str | None = None
    impact_ended_at: datetime | None = None
    acknowledged_at: datetime | None = None
    resolved_at: datetime | None = None
    waits_for: str | None = None
    alerts: int = 0
    reopened: int = 0
    merged_into: str | None = None
    merged: int = 0
    links: tuple[Link, ...] = ()
    clocks: tuple[Clock, ...] = ()
    timeline: tuple[Entry, ...] = ()
    note: Note | None = None

    @property
    def is_over(self) -> bool:
        return self.status in ("resolved", "closed")


@dataclass(frozen=True)
class IncidentSource:
    """`zone` is the agreement's, `now` when the record was read; `hash` is that of its timeline."""

    record: Record
    speech: Speech
    zone: ZoneInfo
    now: datetime
    hash: str

    def say(self, en: str, id: str, /, **named: str) -> str:
        return self.speech.say(en, id, **named)

    # -- names ---------------------------------------------------------------------------------------------------------

    @property
    def title(self) -> str:
        return self.words(self.record.title, self.record.number)

    @property
    def service(self) -> str:
        return self.words(self.record.service_title, self.record.service)

    def words(self, given: Mapping[str, str] | None, otherwise: str) -> str:
        known = given or {}
        return plain(known.get(self.speech.language) or known.get("en") or known.get("id") or otherwise)

    def clock(self, measures: str) -> str:
        return self.say(*CLOCKS.get(measures, (measures, measures)))

    def who(self, by: str) -> str:
        """Whoever did something: a key's id, or the system itself."""
        return "Sepakat" if by in ("sepakat", "timer") or "/" in by else plain(by)

    def degree(self, given: str) -> str:
        degrees = {"high": ("high", "tinggi"), "medium": ("medium", "sedang"), "low": ("low", "rendah")}
        return self.say(*degrees.get(given, (given, given)))

    def reason(self, given: str) -> str:
        """Why clocks stand still: agreements may name reasons of their own."""
        known = {
            "waiting-for-customer": ("waiting for the customer", "menunggu pelanggan"),
            "obligation-unmet": ("an obligation is not met", "ada kewajiban yang belum dipenuhi"),
        }
        return self.say(*known[given]) if given in known else plain(given).replace("-", " ")

    # -- time ----------------------------------------------------------------------------------------------------------

    @property
    def time_zone(self) -> str:
        """With its offset from UTC, where that was one all the time."""
        offsets = {self._formatted(each, "xxx") for each in (self.record.opened_at, self.now)}
        return f"{self.zone} (UTC{offsets.pop()})" if len(offsets) == 1 else str(self.zone)

    def moment(self, at: datetime) -> str:
        """To the second, without the zone: that is told once for all of them."""
        day = self._formatted(at, "d MMM y").replace(" ", "\u00a0")
        return f"{day} {self.clock_time(at, seconds=True)}"

    def clock_time(self, at: datetime, *, seconds: bool) -> str:
        return self._formatted(at, self.say("HH:mm", "HH.mm") + (self.say(":ss", ".ss") if seconds else ""))

    def short_day(self, at: datetime) -> str:
        return self._formatted(at, "d MMM")

    def day(self, at: datetime) -> str:
        return self.speech.date(at.astimezone(self.zone).date())

    def _formatted(self, at: datetime, pattern: str) -> str:
        local = at.astimezone(self.zone)
        return str(format_datetime(local, pattern, locale=self.speech.language, tzinfo=self.zone))

    def took(self, span: timedelta) -> str:
        """To the second; to the minute where it is days."""
        grain = timedelta(minutes=1) if span >= timedelta(days=1) else timedelta(seconds=1)
        return self.speech.duration(grain * round(span / grain))


def plain(text: str) -> str:
    """What people wrote, without what cannot be seen and changes what others see (see UAX #9)."""
    return _TURNS.sub("", "".join(each if each == "\n" or _is_seen(each) else "\ufffd" for each in text.strip()))


def _is_seen(character: str) -> bool:
    return character == "\t" or unicodedata.category(character) not in ("Cc", "Cs")
