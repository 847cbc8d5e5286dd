"""What the notifier's secret key protects: the links in messages, secrets of webhooks, and addresses of chats."""

import base64
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Literal

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sepakat_notifier.reply_address import ReplyAddresses
from sepakat_shared.errors import Gone, NotFound

Purpose = Literal["acknowledge", "join", "snooze", "resolve", "consent", "refuse"]
"""What pressing a link says: I take care of it, I work on it too, call nobody for a while, it is over; that the clocks
stood still as the other party says, or that they did not."""
Linked = Purpose | Literal["feedback"]
"""The same, and what somebody thinks of it."""
_LINKS: Final[dict[Linked, bytes]] = {
    "acknowledge": b"sepakat links", "join": b"sepakat join links", "snooze": b"sepakat snooze links",
    "resolve": b"sepakat resolve links", "consent": b"sepakat consent links", "refuse": b"sepakat refuse links",
    "feedback": b"sepakat feedback links",
}  # fmt: skip


@dataclass(frozen=True)
class Link:
    """What one link of a message about an incident stands for: this contact, this incident, this notification."""

    notification: str
    incident: str
    party: str
    contact: str
    until: float
    """Seconds since 1970."""


@dataclass(frozen=True)
class Reading:
    """What one link to a letter stands for: this contact may read this notification."""

    notification: str
    party: str
    contact: str
    until: float
    """Seconds since 1970."""


@dataclass(frozen=True)
class Subscriber:
    """Whose unsubscribe link it is, and the language that its page is in. It works as long as the secret key does."""

    party: str
    contact: str
    language: str
    token: str = ""


class Vault:
    """Keys are derived from the secret, so that a token made for one purpose opens nothing of another."""

    def __init__(self, secret: str) -> None:
        self._links = {purpose: _derived(secret, info) for purpose, info in _LINKS.items()}
        self._readings = _derived(secret, b"sepakat letters")
        self._subscribers = _derived(secret, b"sepakat subscribers")
        self._statuses = _derived(secret, b"sepakat statuses")
        self._replies = _key(secret, b"sepakat reply addresses")
        self._secrets = _derived(secret, b"sepakat endpoint secrets")
        self._addresses = _derived(secret, b"sepakat chat addresses")
        self.chat_links_key = _key(secret, b"sepakat chat links")

    def link_token(self, link: Link, purpose: Linked = "acknowledge") -> str:
        return self._links[purpose].encrypt(json.dumps(asdict(link)).encode()).decode().rstrip("=")

    def open_link(self, token: str, now: datetime, purpose: Linked = "acknowledge") -> Link:
        """Raises NotFound for a token that we did not make for this, or that was altered; Gone for one that expired."""
        link = Link(**_opened(self._links[purpose], token))
        if link.until <= now.timestamp():
            raise Gone("this link has expired; a later message has a new one")
        return link

    def reading_token(self, reading: Reading) -> str:
        return self._readings.encrypt(json.dumps(asdict(reading)).encode()).decode().rstrip("=")

    def open_reading(self, token: str, now: datetime) -> Reading:
        """Raises NotFound for a token that we did not make, or that was altered; Gone for one that has expired."""
        reading = Reading(**_opened(self._readings, token))
        if reading.until <= now.timestamp():
            raise Gone("this link has expired; the delivery is listed still")
        return reading

    def subscriber_token(self, party: str, contact: str, language: str) -> str:
        named = {"party": party, "contact": contact, "language": language}
        return self._subscribers.encrypt(json.dumps(named).encode()).decode().rstrip("=")

    def open_subscriber(self, token: str) -> Subscriber:
        """Raises NotFound for a token that we did not make, or that was altered."""
        return Subscriber(**_opened(self._subscribers, token), token=token)

    def status_token(self, agreement: str, series: int) -> str:
        named = {"agreement": agreement, "series": series}
        return self._statuses.encrypt(json.dumps(named).encode()).decode().rstrip("=")

    def open_status(self, token: str) -> tuple[str, int]:
        """The agreement, and the series of its addresses. Raises NotFound for a token that we did not make."""
        named = _opened(self._statuses, token)
        return str(named["agreement"]), int(named["series"])

    def reply_addresses(self, domain: str) -> ReplyAddresses:
        return ReplyAddresses(self._replies, domain)

    def seal(self, secret: str) -> str:
        return self._secrets.encrypt(secret.encode()).decode()

    def unseal(self, sealed: str) -> str:
        """Raises InvalidToken when it was sealed with another secret key."""
        return self._secrets.decrypt(sealed.encode()).decode()

    def seal_address(self, address: str) -> str:
        """An address is a secret where whoever knows it may say something there."""
        return self._addresses.encrypt(address.encode()).decode()

    def unseal_address(self, sealed: str) -> str:
        """Raises InvalidToken when it was sealed with another secret key."""
        return self._addresses.decrypt(sealed.encode()).decode()


def _opened(key: Fernet, token: str) -> dict[str, Any]:
    try:
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        return dict(json.loads(key.decrypt(padded)))
    except (InvalidToken, UnicodeEncodeError) as error:
        raise NotFound("this link is not one of ours, or a part of it is missing") from error


def _derived(secret: str, purpose: bytes) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_key(secret, purpose)))


def _key(secret: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret.encode())
