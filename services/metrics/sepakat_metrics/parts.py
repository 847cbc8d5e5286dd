"""Which version of an agreement governs which time: an amendment takes effect for each objective by itself. Pure."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from sepakat_metrics import windows
from sepakat_metrics.profiles import NotApplicable
from sepakat_metrics.terms import Adjustments, Terms, Unsupported
from sepakat_metrics.windows import Interval
from sepakat_shared.contracts.texts import Agreement, Indicator, Objective


@dataclass(frozen=True)
class Version:
    """One version of an agreement, effective from that instant (ms); `ends` is when the whole agreement ended.

    `counting` is the way of counting that there was when both signed it; None where that had no name yet.
    """

    agreement: str
    number: int
    hash: str
    starts: int
    text: Agreement
    ends: int | None = None
    counting: str | None = None

    @cached_property
    def _objectives(self) -> dict[str, Objective]:
        return {each.id: each for each in self.text.objectives}

    def objective(self, id: str) -> Objective | None:
        return self._objectives.get(id)

    @cached_property
    def present_periods(self) -> dict[str, int]:
        """By objective with a calendar window: when the period begins (ms) in which this version does."""
        zone = self.text.term.time_zone
        return {
            each.id: windows.period_of(each.window, zone, self.starts)[0]
            for each in self.text.objectives if each.window.rolling is None
        }  # fmt: skip


@dataclass(frozen=True)
class Part:
    """The period of one objective, or what of it one version governs."""

    version: Version
    objective: Objective
    period: Interval
    earlier: tuple[tuple[int, Version], ...] = ()
    """Of cases: until when (ms) other versions governed them, in their order. A case keeps the terms it began under."""

    def terms(self, indicator: Indicator | None, in_force: Adjustments) -> Terms:
        """Raises Unsupported and NotApplicable as Terms does. An earlier text that does has judged no case."""
        earlier = []
        for until, version in self.earlier:
            objective = version.objective(self.objective.id)
            if objective is not None:
                with suppress(Unsupported, NotApplicable):
                    earlier.append((until, Terms(version.text, objective, indicator, in_force)))
        return Terms(self.version.text, self.objective, indicator, in_force, earlier=tuple(earlier))

    def is_under_those_of(self, other: "Part") -> bool:
        """Whether the terms are the same, of this time or another one."""
        texts, others = ([(until, each.text) for until, each in part.earlier] for part in (self, other))
        return self.version.text is other.version.text and texts == others


_ALWAYS = -(2**62)


def part_at(versions: Sequence[Version], objective: str, at: int) -> Part | None:
    """The part that holds the instant `at`; None when no version says anything of that objective then.

    `versions` come in their order. New terms begin with the objective's next period; at once where the amendment says
    so or the window is a rolling one. An objective that an amendment did not change is not split.
    """
    return _part(_begins(versions, objective), _ends(versions), objective, at)


def parts_at(versions: Sequence[Version], objective: str, at: int) -> tuple[Part | None, Part | None]:
    """The part that holds `at`, and the one that came last before it, or before `at` where the objective is no more.

    Before a rolling window, which is always the present one, came the last part under other terms.
    """
    begins, ends = _begins(versions, objective), _ends(versions)
    part, i = _part(begins, ends, objective, at), _governing(begins, at)
    if part is not None and i is not None:
        before = begins[i][0] if part.objective.window.rolling is not None else part.period[0]
        return part, _part(begins, ends, objective, before - 1)
    last = _part(begins, ends, objective, ends - 1) if ends is not None and at >= ends else None
    while last is None and i is not None:
        if begins[i][1].objective(objective) is not None:
            return None, _part(begins, ends, objective, at)
        at, i = begins[i][0] - 1, i - 1 if i else None
    return None, last


def parts_of(versions: Sequence[Version], part: Part) -> list[Part]:
    """All parts of the calendar period that a part is of, in their order; it alone where the window rolls."""
    objective = part.objective
    if objective.window.rolling is not None:
        return [part]
    begins, ends = _begins(versions, objective.id), _ends(versions)
    start, end = windows.period_of(objective.window, part.version.text.term.time_zone, part.period[0])
    instants = [start, *(begin for begin, _ in begins if start < begin < end)]
    found = [_part(begins, ends, objective.id, at) for at in instants]
    # A version that changed nothing of it begins no part of its own.
    return list({each.period: each for each in found if each is not None and start <= each.period[0]}.values())


def _part(begins: Sequence[tuple[int, Version]], ends: int | None, objective: str, at: int) -> Part | None:
    i = _governing(begins, at)
    if i is None or (ends is not None and at >= ends):
        return None
    begin, version = begins[i]
    found = version.objective(objective)
    if found is None:
        return None
    start, end = windows.period_of(found.window, version.text.term.time_zone, at)
    if found.window.rolling is not None:
        return Part(version, found, (start, end))
    following = [each for each, _ in begins[i + 1 :] if each > at]
    period = max(start, begin), min([end, *following, *([] if ends is None else [ends])])
    return Part(version, found, period, _earlier(begins[: i + 1], found) if found.measure == "per-case" else ())


def _earlier(begins: Sequence[tuple[int, Version]], objective: Objective) -> tuple[tuple[int, Version], ...]:
    """The versions before the last one by which that objective's cases were judged otherwise, each with its end."""
    found: list[tuple[int, Version]] = []
    its_cases = "per-case", objective.indicator
    for i, (begin, version) in enumerate(begins[:-1]):
        # What takes effect at once comes before what was to follow with the next period, and that may never begin.
        until = min(later for later, _ in begins[i + 1 :])
        governed = version.objective(objective.id)
        if begin < until and governed is not None and (governed.measure, governed.indicator) == its_cases:
            found.append((until, version))
    return tuple(
        (until, version) for (until, version), (_, after) in pairwise([*found, begins[-1]])
        if _judging(version, objective.id) != _judging(after, objective.id)
    )  # fmt: skip


