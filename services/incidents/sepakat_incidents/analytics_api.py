"""How problems and conflicts were handled, as figures and as rows to take away."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response

from sepakat_incidents import analytics
from sepakat_incidents.analytics import Disputed, Handled, Took
from sepakat_incidents.discussion import Tally, said_by
from sepakat_incidents.discussions import Discussions
from sepakat_incidents.dispute import Dispute
from sepakat_incidents.docket import Docket
from sepakat_incidents.incident import Incident
from sepakat_incidents.store import Incidents
from sepakat_incidents.wordings import Wordings
from sepakat_shared.auth import Principal
from sepakat_shared.clock import Clock
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.errors import FieldProblem, Invalid
from sepakat_shared.web import Asking, RequestedInstant

_NINETY_DAYS = timedelta(days=90)
_Format = Literal["csv", "ndjson"]
_From = Annotated[RequestedInstant | None, Query(alias="from", description="90 days before `until` if missing")]
_Until = Annotated[RequestedInstant | None, Query(description="now if missing")]


def router(
    incidents: Incidents, docket: Docket, discussions: Discussions, wordings: Wordings, clock: Clock
) -> APIRouter:
    routes = APIRouter(prefix="/v1/analytics", tags=["analytics"])

    @routes.get("")
    async def get_analytics(
        asking: Asking, by: Literal["priority", "service", "cause", "named-cause", "agreement", "month"] = "priority",
        agreement: str | None = None, start: _From = None, until: _Until = None,
    ) -> dict[str, Any]:  # fmt: skip
        """MTTA, MTTR, MTBF and how far escalations went, for incidents whose impact began in the time asked for.

        MTBF is the time of their services within the terms of the agreements, less that of impact, by their number.
        """
        asking.require("incidents:read")
        begin, end = _span(start, until, clock.now())
        found = await incidents.all(asking, agreement, None)
        terms = await wordings.terms({each.about.agreement for each in found})
        groups = analytics.grouped(found, by, begin, end, terms)
        answer = {
            "from": rfc3339(begin), "until": rfc3339(end), "by": by,
            "total": _handled(analytics.handled(found, begin, end, terms)),
            "groups": [{by: name, **_handled(each)} for name, each in groups.items()],
        }  # fmt: skip
        if asking.may("disputes:read"):
            answer["disputes"] = _disputed(analytics.disputed(await docket.all(asking, agreement), begin, end))
        return answer

    @routes.get("/incidents")
    async def export_incidents(
        asking: Asking, format: _Format = "csv", agreement: str | None = None, start: _From = None,
        until: _Until = None,
    ) -> Response:  # fmt: skip
        """A row for each incident whose impact began in the time asked for, the latest first.

        `level` is the deepest level of the ladder that was ever told, `round` the last round that was ever walked. Of
        comments the numbers of each party and the last times, of those that the key may read.
        """
        asking.require("incidents:read")
        begin, end = _span(start, until, clock.now())
        found = analytics.began_in(await incidents.all(asking, agreement, None), begin, end)
        said = await discussions.tallies(asking, agreement)
        rows = [
            [*_incident_row(each), *_comments(each, said.get(each.id, ()), asking), *_sorted(each)] for each in found
        ]
        return _exported("incidents", _INCIDENT, rows, format)

    @routes.get("/disputes")
    async def export_disputes(
        asking: Asking, format: _Format = "csv", agreement: str | None = None, start: _From = None,
        until: _Until = None,
    ) -> Response:  # fmt: skip
        """A row for each dispute that was raised in the time asked for, the latest first."""
        asking.require("disputes:read")
        begin, end = _span(start, until, clock.now())
        found = [each for each in await docket.all(asking, agreement) if begin <= each.raised_at < end]
        return _exported("disputes", _DISPUTE, [_dispute_row(each) for each in found], format)

    return routes


def _span(start: datetime | None, until: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    end = min(until or now, now)
    begin = start or end - _NINETY_DAYS
    if begin >= end:
        raise Invalid("query/from: must be before `until`", [FieldProblem("/query/from", "must be before `until`")])
    return begin, end


def _handled(handled: Handled) -> dict[str, Any]:
    return {
        "incidents": handled.count,
        "open": handled.open,
        "mtta_seconds": _rounded(handled.acknowledge.mean),
        "mttr_seconds": _rounded(handled.restore.mean),
        "mtbf_seconds": _rounded(handled.between_failures),
        "acknowledge": _took(handled.acknowledge),
        "restore": _took(handled.restore),
        "impact_seconds": _rounded(handled.impact_seconds),
        "levels": {str(level): count for level, count in handled.levels.items()},
        "repeated": handled.repeated,
        "impact": _took(handled.impact),
        "reopened": handled.reopened,
    }


def _disputed(disputed: Disputed) -> dict[str, Any]:
    return {
        "raised": disputed.count,
        "open": disputed.open,
        "results": dict(disputed.results),
        "took": _took(disputed.took),
    }


def _took(took: Took) -> dict[str, Any]:
    return {name: value if name == "count" else _rounded(value) for name, value in asdict(took).items()}


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


_INSTANTS = ("impact_started_at", "opened_at", "acknowledged_at", "impact_ended_at", "resolved_at")
_INCIDENT = ("id", "number", "agreement", "service", "title", "cause", "priority", "status", "level", "round",
             *_INSTANTS, "provider_comments", "provider_commented_at", "customer_comments",
             "customer_commented_at", "named_cause", "impact", "urgency", "owner", "reopened",
             "merged_into")  # fmt: skip
_DISPUTE = ("id", "number", "agreement", "kind", "subject", "raised_by", "raised_at", "status", "result", "how",
            "ended_at")  # fmt: skip


def _incident_row(incident: Incident) -> list[Any]:
    about = incident.about
    title = incident.title.get("en") or next(iter(incident.title.values()), "")
    return [
        incident.id, incident.number, about.agreement, about.service, title, incident.cause, incident.priority,
        incident.status.value, incident.deepest_level, incident.last_round,
        *[_instant(getattr(incident, name)) for name in _INSTANTS],
    ]  # fmt: skip


def _sorted(incident: Incident) -> list[Any]:
    return [
        incident.about.cause, incident.impact, incident.urgency, incident.owner, incident.reopened,
        incident.merged_into,
    ]  # fmt: skip


def _comments(incident: Incident, said: Sequence[Tally], asking: Principal) -> list[Any]:
    row: list[Any] = []
    for party in (incident.about.provider, incident.about.customer):
        count, last = said_by(party, said, asking.party)
        row += [count, _instant(last)]
    return row


def _dispute_row(dispute: Dispute) -> list[Any]:
    about, outcome = dispute.about, dispute.outcome
    came_to = (outcome.result, outcome.how) if outcome is not None else (None, None)
    return [
        dispute.id, dispute.number, about.agreement, about.subject.kind, about.subject.id, about.raised_by,
        _instant(dispute.raised_at), dispute.status.value, *came_to, _instant(dispute.ended_at),
    ]  # fmt: skip


def _instant(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)


def _exported(name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], format: _Format) -> Response:
    if format == "ndjson":
        objects = [dict(zip(columns, row, strict=True)) for row in rows]
        lines = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in objects)
        return Response(lines, media_type="application/x-ndjson")
    written = io.StringIO()
    csv.writer(written).writerows([columns, *[_plain(row) for row in rows]])
    headers = {"content-disposition": f'attachment; filename="{name}.csv"'}
    return Response(written.getvalue(), media_type="text/csv", headers=headers)


def _plain(row: Sequence[Any]) -> list[Any]:
    """A title is anybody's text: what a spreadsheet would take for a formula is made plain text."""
    return [f"'{each}" if isinstance(each, str) and each[:1] in _FORMULA else each for each in row]


_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
