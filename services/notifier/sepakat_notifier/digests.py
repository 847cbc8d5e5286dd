"""What a gathering message tells of, found and written: a digest, or the summary of a storm."""

from collections.abc import Mapping, Sequence
from typing import Any

from sepakat_notifier import digest_letters, gists
from sepakat_notifier.addressees import called
from sepakat_notifier.branding import Branding
from sepakat_notifier.brandings import letter_of, look_of
from sepakat_notifier.channels import Unwanted
from sepakat_notifier.digest_letters import Gathered, Told
from sepakat_notifier.directory import Directory, Reader
from sepakat_notifier.gathering import NOTHING_TO_TELL
from sepakat_notifier.letters import Letter
from sepakat_notifier.notification import Notification
from sepakat_notifier.routing import fact_of
from sepakat_notifier.settings import NotifierSettings
from sepakat_notifier.store import Notifications
from sepakat_notifier.vault import Reading, Vault
from sepakat_shared.clock import Clock

_MOST_AT_ONCE = 5_000
"""Beyond so many, the others are sent by themselves."""


class Digests:
    def __init__(
        self, notifications: Notifications, directory: Directory, vault: Vault, settings: NotifierSettings, clock: Clock
    ) -> None:
        self._notifications = notifications
        self._directory = directory
        self._vault = vault
        self._settings = settings
        self._clock = clock

    async def members(self, gathering: Notification) -> list[Notification]:
        """What it is to tell of, at least one, in order. Raises Unwanted where there is nothing."""
        found = await self._notifications.gathered(gathering.id, _MOST_AT_ONCE)
        told = [each for each in found if gists.is_told(fact_of(each))]
        if not told:
            raise Unwanted(NOTHING_TO_TELL)
        return told

    async def letter(
        self, gathering: Notification, members: Sequence[Notification], reader: Reader, unsubscribe: str | None,
        branding: Branding | None = None,
    ) -> Letter:  # fmt: skip
        """As a mail; a summary of one message is that one."""
        if len(members) == 1 and gathering.occasion.data["kind"] == "summary":
            fact = fact_of(members[0])
            gist = gists.gist_of(fact, reader, await self._names(members))
            return letter_of(fact.type, gist, reader, None, unsubscribe, branding)
        said = await self.gathered(gathering, members, reader)
        return digest_letters.compose(said, reader, unsubscribe, look_of(branding, said.words.language))

    async def gathered(self, gathering: Notification, members: Sequence[Notification], reader: Reader) -> Gathered:
        until = self._clock.now() + self._settings.notifier_link_lifetime
        told = [
            Told(fact_of(each), each.created_at, self._link(each, reader, until.timestamp())) for each in members
        ]  # fmt: skip
        data: dict[str, Any] = gathering.occasion.data
        return digest_letters.gathered(data, reader, await self._names(members), told)

    async def _names(self, members: Sequence[Notification]) -> Mapping[str, str]:
        # Of a chat, the message is its own party's alone; what it tells of names both.
        return await self._directory.names(sorted({one for each in members for one in called(fact_of(each))}))

    def _link(self, member: Notification, reader: Reader, until: float) -> str:
        token = self._vault.reading_token(Reading(member.id, reader.party, reader.contact, until))
        return f"{self._settings.public_url.rstrip('/')}/m/{token}"
