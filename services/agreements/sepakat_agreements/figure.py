"""What was told of one period of an objective, kept for reviews: as it was measured, and as it was agreed since. Pure.

The first figure of a period that is over is the measured one; whatever a dispute, an exclusion or a correction has
made of it later is the agreed one, and the last of these counts. While a period runs, only its budget is read.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sepakat_document.pack import Reading, Verdict
from sepakat_shared.contracts import compliance
from sepakat_shared.contracts.fact import Title

Fact = (
    compliance.ObjectiveAtRisk | compliance.ObjectiveFailing | compliance.ObjectiveBreached
    | compliance.BreachRetracted | compliance.PeriodClosed | compliance.PeriodCorrected
)  # fmt: skip
SETTLED_AFTER: Final = timedelta(days=1)
"""The figure of a period is told a day after its end; one that had none yet when a pack was frozen is in the next."""
MOST_READINGS: Final = 60
"""Of one period: the last ones are kept, and the last of all is the period's own."""


@dataclass(frozen=True)
class Figure:
    """One period of an objective, or a breach of a rolling window. `dispute` is the one that it follows from."""

    id: str
    agreement: str
    version: int
    provider: str
    customer: str
    service: str
    objective: str
    start: datetime
    end: datetime
    told_at: datetime
    objective_title: dict[str, str] | None = None
    measured: Verdict | None = None
    agreed: Verdict | None = None
    corrections: int = 0
    dispute: str | None = None
    readings: tuple[Reading, ...] = ()

    @property
    def counts(self) -> Verdict | None:
        """The figure that counts now; None while the period runs."""
        return self.agreed or self.measured

    @property
    def settled_at(self) -> datetime:
        """When there is something to look back on: of a rolling window its breach, of a period its figure."""
        return self.settled_after(SETTLED_AFTER)

    def settled_after(self, waits: timedelta) -> datetime:
        """The same where the figure of a period counts so long after its end."""
        return self.end if self.is_rolling else self.end + waits

    @property
    def is_rolling(self) -> bool:
        return self.id.rpartition("/")[2].isdigit()


@dataclass(frozen=True)
class FigureTold:
    figure: Figure


def apply(_figure: Figure | None, event: FigureTold) -> Figure:
    return event.figure


def is_final(fact: compliance.PeriodClosed | compliance.PeriodCorrected) -> bool:
    """Whether the period is closed. Corrections of before that was told are final once it has ended."""
    is_open = isinstance(fact, compliance.PeriodCorrected) and fact.final is False
    return fact.at >= fact.period.end and not is_open


def told(known: Figure | None, fact: Fact) -> list[FigureTold]:
    """What is known of the period with that fact."""
    figure = replace(
        known or _begun(fact), version=fact.version, told_at=fact.at, readings=_readings(known, fact),
        objective_title=_plain(fact.objective_title) or (known.objective_title if known else None),
    )  # fmt: skip
    if isinstance(fact, compliance.PeriodCorrected):
        figure = _corrected(figure, fact)
    elif isinstance(fact, compliance.PeriodClosed) or _breach_of_rolling(figure, fact):
        figure = _closed(figure, _verdict(fact), fact.dispute)
    elif isinstance(fact, compliance.BreachRetracted) and figure.is_rolling and figure.measured is not None:
        figure = replace(figure, agreed=_verdict(fact), corrections=figure.corrections + 1, dispute=fact.dispute)
    return [] if figure == known else [FigureTold(figure)]


def _begun(fact: Fact) -> Figure:
    return Figure(
        fact.episode, fact.agreement, fact.version, fact.provider, fact.customer, fact.service, fact.objective,
        fact.period.start, fact.period.end, fact.at,
    )  # fmt: skip


def _breach_of_rolling(figure: Figure, fact: Fact) -> bool:
    """A rolling window has no end: that it was missed is all there is to be told of it."""
    return figure.is_rolling and isinstance(fact, compliance.ObjectiveBreached)


def _closed(figure: Figure, verdict: Verdict, dispute: str | None) -> Figure:
    """Told again, as after a broker was lost, it changes nothing that was corrected since."""
    if figure.measured is None:
        return replace(figure, measured=verdict, dispute=dispute)
    if figure.agreed is None or figure.measured == verdict:
        return figure
    return replace(figure, agreed=verdict, dispute=dispute)


def _corrected(figure: Figure, fact: compliance.PeriodCorrected) -> Figure:
    """What is corrected while the period still runs is in the figure that closes it."""
    if fact.at < fact.period.end:
        return figure
    agreed = _verdict(fact)
    measured = figure.measured or replace(
        agreed, attainment=fact.attainment_before, exact=fact.exact_before, value=fact.value_before,
        met=fact.met_before, state=fact.state_before or fact.state,
    )  # fmt: skip
    return replace(
        figure, measured=measured, agreed=agreed, corrections=figure.corrections + 1,
        dispute=fact.dispute or figure.dispute,
    )  # fmt: skip


def _verdict(fact: Fact) -> Verdict:
    return Verdict(
        fact.attainment, fact.exact, fact.value, fact.unit, fact.target, fact.met, fact.state, fact.coverage
    )  # fmt: skip


def _readings(known: Figure | None, fact: Fact) -> tuple[Reading, ...]:
    """One an instant: what is told again, or anew, of the same one takes its place."""
    before = known.readings if known else ()
    if fact.budget is None:
        return before
    at = min(fact.at, fact.period.end)
    read = Reading(at, fact.budget.total, fact.budget.remaining, fact.budget.unit)
    others = [each for each in before if each.at != at]
    return tuple(sorted([*others, read], key=lambda each: each.at)[-MOST_READINGS:])


def _plain(title: Title | None) -> dict[str, str] | None:
    return None if title is None else title.model_dump(exclude_none=True)
