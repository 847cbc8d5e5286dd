"""Lists over HTTP, a page at a time: each page says with which cursor the next one begins."""

import base64
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from fastapi import Request
from fastapi.responses import JSONResponse

from sepakat_shared.errors import Malformed
from sepakat_shared.messages import NOT_JSON

_NO_CURSOR: Final = "cursor: take it from the Link header or `next` of the page before, unchanged"


def next_cursor(last: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(last).encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> Any:
    """What `next_cursor` was given. Raises Malformed."""
    if cursor is None:
        return None
    try:
        return json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except NOT_JSON as error:
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
