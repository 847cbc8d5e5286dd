"""Disputes, and what may be disputed, as lines and rows."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sepakat_cli.commands.status import duration
from sepakat_cli.output import BadInput
from sepakat_shared.contracts.compliance import LATENESS
from sepakat_shared.contracts.fact import rfc3339


def stands(dispute: dict[str, Any]) -> str:
    if dispute["outcome"]:
        return f"{dispute['status']}: {dispute['outcome']['result']}"
    if dispute["turn"] is None:
        return str(dispute["status"])
    return f"{dispute['status']}: waits for {_waits(dispute)} until {dispute['turn']['deadline']}"


def _waits(dispute: dict[str, Any]) -> str:
    turn = dispute["turn"]
    if turn is None:
        return str(dispute["forum"] or "the forum") if dispute["status"] == "forum" else ""
    return " and ".join(turn["awaits"]) or "the mediator"


def row(dispute: dict[str, Any]) -> tuple[Any, ...]:
    turn = dispute["turn"]
    subject = f"{dispute['subject']['kind']} {dispute['subject']['id']}"
    until = turn["deadline"] if turn else ""
    return (
        dispute["id"], dispute["number"], dispute["status"], dispute["agreement"], subject, dispute["raised_by"],
        _waits(dispute), until,
    )  # fmt: skip


def open_row(item: dict[str, Any]) -> tuple[Any, ...]:
    figure = item["figure"]
    shown = figure.get("value") or figure.get("attainment")
    until = item["until"] or ("" if item["final"] else _final_at(item["period"]))
    return (
        item["agreement"], item["objective"], item["period"]["start"], shown, figure.get("target"),
        {True: "yes", False: "no"}.get(figure.get("met"), "?"), until,
    )  # fmt: skip


def _final_at(period: dict[str, Any]) -> str:
    """A period is disputed once its figure is final; a rolling window's is with each day that it is written down."""
    if period["rolling"]:
        return "not final yet"
    closes = datetime.fromisoformat(period["end"]) + LATENESS
    return f"final at {rfc3339(closes)}"


def fields(dispute: dict[str, Any]) -> dict[str, Any]:
    """The dispute as rows: nested ones in words, offers one a row."""
    subject, outcome = dispute["subject"], dispute["outcome"]
    plain = ("number", "status", "agreement", "raised_by", "raised_at", "ended_at")
    rows = {name: dispute[name] for name in plain}
    rows["subject"] = f"{subject['kind']} {subject['id']}"
    rows["measured"] = _figure(dispute["measured"])
    rows["agreed"] = _figure(dispute["agreed"])
    rows |= {f"offer {each['number']} ({each['party']})": _compact(each["remedy"]) for each in dispute["offers"]}
    rows["waits for"] = f"{_waits(dispute)} until {dispute['turn']['deadline']}" if dispute["turn"] else _waits(dispute)
    rows["outcome"] = (
        None if outcome is None else f"{outcome['result']} by {outcome['how']}: {_compact(outcome['remedy'])}"
    )
    return rows


def _figure(figure: dict[str, Any] | None) -> str | None:
    if not figure:
        return None
    verdict = "met" if figure.get("met") else figure.get("state")
    if figure.get("unit") == "s":
        shown, target = (figure.get(name) and duration(float(figure[name])) for name in ("value", "target"))
        return f"{shown} of {target}, {verdict}" if target else f"{shown}, {verdict}"
    return f"{figure.get('value') or figure.get('attainment')} against {figure.get('target')}, {verdict}"


def _compact(remedy: dict[str, Any]) -> str:
    parts = [" ".join(str(value) for name, value in each.items() if name != "objectives")
             for each in remedy.get("adjustments", ())]  # fmt: skip
    if remedy.get("credit_percent"):
        parts.append(f"credit {remedy['credit_percent']} %")
    return "; ".join([*parts, *([remedy["terms"]] if remedy.get("terms") else [])]) or "nothing"


def the_only_offer(dispute: dict[str, Any]) -> int:
    """The number of a dispute's offer where there is one. Raises BadInput with all of them otherwise."""
    offers = dispute["offers"]
    if len(offers) == 1:
        return int(offers[0]["number"])
    listed = "".join(f"\n  --offer {each['number']}: {each['party']}, {_compact(each['remedy'])}" for each in offers)
    raise BadInput(f"say which offer you accept{listed or ': there is none yet'}")


def without_period(told: list[dict[str, Any]], objective: str) -> str:
    """Which period a dispute is of that names none, by the figures told last."""
    found = next((each["period"] for each in told if each["objective"] == objective), None)
    which = "the one told last" if found is None else f"the one told last, {found['start']} to {found['end']}"
    return f"without --period it is about {which}; name another by an instant within it, --period 2026-11-01T00:00:00Z"


def said(entry: dict[str, Any]) -> str:
    statement = entry.get("statement")
    return str(statement["text"] if isinstance(statement, dict) else statement or entry.get("result") or "")


def evidence(history: Iterable[dict[str, Any]]) -> list[str]:
    """What was brought forward, by whom: a line each, with where it is and the hash by which it is told.

    An address that nobody described is its own description, and stands there once.
    """
    said = [(each["by"], each["statement"]) for each in history if isinstance(each.get("statement"), dict)]
    return [
        f"evidence of {by}: "
        + ", ".join(dict.fromkeys(each[name] for name in ("description", "url", "hash") if each.get(name)))
        for by, statement in said
        for each in statement.get("evidence") or ()
    ]


def plain(value: Any) -> str:
    return "-" if value in (None, "") else str(value)
