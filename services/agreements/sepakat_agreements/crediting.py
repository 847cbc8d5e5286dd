"""From a period's figure to what is owed for it: the term's share, the rules for one outage, and the cap. Pure.

The percentage is the one that was told with the figure: whoever measures compares it with the tiers. Here it becomes an
amount of money, by the text that was in force.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Final
from zoneinfo import ZoneInfo

from sepakat_agreements.credit import Account, Corrected, Credit, Event, Owed, Reduction, Status, Terms
from sepakat_shared import spans
from sepakat_shared.calendars import local_midnight, to_ms
from sepakat_shared.contracts import texts

_NO_MINOR_UNIT: Final = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF",
     "XPF")
)  # fmt: skip
_THOUSANDTHS: Final = frozenset(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"))


@dataclass(frozen=True)
class Told:
    """What was told of a period: `percent` is what its figure, or the outcome of a dispute, gives of the charge."""

    objective: str
    service: str
    subject: str
    start: datetime
    end: datetime
    version: int
    percent: Decimal
    at: datetime
    dispute: str | None = None
    agreement_title: dict[str, str] | None = None
    objective_title: dict[str, str] | None = None


@dataclass(frozen=True)
class Wording:
    """The text that was in force, who has signed it, and from when until when the agreement lasts as far as known."""

    text: texts.Agreement
    lasts: tuple[datetime | None, datetime | None]
    provider_contacts: tuple[str, ...] = ()
    customer_contacts: tuple[str, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.text.term.time_zone)


# -- ids ---------------------------------------------------------------------------------------------------------------


def account_id(agreement: str, start: datetime, zone: ZoneInfo) -> str:
    """By the year in which the period begins: caps are of a month, a quarter or a year."""
    return f"{agreement}.{start.astimezone(zone).year}"


def credit_id(account: str, objective: str, start: datetime) -> str:
    return f"{account}.{objective}.{start.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def account_of(credit: str) -> str:
    """The account that a credit's id names: ids of agreements have no dots."""
    return ".".join(credit.split(".")[:2])


# -- deciding ----------------------------------------------------------------------------------------------------------


def told(account: Account | None, wording: Wording, period: Told, now: datetime) -> Sequence[Event]:
    """What a figure that was told, or told anew, makes of its credit, and of those that it shares a rule with."""
    id = account_id(wording.text.metadata.id, period.start, wording.zone)
    known = account.find(credit_id(id, period.objective, period.start)) if account else None
    objective = next((each for each in wording.text.objectives if each.id == period.objective), None)
    if objective is None or objective.credits is None or objective.window.calendar is None:
        return []  # a rolling window has no period that ends
    if known is None and not period.percent:
        return []
    assessed = _assessed(id, wording, objective, objective.credits, period)
    if known is None:
        return _begins(account, wording, assessed, now)
    if (known.percent, known.full, known.share) == (assessed.percent, assessed.full, assessed.share):
        return []
    changed = replace(known, percent=assessed.percent, full=assessed.full, share=assessed.share)
    return _allotted(account, changed, period, wording.zone, now) if account else []


def _empty(wording: Wording, id: str) -> Account:
    parties = wording.text.parties
    return Account(id, wording.text.metadata.id, parties.provider, parties.customer)


def _begins(account: Account | None, wording: Wording, assessed: Credit, now: datetime) -> Sequence[Event]:
    known = account or _empty(wording, account_id(wording.text.metadata.id, assessed.start, wording.zone))
    amount, reduced_by = _of_rules(assessed, known.credits)
    begun = _beginning(replace(assessed, amount=amount, reduced_by=reduced_by))
    return [Owed(known.agreement, known.provider, known.customer, known.id, begun)]


def _allotted(account: Account, changed: Credit, period: Told, zone: ZoneInfo, now: datetime) -> Sequence[Event]:
    """Each takes what those told before it leave, in the same order as ever: nothing depends on when it was settled."""
    events: list[Event] = []
    allotted: list[Credit] = []
    for known in account.credits:
        is_changed = known.id == changed.id
        dispute = period.dispute if is_changed else None
        credit = changed if is_changed else known
        amount, reduced_by = _of_rules(credit, allotted)
        until = _until(credit.terms, period.at, zone)
        after = _after(known, replace(credit, amount=amount, reduced_by=reduced_by), until, dispute)
        allotted.append(after)
        if after != known:
            events.append(Corrected(after, known.percent, known.amount, dispute, now))
    return events


def _beginning(credit: Credit) -> Credit:
    if not Decimal(credit.amount):
        return replace(credit, status=Status.VOID)
    return replace(credit, status=Status.DUE if credit.terms.mode == "on-claim" else Status.CLAIMED)


def _after(known: Credit, credit: Credit, until: datetime | None, dispute: str | None) -> Credit:
    """What follows from another amount. Settled money stays settled, and the rest of it is outstanding.

    Nobody could claim what was not told: where more is owed now, the time to claim it is counted anew, to `until`.
    """
    if Decimal(known.settled):
        return replace(credit, status=Status.ACCEPTED if credit.outstanding > 0 else Status.SETTLED)
    if not Decimal(credit.amount):
        return replace(credit, status=Status.VOID, reason=None)
    if known.status is Status.CONTESTED and dispute is not None:
        return replace(credit, status=Status.ACCEPTED, reason=None)
    if Decimal(credit.amount) <= Decimal(known.amount):
        return credit
    if known.status in (Status.VOID, Status.LAPSED):
        return _beginning(replace(credit, claim_until=until))
    return replace(credit, claim_until=until) if known.status is Status.DUE else credit


