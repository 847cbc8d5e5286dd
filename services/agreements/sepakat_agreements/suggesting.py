"""What a target might become by what was reached, and what a decision about objectives changes in the text. Pure.

A suggestion is the hardest target that nearly all past periods would have met (the back-test's `strictest_target`),
made a little easier, so that it reads as a number people agree on. What is asked for is the parties' to say.
"""

import json
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Final, Literal

from sepakat_agreements.clauses import Change, changed
from sepakat_agreements.difference import Difference, differences
from sepakat_shared.contracts import compliance, texts
from sepakat_shared.errors import FieldProblem, Invalid

How = Literal["tighten", "loosen", "retire", "add"]
_HARDEST: Final = Decimal("99.99")
"""Percent. A past without a loss is no reason to promise that there never will be one."""
_MENTIONING: Final = ("needs", "obligations", "maintenance", "underpinning")
"""Sections that name objectives. A decision is about objectives alone; what it changes here follows from that."""
_HUNDREDTH: Final = Decimal("0.01")


@dataclass(frozen=True)
class Suggestion:
    """`target` is the present one and `suggested` another, None where there is nothing to go by (`reason` says why).

    Of the `judged` periods `missed` missed the present target, and `would_miss` would miss the suggested one.
    """

    objective: str
    target: str
    unit: str | None
    suggested: str | None
    how: Literal["tighten", "loosen", "keep"] | None
    judged: int = 0
    missed: int = 0
    would_miss: int = 0
    reason: str | None = None


@dataclass(frozen=True)
class Wanted:
    """What is to become of one objective. `target` is as the text has it, `content` a whole objective (JSON) to add."""

    objective: str
    how: How
    target: str | None = None
    content: str | None = None


# -- suggestions -------------------------------------------------------------------------------------------------------


def suggestions(text: Mapping[str, Any], told: compliance.BacktestCompleted) -> list[Suggestion]:
    """One for each objective that was tried, in the order of the text."""
    tried = {each.objective: each for each in told.objectives}
    return [_suggestion(each, tried[each["id"]]) for each in text.get("objectives", ()) if each["id"] in tried]


def _suggestion(objective: Mapping[str, Any], tried: compliance.BacktestedObjective) -> Suggestion:
    totals, target = tried.totals, tried.target
    if totals is None or totals.strictest_target is None or not totals.judged:
        return Suggestion(
            tried.objective, target, tried.unit, None, None, reason=tried.reason or "no period of it was judged"
        )
    at_most = _at_most(objective)
    suggested = _readable(Decimal(totals.strictest_target), at_most, in_percent=tried.unit is None)
    harder = (suggested < Decimal(target)) if at_most else (suggested > Decimal(target))
    how: Literal["tighten", "loosen", "keep"]
    how = "keep" if suggested == Decimal(target) else "tighten" if harder else "loosen"
    missing = sum(_misses(each, suggested, at_most) for each in tried.periods if each.met is not None)
    return Suggestion(
        tried.objective, target, tried.unit, f"{suggested:f}", how, totals.judged, totals.missed, missing
    )  # fmt: skip


def _at_most(objective: Mapping[str, Any]) -> bool:
    return isinstance(objective["target"], dict) and "atMost" in objective["target"]


def _readable(strictest: Decimal, at_most: bool, *, in_percent: bool) -> Decimal:
    """The next easier number of two decimals, without the zeros behind it."""
    eased = strictest.quantize(_HUNDREDTH, ROUND_CEILING if at_most else ROUND_FLOOR)
    if in_percent:
        eased = min(eased, _HARDEST)
    return eased.to_integral_value() if eased == eased.to_integral_value() else eased.normalize()


def _misses(period: compliance.BacktestedPeriod, target: Decimal, at_most: bool) -> bool:
    reached = period.value if period.value is not None else period.attainment
    if reached is None:
        return False
    return Decimal(reached) > target if at_most else Decimal(reached) < target


