"""What every HTTP API here has: problem details, limits, keys, instants, ETags and health."""

from datetime import UTC, datetime
from typing import Annotated, Any, NewType

import prometheus_client
from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from fastapi_offline import FastAPIOffline
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import Span, TracerProvider
from pydantic import AfterValidator, AwareDatetime, Field
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sepakat_shared.auth import KnownKeys, Principal
from sepakat_shared.clock import to_milliseconds
from sepakat_shared.errors import PreconditionRequired, Stale, TooLarge, Unauthenticated
from sepakat_shared.problems import answer_with_problems, problem_of


def application(title: str, description: str, keys: KnownKeys, max_body_bytes: int) -> FastAPI:
    """A FastAPI app with everything in this module; the service adds its routers."""
    # The page of /docs brings its assets along: a platform may have no way out.
    app = FastAPIOffline(title=title, description=description, version="1", docs_url="/docs", redoc_url=None)
    app.state.keys = keys
    answer_with_problems(app)
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


# -- names in requests -------------------------------------------------------------------------------------------------

Named = Annotated[str, Field(max_length=200)]
"""The id of something that is looked up. Half a character, which JSON can write, is refused as by every rule here."""


# -- versions of documents ---------------------------------------------------------------------------------------------


def etag(version: int) -> str:
    return f'"{version}"'


VersionedRequest = NewType("VersionedRequest", Request)
"""One whose route says in its description that it reads `If-Match`."""


async def _versioned(
    request: Request,
    _match: Annotated[
        str | None, Header(alias="If-Match", description="the ETag of what you read; 412 when it has changed since")
    ] = None,
) -> VersionedRequest:
    return VersionedRequest(request)


Versioned = Annotated[VersionedRequest, Depends(_versioned)]
"""The request, for a route that asks for its `expected_version`."""


def expected_version(request: VersionedRequest) -> int:
    """The version that the caller read, from If-Match. Raises PreconditionRequired or Stale."""
    value = request.headers.get("if-match")
    if value is None:
        raise PreconditionRequired("send If-Match with the ETag of the document that you read")
    stripped = value.strip().removeprefix("W/").strip('"')
    if not stripped.isdigit():
        raise Stale(f"{value} is not an ETag of this document; read it again")
    return int(stripped)


# -- health ------------------------------------------------------------------------------------------------------------


async def _live() -> dict[str, str]:
    return {"status": "alive"}


async def _metrics() -> Response:
    return Response(prometheus_client.generate_latest(), media_type=prometheus_client.CONTENT_TYPE_LATEST)
