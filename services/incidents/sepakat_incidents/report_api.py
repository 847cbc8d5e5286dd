"""Reports, and the forms for them, over HTTP."""

import secrets
from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sepakat_incidents import filing, reporter
from sepakat_incidents.form import Form
from sepakat_incidents.forms import Forms
from sepakat_incidents.report import Report
from sepakat_incidents.reporter import LONGEST_DETAILS, LONGEST_SUMMARY, Reporter
from sepakat_incidents.reports import Reports
from sepakat_incidents.store import Incidents
from sepakat_incidents.wordings import Wordings
from sepakat_shared import paging, web
from sepakat_shared.auth import Principal
from sepakat_shared.clock import Clock
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.contracts.matrix import priority_of
from sepakat_shared.idempotency import IdempotentPosts, Repeatable
from sepakat_shared.web import Asking, Named, RequestedInstant
from sepakat_shared.words import Said


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReporterIn(_In):
    """Who is told how it goes, in which language."""

    name: Annotated[str, Said(80, lines=False)]
    email: str
    language: Literal["en", "id"] = "en"


class ReportIn(_In):
    """A problem with a service of an agreement. Without a reporter nobody is written to."""

    agreement: Named
    service: Named
    summary: Annotated[str, Said(LONGEST_SUMMARY, lines=False)] = Field(description="one line")
    details: Annotated[str, Said(LONGEST_DETAILS, needed=False)] = ""
    impact: Literal["high", "low"] = "low"
    urgency: Literal["high", "low"] = "low"
    something_else: bool = Field(False, description="it is not the incident that is open already")
    reporter: ReporterIn | None = None


class FormIn(_In):
    """A form for reports about one service."""

    agreement: Named
    service: Named
    label: Annotated[str, Said(200, lines=False, needed=False)] = Field(
        "", description="for your own eyes: where its link is put, say"
    )
    expires_at: RequestedInstant | None = Field(None, description="90 days from now if missing")
    per_hour: int = Field(60, ge=1, le=10_000, description="reports that it takes in an hour")


def router(
    reports: Reports, incidents: Incidents, forms: Forms, wordings: Wordings, posts: IdempotentPosts, clock: Clock
) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["reports"])
    _reading_routes(routes, reports, incidents)
    _form_routes(routes, forms, wordings, posts, clock)

    @routes.post("/reports", status_code=201)
    async def post_report(given: ReportIn, request: Repeatable, asking: Asking) -> Response:
        """Report a problem: it opens an incident, or belongs to the one that is open. Its reporter gets its number."""

        async def do() -> JSONResponse:
            about, text = await filing.service_of(wordings, given.agreement, given.service, asking)
            who = None if given.reporter is None else Reporter(**given.reporter.model_dump())
            reporter.check(who, given.summary, given.details, "/reporter")
            made = filing.reported(
                secrets.token_hex(10), about, str(text.term.time_zone), asking.party or "", asking.id, None,
                given.summary, given.details, given.impact, given.urgency, given.something_else, clock.now(),
                priority_of(text, given.impact, given.urgency),
            )  # fmt: skip
            report = await reports.file(made, who)
            body = report_view(report, who) | {"status_url": reports.status_url(report)}
            return JSONResponse(body, 201, {"Location": f"/v1/reports/{report.id}"})

        return await posts.once(request, asking, clock.now(), do)

    @routes.delete("/reports/{id}/reporter", status_code=204)
    async def delete_reporter(id: str, asking: Asking) -> Response:
        """Forget who reported it: name and address are erased, here and wherever they were told."""
        asking.require("incidents:write")
        await reports.erase(id, asking)
        return Response(status_code=204)

    return routes