def _until(terms: Terms, at: datetime, zone: ZoneInfo) -> datetime | None:
    """The end of the time to claim, from the instant of publication; None where nothing is to be claimed."""
    if terms.mode != "on-claim" or terms.claim_within is None:
        return None
    return later(at, terms.claim_within, zone)


# -- amounts -----------------------------------------------------------------------------------------------------------


def _assessed(
    account: str, wording: Wording, objective: texts.Objective, credits: texts.Credits, period: Told
) -> Credit:
    """The credit by its own figure alone: `amount` is `full`, before the rules for all credits."""
    terms = _terms(wording, credits, period)
    share = _share(wording, objective, period)
    exact = Fraction(terms.charge_amount) * Fraction(period.percent) / 100 * share
    full = f"{rounded(exact, terms.currency):f}"
    return Credit(
        credit_id(account, period.objective, period.start), period.objective, period.service, period.subject,
        period.start, period.end, period.version, terms, f"{period.percent.normalize():f}",
        f"{share.numerator}/{share.denominator}", full, full, Status.DUE, period.at,
        _until(terms, period.at, wording.zone), agreement_title=period.agreement_title,
        objective_title=period.objective_title, provider_contacts=wording.provider_contacts,
        customer_contacts=wording.customer_contacts,
    )  # fmt: skip


def _terms(wording: Wording, credits: texts.Credits, period: Told) -> Terms:
    charge = next(each for each in wording.text.charges if each.id == credits.of)
    rules = wording.text.credit_rules or texts.CreditRules()
    cap = rules.cap
    group = "" if cap is None else spans.unit_of(cap.per, period.start.astimezone(wording.zone).date())[0].isoformat()
    return Terms(
        charge.id, f"{charge.amount:f}", charge.currency, rules.mode, rules.same_outage,
        None if cap is None else f"{cap.percent:f}", None if cap is None else cap.per, group, credits.claim_within,
    )  # fmt: skip


def _share(wording: Wording, objective: texts.Objective, period: Told) -> Fraction:
    """How much of the whole window lies in the period and within the agreement's time."""
    first, following = spans.unit_of(objective.window.calendar or "month", period.start.astimezone(wording.zone).date())
    whole = local_midnight(following, wording.zone) - local_midnight(first, wording.zone)
    begins, ends = wording.lasts
    start = max(to_ms(period.start), to_ms(begins or period.start))
    end = min(to_ms(period.end), to_ms(ends or period.end))
    return Fraction(max(end - start, 0), whole)


def _of_rules(credit: Credit, others: Sequence[Credit]) -> tuple[str, tuple[Reduction, ...]]:
    """What is left of the full amount after those told before it, and which rules took the rest."""
    left, reduced = Decimal(credit.full), list[Reduction]()
    if credit.terms.same_outage == "highest":
        taken = sum((Decimal(each.amount) for each in others if _same_outage(each, credit)), Decimal(0))
        if taken and left:
            left, reduced = max(left - taken, Decimal(0)), ["same-outage"]
    if credit.terms.cap_percent is not None:
        taken = sum((Decimal(each.amount) for each in others if _same_cap(each, credit)), Decimal(0))
        limit = Fraction(credit.terms.charge_amount) * Fraction(credit.terms.cap_percent) / 100
        room = max(rounded(limit, credit.terms.currency) - taken, Decimal(0))
        if room < left:
            left, reduced = room, [*reduced, "cap"]
    return f"{left:f}", tuple(reduced)


def _same_outage(one: Credit, other: Credit) -> bool:
    """A figure names no outage: two misses of one service at the same time count as of the same one."""
    same = (one.service, one.terms.charge) == (other.service, other.terms.charge)
    return same and one.objective != other.objective and one.start < other.end and other.start < one.end


def _same_cap(one: Credit, other: Credit) -> bool:
    first, second = one.terms, other.terms
    return (first.charge, first.cap_per, first.cap_group) == (second.charge, second.cap_per, second.cap_group)


def rounded(amount: Fraction, currency: str) -> Decimal:
    """To the minor unit of the currency (ISO 4217), half to even, from the exact amount."""
    places = 0 if currency in _NO_MINOR_UNIT else 3 if currency in _THOUSANDTHS else 2
    whole: int = round(amount * 10**places)
    with localcontext() as context:
        context.prec = 60
        return Decimal(whole).scaleb(-places)


def later(at: datetime, span: str, zone: ZoneInfo) -> datetime:
    """That ISO 8601 span of years, months, weeks and days after an instant, by the wall clock of the zone."""
    local = at.astimezone(zone)
    day = spans.later(local.date(), span)
    return local.replace(year=day.year, month=day.month, day=day.day).astimezone(UTC)