def _judging(version: Version, objective: str) -> list[object]:
    """All of a text that says how a case is judged."""
    text, of = version.text, version.objective(objective)
    if of is None or of.clock is None:
        return []
    calendar = [each for each in text.calendars if each.id == of.clock.calendar]
    of_time = text.term.time_zone, calendar, text.maintenance, of.service, [each.id for each in text.services]
    return [of.clock, of.threshold, of.where, of.profile, *of_time]


def _ends(versions: Sequence[Version]) -> int | None:
    return versions[-1].ends if versions else None


def _governing(begins: Sequence[tuple[int, Version]], at: int) -> int | None:
    return next((i for i in reversed(range(len(begins))) if begins[i][0] <= at), None)


def _begins(versions: Sequence[Version], objective: str) -> list[tuple[int, Version]]:
    """From when each version governs the objective."""
    begins: list[tuple[int, Version]] = []
    for version in versions:
        if not begins:
            # What was measured before the first text was signed may be looked at all the same.
            begins.append((_ALWAYS, version))
            continue
        held = _governing(begins, version.starts - 1)
        goes_on = held is not None and _same(begins[held][1], version, objective)
        if held is not None and goes_on:
            # The terms that held until then go on: what was to follow them never begins.
            del begins[held + 1 :]
        if goes_on or (held != len(begins) - 1 and _same(begins[-1][1], version, objective)):
            # What was over by then keeps the text of its time: other maintenance windows, charges or holidays are none
            # of the past's. A rolling window has no periods that would be over.
            begin = max(begins[-1][0], version.present_periods.get(objective, _ALWAYS))
            if begin == begins[-1][0]:
                begins.pop()
            begins.append((begin, version))
        else:
            begins.append((_takes_effect(begins, version, objective), version))
    return begins


def _same(one: Version, other: Version, objective: str) -> bool:
    before, after = one.objective(objective), other.objective(objective)
    if before is None or after is None:
        return before is after
    return before == after and _calendars(one.text, before) == _calendars(other.text, after)


def _calendars(text: Agreement, objective: Objective) -> list[object]:
    named = {objective.calendar, objective.clock.calendar if objective.clock else ""}
    return [text.term.time_zone, *(each for each in text.calendars if each.id in named)]


def _takes_effect(begins: Sequence[tuple[int, Version]], after: Version, objective: str) -> int:
    before = begins[-1][1]
    if before.objective(objective) is None:
        # What was left out ends with its period: until then, it is not new where it comes back.
        i = _governing(begins, after.starts)
        before = begins[i][1] if i is not None else before
    now = before.objective(objective)
    at_once = after.text.amendment is not None and after.text.amendment.takes_effect == "at-once"
    if now is None or now.window.rolling is not None or at_once:
        return after.starts
    start, end = windows.period_of(now.window, before.text.term.time_zone, after.starts)
    return after.starts if after.starts == start else end
