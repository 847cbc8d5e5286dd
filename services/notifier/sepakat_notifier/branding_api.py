"""Branding and previews over HTTP: how letters look and read is tried with samples before it is ever sent."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sepakat_notifier import branding as domain
from sepakat_notifier import brandings as looks
from sepakat_notifier import chat_formats, gists, sample_events, wording
from sepakat_notifier.branding import Branding
from sepakat_notifier.brandings import Brandings
from sepakat_notifier.chat_formats import Action, Said
from sepakat_notifier.chat_links import in_whose_name
from sepakat_notifier.directory import Reader
from sepakat_notifier.gists import Gist
from sepakat_notifier.offers import address_of, offered
from sepakat_notifier.preference import Language
from sepakat_notifier.routing import CONTRACTS
from sepakat_notifier.subscription_api import Zone
from sepakat_notifier.wording import Refused, Wording
from sepakat_shared import web
from sepakat_shared.errors import FieldProblem, Invalid, NotFound
from sepakat_shared.web import Asking, Versioned

_ONE_LINE: Final = r"^[^\x00-\x1f\x7f]+$"
_BASE: Final = "https://sla.example"
Footer = Annotated[str, Field(max_length=500, pattern=_ONE_LINE)]


class WordingIn(BaseModel):
    """What is said instead of our words about one type of event, in one language."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(max_length=100)
    language: Language
    subject: str = Field(min_length=1, max_length=500)
    text: str = Field(min_length=1, max_length=4000, description="paragraphs are divided by an empty line")


class BrandingIn(BaseModel):
    """What is not given is as it is without a branding."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(
        None, min_length=1, max_length=80, pattern=_ONE_LINE, description="at the head of a letter"
    )
    colour: str | None = Field(None, description="#rrggbb, on which white text can be read")
    footer_en: Footer | None = None
    footer_id: Footer | None = None
    wordings: list[WordingIn] = Field([], max_length=120)


class PreviewIn(BaseModel):
    """What a letter would look like; with a `branding` that is not saved, or else with the party's own."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(max_length=100)
    language: Language = "en"
    time_zone: Zone = "Asia/Jakarta"
    form: Literal["mail", "slack", "teams", "text"] = "mail"
    branding: BrandingIn | None = None


def router(brandings: Brandings) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["letters"])

    @routes.get("/brandings/{party}")
    async def get_branding(party: str, asking: Asking) -> Response:
        """How letters to the people of a party look and read; the ETag is "0" where it has chosen nothing."""
        asking.require("notifications:read")
        if not asking.sees([party]):
            raise NotFound(f"there is no party {party!r} that you may see")
        loaded = await brandings.find(party)
        return _answer(loaded.state if loaded else Branding(party), loaded.version if loaded else 0)

    @routes.put("/brandings/{party}")
    async def put_branding(party: str, given: BrandingIn, request: Versioned, asking: Asking) -> Response:
        """Choose how letters to the people of the key's party look and read; each wording is tried with a sample."""
        asking.require("notifications:write")
        asking.require_party(party)
        chosen = checked(party, given)
        loaded = await brandings.execute(
            party, lambda known, _now: domain.choose(known, chosen), asking.id, web.expected_version(request)
        )
        return _answer(loaded.state if loaded else chosen, loaded.version if loaded else 0)

    @routes.post("/previews")
    async def post_preview(given: PreviewIn, asking: Asking) -> Response:
        """A letter, or what is said in a chat, about an event that never happened; nothing is kept or sent."""
        asking.require("notifications:read")
        party = asking.party or "toko-maju"
        if given.branding is not None:
            look: Branding | None = checked(party, given.branding, "/branding")
        else:
            loaded = await brandings.find(party)
            look = loaded.state if loaded else None
        return JSONResponse(_preview(given, look))

    return routes


def _preview(given: PreviewIn, look: Branding | None) -> dict[str, Any]:
    reader = Reader("toko-maju", "budi", "Budi", None, given.language, given.time_zone)
    gist = _gist(given.type, reader)
    if gist is None:
        raise Invalid.at("/type", f"there are no words about it; there are {', '.join(_told())}")
    fact = sample_events.sample_of(given.type)
    links: dict[str, str] = {
        each: address_of(_BASE, each, "sample") for each in offered(fact, getattr(fact, "responsible", ""))
    }
    if given.form == "mail":
        link = links.pop("acknowledge", None)
        letter = looks.letter_of(given.type, gist, reader, link, None, look, links)
        return {"subject": letter.subject, "text": letter.text, "html": letter.html}
    actions = [Action(gist.words.label("button" if name == "acknowledge" else name), to) for name, to in links.items()]
    in_name = in_whose_name(reader.name, given.language) if actions else ""
    said = Said(gist.subject, gist.paragraphs, gist.figures, gist.tone, gist.agreement, (), actions, in_name)
    if given.form == "text":
        title, text = chat_formats.plain(said)
        return {"subject": title, "text": text}
    return {"body": chat_formats.slack(said) if given.form == "slack" else chat_formats.teams(said)}


def _told() -> list[str]:
    return sorted(type for type in CONTRACTS if gists.is_told(sample_events.sample_of(type)))


def _gist(type: str, reader: Reader) -> Gist | None:
    fact = sample_events.sample_of(type) if type in CONTRACTS else None
    return gists.gist_of(fact, reader, sample_events.NAMES) if fact is not None and gists.is_told(fact) else None


def checked(party: str, given: BrandingIn, within: str = "") -> Branding:
    """Raises Invalid, naming every field that breaks a rule."""
    wordings = tuple(Wording(each.type, each.language, each.subject, each.text) for each in given.wordings)
    problems = []
    if given.colour is not None and (rule := domain.problem_of_colour(given.colour)):
        problems.append(FieldProblem(f"{within}/colour", rule))
    for i, each in enumerate(wordings):
        problems += _problems_of(each, f"{within}/wordings/{i}")
        if (each.type, each.language) in [(other.type, other.language) for other in wordings[:i]]:
            problems.append(FieldProblem(f"{within}/wordings/{i}", "is there twice: one for each type and language"))
    if problems:
        raise Invalid.of(problems)
    return Branding(party, given.name, given.colour, given.footer_en, given.footer_id, wordings)


def _problems_of(given: Wording, pointer: str) -> list[FieldProblem]:
    gist = _gist(given.type, Reader("toko-maju", "budi", "Budi", None, given.language, "Asia/Jakarta"))
    if gist is None:
        return [FieldProblem(f"{pointer}/type", f"there are no words about it; there are {', '.join(_told())}")]
    try:
        wording.check(given, gist)
    except Refused as refused:
        return [FieldProblem(f"{pointer}/{refused.field}", str(refused))]
    return []


def _answer(branding: Branding, version: int) -> Response:
    shown = {
        "party": branding.party, "name": branding.name, "colour": branding.colour, "footer_en": branding.footer_en,
        "footer_id": branding.footer_id,
        "wordings": [
            {"type": each.type, "language": each.language, "subject": each.subject, "text": each.text}
            for each in branding.wordings
        ],
    }  # fmt: skip
    return JSONResponse(shown, headers={"ETag": web.etag(version)})
