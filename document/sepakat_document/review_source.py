"""What the document of a review is written from: its pack, what was said in it, and whose names are known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date

from sepakat_document.pack import Attained, Pack, Period, Verdict
from sepakat_document.speech import Speech
from sepakat_shared.contracts.fact import Title
from sepakat_shared.spans import months_later


@dataclass(frozen=True)
class Comment:
    party: str
    text: str
    at: datetime


@dataclass(frozen=True)
class Behind:
    """What past periods say of a target: of the `judged` ones it would have missed so many."""

    objective: str
    target: str
    unit: str | None
    judged: int
    would_miss: int


@dataclass(frozen=True)
class Decision:
    """`owner` is `party/contact`; `changes` are what the amendment that it led to would change, in words."""

    text: str
    owner: str
    due: date
    changes: tuple[str, ...] = ()
    behind: tuple[Behind, ...] = ()


@dataclass(frozen=True)
class Rated:
    """A mark from 1 to 5 of a service: how many gave one, and their mean (decimal as text)."""

    service: str
    count: int
    mean: str


@dataclass(frozen=True)
class Heard:
    """The customer's feedback: `score` is the net promoter score (-100 to 100), `needs` how many said yes and no."""

    count: int = 0
    rated: tuple[Rated, ...] = ()
    promoted: int = 0
    score: str | None = None
    needs: tuple[tuple[str, int, int], ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Held:
    """`needs` are those that were stated in the review, by their ids in the agreement."""

    state: str = "open"
    because: str = "cadence"
    chair: str | None = None
    participants: tuple[str, ...] = ()
    comments: tuple[Comment, ...] = ()
    decisions: tuple[Decision, ...] = ()
    conclusion: str | None = None
    heard: Heard = field(default_factory=Heard)
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReviewSource:
    """`parties` and `people` (by `party/contact`) are names; ids stand for those that are not known."""

    pack: Pack
    hash: str
    held: Held
    speech: Speech
    parties: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, Title] = field(default_factory=dict)

    def say(self, en: str, id: str, /, **named: str) -> str:
        return self.speech.say(en, id, **named)

    def party(self, id: str) -> str:
        return self.parties.get(id, id)

    def person(self, named: str) -> str:
        party, _, contact = named.partition("/")
        return f"{self.people.get(named, contact)} ({self.party(party)})"

    def words(self, given: Mapping[str, str] | None, otherwise: str) -> str:
        return otherwise if not given else self.speech.words(Title(**given), otherwise)

    def service(self, id: str) -> str:
        return self.speech.words(self.services.get(id), id)

    def title(self, objective: Attained) -> str:
        return self.words(objective.title, objective.objective)

    # -- time ----------------------------------------------------------------------------------------------------------

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.pack.zone)

    def instant(self, at: datetime) -> str:
        return self.speech.instant(at.astimezone(self.zone))

    def day(self, at: datetime) -> str:
        return self.speech.date(at.astimezone(self.zone).date())

    def period(self, start: datetime, end: datetime) -> str:
        """A whole month by its name, other spans by their first and last day."""
        first, last = self._days(start, end)
        if first.day == 1 and months_later(first, 1) == last + timedelta(days=1):
            return self.speech.month(first)
        return (
            f"{self.speech.date(first)} \u2013 {self.speech.date(last)}" if first != last else self.speech.date(first)
        )

    def short(self, start: datetime, end: datetime) -> str:
        """The same where there is little room."""
        first, last = self._days(start, end)
        whole = first.day == 1 and months_later(first, 1) == last + timedelta(days=1)
        return str(format_date(first, "MMM yy" if whole else "d MMM", locale=self.speech.language))

    def _days(self, start: datetime, end: datetime) -> tuple[date, date]:
        first = start.astimezone(self.zone)
        return first.date(), max(end.astimezone(self.zone) - timedelta(milliseconds=1), first).date()

    def took(self, seconds: float | None) -> str:
        """A duration in words, to the second."""
        return "\u2013" if seconds is None else self.speech.duration(timedelta(seconds=round(seconds)))

    # -- figures -------------------------------------------------------------------------------------------------------

    def figure(self, verdict: Verdict | None) -> str:
        if verdict is None:
            return "\u2013"
        if verdict.value is not None:
            return f"{self.speech.number(Decimal(verdict.value))}\u00a0{verdict.unit or ''}".rstrip("\u00a0")
        if verdict.attainment is None:
            return self.say("nothing seen", "tidak teramati")
        return self.exactly(verdict.attainment)

    def exactly(self, percent: str) -> str:
        """All decimals that are there: a figure is not shown with fewer than it was told with."""
        return f"{self._decimals(percent)}%"

    def _decimals(self, value: str) -> str:
        whole, _, decimals = value.partition(".")
        said = self.speech.number(Decimal(whole))
        return f"{said}{self.say('.', ',')}{decimals}" if decimals else said

    def disputed(self, figure: str | None) -> str:
        """A figure with its unit behind it, as disputes tell it."""
        if figure is None:
            return "\u2013"
        number, _, unit = figure.partition(" ")
        return self._decimals(number) + ("%" if unit == "%" else f"\u00a0{unit}" if unit else "")

    def target(self, objective: Attained, period: Period | None = None) -> str:
        """The present target, or the one that held in that period."""
        given = objective.target if period is None else period.measured.target
        if objective.unit is None:
            return self.exactly(given) if given else "\u2013"
        said = f"{self.speech.number(Decimal(given))}\u00a0{objective.unit}"
        return (
            self.say("at most {t}", "paling banyak {t}", t=said)
            if objective.at_most
            else self.say("at least {t}", "paling sedikit {t}", t=said)
        )

    def verdict(self, verdict: Verdict) -> str:
        if verdict.met is None:
            return self.say("not judged", "tidak dinilai")
        return self.say("met", "terpenuhi") if verdict.met else self.say("missed", "tidak terpenuhi")