def _reading_routes(routes: APIRouter, reports: Reports, incidents: Incidents) -> None:
    @routes.get("/reports")
    async def list_reports(
        request: Request, asking: Asking, agreement: str | None = None, incident: str | None = None,
        cursor: str | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Response:  # fmt: skip
        """Those of the key's agreements, the latest first; of an incident with those of its duplicates."""
        asking.require("incidents:read")
        about = None if incident is None else await incidents.with_duplicates(incident)
        found = await reports.page(asking, agreement, about, paging.read_instant_cursor(cursor), limit + 1)
        items = [await _seen(reports, each, asking) for each in found]
        return paging.page(request, items, limit, key=lambda each: [each["filed_at"], each["id"]])

    @routes.get("/reports/{id}")
    async def get_report(id: str, asking: Asking) -> Response:
        """One report; who filed it is shown to the party that it came by."""
        asking.require("incidents:read")
        loaded = await reports.visible(id, asking)
        return JSONResponse(await _seen(reports, loaded.state, asking), headers={"ETag": web.etag(loaded.version)})


async def _seen(reports: Reports, report: Report, asking: Principal) -> dict[str, Any]:
    """As `asking` may see it. The party that it came by has the page's link from here, too: its answer may be lost."""
    seen = report_view(report, await reports.reporter(report, asking))
    return seen | ({"status_url": reports.status_url(report)} if asking.party == report.party else {})


def _form_routes(
    routes: APIRouter, forms: Forms, wordings: Wordings, posts: IdempotentPosts, clock: Clock
) -> None:  # fmt: skip
    @routes.post("/report-forms", status_code=201)
    async def post_form(given: FormIn, request: Repeatable, asking: Asking) -> Response:
        """Make a form for reports: whoever has its `url` can use it, until it expires or is taken back."""

        async def do() -> JSONResponse:
            about, text = await filing.service_of(wordings, given.agreement, given.service, asking)
            zone = str(text.term.time_zone)
            expires = given.expires_at or clock.now() + timedelta(days=90)
            form = await forms.create(about, zone, asking.party or "", given.label, expires, given.per_hour, asking.id)
            return JSONResponse(form_view(form, forms), 201, {"Location": f"/v1/report-forms/{form.id}"})

        return await posts.once(request, asking, clock.now(), do)

    @routes.get("/report-forms")
    async def list_forms(
        request: Request, asking: Asking, cursor: str | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
    ) -> Response:
        """Those that the key's party has made."""
        asking.require("incidents:write")
        after = paging.read_text_cursor(cursor)
        found = await forms.page(asking, after, limit + 1)
        return paging.page(request, [form_view(each, forms) for each in found], limit, key=lambda each: each["id"])

    @routes.get("/report-forms/{id}")
    async def get_form(id: str, asking: Asking) -> dict[str, Any]:
        """One form with its link."""
        asking.require("incidents:write")
        return form_view(await forms.visible(id, asking), forms)

    @routes.post("/report-forms/{id}/revoke")
    async def revoke_form(id: str, asking: Asking) -> dict[str, Any]:
        """Take a form back: its link opens nothing any more."""
        asking.require("incidents:write")
        return form_view(await forms.revoke(id, asking), forms)


def report_view(report: Report, who: Reporter | None) -> dict[str, Any]:
    """A report as the API shows it."""
    return {
        "id": report.id, "number": report.number, "agreement": report.about.agreement, "service": report.about.service,
        "party": report.party, "via": report.via, "form": report.form, "summary": report.summary,
        "details": report.details, "impact": report.impact, "urgency": report.urgency, "something_else": report.other,
        "stage": report.stage.value, "incident": report.incident, "incident_number": report.incident_number,
        "filed_at": rfc3339(report.filed_at),
        "steps": [{"step": each.step, "at": rfc3339(each.at), "words": each.words} for each in report.steps],
        "reporter": None if who is None else {"name": who.name, "email": who.email, "language": who.language},
    }  # fmt: skip


def form_view(form: Form, forms: Forms) -> dict[str, Any]:
    """A form as the API shows it to the party that made it."""
    return {
        "id": form.id, "agreement": form.about.agreement, "service": form.about.service, "party": form.party,
        "label": form.label, "created_at": rfc3339(form.created_at), "expires_at": rfc3339(form.expires_at),
        "per_hour": form.per_hour, "revoked_at": None if form.revoked_at is None else rfc3339(form.revoked_at),
        "url": forms.url(form),
    }  # fmt: skip
