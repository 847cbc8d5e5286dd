"""The reports of months over HTTP: as data, as a page and on paper, with a key or by the link of a letter."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from sepakat_agreements.agreement import Version
from sepakat_agreements.feedback import heard
from sepakat_agreements.monthly import Report
from sepakat_agreements.monthly_store import MonthlyReports
from sepakat_agreements.pack import thawed, written
from sepakat_agreements.party_store import Parties
from sepakat_agreements.review_document_api import names_of
from sepakat_agreements.review_view import pack_view
from sepakat_agreements.store import Agreements
from sepakat_document import review as document
from sepakat_document.forms import rendered
from sepakat_document.review_source import Held, ReviewSource
from sepakat_document.speech import Language, Speech
from sepakat_shared import paging, papers
from sepakat_shared.clock import Clock
from sepakat_shared.contracts import texts
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.errors import NotFound
from sepakat_shared.papers import Format, Lang
from sepakat_shared.web import Asking

Id = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Name = Annotated[str, Path(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", description="2026-03")]


def router(reports: MonthlyReports, agreements: Agreements, parties: Parties, clock: Clock) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["reviews"])

    @routes.get("/agreements/{id}/monthly-reports")
    async def list_reports(
        id: Id, request: Request, asking: Asking, cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Response:  # fmt: skip
        """The last month first."""
        asking.require("agreements:read")
        await agreements.visible(id, asking)
        before = paging.read_text_cursor(cursor)
        found = await reports.page(id, asking, before, limit + 1)
        return paging.page(request, [_view(each) for each in found], limit, key=lambda each: each["month"])

    @routes.get("/agreements/{id}/monthly-reports/{month}/pack", response_class=Response)
    async def get_pack(id: Id, month: Name, asking: Asking) -> Response:
        """What the report is written from. The SHA-256 of these bytes is its hash."""
        asking.require("agreements:read")
        report = await reports.visible(id, month, asking)
        headers = {"ETag": f'"{report.pack.hash}"'}
        return Response(written(report.pack), media_type="application/json", headers=headers)

    @routes.get("/agreements/{id}/monthly-reports/{month}/document", response_class=Response)
    async def get_document(id: Id, month: Name, asking: Asking, lang: Lang = None, format: Format = "pdf") -> Response:
        """The report of that month, as PDF (PDF/A-2a, PDF/UA-1) or HTML."""
        asking.require("agreements:read")
        return await shown(await reports.visible(id, month, asking), lang, format)

    @routes.get("/monthly-reports/{token}", response_class=Response)
    async def get_linked_document(token: str, lang: Lang = None, format: Format = "html") -> Response:
        """The same to whoever has the link of a letter, for 90 days; without a key."""
        answer = await shown(await reports.opened(token, clock.now()), lang, format)
        # The address is the secret: it must not be kept by what lies between, nor be sent on.
        answer.headers.update({"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"})
        return answer

    async def shown(report: Report, lang: Language | None, format: Format) -> Response:
        agreement = (await agreements.all.get(report.agreement)).state
        version = agreement.get(report.version)
        if version is None:
            raise NotFound(f"the text of {report.id} is not here any more")
        source = await _source(report, version, lang, parties)
        name = f"{report.agreement}-{report.month}-{source.speech.language}"
        answer = await papers.answer(lambda: rendered(document.compose(source), format), name)
        # On paper, too: its address may be the link of a letter.
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer

    return routes


async def _source(report: Report, version: Version, lang: Language | None, parties: Parties) -> ReviewSource:
    text = texts.Agreement.model_validate(version.text)
    language = papers.language_of(text, lang)
    names, people = await names_of(version, parties)
    services = {each.id: each.description for each in text.services}
    pack = thawed(report.pack)
    told = dict.fromkeys([*(each.need for each in pack.needs), *(n.need for each in pack.opinions for n in each.needs)])
    held = Held(heard=heard(pack.opinions, told))
    return ReviewSource(pack, report.pack.hash, held, Speech(language), names, people, services)


def _view(report: Report) -> dict[str, Any]:
    return {
        "agreement": report.agreement, "month": report.month, "version": report.version,
        "since": rfc3339(report.since), "until": rfc3339(report.until), "compiled_at": rfc3339(report.compiled_at),
        "recipients": list(report.people), "pack": pack_view(report.pack),
    }  # fmt: skip
