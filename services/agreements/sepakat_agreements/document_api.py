"""`GET /v1/agreements/{id}/document`: an agreement as people read and sign it."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Response

from sepakat_agreements.agreement import Version
from sepakat_agreements.party_store import Parties
from sepakat_agreements.store import Agreements
from sepakat_document import compose
from sepakat_document.forms import rendered
from sepakat_document.source import Signature
from sepakat_document.speech import Language, Speech
from sepakat_shared import papers
from sepakat_shared.contracts import texts
from sepakat_shared.errors import NotFound
from sepakat_shared.papers import Format, Lang
from sepakat_shared.web import Asking


def router(agreements: Agreements, parties: Parties) -> APIRouter:
    routes = APIRouter(prefix="/v1")

    @routes.get("/agreements/{id}/document", tags=["agreements"], response_class=Response)
    async def get_document(
        id: Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")],
        asking: Asking,
        lang: Lang = None,
        format: Format = "pdf",
        version: Annotated[int | None, Query(ge=1, description="else the one in force, or the first")] = None,
    ) -> Response:
        """The agreement as a document, PDF (PDF/A-2a, PDF/UA-1) or HTML, in English or Indonesian."""
        asking.require("agreements:read")
        loaded = await agreements.visible(id, asking)
        shown = loaded.state.current if version is None else loaded.state.get(version)
        if shown is None:
            raise NotFound(f"there is no version {version} of {id!r}")
        known = [party for each in loaded.state.parties if (party := await _party(parties, each)) is not None]
        text = texts.Agreement.model_validate(shown.text)
        language = papers.language_of(text, lang)
        source = compose.source_of(text, language, known, _signatures(shown, text, language), shown.version)
        of_version = "" if version is None else f"-{version}"
        return await papers.answer(lambda: rendered(compose.compose(source), format), f"{id}{of_version}-{language}")

    return routes


async def _party(parties: Parties, id: str) -> texts.Party | None:
    """The organisation with its people, as far as they are recorded and not erased."""
    loaded = await parties.all.find(id)
    if loaded is None:
        return None
    contacts = tuple(
        texts.Contact(id=contact, name=str(details["name"]), title=details.get("title"))
        for contact, details in (await parties.details(id)).items()
    )
    named = texts.Metadata(id=id)
    return texts.Party(metadata=named, name=loaded.state.name, address=loaded.state.address, contacts=contacts)


def _signatures(version: Version, text: texts.Agreement, language: Language) -> list[Signature]:
    zone, speech = ZoneInfo(text.term.time_zone), Speech(language)

    def when(at: datetime) -> str:
        return speech.instant(at.astimezone(zone))

    return [Signature(each.party, each.contact, each.key, each.signature, when(each.at)) for each in version.signatures]
