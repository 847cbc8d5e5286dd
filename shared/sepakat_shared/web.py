"""What every HTTP API here has: problem details, limits, keys, ETags, idempotent POSTs, paging and health."""

import base64
import hashlib
import json
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any

import prometheus_client
from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from fastapi_offline import FastAPIOffline
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import Span, TracerProvider
from pydantic import AfterValidator, AwareDatetime
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sepakat_shared.auth import KnownKeys, Principal
from sepakat_shared.clock import Clock, to_milliseconds
from sepakat_shared.errors import (
    Conflict,
    FieldProblem,
    Invalid,
    Malformed,
    PreconditionRequired,
    SepakatError,
    Stale,
    TooLarge,
    Unauthenticated,
    Unavailable,
    sentence_of,
)
from sepakat_shared.expiry import forget_old
from sepakat_shared.mongo import Collection, Database, Document, find_by_id, insert_missing
from sepakat_shared.retry import TRANSIENT
from sepakat_shared.together import Together

PROBLEM = "application/problem+json"
PROBLEM_TYPES = "https://sepakat.dev/problems/"
_log = logging.getLogger(__name__)


def application(title: str, description: str, keys: KnownKeys, max_body_bytes: int) -> FastAPI:
    """A FastAPI app with everything in this module; the service adds its routers."""
    # The page of /docs brings its assets along: a platform may have no way out.
    app = FastAPIOffline(title=title, description=description, version="1", docs_url="/docs", redoc_url=None)
    app.state.keys = keys
    app.add_exception_handler(SepakatError, _on_our_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_bug)
    for transient in TRANSIENT:
        app.add_exception_handler(transient, _on_unavailable)
    app.add_middleware(BodyLimit, limit=max_body_bytes)
    app.add_api_route("/livez", _live, include_in_schema=False)
    app.add_api_route("/metrics", _metrics, include_in_schema=False)
    trace_requests(app)
    return app


# -- traces ------------------------------------------------------------------------------------------------------------

_ADDRESSES = ("http.target", "http.url", "url.path", "url.full", "url.query")


def trace_requests(app: FastAPI, tracers: TracerProvider | None = None) -> None:
    FastAPIInstrumentor.instrument_app(
        app, excluded_urls="livez,readyz,metrics", tracer_provider=tracers, server_request_hook=_without_tokens
    )


def _without_tokens(span: Span, _scope: dict[str, Any]) -> None:
    """The address of a link that needs no key is a secret: a span has its route, which is no way in.

    So it is with what leads nowhere: it may be such an address with a letter too many.
    """
    known = span.attributes if isinstance(span, ReadableSpan) else None
    if known is None:
        return
    route = str(known.get("http.route", "/"))
    if "{token}" in route or "http.route" not in known:
        span.set_attributes({name: "" if name == "url.query" else route for name in _ADDRESSES if name in known})


# -- problems (RFC 9457) -----------------------------------------------------------------------------------------------


def problem(status: int, slug: str, title: str, detail: str, problems: tuple[FieldProblem, ...] = ()) -> JSONResponse:
    body: dict[str, Any] = {"type": PROBLEM_TYPES + slug, "title": title, "status": status, "detail": detail}
    if problems:
        body["errors"] = [{"pointer": each.pointer, "detail": each.rule} for each in problems]
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else None
    return JSONResponse(body, status, headers, media_type=PROBLEM)


def problem_of(error: SepakatError) -> JSONResponse:
    return problem(error.status, error.slug, error.title, error.detail, error.problems)


async def _on_our_error(_request: Request, error: Exception) -> Response:
    if not isinstance(error, SepakatError):
        raise error
    return problem_of(error)


