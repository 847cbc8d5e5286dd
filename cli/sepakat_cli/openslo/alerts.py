"""OpenSLO alert policies into the burn-rate alerts of an objective: one that could never fire is not carried over."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError

from sepakat_cli.openslo.parts import Note, Part, exact, plain, shorthand
from sepakat_shared.contracts import rules
from sepakat_shared.contracts.texts import Agreement, Duration

_SILENT = ("notificationTargets", "alertWhenResolved", "alertWhenNoData")
"""What an agreement says elsewhere, or not at all: whom to tell, and what of."""


class Alerts:
    """The policies and conditions that SLOs refer to by name."""

    def __init__(self, policies: Mapping[str, Part], conditions: Mapping[str, Part], notes: list[Note]) -> None:
        self._policies, self._conditions, self._notes = policies, conditions, notes

    def of(self, policies: Sequence[Part], objective: Mapping[str, Any]) -> list[dict[str, str]]:
        """The alerts of an objective (as it stands in YAML) by its SLO's policies, inline or by reference."""
        found = []
        for given in policies:
            ref = given.text("alertPolicyRef") or given.text("targetRef")
            policy = self._policies.get(ref) if ref is not None else given
            if policy is None:
                self._note(given.at, f"{ref!r} is no AlertPolicy of these documents: it is not carried over")
                continue
            for condition in self._conditions_of(policy):
                alert = self._alert(condition)
                if alert is None:
                    continue
                broken = list(_broken(objective, alert))
                if broken:
                    self._note(condition.at, f"is not carried over: it {broken[0]}")
                else:
                    found.append(alert)
        return found

    def _conditions_of(self, policy: Part) -> Iterator[Part]:
        _taken_as_named(policy)
        spec = policy.part("spec")
        if spec is None:
            return
        if spec.take("alertWhenBreaching") is False:
            self._note(f"{spec.at}/alertWhenBreaching", "alerts here are always told when they fire")
        if spec.raw.get("alertWhenResolved") is False:
            self._note(f"{spec.at}/alertWhenResolved", "the end of a risk is always told here")
        for name in _SILENT:
            if spec.take(name):
                self._note(
                    f"{spec.at}/{name}", "is not carried over: /escalation says who is told, and the ends are told too"
                )
        for given in spec.parts("conditions"):
            ref = given.text("conditionRef")
            condition = self._conditions.get(ref) if ref is not None else given
            if condition is None:
                self._note(given.at, f"{ref!r} is no AlertCondition of these documents: it is not carried over")
            else:
                yield condition

    def _alert(self, given: Part) -> dict[str, str] | None:
        _taken_as_named(given)
        spec = given.part("spec")
        condition = spec.part("condition") if spec is not None else None
        if spec is None or condition is None:
            self._note(given.at, "has no condition: it is not carried over")
            return None
        if spec.take("severity"):
            self._note(f"{spec.at}/severity", "is not carried over: an incident's priority follows from /priorities")
        if condition.text("kind") not in (None, "burnrate") or condition.text("op") not in (None, "gt", "gte"):
            self._note(condition.at, "is no burn rate above a threshold: it is not carried over")
            return None
        rate = exact(condition.take("threshold"))
        over, after = (shorthand(condition.text(name) or "") for name in ("lookbackWindow", "alertAfter"))
        if rate is None or over is None:
            self._note(condition.at, "needs `threshold` and `lookbackWindow`: it is not carried over")
            return None
        alert = {"rate": plain(rate), "over": _written(over[0])}
        if after is not None and after[0] <= over[0]:
            self._note(f"{condition.at}/alertAfter", "became a second, shorter window that must burn as fast (andOver)")
            alert["andOver"] = _written(after[0])
        else:
            self._note(f"{condition.at}/alertAfter", "a second window of a twelfth of the first must burn as fast, too")
        return alert

    def _note(self, at: str, words: str) -> None:
        note = Note(at, words)
        # One policy may serve many SLOs.
        if note not in self._notes:
            self._notes.append(note)


def _taken_as_named(part: Part) -> None:
    metadata = part.part("metadata")
    for name in ("apiVersion", "kind"):
        part.take(name)
    if metadata is not None:
        metadata.take("name")


def _broken(objective: Mapping[str, Any], alert: Mapping[str, str]) -> Iterator[str]:
    raw = {
        "metadata": {"id": "x"}, "parties": {"provider": "x", "customer": "y"},
        "services": [{"id": "x", "description": {"en": "x"}}],
        "term": {"from": "2026-01-01", "until": "2026-12-31", "timeZone": "UTC"},
        "objectives": [{**objective, "alerts": [alert]}],
    }  # fmt: skip
    try:
        text = Agreement.model_validate(raw)
    except ValidationError:
        return iter(["is of an objective that is not in order itself"])
    return (rule for pointer, rule in rules.check(text) if "/alerts/" in pointer)


def _written(duration: timedelta) -> str:
    return str(TypeAdapter(Duration).dump_python(duration))