def amendment(
    text: Mapping[str, Any], wanted: Sequence[Wanted], effective_from: str | None, suggested: Sequence[Suggestion],
) -> tuple[list[Change], list[Difference]]:  # fmt: skip
    """What these wishes change of the text, checked as a whole, and the differences that makes with what follows.

    Raises Invalid with each field and its rule.
    """
    found = changes(text, wanted, suggested)
    if effective_from is not None:
        found.append(Change("amendment", "merge", json.dumps({"effectiveFrom": effective_from})))
    whole = completed(text, found)
    try:
        following = texts.as_text(changed(text, whole))
    except Invalid as error:
        problems = [FieldProblem(_as_sent(each.pointer, whole, wanted), each.rule) for each in error.problems]
        raise Invalid.of(problems) from error
    moved = differences(text, following)
    if not [each for each in moved if each.clause != "amendment"]:
        raise Invalid.at("/amendment/objectives", "change nothing of the text as it stands")
    return found, moved


def _as_sent(pointer: str, found: Sequence[Change], wanted: Sequence[Wanted]) -> str:
    """A place in the changes as one in the wish that they were made of."""
    _, section, *rest = pointer.split("/")
    clause = found[int(rest[0])].clause if section == "changes" and rest and rest[0].isdigit() else ""
    for i, each in enumerate(wanted):
        if clause == f"objectives/{each.objective}":
            inside = "".join(f"/{part}" for part in rest[2:])
            return f"/amendment/objectives/{i}" + (f"/content{inside}" if each.how == "add" else "/target")
    return "/amendment"


# -- changes of the text -----------------------------------------------------------------------------------------------


def changes(
    text: Mapping[str, Any], wanted: Sequence[Wanted], suggested: Iterable[Suggestion]
) -> list[Change]:  # fmt: skip
    """What these wishes change in objectives; a target that is not given is the suggested one.

    Raises Invalid with each field and its rule.
    """
    objectives = {each["id"]: each for each in text.get("objectives", ())}
    known = {each.objective: each for each in suggested}
    problems: list[FieldProblem] = []
    found: list[Change] = []
    retired: set[str] = set()
    for i, each in enumerate(wanted):
        at, objective = f"/amendment/objectives/{i}", objectives.get(each.objective)
        if each.how == "add":
            if objective is not None:
                problems.append(FieldProblem(f"{at}/objective", f"{each.objective!r} is in the text already"))
            elif each.content is None:
                problems.append(FieldProblem(f"{at}/content", "is required to add an objective"))
            else:
                found.append(Change(f"objectives/{each.objective}", "merge", each.content))
        elif objective is None:
            problems.append(FieldProblem(f"{at}/objective", f"{each.objective!r} is no objective of the text"))
        elif each.how == "retire":
            retired.add(each.objective)
        else:
            found += _moved(objective, each, known.get(each.objective), at, problems)
    if problems:
        raise Invalid.of(problems)
    return [*found, *[Change(f"objectives/{id}", "merge", "null") for id in objectives if id in retired]]


def decided(changes: Iterable[Change]) -> list[Change]:
    """Those that a decision itself says. Decisions of before kept what followed in the text of their day, too."""
    return [each for each in changes if each.clause.partition("/")[0] not in _MENTIONING]


def completed(text: Mapping[str, Any], changes: Iterable[Change]) -> list[Change]:
    """What a decision changes, with what follows in the text as it stands: by lists of another day, what somebody has
    added since would go, and what another decision has retired would come back.

    An objective that is no more in the text needs no retiring.
    """
    known = {f"objectives/{each['id']}" for each in text.get("objectives", ())}
    said = [each for each in decided(changes) if each.content != "null" or each.clause in known]
    retired = {each.clause.partition("/")[2] for each in said if each.content == "null"}
    return [*said, *_mentions(text, retired)] if retired else said


