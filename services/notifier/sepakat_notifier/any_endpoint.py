"""What webhooks and chats have in common over HTTP: which events they hear, how they are, and a trial of each."""

import asyncio
import time
from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import Any

from fastapi.responses import JSONResponse

from sepakat_notifier.channels import Permanent, Transient
from sepakat_notifier.endpoint import Endpoint
from sepakat_notifier.routing import CONTRACTS, wants
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.errors import FieldProblem


async def tried(sending: Awaitable[object], longest: float) -> JSONResponse:
    """What came of a trial that may take so many seconds in all."""
    begun = time.perf_counter()
    reason = None
    try:
        # An answer that comes byte by byte keeps within every limit of the connection, and never ends.
        async with asyncio.timeout(longest):
            await sending
    except (Permanent, Transient) as failure:
        reason = str(failure)
    except TimeoutError:
        reason = f"no answer within {longest:g} s"
    seconds = f"{time.perf_counter() - begun:.3f}"
    return JSONResponse({"delivered": reason is None, "reason": reason, "seconds": seconds})


def how_it_is(endpoint: Endpoint, left_alone_until: datetime | None, instants: Sequence[str]) -> dict[str, Any]:
    """What is shown of every kind of endpoint: who is written to when it fails, whether it works, and since when."""
    return {
        "fallback": endpoint.fallback,
        "status": endpoint.status,
        "reason": endpoint.disabled_reason or endpoint.failing_reason,
        "left_alone_until": rfc3339(left_alone_until) if left_alone_until else None,
        **{name: rfc3339(at) if (at := getattr(endpoint, name)) else None for name in instants},
    }


def problems_of_types(types: Sequence[str]) -> list[FieldProblem]:
    known = ", ".join(sorted(CONTRACTS))
    return [
        FieldProblem(f"/types/{i}", f"no event type matches {pattern!r}; there are {known}")
        for i, pattern in enumerate(types) if not any(wants([pattern], type) for type in CONTRACTS)
    ]  # fmt: skip