async def _on_invalid_request(_request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    problems = tuple(FieldProblem(_pointer(each["loc"]), each["msg"]) for each in error.errors())
    unreadable = any(each["type"] == "json_invalid" for each in error.errors())
    kind = Malformed if unreadable else Invalid
    detail = sentence_of(problems, 5)
    return problem_of(kind(detail, problems))


def _pointer(location: tuple[Any, ...]) -> str:
    """A JSON Pointer into the body; for what is not in the body, where it is (`query`, `path`, `header`)."""
    parts = location[1:] if location and location[0] == "body" else location
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


async def _on_http_error(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    phrase = HTTPStatus(error.status_code).phrase
    return problem(error.status_code, phrase.lower().replace(" ", "-"), phrase, str(error.detail))


async def _on_unavailable(_request: Request, error: Exception) -> Response:
    _log.warning("a request met a server that is away: %s", error)
    response = problem_of(Unavailable("a server behind this one does not answer; nothing was changed; try again soon"))
    response.headers["Retry-After"] = "2"
    return response


async def _on_bug(_request: Request, error: Exception) -> Response:
    _log.error("a request failed", exc_info=error)
    return problem(500, "internal", "Internal error", "This is a bug of ours; the log has the trace.")


# -- limits ------------------------------------------------------------------------------------------------------------


class BodyLimit:
    """Refuse a body over `limit` bytes as soon as that is known, whether or not it says its length."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > self._limit:
            await self._refuse()(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._limit:
                raise TooLarge(f"a body may have {self._limit} bytes at most")
            return message

        await self._app(scope, counted, send)

    def _refuse(self) -> Response:
        return problem_of(TooLarge(f"a body may have {self._limit} bytes at most; send it in parts"))


# -- who asks ----------------------------------------------------------------------------------------------------------

_bearer = HTTPBearer(auto_error=False, description="an API key: `Authorization: Bearer spk_…`")
_header = APIKeyHeader(name="X-Api-Key", auto_error=False)


async def principal(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    header: Annotated[str | None, Depends(_header)],
) -> Principal:
    """The holder of the request's API key. Raises Unauthenticated."""
    secret = bearer.credentials if bearer else header
    if not secret:
        raise Unauthenticated("send an API key: `Authorization: Bearer spk_…`")
    keys: KnownKeys = request.app.state.keys
    return await keys.principal(secret)


Asking = Annotated[Principal, Depends(principal)]


# -- instants of requests ----------------------------------------------------------------------------------------------

FIRST_YEAR, LAST_YEAR = 1970, 9000
"""Before the one and from the other on, time zones and sums of times are beyond what a calendar reaches."""


def _within_calendars(instant: datetime) -> datetime:
    if not FIRST_YEAR <= instant.year < LAST_YEAR:
        raise ValueError(f"must be of the years {FIRST_YEAR} to {LAST_YEAR - 1}")
    return to_milliseconds(instant.astimezone(UTC))


RequestedInstant = Annotated[AwareDatetime, AfterValidator(_within_calendars)]
"""An instant with an offset, as it is given; in UTC with milliseconds, as it is kept."""


# -- documents and edits -----------------------------------------------------------------------------------------------


def etag(version: int) -> str:
    return f'"{version}"'


def expected_version(request: Request) -> int:
    """The version that the caller read, from If-Match. Raises PreconditionRequired or Stale."""
    value = request.headers.get("if-match")
    if value is None:
        raise PreconditionRequired("send If-Match with the ETag of the document that you read")
    stripped = value.strip().removeprefix("W/").strip('"')
    if not stripped.isdigit():
        raise Stale(f"{value} is not an ETag of this document; read it again")
    return int(stripped)


class IdempotentPosts:
    """Answers a repeated POST with the same `Idempotency-Key` as the first, without doing it again.

    The answer is a document beside that of the request: many are inserted together, and each is changed by itself.
    """

    def __init__(self, db: Database) -> None:
        self._collection: Collection = db["idempotency"]
        self._keep: Together[Document, bool] = Together(lambda some: insert_missing(self._collection, some))

    async def create_indexes(self) -> None:
        await self._collection.create_index("at")

    async def forget_old(self, clock: Clock) -> None:
        """Drop answers of more than a day ago, until cancelled."""
        await forget_old(self._collection, timedelta(days=1), clock)

    async def once(
        self, request: Request, asking: Principal, now: Any, do: Callable[[], Awaitable[JSONResponse]]
    ) -> Response:
        """Do it, or answer as before. Raises Conflict when the key stands for another request or one under way."""
        key = request.headers.get("idempotency-key")
        if key is None:
            return await do()
        body = await request.body()
        id = hashlib.sha256(f"{asking.id}\n{request.method} {request.url.path}\n{key}".encode()).hexdigest()
        fingerprint = hashlib.sha256(body).hexdigest()
        if not await self._keep({"_id": id, "fingerprint": fingerprint, "at": now, "answer": None}):
            return await self._answered(id, fingerprint)
        try:
            response = await do()
        except BaseException:
            await self._collection.delete_one({"_id": id})
            raise
        answer = {"status": response.status_code, "body": bytes(response.body), "etag": response.headers.get("etag")}
        await self._keep({"_id": _answer_to(id), "at": now, "answer": answer})
        return response

    async def _answered(self, id: str, fingerprint: str) -> Response:
        first, answered = await find_by_id(self._collection, [id, _answer_to(id)])
        # An earlier version kept the answer in the document of the request.
        answer = answered["answer"] if answered is not None else None if first is None else first["answer"]
        if first is None or answer is None:
            raise Conflict("the first request with this Idempotency-Key is still being handled; try again soon")
        if first["fingerprint"] != fingerprint:
            raise Conflict("this Idempotency-Key was used for another body; use a new one")
        headers = {"Idempotent-Replayed": "true"} | ({"ETag": answer["etag"]} if answer["etag"] else {})
        return Response(answer["body"], answer["status"], headers, media_type="application/json")


def _answer_to(request: str) -> str:
    return f"{request}/answer"


_NO_CURSOR = "cursor: take it from the Link header or `next` of the page before, unchanged"


def next_cursor(last: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(last).encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> Any:
    """What `next_cursor` was given. Raises Malformed."""
    if cursor is None:
        return None
    try:
        return json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError as error:
        raise Malformed(_NO_CURSOR) from error


def read_instant_cursor(cursor: str | None) -> tuple[datetime, str] | None:
    """The same where it was given an instant (RFC 3339) and an id. Raises Malformed."""
    given = read_cursor(cursor)
    if given is None:
        return None
    try:
        at, id = given
        return datetime.fromisoformat(at), str(id)
    except (TypeError, ValueError) as error:
        raise Malformed(_NO_CURSOR) from error


def page(request: Request, items: list[Any], limit: int, key: Callable[[Any], Any]) -> JSONResponse:
    """A page of `items` (ask the store for `limit + 1`), with `next` and a Link header where there is more."""
    more = len(items) > limit
    shown = items[:limit]
    body: dict[str, Any] = {"items": shown}
    headers: dict[str, str] = {}
    if more:
        cursor = next_cursor(key(shown[-1]))
        body["next"] = cursor
        headers["Link"] = f'<{request.url.include_query_params(cursor=cursor, limit=limit)}>; rel="next"'
    return JSONResponse(body, headers=headers)


# -- health ------------------------------------------------------------------------------------------------------------


async def _live() -> dict[str, str]:
    return {"status": "alive"}


async def _metrics() -> Response:
    return Response(prometheus_client.generate_latest(), media_type=prometheus_client.CONTENT_TYPE_LATEST)


def add_asyncapi(app: FastAPI, document: Callable[[], dict[str, Any]]) -> None:
    """`/asyncapi` as a page without foreign assets, `/asyncapi.json` as the document."""

    async def as_json() -> dict[str, Any]:
        return document()

    async def as_page() -> HTMLResponse:
        return HTMLResponse(_asyncapi_page(document()))

    app.add_api_route("/asyncapi.json", as_json, include_in_schema=False)
    app.add_api_route("/asyncapi", as_page, include_in_schema=False)


def _asyncapi_page(document: dict[str, Any]) -> str:
    from html import escape

    rows = "".join(
        f"<h2>{escape(channel['address'])}</h2><p>{escape(channel.get('description', ''))}</p><ul>"
        + "".join(f"<li><code>{escape(name)}</code></li>" for name in sorted(channel["messages"]))
        + "</ul>"
        for channel in document["channels"].values()
    )
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(document['info']['title'])}</title>"
        "<style>body{font:16px/1.5 system-ui;max-width:50rem;margin:2rem auto;padding:0 1rem}</style>"
        f"<h1>{escape(document['info']['title'])}</h1><p>{escape(document['info']['description'])}</p>"
        f"<p><a href=asyncapi.json>The whole document</a></p>{rows}</html>"
    )
