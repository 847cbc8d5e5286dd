"""OpenSLO v1 documents into the draft of an agreement with its indicators."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sepakat_cli.openslo.alerts import Alerts
from sepakat_cli.openslo.indicators import Indicators
from sepakat_cli.openslo.parts import Note, Part, exact, iso, minutes, plain, shorthand, slug
from sepakat_shared.errors import FieldProblem, Invalid

API_VERSION: Final = "openslo/v1"
KINDS: Final = ("SLO", "SLI", "Service", "AlertPolicy", "AlertCondition", "AlertNotificationTarget", "DataSource")
_MEASURES: Final = {"Occurrences": "occurrences", "Timeslices": "timeslices", "RatioTimeslices": "ratio-timeslices"}
_WINDOWS: Final = {"1d": "day", "1w": "week", "1M": "month", "1Q": "quarter", "1Y": "year"}


@dataclass(frozen=True)
class Frame:
    """What OpenSLO says nothing of: between whom, from when until when."""

    id: str
    provider: str
    customer: str
    since: date
    until: date
    time_zone: str | None = None
    """Else that of the first calendar window, or UTC."""


@dataclass
class Drafted:
    """Documents as they stand in YAML, and what is not in them."""

    documents: list[dict[str, Any]]
    notes: list[Note]


def draft(raw: Sequence[Any], frame: Frame) -> Drafted:
    """Raises Invalid where a document is not OpenSLO v1, or refers to one that is not there."""
    return _Import(_checked(raw), frame).drafted()


def _checked(raw: Sequence[Any]) -> list[Part]:
    problems = []
    seen = set()
    for i, each in enumerate(raw):
        if not isinstance(each, dict):
            problems.append(FieldProblem(f"/{i}", "must be a mapping"))
        elif each.get("apiVersion") != API_VERSION:
            problems.append(FieldProblem(f"/{i}/apiVersion", f"is not {API_VERSION}; only that is read"))
        elif each.get("kind") not in KINDS:
            problems.append(FieldProblem(f"/{i}/kind", f"is not one of {', '.join(KINDS)}"))
        elif not isinstance(each.get("metadata"), dict) or not each["metadata"].get("name"):
            problems.append(FieldProblem(f"/{i}/metadata/name", "is required"))
        elif not isinstance(each.get("spec"), dict):
            problems.append(FieldProblem(f"/{i}/spec", "is required"))
        elif (named := (each["kind"], each["metadata"]["name"])) in seen:
            problems.append(FieldProblem(f"/{i}/metadata/name", f"{named[0]} {named[1]!r} stands twice"))
        else:
            seen.add(named)
    if problems:
        raise Invalid.of(problems)
    return [Part(each, f"/{i}") for i, each in enumerate(raw)]


@dataclass
class _Import:
    parts: list[Part]
    frame: Frame
    notes: list[Note] = field(default_factory=list)
    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    objectives: list[dict[str, Any]] = field(default_factory=list)
    time_zone: str | None = None

    def drafted(self) -> Drafted:
        self.time_zone = self.frame.time_zone
        for part in self.parts:
            for name in ("apiVersion", "kind"):
                part.take(name)
        self.alerts = Alerts(self._named("AlertPolicy"), self._named("AlertCondition"), self.notes)
        self.indicators = Indicators(self.frame.provider, self.notes)
        for name, part in self._named("Service").items():
            self._service(name, part)
        slos = self._named("SLO")
        if not slos:
            raise Invalid(rule := "holds no SLO: there would be nothing in the agreement", [FieldProblem("", rule)])
        for name, part in slos.items():
            self._slo(name, part)
        for kind in ("SLI", "AlertPolicy", "AlertCondition"):
            self._unused(kind)
        for kind, why in (("DataSource", "where data is read is its publisher's matter"),
                          ("AlertNotificationTarget", "people are told by /escalation")):  # fmt: skip
            for part in self._named(kind).values():
                self._whole(part, f"the {kind} is not carried over: {why}")
        for part in self.parts:
            self.notes += [Note(at, "is not carried over: an agreement has no place for it") for at in part.leftover()]
        return Drafted(
            [*self.indicators.found.values(), self._agreement()], sorted(self.notes, key=lambda each: each.pointer)
        )

    def _named(self, kind: str) -> dict[str, Part]:
        return {part.raw["metadata"]["name"]: part for part in self.parts if part.raw["kind"] == kind}

    def _agreement(self) -> dict[str, Any]:
        frame = self.frame
        return {
            "apiVersion": "sepakat/v1", "kind": "Agreement", "metadata": {"id": frame.id},
            "parties": {"provider": frame.provider, "customer": frame.customer},
            "term": {
                "from": frame.since.isoformat(), "until": frame.until.isoformat(), "timeZone": self.time_zone or "UTC",
            },
            "services": list(self.services.values()),
            "objectives": self.objectives,
        }  # fmt: skip

    def _note(self, at: str, words: str) -> None:
        self.notes.append(Note(at, words))

    def _whole(self, part: Part, words: str) -> None:
        """A document that is not carried over is one note, not one for each of its fields."""
        part.take_all()
        self._note(part.at, words)

    def _unused(self, kind: str) -> None:
        for part in self._named(kind).values():
            if not part.is_taken("metadata"):
                self._whole(part, f"no SLO refers to this {kind}: it is not carried over")

    def _service(self, name: str, part: Part | None) -> str:
        id = slug(name)
        if id not in self.services:
            self.services[id] = {"id": id, "description": {"en": name}}
        if part is not None:
            metadata, spec = part.part("metadata"), part.part("spec")
            shown = metadata.text("displayName") if metadata is not None else None
            said = spec.text("description") if spec is not None else None
            if metadata is not None:
                metadata.take("name")
            self.services[id]["description"] = {"en": ": ".join(each for each in (shown, said) if each) or name}
        return id

    # -- objectives ----------------------------------------------------------------------------------------------------

    def _slo(self, name: str, part: Part) -> None:
        metadata, spec = part.part("metadata"), part.part("spec")
        assert metadata is not None and spec is not None  # noqa: S101 - looked at when it was read
        metadata.take("name")
        shown = metadata.text("displayName")
        service = self._service(spec.text("service") or name, None)
        indicator = self._indicator_of(spec, service)
        window = self._window(spec)
        method = spec.text("budgetingMethod") or "Occurrences"
        alerts = spec.parts("alertPolicies")
        objectives = spec.parts("objectives")
        if indicator is None or window is None or method not in _MEASURES:
            if method not in _MEASURES:
                self._note(f"{part.at}/spec/budgetingMethod", f"{method} is none of {', '.join(_MEASURES)}")
            self._note(part.at, "the SLO is not carried over")
            return
        for n, objective in enumerate(objectives, start=1):
            made = self._objective(objective, _MEASURES[method], indicator)
            if made is None:
                self._note(objective.at, "the objective is not carried over")
                continue
            id = slug(name) if len(objectives) == 1 else f"{slug(name)[:60]}-{n}"
            title = ": ".join(each for each in (shown, objective.text("displayName")) if each)
            made = {
                "id": self._free(id), **({"title": {"en": title}} if title else {}), "indicator": indicator[0],
                "service": service, **made, "window": window,
            }  # fmt: skip
            agreed = self.alerts.of(alerts, made)
            self.objectives.append({**made, **({"alerts": agreed} if agreed else {})})

    def _free(self, id: str) -> str:
        taken = {each["id"] for each in self.objectives}
        return (
            id if id not in taken else next(f"{id[:58]}-{n}" for n in range(2, 10_000) if f"{id[:58]}-{n}" not in taken)
        )

    def _indicator_of(self, spec: Part, service: str) -> tuple[str, str] | None:
        inline, ref = spec.part("indicator"), spec.text("indicatorRef")
        if inline is not None:
            return self.indicators.of(inline, service)
        found = self._named("SLI").get(ref or "")
        if found is None:
            rule = f"{ref!r} is no SLI of these documents" if ref else "needs `indicator` or `indicatorRef`"
            raise Invalid(f"{spec.at}/indicatorRef: {rule}", [FieldProblem(f"{spec.at}/indicatorRef", rule)])
        return self.indicators.of(found, service)

    def _window(self, spec: Part) -> dict[str, str] | None:
        windows = spec.parts("timeWindow")
        if not windows:
            self._note(f"{spec.at}/timeWindow", "is not given: a calendar month was put in")
            return {"calendar": "month"}
        given = windows[0]
        said, calendar, rolling = given.text("duration") or "", given.part("calendar"), given.take("isRolling")
        if calendar is not None and not rolling:
            return self._calendar(given, said, calendar)
        read = shorthand(said)
        if read is None:
            self._note(f"{given.at}/duration", f"{said!r} is no duration such as 4w")
            return None
        if not read[1]:
            self._note(f"{given.at}/duration", f"{said} has no fixed length: {read[0].days} days were put in")
        return {"rolling": iso(read[0])}

    def _calendar(self, given: Part, said: str, calendar: Part) -> dict[str, str] | None:
        zone, start = calendar.text("timeZone"), calendar.text("startTime")
        if zone is not None and self.time_zone is None:
            self.time_zone = zone
        if zone is not None and zone != self.time_zone:
            self._note(
                f"{calendar.at}/timeZone", f"{zone} is not carried over: an agreement is in one zone, {self.time_zone}"
            )
        unit = _WINDOWS.get(said)
        if unit is None:
            self._note(f"{given.at}/duration", f"{said} is no calendar window here: those are {', '.join(_WINDOWS)}")
            return None
        if start is not None and not _begins(start, unit):
            self._note(f"{calendar.at}/startTime", f"{start} is not carried over: a {unit} begins with the calendar's")
        return {"calendar": unit}

    def _objective(self, part: Part, measure: str, indicator: tuple[str, str]) -> dict[str, Any] | None:
        share, percent = exact(part.take("target")), exact(part.take("targetPercent"))
        if share is None and percent is None:
            self._note(part.at, "has neither `target` nor `targetPercent`")
            return None
        target = plain(percent if percent is not None else (share or Decimal(0)) * 100)
        op, value = part.text("op"), exact(part.take("value"))
        size, slice_target = part.take("timeSliceWindow"), exact(part.take("timeSliceTarget"))
        if indicator[1] == "measurement":
            if measure != "occurrences":
                self._note(part.at, "slices of a threshold are not measured here; send states, up where it is kept")
                return None
            if op not in ("lte", "lt") or value is None:
                self._note(f"{part.at}/op", "only values that must be at most something are shares here (lte)")
                return None
            if op == "lt":
                self._note(f"{part.at}/op", "lt became lte: a value that equals the limit is within it")
            unit = self.indicators.found[indicator[0]].get("unit")
            threshold = {"atMost": plain(value), **({"unit": unit} if unit else {})}
            return {"measure": "share", "threshold": threshold, "target": target}
        if op is not None or value is not None:
            self._note(part.at, "`op` and `value` say nothing of a ratio: they are not carried over")
        if measure == "occurrences":
            return {"measure": measure, "target": target}
        length = minutes(size)
        if length is None or (measure == "timeslices" and slice_target is None):
            self._note(part.at, "needs `timeSliceWindow` of whole minutes, and `timeSliceTarget`")
            return None
        made = {"measure": measure, "target": target, "slice": iso(length)}
        if measure == "timeslices":
            made["sliceTarget"] = plain((slice_target or Decimal(0)) * 100)
        elif slice_target is not None:
            self._note(f"{part.at}/timeSliceTarget", "says nothing of a mean of slices: it is not carried over")
        return made


def _begins(start: str, unit: str) -> bool:
    day, _, clock = start.replace("T", " ").partition(" ")
    try:
        first = date.fromisoformat(day)
    except ValueError:
        return False
    if clock and clock.strip("0:"):
        return False
    return {
        "day": True, "week": first.weekday() == 0, "month": first.day == 1,
        "quarter": first.day == 1 and first.month % 3 == 1, "year": (first.day, first.month) == (1, 1),
    }[unit]  # fmt: skip
