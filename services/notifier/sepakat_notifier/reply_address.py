"""The address that a reply to one message goes to: it names the message, and is signed. Pure.

Mail servers may change the case of what stands before the @, and take 64 characters of it.
"""

import base64
import hashlib
import hmac
import re
from typing import Final

_LENGTH: Final = 20
"""Characters of the signature: a hundred bits."""
_SHAPE = re.compile(r"r-([0-9a-f]{32})-([a-z2-7]{20})", re.IGNORECASE)


class ReplyAddresses:
    def __init__(self, key: bytes, domain: str) -> None:
        self._key = key
        self.domain = domain.lower()

    def of(self, notification: str) -> str:
        return f"r-{notification}-{self._signature(notification)}@{self.domain}"

    def notification(self, address: str) -> str | None:
        """Of which message it is; None for an address that is not one of these."""
        local, _, domain = address.rpartition("@")
        shape = _SHAPE.fullmatch(local)
        if shape is None or domain.lower() != self.domain:
            return None
        id, signature = shape[1].lower(), shape[2].lower()
        return id if hmac.compare_digest(signature, self._signature(id)) else None

    def _signature(self, notification: str) -> str:
        digest = hmac.digest(self._key, notification.encode(), hashlib.sha256)
        return base64.b32encode(digest).decode().lower()[:_LENGTH]
