"""Wherever a request to `incidents` takes a person's words, what cannot be seen is refused: by one type."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, get_args, get_origin

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from sepakat_incidents.app import build
from sepakat_incidents.settings import IncidentsSettings
from sepakat_shared import web
from sepakat_shared.auth import Principal
from sepakat_shared.words import Said

NOWHERE = {"kafka": "127.0.0.1:9", "mongo": "mongodb://127.0.0.1:9"}
LOOKED_UP = {
    "OpeningIn.agreement", "OpeningIn.service", "OpeningIn.cause", "ReportIn.agreement", "ReportIn.service",
    "FormIn.agreement", "FormIn.service", "MergeIn.into", "LinkIn.to", "RaiseIn.agreement", "SubjectIn.objective",
    "SubjectIn.incident", "SubjectIn.clause", "FollowUpIn.id", "WebhookIn.group_key",
    "ReplayDeadLetters.id",
}  # fmt: skip
"""Names of something that is there, or that nothing is: they are looked up, and never kept as they were sent."""
CHECKED = {"AttachmentIn.media_type", "AttachmentIn.sha256", "AttachmentIn.url", "ReporterIn.email"}
"""Of a form that is narrower than words: its own rule says which."""


@pytest.fixture
async def app() -> FastAPI:
    return build(IncidentsSettings(**NOWHERE))


def models(app: FastAPI) -> set[type[BaseModel]]:
    """Those of every body that a route takes, and all within them."""
    found: set[type[BaseModel]] = set()
    for route in routes(app.routes):
        for each in route.dependant.body_params:
            _gather(each.field_info.annotation, found)
    return found


def routes(some: Iterable[Any]) -> Iterator[APIRoute]:
    for each in some:
        if isinstance(each, APIRoute):
            yield each
        elif (included := getattr(each, "original_router", None)) is not None:
            yield from routes(included.routes)


def _gather(annotation: Any, found: set[type[BaseModel]]) -> None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation not in found:
            found.add(annotation)
            for each in annotation.model_fields.values():
                _gather(each.annotation, found)
        return
    for each in get_args(annotation):
        _gather(each, found)


def texts(annotation: Any, rules: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """The rules of each text that a value of that annotation may be, or have."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        yield from texts(inner, (*rules, *more))
    elif annotation is str:
        yield rules
    elif not isinstance(annotation, type):
        for each in get_args(annotation):
            yield from texts(each, rules)


def is_ruled(rules: tuple[Any, ...]) -> bool:
    flat = [one for each in rules for one in (each.metadata if isinstance(each, FieldInfo) else [each])]
    return any(isinstance(each, Said) or getattr(each, "pattern", None) is not None for each in flat)


def fields(app: FastAPI) -> dict[str, list[tuple[Any, ...]]]:
    return {
        f"{model.__name__}.{name}": list(texts(field.annotation, tuple(field.metadata)))
        for model in models(app)
        for name, field in model.model_fields.items()
    }


async def test_every_free_text_of_every_request_is_of_the_one_type(app: FastAPI) -> None:
    found = fields(app)
    unruled = {name for name, some in found.items() if any(not is_ruled(each) for each in some)}
    assert unruled - LOOKED_UP - CHECKED == set()
    assert set(found) >= LOOKED_UP | CHECKED, "what is excepted is there"


async def test_what_is_looked_up_is_a_text_of_whole_characters(app: FastAPI) -> None:
    """JSON can write half of one, and neither a database nor an answer takes it."""
    for model in models(app):
        for name, field in model.model_fields.items():
            if f"{model.__name__}.{name}" in LOOKED_UP:
                with pytest.raises(ValidationError) as told:
                    model.model_validate({field.alias or name: "\ud800"})
                assert (field.alias or name,) in {each["loc"] for each in told.value.errors()}, (model, name)


def test_the_walk_finds_a_new_field_without_the_type() -> None:
    class NewIn(BaseModel):
        note: str | None = None
        reasons: list[str] = []
        good: Annotated[str, Said(5)] | None = None

    async def post_new(given: NewIn) -> None: ...

    app = FastAPI()
    app.post("/new")(post_new)
    unruled = {name for name, some in fields(app).items() if any(not is_ruled(each) for each in some)}
    assert unruled == {"NewIn.note", "NewIn.reasons"}


@pytest.mark.parametrize("words", ["a\x00b", "a\u202eb", "\x1b[31m", "  ", "\u00a0"])
@pytest.mark.parametrize(
    ("path", "field", "more"),
    [
        ("i/updates", "note", {}),
        ("i/resolve", "note", {}),
        ("i/escalate", "note", {}),
        ("i/hand-over", "note", {"to": "rina"}),
        ("i/priority", "reason", {"priority": "P1"}),
        ("i/impact", "reason", {"started_at": "2026-11-26T08:00:00Z"}),
        ("i/triage", "reason", {"impact": "high"}),
        ("i/reopen", "reason", {}),
        ("i/merge", "reason", {"into": "j"}),
        ("i/pause", "reason", {}),
        ("i/pause-requests", "note", {"start": "2026-11-26T08:00:00Z", "end": "2026-11-26T09:00:00Z"}),
        ("i/postmortem/follow-ups/1/done", "note", {}),
    ],
)
async def test_words_that_cannot_be_seen_are_refused_with_their_field(
    app: FastAPI, path: str, field: str, more: dict[str, str], words: str
) -> None:
    anybody = Principal("operator", None, frozenset({"operator"}), frozenset())
    app.dependency_overrides[web.principal] = lambda: anybody
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as http:
        answer = await http.post(f"/v1/incidents/{path}", json={**more, field: words})
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert error["pointer"] == f"/{field}"
    assert error["detail"].startswith("must not ")


async def test_statements_evidence_and_terms_of_disputes_too() -> None:
    from sepakat_incidents.dispute_requests import RaiseIn

    sent = {
        "statement": "\u202e", "evidence": [{"description": "\x00"}], "subject": {"kind": "clock"},
        "asked": {"terms": "  ", "adjustments": [{"kind": "case-time", "ticket": "a\x1b"}]},
    }  # fmt: skip
    with pytest.raises(ValidationError) as told:
        TypeAdapter(RaiseIn).validate_python(sent)
    assert {each["loc"] for each in told.value.errors()} == {
        ("statement",), ("evidence", 0, "description"), ("asked", "terms"), ("asked", "adjustments", 0, "ticket"),
    }  # fmt: skip
