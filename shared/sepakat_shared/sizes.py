"""How large what one command leads to may be: what is told of it, its commit, and the state after it."""

from typing import Any, Final

import bson
import msgspec

from sepakat_shared.errors import Conflict, TooLarge
from sepakat_shared.messages import as_body
from sepakat_shared.mongo import Document

MOST_TOLD: Final = 900_000
"""Bytes of one message: a broker takes a megabyte, with its headers."""
MOST_STORED: Final = 12 * 1024 * 1024
"""Bytes of one commit or state: a database takes 16 MB of a document."""
_SMALL: Final = 16 * 1024
_MEASURED_EVERY: Final = 32
"""Commits; so many small ones bring a state from what is allowed to nowhere near what a database takes."""


def check(commit: Document, state: Any) -> None:
    """Look at a new commit, as it is stored, and at the state after it.

    Raises TooLarge where the commit or one of its messages is too large, Conflict where the state is.
    """
    size = len(bson.encode(commit))
    _check_commit(commit, size)
    if size > _SMALL or commit["n"] % _MEASURED_EVERY == 0:
        _check_state(commit["aggregate"], msgspec.to_builtins(state))


def _check_commit(commit: Document, size: int) -> None:
    if size > MOST_STORED:
        raise TooLarge(f"{commit['_id']} would have {size} bytes, and {MOST_STORED} is the most that is kept of one")
    # JSON takes at most six times the bytes of BSON.
    for message in commit["messages"] if size * 6 > MOST_TOLD else ():
        told = len(as_body(message["data"]) or b"")
        if told > MOST_TOLD:
            raise TooLarge(
                f"{message['type']} would have {told} bytes, and {MOST_TOLD} is the most that is told at once"
            )


def _check_state(aggregate: str, state: Any) -> None:
    size = len(bson.encode({"state": state}))
    if size > MOST_STORED:
        rule = f"would have {size} bytes, and {MOST_STORED} is the most that is kept of one"
        raise Conflict(f"{aggregate} {rule}; nothing more can be added to it")
