"""Whatever goes wrong in a request, as problem details (RFC 9457): a stable type, and each field with its rule."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from sepakat_shared.errors import FieldProblem, Invalid, Malformed, SepakatError, Unavailable, sentence_of
from sepakat_shared.messages import NOT_JSON
from sepakat_shared.retry import TRANSIENT

PROBLEM: Final = "application/problem+json"
PROBLEM_TYPES: Final = "https://sepakat.dev/problems/"
_log = logging.getLogger(__name__)


def answer_with_problems(app: FastAPI) -> None:
    """Whatever the app's routes raise is answered as a problem; what is a bug of ours is logged."""
    app.add_exception_handler(SepakatError, _on_our_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_bug)
    app.add_exception_handler(UnicodeEncodeError, _on_half_a_character)
    for transient in TRANSIENT:
        app.add_exception_handler(transient, _on_unavailable)


def problem(
    status: int, slug: str, title: str, detail: str, problems: tuple[FieldProblem, ...] = (),
    more: Mapping[str, Any] | None = None,
) -> JSONResponse:  # fmt: skip
    """`more` are members that this kind of problem has beside the standard's."""
    body = {**(more or {}), "type": PROBLEM_TYPES + slug, "title": title, "status": status, "detail": detail}
    if problems:
        body["errors"] = [{"pointer": each.pointer, "detail": each.rule} for each in problems]
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else None
    return JSONResponse(body, status, headers, media_type=PROBLEM)


def problem_of(error: SepakatError, more: Mapping[str, Any] | None = None) -> JSONResponse:
    return problem(error.status, error.slug, error.title, error.detail, error.problems, more)


async def _on_our_error(_request: Request, error: Exception) -> Response:
    if not isinstance(error, SepakatError):
        raise error
    return problem_of(error)


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    problems = tuple(_read(each, request) for each in error.errors())
    unreadable = any(each["type"] == "json_invalid" for each in error.errors())
    kind = Malformed if unreadable else Invalid
    detail = sentence_of(problems, 5)
    return problem_of(kind(detail, problems))


def _read(error: Mapping[str, Any], request: Request) -> FieldProblem:
    """Pydantic's finding, in words for people."""
    if error["type"] == "json_invalid":
        place, why = error["loc"][-1], error["ctx"]["error"]
        return FieldProblem("", f"the body is no JSON; at character {place}: {why}")
    # A body that does not say it is JSON is read as a text, of which no rule of ours speaks.
    sent_as = _sent_as(request)
    if tuple(error["loc"]) == ("body",) and error["type"] != "missing" and not _is_json(sent_as):
        rule = f"send it as JSON, with the header Content-Type: application/json (it came as {sent_as or 'nothing'})"
        return FieldProblem("", rule)
    rule = str(error["msg"])
    if error["type"] == "too_short":
        least = error["ctx"]["min_length"]
        rule = f"must have at least {least} {'entry' if least == 1 else 'entries'}"
    return FieldProblem(_pointer(error["loc"]), rule.removeprefix("Value error, "))


def _sent_as(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _is_json(media_type: str) -> bool:
    return media_type == "application/json" or media_type.endswith("+json")


def _pointer(location: tuple[Any, ...]) -> str:
    """A JSON Pointer into the body; for what is not in the body, where it is (`query`, `path`, `header`)."""
    parts = location[1:] if location and location[0] == "body" else location
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


async def _on_http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    # FastAPI says of each of these that there was an error parsing the body.
    unread = error.__cause__
    if isinstance(unread, SepakatError):
        return problem_of(unread)
    if isinstance(unread, NOT_JSON) and _is_json(_sent_as(request)):
        return problem_of(Malformed.at("", f"must be JSON in UTF-8, {_not_json(unread)}"))
    phrase = HTTPStatus(error.status_code).phrase
    return problem(error.status_code, phrase.lower().replace(" ", "-"), phrase, str(error.detail))


def _not_json(error: BaseException) -> str:
    match error:
        case UnicodeDecodeError():
            return f"and has a byte that is none at place {error.start}"
        case RecursionError():
            return "and is nested too deep"
        case _:
            return f"and cannot be read: {error}"


async def _on_half_a_character(request: Request, error: Exception) -> Response:
    """JSON can write one (`"\\ud800"`); no database and no answer takes it, and no field's own rule had refused it."""
    if not isinstance(error, UnicodeEncodeError) or "surrogates" not in error.reason:
        return await _on_bug(request, error)
    rule = "a text has half a character (a surrogate without the other one), which is no Unicode"
    return problem_of(Malformed.at("", rule))


async def _on_unavailable(_request: Request, error: Exception) -> Response:
    _log.warning("a request met a server that is away: %s", error)
    # Whether anything was changed is not known: the answer to a commit may be what was lost.
    again = "try again soon, with the same Idempotency-Key if there is one"
    response = problem_of(Unavailable(f"a server behind this one does not answer; {again}"))
    response.headers["Retry-After"] = "2"
    return response


async def _on_bug(_request: Request, error: Exception) -> Response:
    _log.error("a request failed", exc_info=error)
    return problem(500, "internal", "Internal error", "This is a bug of ours; the log has the trace.")
