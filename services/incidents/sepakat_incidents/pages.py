"""The public pages: a form for reports, and how a report goes. Looking changes nothing; they need no script.

Whoever has the link may use it, and no cookie says who that is. What a form sends must hold what this very showing of
it was given: another site's page can't know that, and a report that is sent twice is one.
"""

import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from sepakat_incidents import reporter
from sepakat_incidents.form import Form
from sepakat_incidents.forms import Forms, TooMany
from sepakat_incidents.incident import Incident, Status
from sepakat_incidents.links import Links
from sepakat_incidents.page_words import LANGUAGES, WORDS, Say
from sepakat_incidents.report import Degree, Report
from sepakat_incidents.reporter import Language, Reporter
from sepakat_incidents.reports import Reports
from sepakat_shared.clock import Clock
from sepakat_shared.errors import Gone, Invalid, NotFound, SepakatError
from sepakat_shared.public_pages import fields_sent, language_of, page_headers
from sepakat_shared.words import in_lines

_SEVERITIES: Final[Mapping[str, tuple[Degree, Degree]]] = {
    "all": ("high", "high"), "part": ("high", "low"), "flaw": ("low", "low"),
}  # fmt: skip
_FIELDS: Final = ("summary", "severity", "details", "name", "email", "website")
"""As they stand on the page."""
_LONGEST_SENT: Final = 1024 * 1024
"""Bytes that a form is read in: more than its fields may have, so that what is too long comes back to be shortened."""
_templates = Environment(
    loader=PackageLoader("sepakat_incidents"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    autoescape=select_autoescape(["html"]),
)  # fmt: skip


def router(forms: Forms, reports: Reports, links: Callable[[], Links], clock: Clock) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.get("/r/{token}")
    async def show_form(token: str, request: Request, lang: str | None = None) -> Response:
        language = language_of(request, lang)
        try:
            form = await forms.opened(token)
        except SepakatError as error:
            return _refusal(error, language)
        return await _form_page(forms, form, language, forms.showing(form), {}, {})

    @routes.post("/r/{token}")
    async def take_form(token: str, request: Request, lang: str | None = None) -> Response:
        language = language_of(request, lang)
        try:
            form = await forms.opened(token)
            sent = await fields_sent(request, most=20, longest=_LONGEST_SENT)
            showing = sent.get("showing", "")
            try:
                id = forms.report_of(form, showing)
            except (Gone, NotFound) as error:
                # Nothing is lost: it is shown once more with what was written, to be sent by whoever looks at it.
                why = "old" if isinstance(error, Gone) else "not_whole"
                page = await _form_page(forms, form, language, forms.showing(form), sent, {"": why})
                page.status_code = 409 if isinstance(error, Gone) else 422
                return page
            problems = _problems(sent, language)
            if problems:
                page = await _form_page(forms, form, language, showing, sent, problems)
                page.status_code = 422
                return page
            report = await forms.take(
                form, id, _reporter(sent, language), sent["summary"].strip(), in_lines(sent.get("details", "")),
                _SEVERITIES[sent["severity"]], sent.get("other") == "yes",
            )  # fmt: skip
        except SepakatError as error:
            return _refusal(error, language)
        # Reloading what follows shows it again, and sends nothing.
        return RedirectResponse(f"../s/{reports.status_token(report)}?lang={language}", 303, headers=page_headers())

    @routes.get("/s/{token}")
    async def show_status(token: str, request: Request, lang: str | None = None) -> Response:
        try:
            what = links().open("status", token, clock.now())
            loaded = await reports.all.find(what["report"])
            if loaded is None:
                raise NotFound("the report of this link is not here any more")
        except SepakatError as error:
            return _refusal(error, language_of(request, lang))
        report = loaded.state
        language = language_of(request, lang or await reports.language(report.id))
        return _status_page(report, language)

    return routes


def _problems(sent: Mapping[str, str], language: str) -> dict[str, str]:
    """What is to be mended, by field: the name of the sentence that says it."""
    found = {}
    if sent.get("website"):
        found["website"] = "of_website"
    if sent.get("severity") not in _SEVERITIES:
        found["severity"] = "of_severity"
    try:
        reporter.check(_reporter(sent, language), sent.get("summary", "").strip(), in_lines(sent.get("details", "")))
    except Invalid as error:
        found |= {each.pointer[1:]: f"of_{each.pointer[1:]}" for each in error.problems}
    return {field: found[field] for field in _FIELDS if field in found}


def _reporter(sent: Mapping[str, str], language: str) -> Reporter:
    speaks: Language = "id" if language == "id" else "en"
    return Reporter(sent.get("name", "").strip(), sent.get("email", "").strip(" "), speaks)


# -- pages -------------------------------------------------------------------------------------------------------------


async def _form_page(
    forms: Forms, form: Form, language: str, showing: str, sent: Mapping[str, str], problems: Mapping[str, str]
) -> HTMLResponse:
    say = Say(language, form.zone)
    known = await forms.known(form)
    service = say.title(form.about.service_title, form.about.service)
    return _page(
        "report_form.html", say, heading=say("report", service), sent={name: sent.get(name, "") for name in _FIELDS},
        other=sent.get("other") == "yes", showing=showing, problems={f: say(name) for f, name in problems.items()},
        known=None if known is None else _known(known, service, say), severities=list(_SEVERITIES),
    )  # fmt: skip


def _known(incident: Incident, service: str, say: Say) -> str:
    """That it is known; that it is worked on, once somebody has taken it up."""
    taken_up = incident.status is Status.ACKNOWLEDGED
    return say("known_taken_up" if taken_up else "known", service, say.when(incident.opened_at))


def _status_page(report: Report, language: str) -> HTMLResponse:
    say = Say(language, report.zone)
    steps: list[tuple[str, str, list[str]]] = [(say.when(report.filed_at), say("received"), [])]
    steps += [
        (say.when(each.at), say("news" if each.words else each.step), (each.words or "").splitlines())
        for each in report.steps
    ]
    service = say.title(report.about.service_title, report.about.service)
    return _page(
        "report_status.html", say, heading=say("number", report.number), summary=report.summary, steps=steps,
        about=say("about", service, say.when(report.filed_at)), stage=say(report.stage.value),
    )  # fmt: skip


def _refusal(error: SepakatError, language: str) -> HTMLResponse:
    say = Say(language)
    said = say(error.slug) if error.slug in WORDS else error.detail
    page = _page("report_refused.html", say, heading=say("refused"), said=said)
    page.status_code = error.status
    if isinstance(error, TooMany):
        page.headers["Retry-After"] = str(max(1, int(error.after.total_seconds())))
    return page


def _page(template: str, say: Say, **shown: Any) -> HTMLResponse:
    nonce = secrets.token_urlsafe(16)
    others = {tag: name for tag, name in LANGUAGES.items() if tag != say.language}
    html = _templates.get_template(template).render(say=say, language=say.language, nonce=nonce, others=others, **shown)
    return HTMLResponse(html, headers=page_headers(nonce))
