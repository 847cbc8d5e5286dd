"""What a request that cannot be taken is told."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Response
from pydantic import BaseModel

from sepakat_shared.errors import Invalid
from sepakat_shared.problems import answer_with_problems, problem_of
from sepakat_shared.web import BodyLimit


class Sent(BaseModel):
    note: str


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()
    answer_with_problems(app)

    async def post(given: Sent) -> str:
        return given.note

    app.post("/")(post)
    return app


async def sent(app: FastAPI, body: bytes, media_type: str | None) -> httpx.Response:
    headers = {} if media_type is None else {"Content-Type": media_type}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as http:
        return await http.post("/", content=body, headers=headers)


@pytest.mark.parametrize("media_type", ["text/plain", "text/plain; charset=utf-8", "application/x-www-form-urlencoded"])
async def test_a_body_of_another_content_type_is_told_which_one_to_send(app: FastAPI, media_type: str) -> None:
    answer = await sent(app, b'{"note": "x"}', media_type)
    assert answer.status_code == 422 and answer.headers["content-type"] == "application/problem+json"
    (error,) = answer.json()["errors"]
    assert error["pointer"] == "" and "Content-Type: application/json" in error["detail"]
    assert media_type.partition(";")[0] in error["detail"]


async def test_what_is_json_is_told_its_own_rule(app: FastAPI) -> None:
    assert (await sent(app, b'{"note": "x"}', "application/json")).status_code == 200
    (error,) = (await sent(app, b"[]", "application/json")).json()["errors"]
    assert "Content-Type" not in error["detail"]
    (error,) = (await sent(app, b'{"note": 1}', "application/json")).json()["errors"]
    assert error["pointer"] == "/note"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"note": "\xff"}', "and has a byte that is none at place 10"),
        (b"[" * 200_000, "and is nested too deep"),
        (b'{"note": ' + b"1" * 5_000 + b"}", "and cannot be read: Exceeds the limit"),
    ],
)
async def test_a_body_that_cannot_be_read_at_all_is_told_why(app: FastAPI, body: bytes, why: str) -> None:
    answer = await sent(app, body, "application/json; charset=utf-8")
    told = answer.json()
    assert (answer.status_code, told["type"]) == (400, "https://sepakat.dev/problems/malformed")
    (error,) = told["errors"]
    assert error["pointer"] == "" and error["detail"].startswith(f"must be JSON in UTF-8, {why}")


async def test_a_body_that_turns_out_too_large_as_it_is_read_is_told_so(app: FastAPI) -> None:
    app.add_middleware(BodyLimit, limit=20)

    async def parts() -> AsyncIterator[bytes]:
        yield b'{"note": "'
        yield b"x" * 20
        yield b'"}'

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as http:
        answer = await http.post("/", content=parts(), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (413, "https://sepakat.dev/problems/too-large")


def test_a_kind_of_problem_may_say_more_and_the_standards_members_stay_what_they_are() -> None:
    body = bytes(problem_of(Invalid.at("/a", "must be b"), {"results": [1], "status": "x"}).body)
    assert b'"results":[1]' in body and b'"status":422' in body


@pytest.mark.parametrize("body", [rb'{"note": "a\ud800"}', rb'{"\udc00": "a"}'])
async def test_half_a_character_is_no_bug_of_ours_wherever_it_stands(app: FastAPI, body: bytes) -> None:
    """The one is met where the answer is written, the other in what is said of the field."""

    class Strict(BaseModel, extra="forbid"):
        note: str = ""

    async def post(given: Strict) -> Response:
        return Response(given.note)

    app.post("/strict")(post)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as http:
        answer = await http.post("/strict", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422) and answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"]
