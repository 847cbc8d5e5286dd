"""Lists over HTTP, a page at a time: each page says with which cursor the next one begins."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from fastapi import Request
from fastapi.responses import JSONResponse

from sepakat_shared.errors import Malformed
from sepakat_shared.messages import NOT_JSON

_NOT_OURS: Final = "take it from the Link header or `next` of the page before, unchanged"


def next_cursor(last: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(last).encode()).decode().rstrip("=")


def read_text_cursor(cursor: str | None) -> str | None:
    """What `next_cursor` was given, where that was a text. Raises Malformed."""
    given = _read(cursor)
    # JSON has halves of signs, which no database takes.
    if given is not None and (not isinstance(given, str) or given.encode("utf-8", "replace").decode() != given):
        raise _malformed()
    return given


def read_number_cursor(cursor: str | None) -> int | None:
    """The same where it was a number. Raises Malformed."""
    given = _read(cursor)
    if given is not None and (type(given) is not int or abs(given) >= 2**63):
        raise _malformed()
    return given


def read_instant_cursor(cursor: str | None) -> tuple[datetime, str] | None:
    """The same where it was an instant (RFC 3339) and an id. Raises Malformed."""
    given = _read(cursor)
    if given is None:
        return None
    try:
        at, id = given
        instant = datetime.fromisoformat(at)
        id.encode()
        if instant.tzinfo is None:
            raise _malformed()
        return instant.astimezone(UTC), id
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise _malformed() from error


def _read(cursor: str | None) -> Any:
    if cursor is None:
        return None
    try:
        return json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except NOT_JSON as error:
        raise _malformed() from error


def _malformed() -> Malformed:
    return Malformed.at("/query/cursor", _NOT_OURS)


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
