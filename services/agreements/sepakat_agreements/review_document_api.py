"""`GET /v1/agreements/{id}/reviews/{n}/document`: a review as people read it, in two languages, with charts."""

from datetime import date

from fastapi import APIRouter, Response

from sepakat_agreements.agreement import Version
from sepakat_agreements.feedback import Answer, heard
from sepakat_agreements.pack import thawed
from sepakat_agreements.party_store import Parties
from sepakat_agreements.review import Decision, Review
from sepakat_agreements.review_api import Id, Number
from sepakat_agreements.review_store import Reviews
from sepakat_agreements.store import Agreements
from sepakat_document import review as document
from sepakat_document.forms import rendered
from sepakat_document.pack import Opinion, Pack
from sepakat_document.review_source import Behind, Comment, Held, ReviewSource
from sepakat_document.review_source import Decision as Shown
from sepakat_document.speech import Language, Speech
from sepakat_shared import papers
from sepakat_shared.contracts import texts
from sepakat_shared.papers import Format, Lang
from sepakat_shared.web import Asking


def router(reviews: Reviews, agreements: Agreements, parties: Parties) -> APIRouter:
    routes = APIRouter(prefix="/v1/agreements/{id}/reviews/{number}", tags=["reviews"])

    @routes.get("/document", response_class=Response)
    async def get_document(
        id: Id,
        number: Number,
        asking: Asking,
        lang: Lang = None,
        format: Format = "pdf",
    ) -> Response:
        """The review with its pack as it was frozen last, as PDF (PDF/A-2a, PDF/UA-1) or HTML."""
        asking.require("agreements:read")
        review = (await reviews.visible(id, number, asking)).state
        agreement = (await agreements.visible(id, asking)).state
        version = agreement.get(review.version) or agreement.current
        source = await _source(review, version, lang, parties)
        name = f"{id}-review-{number}-{source.speech.language}"
        return await papers.answer(lambda: rendered(document.compose(source), format), name)

    return routes


async def _source(review: Review, version: Version, lang: Language | None, parties: Parties) -> ReviewSource:
    text = texts.Agreement.model_validate(version.text)
    language = papers.language_of(text, lang)
    names, people = await names_of(version, parties)
    services = {each.id: each.description for each in text.services}
    pack = thawed(review.frozen)
    return ReviewSource(
        pack, review.frozen.hash, _held(review, pack, language), Speech(language), names, people, services
    )


async def names_of(version: Version, parties: Parties) -> tuple[dict[str, str], dict[str, str]]:
    """What the parties are called, and their people by `party/contact`, as far as they are recorded."""
    names: dict[str, str] = {}
    people: dict[str, str] = {}
    for party in version.parties:
        loaded = await parties.all.find(party)
        if loaded is not None:
            names[party] = loaded.state.name
            details = await parties.details(party)
            people |= {f"{party}/{contact}": str(known["name"]) for contact, known in details.items()}
    return names, people


def _held(review: Review, pack: Pack, language: Language) -> Held:
    answers: list[Answer | Opinion] = [*review.feedback, *pack.opinions]
    told = dict.fromkeys([*(each.need for each in pack.needs), *(n.need for each in answers for n in each.needs)])
    return Held(
        review.state, review.because, review.chair, review.participants,
        tuple(Comment(each.party, each.text, each.at) for each in review.comments),
        tuple(_decision(each, language) for each in review.decisions), review.conclusion, heard(answers, told),
        tuple(each.need.rpartition(".")[2] for each in review.needs),
    )  # fmt: skip


def _decision(decision: Decision, language: Language) -> Shown:
    amendment = decision.amendment
    return Shown(
        decision.text, decision.owner, date.fromisoformat(decision.due), amendment.told(language) if amendment else (),
        tuple(
            Behind(each.objective, each.suggested, each.unit, each.judged, each.would_miss)
            for each in (amendment.behind if amendment else ()) if each.suggested is not None
        ),
    )  # fmt: skip
