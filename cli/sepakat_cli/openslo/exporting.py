"""The objectives of an agreement as OpenSLO v1 documents."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from sepakat_cli.openslo.importing import API_VERSION
from sepakat_cli.openslo.indicators import OWN
from sepakat_cli.openslo.parts import Note, as_shorthand
from sepakat_shared.contracts.fact import Title
from sepakat_shared.contracts.texts import Agreement, BurnAlert, Document, Indicator, Limit, Objective, as_text

_METHODS: Final = {"timeslices": "Timeslices", "ratio-timeslices": "RatioTimeslices"}
_WINDOWS: Final = {"day": "1d", "week": "1w", "month": "1M", "quarter": "1Q", "year": "1Y"}
_COUNTED: Final = ("occurrences", "timeslices", "ratio-timeslices")
_WITHOUT_EQUAL: Final = {
    "time": "time up of time is no count of events: OpenSLO has no such method",
    "mean": "OpenSLO has no means", "per-case": "OpenSLO knows no cases with clocks of their own",
}  # fmt: skip
_ON_OBJECTIVES: Final = (
    "calendar", "minimumSample", "unknown", "exclusions", "profile", "credits", "shortestOutage", "minimumCases",
    "allowedMisses", "where",
)  # fmt: skip
"""What an objective says, and OpenSLO has no field for: noted where it is not what it is without saying anything."""
_CARRIED: Final = ("apiVersion", "kind", "objectives", "services")


def export(text: Agreement, beside: Iterable[Document] = ()) -> tuple[list[dict[str, Any]], list[Note]]:
    """Services, SLIs and SLOs, and what of the agreement is not in them; pointers begin in the agreement."""
    indicators = {each.metadata.id: each for each in beside if isinstance(each, Indicator)}
    notes: list[Note] = []
    slos = []
    slis: dict[str, dict[str, Any]] = {}
    used = set()
    for i, objective in enumerate(text.objectives):
        at = f"/objectives/{i}"
        why = _left_out(text, objective)
        if why is not None:
            notes.append(Note(at, f"is not carried over: {why}"))
            continue
        notes += _lost(at, objective)
        indicator = indicators.get(objective.indicator)
        service = text.service_of(objective, indicator)
        used.add(service.id)
        name = _name(objective)
        slis.setdefault(name, _sli(name, objective, indicator))
        slos.append(_slo(text, objective, service.id, name))
    services = [_service(each.id, each.description) for each in text.services if each.id in used]
    notes += [
        Note(f"/services/{i}", "no objective that is carried over is about it")
        for i, each in enumerate(text.services) if each.id not in used
    ]  # fmt: skip
    notes += [Note(f"/{name}", "OpenSLO has no place for it") for name in as_text(text) if name not in _CARRIED]
    return [*services, *slis.values(), *slos], notes


def _left_out(text: Agreement, objective: Objective) -> str | None:
    if objective.measure in _WITHOUT_EQUAL:
        return _WITHOUT_EQUAL[objective.measure]
    if isinstance(objective.target, Decimal) and objective.target == 100:
        return "OpenSLO has targets below 100 % alone"
    rolling = objective.window.rolling
    if rolling is not None and as_shorthand(rolling) is None:
        return "OpenSLO has windows of whole minutes alone"
    return None


def _lost(at: str, objective: Objective) -> Iterator[Note]:
    said = _as_written(objective)
    plain = _as_written(
        Objective.model_validate({key: said[key] for key in ("id", "indicator", "measure", "target", "window")})
    )
    for name in _ON_OBJECTIVES:
        if name in said and said[name] != plain.get(name):
            yield Note(f"{at}/{name}", "OpenSLO has no place for it")
    title = objective.title
    if title is not None and title.en is not None and title.id is not None:
        yield Note(f"{at}/title/id", "OpenSLO has one name, in no language: the English one was taken")
    if objective.measure == "percentile":
        yield Note(
            f"{at}/percentile", "became the share of measurements at or under the limit, which decides it here, too"
        )
    for i, alert in enumerate(objective.alerts or ()):
        if as_shorthand(alert.over) is None or as_shorthand(_shorter(alert)) is None:
            yield Note(f"{at}/alerts/{i}", "OpenSLO has windows of whole minutes alone")
        else:
            yield Note(f"{at}/alerts/{i}", "became an AlertPolicy; its second window is alertAfter there")


def _as_written(objective: Objective) -> dict[str, Any]:
    return objective.model_dump(mode="json", by_alias=True, exclude_none=True)


# -- documents ---------------------------------------------------------------------------------------------------------


def _document(kind: str, name: str, shown: str | None, spec: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, **({"displayName": shown} if shown else {})}
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": dict(spec)}


def _service(id: str, description: Title) -> dict[str, Any]:
    return _document("Service", id, None, {"description": description.in_language("en", id)})


def _name(objective: Objective) -> str:
    """An SLI by its indicator; an indicator of measurements is one SLI, and one of counts another."""
    return objective.indicator.replace("/", "-")


def _sli(name: str, objective: Objective, indicator: Indicator | None) -> dict[str, Any]:
    shown = indicator.metadata.title if indicator is not None else None
    title = None if shown is None else shown.in_language("en", name)
    if objective.measure not in _COUNTED:
        return _document("SLI", name, title, {"thresholdMetric": _source(objective, None)})
    ratio = {"counter": False, "good": _source(objective, "good"), "total": _source(objective, "total")}
    return _document("SLI", name, title, {"ratioMetric": ratio})


def _source(objective: Objective, count: str | None) -> dict[str, Any]:
    limit = _limit(objective)
    unit = limit.unit if limit is not None else None
    spec = {"indicator": objective.indicator, **({"count": count} if count else {}), **({"unit": unit} if unit else {})}
    return {"metricSource": {"type": OWN, "spec": spec}}


def _slo(text: Agreement, objective: Objective, service: str, indicator: str) -> dict[str, Any]:
    title = objective.title
    policies = [
        _policy(objective, n, alert)
        for n, alert in enumerate(objective.alerts or (), start=1)
        if as_shorthand(alert.over) is not None and as_shorthand(_shorter(alert)) is not None
    ]
    spec = {
        "service": service, "indicatorRef": indicator, "timeWindow": [_window(text, objective)],
        "budgetingMethod": _METHODS.get(objective.measure, "Occurrences"), "objectives": [_objective(objective)],
        **({"alertPolicies": policies} if policies else {}),
    }  # fmt: skip
    return _document("SLO", objective.id, None if title is None else title.in_language("en", objective.id), spec)


def _window(text: Agreement, objective: Objective) -> dict[str, Any]:
    rolling = objective.window.rolling
    if rolling is not None:
        return {"duration": as_shorthand(rolling), "isRolling": True}
    # A day on which every calendar window begins: the first of a year, and a Monday.
    start = "2024-01-01 00:00:00"
    calendar = {"startTime": start, "timeZone": text.term.time_zone}
    return {"duration": _WINDOWS[objective.window.calendar or "month"], "calendar": calendar, "isRolling": False}


def _objective(objective: Objective) -> dict[str, Any]:
    target = objective.target if isinstance(objective.target, Decimal) else objective.percentile or Decimal(0)
    made: dict[str, Any] = {"targetPercent": _number(target)}
    limit = _limit(objective)
    if limit is not None and isinstance(limit.amount, Decimal):
        made |= {"op": "lte", "value": _number(limit.amount)}
    if objective.slice is not None and objective.measure in _METHODS:
        made["timeSliceWindow"] = as_shorthand(objective.slice)
    if objective.slice_target is not None and objective.measure == "timeslices":
        made["timeSliceTarget"] = _number(objective.slice_target / 100)
    return made


def _limit(objective: Objective) -> Limit | None:
    if objective.measure == "percentile" and isinstance(objective.target, Limit):
        return objective.target
    return objective.threshold if objective.measure == "share" else None


def _policy(objective: Objective, n: int, alert: BurnAlert) -> dict[str, Any]:
    condition = {
        "kind": "burnrate", "threshold": _number(alert.rate), "lookbackWindow": as_shorthand(alert.over),
        "alertAfter": as_shorthand(_shorter(alert)),
    }  # fmt: skip
    inside = {"kind": "AlertCondition", "metadata": {"name": f"{objective.id}-burn-{n}"},
              "spec": {"severity": "page", "condition": condition}}  # fmt: skip
    policy = {"alertWhenBreaching": True, "conditions": [inside], "notificationTargets": []}
    return {"kind": "AlertPolicy", "metadata": {"name": f"{objective.id}-alert-{n}"}, "spec": policy}


def _shorter(alert: BurnAlert) -> timedelta:
    return alert.and_over if alert.and_over is not None else alert.over / 12


def _number(value: Decimal) -> int | float:
    """As YAML has numbers: the shortest that reads back as the same."""
    return int(value) if value == value.to_integral_value() else float(value)
