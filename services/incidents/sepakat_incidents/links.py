"""Signed links: what a token stands for cannot be read, forged or altered by whoever holds it.

Each purpose has a key of its own, so that a token made for one opens nothing of another.
"""

import base64
import json
import secrets
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, Literal

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pymongo.errors import DuplicateKeyError

from sepakat_shared.errors import Gone, NotFound, Unavailable
from sepakat_shared.mongo import Database

Purpose = Literal["form", "page", "status"]
"""The link to a form, one showing of it, and the page of a report."""
_PURPOSES: Final[tuple[Purpose, ...]] = ("form", "page", "status")


class Links:
    def __init__(self, secret: str) -> None:
        self._keys = {purpose: _derived(secret, purpose) for purpose in _PURPOSES}

    def token(self, purpose: Purpose, until: datetime, **what: Any) -> str:
        said = json.dumps({**what, "until": until.timestamp()}).encode()
        return self._keys[purpose].encrypt(said).decode().rstrip("=")

    def open(self, purpose: Purpose, token: str, now: datetime) -> dict[str, Any]:
        """What it stands for. Raises NotFound for one that is not ours, or was altered; Gone for one that expired."""
        try:
            padded = token.encode("ascii") + b"=" * (-len(token) % 4)
            what: dict[str, Any] = json.loads(self._keys[purpose].decrypt(padded))
        except (InvalidToken, UnicodeEncodeError) as error:
            raise NotFound("this link is not one of ours, or a part of it is missing") from error
        if what["until"] <= now.timestamp():
            raise Gone("this link has expired")
        return what


def _derived(secret: str, purpose: Purpose) -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"sepakat {purpose} links".encode())
    return Fernet(base64.urlsafe_b64encode(key.derive(secret.encode())))


class Signing:
    """The links of one service: their secret is read, or made, before it starts."""

    def __init__(self, db: Database, given: str | None) -> None:
        self._db = db
        self._given = given
        self._links: Links | None = None

    async def load(self) -> None:
        self._links = Links(await secret_of(self._db, self._given))

    def __call__(self) -> Links:
        """Raises Unavailable while the database has not answered yet."""
        if self._links is None:
            raise Unavailable("this service is starting; try again soon")
        return self._links


async def secret_of(db: Database, given: str | None) -> str:
    """The secret given, else one that is made once and kept with what it protects."""
    if given is not None:
        return given
    meta = db["meta"]
    with suppress(DuplicateKeyError):  # another start, or another instance, has made it
        await meta.insert_one({"_id": "links", "secret": secrets.token_urlsafe(48)})
    kept = await meta.find_one({"_id": "links"})
    if kept is None:
        raise LookupError("the secret of links was just kept, and is gone")
    return str(kept["secret"])
