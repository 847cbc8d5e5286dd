"""Waiting before another try: capped exponential back-off with full jitter."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiokafka.errors import KafkaError

from sepakat_shared import mongo

TRANSIENT = (*mongo.TRANSIENT, KafkaError, ConnectionError, TimeoutError)
"""What passes by itself: a broker, a database or a network that is away."""

T = TypeVar("T")
_log = logging.getLogger(__name__)


def delay(attempt: int, first: float = 0.1, cap: float = 10.0) -> float:
    """Seconds to wait after the `attempt`-th failure (from 1): between half and all of the capped exponential."""
    longest: float = min(cap, first * 2.0 ** min(attempt - 1, 30))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret


async def until_done(what: str, call: Callable[[], Awaitable[T]]) -> T:
    """Call until it works, through transient failures only; each one is logged with what was being tried."""
    attempt = 0
    while True:
        try:
            return await call()
        except TRANSIENT as error:
            attempt += 1
            wait = delay(attempt)
            _log.warning("%s failed, trying again in %.1f s: %s", what, wait, error)
            await asyncio.sleep(wait)
