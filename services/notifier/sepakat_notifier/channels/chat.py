"""Chat: what happened, said where a party or a person wants to read it, in the form that its service shows best."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from cryptography.fernet import InvalidToken

from sepakat_notifier import chat_formats, gists
from sepakat_notifier.addressees import called
from sepakat_notifier.channels import Gone, Permanent, Reached, Unreachable, Unwanted, services
from sepakat_notifier.channels.calling import Client
from sepakat_notifier.chat_addresses import ByApprise, Hook, SlackBot, way_of
from sepakat_notifier.chat_formats import Line, Said
from sepakat_notifier.chat_links import ChatLinks
from sepakat_notifier.digests import Digests
from sepakat_notifier.directory import Directory, Reader
from sepakat_notifier.endpoint import Endpoint
from sepakat_notifier.endpoints import Endpoints
from sepakat_notifier.excerpts import excerpt
from sepakat_notifier.gathering import GATHERED
from sepakat_notifier.notification import Notification, order
from sepakat_notifier.preference import is_news
from sepakat_notifier.routing import asks_to_acknowledge, fact_of, subject_of
from sepakat_notifier.store import Notifications
from sepakat_notifier.vault import Vault
from sepakat_shared.contracts.incidents import IncidentAcknowledged, IncidentClosed, IncidentMerged, IncidentResolved
from sepakat_shared.messages import NOT_JSON

_JSON: Final = {"content-type": "application/json; charset=utf-8", "user-agent": "Sepakat"}
_NO_MORE: Final = ("message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found")
"""What Slack answers where what was said before cannot be changed or replied to: then it is said anew."""
_GONE: Final = ("is_archived", "account_inactive", "token_revoked")
_ANSWERED: Final = tuple(each.type for each in (IncidentAcknowledged, IncidentResolved, IncidentClosed, IncidentMerged))
_MOST_BEFORE: Final = 15
_EARLIER: Final = {"en": "Before", "id": "Sebelumnya"}


class ChatSender:
    def __init__(
        self, endpoints: Endpoints, notifications: Notifications, directory: Directory, digests: Digests,
        links: ChatLinks, vault: Vault, client: Client,
    ) -> None:  # fmt: skip
        self._endpoints = endpoints
        self._notifications = notifications
        self._directory = directory
        self._digests = digests
        self._links = links
        self._vault = vault
        self._client = client

    async def send(self, notification: Notification) -> Reached:
        endpoint = await self._endpoints.of(notification.recipient)
        if endpoint is None:
            raise Unwanted("the chat endpoint was removed")
        if endpoint.disabled_at is not None:
            raise Unwanted("the chat endpoint is disabled")
        told: tuple[str, ...] = ()
        if notification.occasion.type == GATHERED:
            members = await self._digests.members(notification)
            told = tuple(each.id for each in members)
            said = await self._gathered(notification, members, endpoint)
        else:
            said = await self._said(notification, endpoint)
        reference = await self.say(endpoint, said, notification)
        return Reached(endpoint.party, told, reference)

    async def say(self, endpoint: Endpoint, said: Said, notification: Notification | None = None) -> str | None:
        """Say it there, whether or not the endpoint is disabled. Returns what it is changed by later, where it can be.

        Raises as `send` does.
        """
        try:
            address = self._vault.unseal_address(endpoint.sealed)
        except InvalidToken as error:
            raise Permanent("the endpoint's address was encrypted with another SEPAKAT_NOTIFIER_SECRET_KEY") from error
        native: Any = endpoint.service if endpoint.service in ("slack", "teams") else None
        match way_of(address, native):
            case Hook("slack", url):
                await self._client.post(url, _body(chat_formats.slack(said)), _JSON)
            case Hook(_, url):
                await self._client.post(url, _body(chat_formats.teams(said)), _JSON)
            case SlackBot() as bot:
                return await self._by_bot(bot, said, notification)
            case ByApprise(_, whole):
                await services.tell(whole, *chat_formats.plain(said), self._client)
        return None

    async def _by_bot(self, bot: SlackBot, said: Said, notification: Notification | None) -> str:
        """One message for one thing: news change it, what is more than that is a reply to it.

        So are news that come late, after later ones: what stands there is the latest.
        """
        before = []
        if notification is not None:
            before = await self._notifications.said_before(notification.recipient, notification.about, _MOST_BEFORE)
        first = next((each.reference for each in before if each.reference is not None), None)
        body = {"channel": bot.channel, **chat_formats.slack(said)}
        if first is None or notification is None:
            return await self._ask(bot, "chat.postMessage", body)
        channel, _, at = first.partition("/")
        try:
            is_head = _is_head(notification)
            late = is_head and any(_is_head(each) and order(each) > order(notification) for each in before)
            if is_head and not late:
                with_history = chat_formats.slack(await self._with(before, said, notification))
                return await self._ask(bot, "chat.update", with_history | {"channel": channel, "ts": at})
            replied = body | {"channel": channel, "thread_ts": at, "reply_broadcast": not late}
            await self._ask(bot, "chat.postMessage", replied)
        except _CannotChange:
            return await self._ask(bot, "chat.postMessage", body)
        return first

    async def _ask(self, bot: SlackBot, method: str, body: Mapping[str, Any]) -> str:
        headers = _JSON | {"authorization": f"Bearer {bot.token}"}
        answer = await self._client.post(f"{bot.api}/{method}", _body(body), headers)
        try:
            answered = json.loads(answer.body)
            if answered["ok"]:
                return f"{answered['channel']}/{answered['ts']}"
            error = str(answered.get("error"))
        except (*NOT_JSON, KeyError, TypeError, AttributeError) as unread:
            raise Unreachable("the API of Slack answered what is none of its answers") from unread
        if error in _NO_MORE:
            raise _CannotChange
        if error in _GONE:
            raise Gone(f"Slack answered {error}")
        raise Unreachable(f"Slack answered {error}", answer.after)

    async def _with(self, before: list[Notification], said: Said, notification: Notification) -> Said:
        """What is said, with what it takes the place of, and the links of that while they are of use."""
        endpoint = await self._endpoints.of(notification.recipient)
        told = [each for each in before if each.occasion.type != GATHERED]
        if endpoint is None or not told:
            return said
        reader = await self._reader(endpoint, subject_of(fact_of(told[0])).agreement)
        names = await self._directory.names(sorted({one for each in told for one in called(fact_of(each))}))
        lines = []
        for each in told:
            fact = fact_of(each)
            gist = gists.gist_of(fact, reader, names)
            lines.append(Line(gist.words.when(each.created_at), gist.subject, excerpt(fact, gist.words, names)))
        asked = _still_asked([notification, *told])
        actions, in_name = await self._links.of(asked, endpoint) if asked is not None else ((), "")
        sections = [*said.sections, (_EARLIER[endpoint.language], lines)]
        return replace(said, sections=sections, actions=actions, in_name=in_name)

    # -- what is said -------------------------------------------------------------------------------------------------

    async def _said(self, notification: Notification, endpoint: Endpoint) -> Said:
        fact = fact_of(notification)
        if not gists.is_told(fact):
            raise Unwanted(f"there are no words about {fact.type}")
        names = await self._directory.names(called(fact))
        gist = gists.gist_of(fact, await self._reader(endpoint, subject_of(fact).agreement), names)
        actions, in_name = await self._links.of(notification, endpoint)
        return Said(
            gist.subject, gist.paragraphs, gist.figures, gist.tone, gist.agreement, actions=actions, in_name=in_name
        )  # fmt: skip

    async def _gathered(self, notification: Notification, members: list[Notification], endpoint: Endpoint) -> Said:
        if len(members) == 1 and notification.occasion.data["kind"] == "summary":
            return await self._said(members[0], endpoint)
        reader = await self._reader(endpoint, notification.occasion.data["agreement"])
        gathered = await self._digests.gathered(notification, members, reader)
        sections = [
            (heading, [Line(each.at, each.what, each.said) for each in entries])
            for heading, entries in gathered.sections
        ]  # fmt: skip
        return Said(gathered.subject, gathered.paragraphs, [], gathered.tone, gathered.reason, sections)

    async def _reader(self, endpoint: Endpoint, agreement: str) -> Reader:
        """The room itself: in its language, by its clock."""
        names = await self._directory.names([endpoint.party])
        return Reader(
            endpoint.party, endpoint.id, names[endpoint.party], None, endpoint.language, endpoint.time_zone,
            await self._directory.zone_of(agreement),
        )  # fmt: skip


class _CannotChange(Exception):
    """What was said before is there no more, or not to be changed."""


def _is_head(notification: Notification) -> bool:
    """Whether it is said in the place of what was said before."""
    return is_news(notification.occasion.type) or notification.occasion.type == GATHERED


def _still_asked(latest_first: Sequence[Notification]) -> Notification | None:
    """The last message that asked somebody to act, where none after it says that somebody has, or that it is over."""
    for each in latest_first:
        if asks_to_acknowledge(each.occasion.type):
            return each
        if each.occasion.type in _ANSWERED:
            return None
    return None


def _body(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()
