"""The links of a message in a chat: whose name they are pressed in, and what opens one.

A room is read by several people, and none of them is asked for a password. So a link there speaks for the one contact
whom the room names as its owner; a room that names nobody has no links. It is short, since some chats cut long
messages: who it is for follows from the message and its room, and is signed, not written.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Final

from sepakat_notifier.chat_formats import Action
from sepakat_notifier.directory import Directory, Forgotten, Reader, Unknown
from sepakat_notifier.endpoint import Endpoint
from sepakat_notifier.endpoints import Endpoints
from sepakat_notifier.notification import Notification
from sepakat_notifier.offers import address_of, ends_at, offered
from sepakat_notifier.routing import fact_of, subject_of
from sepakat_notifier.settings import NotifierSettings
from sepakat_notifier.vault import Link, Purpose, Vault
from sepakat_notifier.words import Words
from sepakat_shared.clock import Clock
from sepakat_shared.errors import Gone, NotFound

_LENGTH: Final = 26
"""Characters of the signature: 130 bits."""
_SHAPE = re.compile(r"c-([0-9a-f]{32})-([a-z2-7]{26})")
_IN_WHOSE_NAME: Final = {
    "en": "Whoever presses one of these says it in the name of {}.",
    "id": "Siapa pun yang menekannya menyatakannya atas nama {}.",
}


def in_whose_name(owner: str, language: str) -> str:
    """What stands below the links, in the room's language."""
    return _IN_WHOSE_NAME[language].format(owner)


class ChatLinks:
    def __init__(
        self, endpoints: Endpoints, directory: Directory, vault: Vault, settings: NotifierSettings, clock: Clock
    ) -> None:
        self._endpoints = endpoints
        self._directory = directory
        self._key = vault.chat_links_key
        self._lifetime = settings.notifier_link_lifetime
        self._base = settings.public_url
        self._clock = clock

    async def of(self, notification: Notification, room: Endpoint) -> tuple[Sequence[Action], str]:
        """What can be pressed in the message, and the sentence that says in whose name; nothing without an owner."""
        fact = fact_of(notification)
        purposes = offered(fact, room.party)
        owner = await self._owner(room, subject_of(fact).agreement) if purposes else None
        if owner is None:
            return (), ""
        link = self._link(notification, room.party, owner.contact)
        words = Words(room.language, room.time_zone)
        actions = [
            Action(words.label("button" if each == "acknowledge" else each),
                   address_of(self._base, each, self._token(link, each)))
            for each in purposes
        ]  # fmt: skip
        return actions, in_whose_name(owner.name, words.language)

    @staticmethod
    def notification(token: str) -> str | None:
        """The message that such a token claims to be of; None for a token of another kind."""
        shape = _SHAPE.fullmatch(token)
        return None if shape is None else shape[1]

    async def opened(self, token: str, notification: Notification, purpose: Purpose) -> Link:
        """Raises NotFound for a token that was not made for this, Gone for one that has expired or lost its owner."""
        room = await self._endpoints.of(notification.recipient, anew=True) if notification.channel == "chat" else None
        if room is None or room.owner is None:
            raise NotFound("this link is not one of ours, or its room or the owner of that is not here any more")
        link = self._link(notification, room.party, room.owner)
        if not hmac.compare_digest(self._token(link, purpose), token):
            raise NotFound("this link is not one of ours, or its room has another owner now")
        if link.until <= self._clock.now().timestamp():
            raise Gone("this link has expired; a later message has a new one")
        return link

    async def _owner(self, room: Endpoint, agreement: str) -> Reader | None:
        if room.owner is None:
            return None
        try:
            return await self._directory.reader([room.party], room.owner, agreement)
        except (Unknown, Forgotten):
            return None

    def _link(self, notification: Notification, party: str, contact: str) -> Link:
        until = ends_at(fact_of(notification), notification.created_at, self._lifetime)
        return Link(notification.id, notification.about, party, contact, until.timestamp())

    def _token(self, link: Link, purpose: Purpose) -> str:
        signed = "\n".join((purpose, link.notification, link.incident, link.party, link.contact, f"{link.until:.3f}"))
        signature = base64.b32encode(hmac.digest(self._key, signed.encode(), hashlib.sha256)).decode().lower()
        return f"c-{link.notification}-{signature[:_LENGTH]}"