def _moved(
    objective: Mapping[str, Any], wanted: Wanted, suggestion: Suggestion | None, at: str, problems: list[FieldProblem]
) -> list[Change]:
    """Another target; a tier of credits that began where the old one was begins where the new one is."""
    to = wanted.target or (suggestion.suggested if suggestion and suggestion.how == wanted.how else None)
    if to is None:
        rule = f"is required: the data suggests nothing by which to {wanted.how} it"
        problems.append(FieldProblem(f"{at}/target", rule))
        return []
    present = objective["target"]
    limit = isinstance(present, dict)
    name = next((each for each in ("atMost", "atLeast") if limit and each in present), None)
    before = str(present[name]) if name is not None else str(present)
    if before.startswith("P") and not to.startswith("P"):
        to = f"PT{to}S"  # figures of durations are told in seconds
    harder = _compared(before, to, at_most=name == "atMost")
    if harder is not None and harder != (wanted.how == "tighten"):
        problems.append(FieldProblem(f"{at}/target", f"{to} would not {wanted.how} the target {before}"))
        return []
    merge: dict[str, Any] = {"target": to if name is None else {name: to}}
    tiers = (objective.get("credits") or {}).get("tiers") or []
    if name is None and tiers and str(tiers[0]["below"]) == before:
        merge["credits"] = {"tiers": [{**tiers[0], "below": to}, *tiers[1:]]}
    return [Change(f"objectives/{wanted.objective}", "merge", json.dumps(merge))]


def _compared(before: str, after: str, *, at_most: bool) -> bool | None:
    """Whether the target becomes harder; None where that cannot be said of two durations."""
    try:
        one, other = Decimal(before), Decimal(after)
    except ArithmeticError:
        return None
    if not (one.is_finite() and other.is_finite()):
        return None  # NaN is a Decimal too, which is not compared; the rules of texts refuse it
    return None if one == other else (other < one) if at_most else (other > one)


def _mentions(text: Mapping[str, Any], retired: Set[str]) -> list[Change]:
    """Every mention of them goes, too: all at once, for one list may name several.

    A list that is left empty would mean every objective: what was about the retired ones alone goes as a whole.
    """
    found: list[Change] = []
    obligations = {each["id"]: _of_obligation(each, retired) for each in text.get("obligations", ())}
    gone = retired | {id for id, merge in obligations.items() if merge is None}
    for need in text.get("needs", ()):
        if not gone.isdisjoint(served := need.get("servedBy", ())):
            left = [each for each in served if each not in gone]
            found.append(Change(f"needs/{need['id']}", "merge", json.dumps({"servedBy": left})))
    found += [Change(f"obligations/{id}", "merge", json.dumps(each)) for id, each in obligations.items() if each != {}]
    windows = (text.get("maintenance") or {}).get("windows", ())
    if (kept := _naming_others(windows, retired)) != list(windows):
        found.append(Change("maintenance", "merge", json.dumps({"windows": kept})))
    links = text.get("underpinning") or ()
    if (rest := _naming_others(links, retired)) != list(links):
        found.append(Change("underpinning", "merge", json.dumps(rest or None)))
    return found


def _of_obligation(obligation: Mapping[str, Any], retired: Set[str]) -> dict[str, Any] | None:
    """What changes in it, as a merge patch; None where only they have made it due."""
    merge: dict[str, Any] = {}
    triggers = (obligation.get("trigger") or {}).get("objectives", ())
    if not retired.isdisjoint(triggers):
        left = [each for each in triggers if each not in retired]
        if not left:
            return None
        merge["trigger"] = {"objectives": left}
    pauses = (obligation.get("unmet") or {}).get("pauses", ())
    if not retired.isdisjoint(pauses):
        merge["unmet"] = {"pauses": [each for each in pauses if each not in retired]}
    return merge


def _naming_others(listed: Iterable[Mapping[str, Any]], retired: Set[str]) -> list[Mapping[str, Any]]:
    """Those of them that are about other objectives too, or about all, without the retired ones."""
    found: list[Mapping[str, Any]] = []
    for each in listed:
        named = each.get("objectives") or ()
        left = [one for one in named if one not in retired]
        if left or not named:
            found.append({**each, "objectives": left} if len(left) < len(named) else each)
    return found
