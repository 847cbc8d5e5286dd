"""`GET /v1/incidents/{id}/document`: an incident as people read it, with a picture of its course."""

from collections.abc import Sequence
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response

from sepakat_document import incident as document
from sepakat_document.forms import rendered
from sepakat_document.incident_source import IncidentSource
from sepakat_document.speech import Speech
from sepakat_incidents.api import Beside, timeline
from sepakat_incidents.documented import for_both, record_of, timeline_hash
from sepakat_incidents.incident import Incident
from sepakat_incidents.postmortems import Postmortems
from sepakat_incidents.relations import Relations
from sepakat_incidents.store import Incidents
from sepakat_incidents.wordings import Wording, Wordings
from sepakat_shared import papers
from sepakat_shared.clock import Clock
from sepakat_shared.papers import Format, Lang
from sepakat_shared.web import Asking

_Shared = Annotated[bool, Query(description="without what is internal to the key's party: to be handed on")]


def router(
    incidents: Incidents, postmortems: Postmortems, wordings: Wordings, clock: Clock, beside: Sequence[Beside] = ()
) -> APIRouter:
    routes = APIRouter(prefix="/v1/incidents", tags=["incidents"])

    @routes.get("/{id}/document", response_class=Response)
    async def get_document(
        id: str, asking: Asking, lang: Lang = None, format: Format = "pdf", shared: _Shared = False
    ) -> Response:  # fmt: skip
        """The incident as the key may see it, as PDF (PDF/A-2a, PDF/UA-1) or HTML, in English or Indonesian."""
        asking.require("incidents:read")
        incident, _ = await incidents.visible(id, asking)
        happened = await timeline(await incidents.history(incident), beside, incident, asking)
        entries = for_both(happened) if shared else happened
        links = await Relations(incidents).shown(incident)
        tally = await incidents.tally(incident)
        note = await postmortems.find(incident.id)
        wording = await _wording(wordings, incident)
        now = clock.now()
        record = record_of(incident, links, entries, tally.count, note.state if note else None, now)
        zone = ZoneInfo(str(wording.text.term.time_zone) if wording else "UTC")
        speech = Speech(papers.language_of(wording.text, lang) if wording else lang or "en")
        source = IncidentSource(record, speech, zone, now, timeline_hash(entries))
        return await papers.answer(
            lambda: rendered(document.compose(source), format), f"{incident.id}-{speech.language}"
        )

    return routes


async def _wording(wordings: Wordings, incident: Incident) -> Wording | None:
    """The text that it is handled by; the latest one, where it opened before any was known here."""
    found = await wordings.find(incident.about.agreement, incident.version) if incident.version else None
    return found or await wordings.last(incident.about.agreement)
