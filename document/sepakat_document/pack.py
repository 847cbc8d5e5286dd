"""The pack of a review: what the parties look back on, as data. It says nothing of how it is shown.

Numbers that decide are decimals as text, durations are seconds, words are by language.
"""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Literal

Trend = Literal["better", "same", "worse"]


@dataclass(frozen=True)
class Reading:
    """An error budget as it was told at an instant: decimals as text, in its `unit`."""

    at: datetime
    total: str
    remaining: str
    unit: str


@dataclass(frozen=True)
class Verdict:
    """A figure: `attainment` is in percent, or there is a `value` in `unit`. `exact` is the fraction that decided.

    `met` is None where too little was seen to judge by; `coverage` (percent) is how much was.
    """

    attainment: str | None
    exact: str | None
    value: str | None
    unit: str | None
    target: str
    met: bool | None
    state: str
    coverage: str | None

    @property
    def number(self) -> Fraction | None:
        """What is compared with other periods."""
        if self.exact is not None:
            return Fraction(self.exact)
        shown = self.value if self.value is not None else self.attainment
        return None if shown is None else Fraction(shown)


@dataclass(frozen=True)
class Period:
    """`agreed` is there where the `measured` figure was corrected; the agreed one counts then."""

    start: datetime
    end: datetime
    version: int
    measured: Verdict
    agreed: Verdict | None = None
    dispute: str | None = None
    readings: tuple[Reading, ...] = ()

    @property
    def counts(self) -> Verdict:
        return self.agreed or self.measured


@dataclass(frozen=True)
class Attained:
    """An objective with the periods that ended within the review, the earliest first, and those `before` them.

    `target` is the present one. `trend` compares the last two periods that were judged; there is none of a rolling
    window, which is told by its breaches alone.
    """

    objective: str
    title: dict[str, str] | None
    service: str
    target: str
    at_most: bool
    unit: str | None
    rolling: bool
    periods: tuple[Period, ...]
    before: tuple[Period, ...]
    judged: int
    missed: int
    trend: Trend | None = None


@dataclass(frozen=True)
class Incident:
    """`to_acknowledge` and `to_restore` run from its opening; None where it has not come to that."""

    number: str
    service: str
    title: dict[str, str]
    priority: str
    opened_at: datetime
    began_at: datetime
    ended_at: datetime | None
    to_acknowledge: float | None
    to_restore: float | None
    level: int
    escalations: int
    exhausted: bool
    missed: tuple[str, ...]
    reopened: int


@dataclass(frozen=True)
class Took:
    """Over `count` times; the rest is None where it never came to an end."""

    count: int
    mean: float | None
    longest: float | None


@dataclass(frozen=True)
class Handling:
    """All incidents of one priority together: `acknowledge` is the MTTA, `restore` the MTTR."""

    priority: str
    count: int
    open: int
    acknowledge: Took
    restore: Took
    escalations: int
    exhausted: int
    missed: int


@dataclass(frozen=True)
class Dispute:
    number: str
    raised_by: str
    raised_at: datetime
    kind: str
    about: str | None
    title: dict[str, str] | None
    state: str
    result: str | None
    how: str | None
    ended_at: datetime | None
    measured: str | None
    agreed: str | None


@dataclass(frozen=True)
class Owed:
    """A credit for one period, as it stands."""

    credit: str
    objective: str
    title: dict[str, str] | None
    start: datetime
    end: datetime
    percent: str
    amount: str
    outstanding: str
    currency: str
    status: str


@dataclass(frozen=True)
class Sum:
    """All credits of one currency."""

    currency: str
    amount: str
    outstanding: str


@dataclass(frozen=True)
class Need:
    """A need of the text or of the intake. `answer` is the provider's; `revision` is 0 where the text alone has it."""

    need: str
    statement: dict[str, str]
    priority: str
    served_by: tuple[str, ...]
    revision: int = 0
    answer: str | None = None


@dataclass(frozen=True)
class Mark:
    """How content somebody is with a service: 1 (not at all) to 5 (very)."""

    service: str
    mark: int


@dataclass(frozen=True)
class Met:
    """Whether a need is met, by whoever has it, and in which words."""

    need: str
    met: bool
    words: str | None = None


@dataclass(frozen=True)
class Opinion:
    """What somebody of the customer said of one incident when it was over; `recommend` is 0 to 10."""

    incident: str
    marks: tuple[Mark, ...]
    recommend: int | None
    words: str | None
    needs: tuple[Met, ...]


@dataclass(frozen=True)
class Duty:
    """How often an obligation was kept in time, and missed: met late, or not yet. One that was excused is neither."""

    obligation: str
    party: str
    text: dict[str, str]
    kept: int
    missed: int


@dataclass(frozen=True)
class Work:
    """Planned work: a `window` of the text, or what was announced, with why. It `counts` as agreed maintenance, which
    the figures leave out as far as the text's allowance goes."""

    window: str
    start: datetime
    end: datetime
    counts: bool
    reason: str | None = None


@dataclass(frozen=True)
class Pack:
    """Where nothing was owed or worked on, `duties` and `works` are empty, and no word is said of them.

    That of a `month` (`2026-03`) is no review's: `review` is 0 and `meeting` empty.
    """

    agreement: str
    title: dict[str, str] | None
    version: int
    provider: str
    customer: str
    review: int
    meeting: str
    since: datetime
    until: datetime
    zone: str
    compiled_at: datetime
    objectives: tuple[Attained, ...] = ()
    handling: tuple[Handling, ...] = ()
    incidents: tuple[Incident, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    credits: tuple[Owed, ...] = ()
    sums: tuple[Sum, ...] = ()
    needs: tuple[Need, ...] = ()
    opinions: tuple[Opinion, ...] = ()
    duties: tuple[Duty, ...] = ()
    works: tuple[Work, ...] = ()
    month: str | None = None
