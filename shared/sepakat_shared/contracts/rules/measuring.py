"""What is measured against which target, when it counts, and what a miss costs."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Final

from sepakat_shared.contracts.rules.naming import Broken, calendars_of, known
from sepakat_shared.contracts.texts import DAYS, Agreement, Calendar, Indicator, Limit, Objective

_MINUTE: Final = timedelta(minutes=1)
_CLOCKS: Final = (
    ("opened", "responded"), ("opened", "restored"), ("opened", "resolved"), ("responded", "restored"),
    ("responded", "resolved"), ("restored", "resolved"), ("restored", "opened"), ("resolved", "opened"),
    ("down", "up"), ("up", "down"),
)  # fmt: skip
_NEEDS_PERCENT: Final = {"occurrences", "time", "timeslices", "ratio-timeslices", "share", "per-case"}
_BURNS: Final = {"occurrences", "time", "share", "percentile", "timeslices", "ratio-timeslices"}
"""The measures that have a share which is lost over any stretch of time."""
_LENGTHS: Final = {
    "day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30), "quarter": timedelta(days=90),
    "year": timedelta(days=365),
}  # fmt: skip
_INCIDENTS: Final = "/sepakat/incidents"
_RATES: Final = (Decimal("14.4"), Decimal(6))
"""The rates of the alerts that an objective has where it names none; the third, 1, can always be reached."""


def check(text: Agreement) -> Iterator[Broken]:
    for i, objective in enumerate(text.objectives):
        at = f"/objectives/{i}"
        yield from _check_names(at, objective, text)
        yield from _check_window(at, objective, text)
        yield from _check_target(at, objective)
        yield from _check_limits(at, objective)
        yield from _check_alerts(at, objective)
        yield from _check_credits(at, objective)
    for i, calendar in enumerate(text.calendars):
        yield from _check_calendar(f"/calendars/{i}", calendar)


def check_indicator(indicator: Indicator) -> Iterator[Broken]:
    if indicator.silence is not None and indicator.silence.after <= timedelta(0):
        yield "/silence/after", "must be longer than nothing, such as PT5M"
    if indicator.silence is not None and indicator.kind_of_events != "state":
        yield "/silence", f"is for state indicators; {indicator.kind_of_events} events say nothing by being silent"
    if indicator.down_after and indicator.kind_of_events != "state":
        yield "/downAfter", f"is for state indicators, and this one takes {indicator.kind_of_events} events"


# -- objectives --------------------------------------------------------------------------------------------------------


def _check_names(at: str, objective: Objective, text: Agreement) -> Iterator[Broken]:
    yield from known(f"{at}/calendar", objective.calendar, calendars_of(text), "a calendar of this agreement, or 24x7")
    if objective.clock is not None:
        where = f"{at}/clock/calendar"
        yield from known(where, objective.clock.calendar, calendars_of(text), "a calendar of this agreement")
    if objective.service is not None:
        yield from known(f"{at}/service", objective.service, {s.id for s in text.services}, "a service of this text")
    if objective.credits is not None:
        yield from known(f"{at}/credits/of", objective.credits.of, {c.id for c in text.charges}, "one of the charges")
    for name in objective.where:
        yield from known(f"{at}/where/{name}", name, {"priority"}, "what cases are told apart by")


def _check_window(at: str, objective: Objective, text: Agreement) -> Iterator[Broken]:
    window = objective.window
    if (window.calendar is None) == (window.rolling is None):
        yield f"{at}/window", "names exactly one of `calendar` and `rolling`"
    if window.rolling is not None and window.rolling < _MINUTE:
        yield f"{at}/window/rolling", "must be a minute at least"
    if objective.slice is not None and (objective.slice < _MINUTE or objective.slice % _MINUTE):
        yield f"{at}/slice", "is whole minutes, one at least"
    length = _length(objective)
    if objective.slice is not None and length is not None and objective.slice > length:
        yield f"{at}/slice", "is longer than the window; a window has many slices"


def _check_target(at: str, objective: Objective) -> Iterator[Broken]:
    percent = isinstance(objective.target, Decimal)
    if objective.measure in _NEEDS_PERCENT and not percent:
        yield f"{at}/target", f'a {objective.measure} objective has a percentage, such as "99.9"'
    if objective.measure not in _NEEDS_PERCENT and percent:
        yield f"{at}/target", f"a {objective.measure} objective has a limit: {{atMost: 1500, unit: ms}}"
    if objective.target == Decimal(0):
        yield f"{at}/target", "can never be missed; promise more, or leave the objective out"
    for name in _required(objective):
        yield f"{at}/{name}", f"is required for a {objective.measure} objective"
    for name, limit in (("target", objective.target), ("threshold", objective.threshold)):
        if isinstance(limit, Limit):
            if (limit.at_most is None) == (limit.at_least is None):
                yield f"{at}/{name}", "names exactly one of `atMost` and `atLeast`"
            elif limit.at_least is not None and (name == "threshold" or objective.measure != "mean"):
                yield f"{at}/{name}/atLeast", "is for means alone, such as the time between failures"


def _required(objective: Objective) -> Iterator[str]:
    required: dict[str, dict[str, object]] = {
        "share": {"threshold": objective.threshold},
        "percentile": {"percentile": objective.percentile},
        "per-case": {"clock": objective.clock, "threshold": objective.threshold},
        "timeslices": {"slice": objective.slice, "sliceTarget": objective.slice_target},
        "ratio-timeslices": {"slice": objective.slice},
    }
    return (name for name, value in required.get(objective.measure, {}).items() if value is None)


def _check_limits(at: str, objective: Objective) -> Iterator[Broken]:
    threshold, clock = objective.threshold, objective.clock
    if objective.measure == "per-case" and threshold is not None and threshold.at_most is not None:
        if not isinstance(threshold.at_most, timedelta):
            yield f"{at}/threshold/atMost", "is how long a case may take: a duration, such as PT4H"
        elif threshold.at_most <= timedelta(0):
            yield f"{at}/threshold/atMost", "must be longer than nothing; no case could meet it"
    if clock is not None and (clock.from_, clock.until) not in _CLOCKS:
        pairs = ", ".join(f"{start} until {end}" for start, end in _CLOCKS)
        yield f"{at}/clock", f"runs from one fact until another: {pairs}"
    if objective.allowed_misses is not None and objective.minimum_cases is None:
        yield f"{at}/minimumCases", "says below how many cases `allowedMisses` decides; add it, or leave both out"


def _check_alerts(at: str, objective: Objective) -> Iterator[Broken]:
    """An alert that can never fire is a promise to warn that nobody keeps."""
    length, target = _length(objective), _share(objective)
    for i, alert in enumerate(objective.alerts or ()):
        here = f"{at}/alerts/{i}"
        if objective.measure not in _BURNS:
            yield here, f"a {objective.measure} objective has no budget that burns; leave `alerts` out"
            continue
        if alert.rate <= 0:
            yield f"{here}/rate", "must be more than nothing"
        elif target == 100:
            yield here, "can never fire: a target of 100 % leaves no budget to burn; leave `alerts` out"
        elif target is not None and alert.rate * (100 - target) >= 100:
            most = 100 / (100 - target)
            yield (
                f"{here}/rate",
                f"can never fire: with a target of {target} % not even a total outage burns faster than {most:.4g}",
            )
        if length is not None and alert.over > length / 10:
            yield f"{here}/over", "must be a tenth of the window at most; slower losses are seen in the figure itself"
        if alert.over < _MINUTE or (alert.and_over is not None and alert.and_over < _MINUTE):
            yield f"{here}/{'over' if alert.over < _MINUTE else 'andOver'}", "must be a minute at least"
        elif alert.and_over is not None and alert.and_over > alert.over:
            yield f"{here}/andOver", "is the shorter of the two: it must not be longer than `over`"


def _check_credits(at: str, objective: Objective) -> Iterator[Broken]:
    given = objective.credits
    if given is None:
        return
    for i, (one, next) in enumerate(zip(given.tiers, given.tiers[1:], strict=False), start=1):
        here = f"{at}/credits/tiers/{i}"
        if next.below >= one.below:
            yield f"{here}/below", f"must be under {one.below} of the tier before: begin with the highest"
        if next.percent <= one.percent:
            yield (
                f"{here}/percent",
                f"must be over {one.percent} of the tier before: a worse figure is a greater credit",
            )
    for i, tier in enumerate(given.tiers):
        if tier.below == 0:
            yield f"{at}/credits/tiers/{i}/below", "can never be owed: nothing is below 0 %"


def _length(objective: Objective) -> timedelta | None:
    window = objective.window
    return _LENGTHS[window.calendar] if window.calendar is not None else window.rolling


def _share(objective: Objective) -> Decimal | None:
    """The percentage that must be good; of a percentile, that which must be at or under the limit."""
    if isinstance(objective.target, Decimal):
        return objective.target
    return objective.percentile if objective.measure == "percentile" else None


# -- calendars ---------------------------------------------------------------------------------------------------------


def _check_calendar(at: str, calendar: Calendar) -> Iterator[Broken]:
    if not any(calendar.weekly.values()):
        yield f"{at}/weekly", 'has no hours, so that nothing would ever count; write {mon-fri: "08:00-17:00"}'
    for days, hours in calendar.weekly.items():
        for i, each in enumerate(hours):
            opens, closes = each.split("-")
            if opens >= closes:
                rule = f"{each!r} ends before it begins; write {opens}-24:00 and, for the next day, 00:00-{closes}"
                yield f"{at}/weekly/{days}/{i}", rule
    yield from _check_overlaps(at, calendar)
    if calendar.holidays is not None:
        yield from _check_holidays(f"{at}/holidays", calendar)


def _check_overlaps(at: str, calendar: Calendar) -> Iterator[Broken]:
    taken: dict[str, list[tuple[str, str]]] = {}
    for days, hours in calendar.weekly.items():
        for i, each in enumerate(hours):
            opens, closes = each.split("-")
            clash = next((day for day in _days(days) for a, b in taken.get(day, ()) if a < closes and opens < b), None)
            if clash is not None:
                yield f"{at}/weekly/{days}/{i}", f"{each!r} overlaps other hours of {clash}; name each hour once"
            for day in _days(days):
                taken.setdefault(day, []).append((opens, closes))


def _days(named: str) -> Iterable[str]:
    first, _, last = named.partition("-")
    a, b = DAYS.index(first), DAYS.index(last or first)
    return [DAYS[(a + i) % 7] for i in range((b - a) % 7 + 1)]


def _check_holidays(at: str, calendar: Calendar) -> Iterator[Broken]:
    import holidays  # a fifth of a second at every start, for what few calendars ask

    given = calendar.holidays
    if given is None:
        return
    try:
        categories = holidays.country_holidays(given.country).supported_categories
    except NotImplementedError:
        yield (
            f"{at}/country",
            f"the holidays of {given.country!r} are not known; leave `holidays` out or choose another",
        )
        return
    for i, category in enumerate(given.categories):
        yield from known(f"{at}/categories/{i}", category, categories, f"a category of holidays in {given.country}")
    for i, day in enumerate(given.add):
        if day in given.remove:
            yield f"{at}/add/{i}", f"{day} is among `remove` too; a day is a holiday or none"


# -- advice ------------------------------------------------------------------------------------------------------------


def advise(text: Agreement) -> Iterator[Broken]:
    for i, objective in enumerate(text.objectives):
        at, target = f"/objectives/{i}", _share(objective)
        if objective.alerts is None and objective.measure in _BURNS and target is not None:
            silent = [f"{rate}" for rate in _RATES if rate * (100 - target) >= 100]
            if silent:
                rates = " and ".join(silent)
                yield f"{at}/target", f"is so low that the usual warnings at {rates} times the pace can never come"
            if target == 100:
                yield f"{at}/target", "leaves no budget: the first loss is a miss, and no warning comes before it"
        if objective.credits is not None and objective.window.rolling is not None:
            yield f"{at}/credits", "are owed for a period that ends; a rolling window has none: write {calendar: month}"
        if objective.credits is not None and isinstance(objective.target, Decimal):
            for j, tier in enumerate(objective.credits.tiers):
                if tier.below > objective.target:
                    yield f"{at}/credits/tiers/{j}/below", "is above the target: a credit is owed without a miss"
    cap = text.credit_rules.cap if text.credit_rules else None
    for i, objective in enumerate(text.objectives):
        for j, tier in enumerate(objective.credits.tiers if objective.credits else ()):
            if cap is not None and tier.percent > cap.percent:
                where = f"/objectives/{i}/credits/tiers/{j}/percent"
                yield where, f"is above the cap of {cap.percent} % that /creditRules sets"


def advise_indicator(indicator: Indicator) -> Iterator[Broken]:
    """Whether the incidents that it has among its sources can ever feed it."""
    if _INCIDENTS not in indicator.sources:
        return
    if indicator.kind_of_events != "ticket":
        yield "/kindOfEvents", f"takes nothing from {_INCIDENTS}, which sends tickets: write {{kindOfEvents: ticket}}"
    if indicator.service is None:
        if not indicator.metadata.id.endswith("-tickets"):
            yield "/metadata/id", _unfed([f"{indicator.party}/SERVICE-tickets"])
    elif indicator.metadata.id != (right := f"{indicator.party}/{indicator.service}-tickets"):
        yield "/metadata/id", _unfed([right])


def advise_measured(indicator: Indicator, text: Agreement) -> Iterator[Broken]:
    """The same, where an agreement measures by it: of whose services it can be."""
    measured = any(objective.indicator == indicator.metadata.id for objective in text.objectives)
    right = [f"{text.parties.provider}/{service.id}-tickets" for service in text.services]
    if measured and right and _INCIDENTS in indicator.sources and indicator.metadata.id not in right:
        yield "/metadata/id", _unfed(right)


def _unfed(right: Sequence[str]) -> str:
    return (
        f"is never fed by {_INCIDENTS}, which is among its sources: incidents feed PROVIDER/SERVICE-tickets alone; "
        f"call it {' or '.join(right)}, or take that source out"
    )


__all__ = ["advise", "advise_indicator", "advise_measured", "check", "check_indicator"]
