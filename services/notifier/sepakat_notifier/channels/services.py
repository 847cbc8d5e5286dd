"""Chat services by Apprise: it knows how each is spoken to, and every request that it makes leaves through ours.

Apprise's plugins call `requests`. In those that are used here, that name stands for `_Requests`, which builds the same
request and has `calling.Client` make it: the address is checked, no redirect is followed, no proxy asked, and what is
read of an answer is bounded. Without a client at hand, as in a thread that a plugin would begin, it fails.
"""

import asyncio
import logging
import re
import sys
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

import requests
from apprise import Apprise, AppriseAsset, NotifyBase, NotifyFormat, PersistentStoreMode
from apprise.conversion import convert_between
from requests.structures import CaseInsensitiveDict

from sepakat_notifier.channels import Permanent, Transient, Unreachable
from sepakat_notifier.channels.calling import Answer, Client, check

SERVICES: Final = {
    "discord": "discord", "gchat": "google_chat", "gotify": "gotify", "gotifys": "gotify", "line": "line",
    "mmost": "mattermost", "mmosts": "mattermost", "msgbird": "messagebird", "ntfy": "ntfy", "ntfys": "ntfy",
    "plivo": "plivo", "pover": "pushover", "rocket": "rocketchat", "rockets": "rocketchat", "signal": "signal_api",
    "signals": "signal_api", "sinch": "sinch", "tgram": "telegram", "twilio": "twilio", "vonage": "vonage",
    "whatsapp": "whatsapp", "wxteams": "webexteams", "zulip": "zulip",
}  # fmt: skip
"""By the scheme of an Apprise URL, the plugin: those that speak HTTP by `requests` and nothing else."""
_PARAMETERS: Final = {
    "auth", "avatar", "botname", "channel", "from", "mode", "name", "priority", "region", "tags", "thread", "to",
    "topic", "type", "user",
}  # fmt: skip
"""Of an Apprise URL. Others lead to files of this machine (`template`) or switch off what protects (`verify`)."""
_LINK = re.compile(r"(https?://[^\s<>]+)")
_THREADS = ThreadPoolExecutor(128, "chat")
"""A service that hangs keeps its thread until the attempt's time is over; it must not be another one's."""
_TOO_LONG: Final = "the service did not answer in time"
_GRACE: Final = 1
"""Seconds, after which no answer is waited for even where the event loop did not end it."""
# Its sentences name addresses, which are secrets; what became of a message is said by its attempts.
logging.getLogger("apprise").setLevel(logging.CRITICAL)


@dataclass
class _Call:
    """One message on its way: what its requests were answered, or why one could not be made."""

    ask: Callable[[str, str, bytes, dict[str, str]], Answer]
    answers: list[Answer] = field(default_factory=list)
    failure: Exception | None = None


_CALL: ContextVar[_Call] = ContextVar("chat")


class _Requests:
    """What the plugins of Apprise take for the library `requests`."""

    RequestException = requests.RequestException
    codes = requests.codes

    def request(self, method: str, url: str, **more: Any) -> requests.Response:
        """As `requests.request`; what would say how to connect (verify, proxies, redirects, timeouts) says nothing."""
        call = _CALL.get(None)
        if call is None:
            raise requests.RequestException("no request leaves but through a checked connection")
        parts = {name: more.get(name) for name in ("headers", "files", "data", "params", "auth", "cookies", "json")}
        prepared = requests.Request(method.upper(), url, **parts).prepare()
        body = prepared.body or b""
        if not isinstance(body, str | bytes):
            raise requests.RequestException("a body that comes in pieces is not sent from here")
        headers = {name.lower(): _text(value) for name, value in prepared.headers.items()}
        try:
            answer = call.ask(
                method.upper(), prepared.url or url, body.encode() if isinstance(body, str) else body, headers
            )
        except (Permanent, Transient) as failure:
            call.failure = failure
            raise requests.ConnectionError(str(failure)) from failure
        call.answers.append(answer)
        return _response(prepared, answer)

    def get(self, url: str, **more: Any) -> requests.Response:
        return self.request("GET", url, **more)

    def post(self, url: str, **more: Any) -> requests.Response:
        return self.request("POST", url, **more)

    def put(self, url: str, **more: Any) -> requests.Response:
        return self.request("PUT", url, **more)

    def patch(self, url: str, **more: Any) -> requests.Response:
        return self.request("PATCH", url, **more)

    def delete(self, url: str, **more: Any) -> requests.Response:
        return self.request("DELETE", url, **more)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _response(request: requests.PreparedRequest, answer: Answer) -> requests.Response:
    response = requests.Response()
    response.status_code = answer.status
    response.headers = CaseInsensitiveDict(answer.headers)
    response._content = answer.body
    response.request, response.url = request, request.url or ""
    return response


def service_of(address: str) -> NotifyBase:
    """What an Apprise URL leads to. Raises ValueError with the rule that it breaks, and never quotes it: it is secret.

    Loading Apprise's plugins takes half a second, the first time.
    """
    scheme, _, rest = address.partition("://")
    scheme = scheme.lower()
    if not rest or scheme not in SERVICES:
        raise ValueError(f"must begin with one of {', '.join(f'{each}://' for each in SERVICES)}")
    if others := sorted(_parameters(rest) - _PARAMETERS):
        raise ValueError(f"may not have the parameters {', '.join(each[:20] for each in others)}")
    asset = AppriseAsset(async_mode=False, secure_logging=True, storage_mode=PersistentStoreMode.MEMORY)
    made = Apprise.instantiate(address, asset=asset)
    if not isinstance(made, NotifyBase):
        raise ValueError(f"is not complete for {scheme}://: Apprise's page about that service says what belongs there")
    if len(getattr(made, "template", None) or ()):
        raise ValueError("may not have a template")
    module = sys.modules[type(made).__module__]
    if module.__name__ != f"apprise.plugins.{SERVICES[scheme]}":
        raise ValueError(f"leads to {module.__name__.rpartition('.')[2]}, which is not spoken to from here")
    module.requests = _REQUESTS  # type: ignore[attr-defined]
    return made


def _parameters(rest: str) -> set[str]:
    """The names after the question mark, however another reader of URLs would divide them. Raises ValueError."""
    _, _, query = rest.partition("?")
    if "?" in query or "#" in query:
        raise ValueError("may have one question mark, and after it no #")
    pairs = parse_qsl(query.replace(";", "&"), keep_blank_values=True, errors="strict")
    return {name.strip().lower() for name, _ in pairs}


_REQUESTS: Final = _Requests()


async def tell(address: str, title: str, body: str, client: Client) -> None:
    """Say it there. Raises Permanent, Gone, Unreachable or Transient."""
    loop = asyncio.get_running_loop()
    # One time for all that a plugin asks, answered in drips or not: what it waits in is a thread.
    deadline = loop.time() + client.within.total_seconds()
    asking = set[Future[Answer]]()
    given_up = False

    async def answer(method: str, url: str, sent: bytes, headers: dict[str, str]) -> Answer:
        async with asyncio.timeout_at(deadline):
            return await client.ask(method, url, sent, headers)

    def ask(method: str, url: str, sent: bytes, headers: dict[str, str]) -> Answer:
        if given_up or loop.time() >= deadline:
            raise Unreachable(_TOO_LONG)
        asked = asyncio.run_coroutine_threadsafe(answer(method, url, sent, headers), loop)
        asking.add(asked)
        if given_up:  # in between: whoever gave it up has not seen this one
            asked.cancel()
        try:
            return asked.result(max(0, deadline - loop.time()) + _GRACE)
        except (TimeoutError, CancelledError) as error:
            asked.cancel()
            raise Unreachable(_TOO_LONG) from error
        finally:
            asking.discard(asked)

    call = _Call(ask)
    context = copy_context()
    try:
        said = await loop.run_in_executor(_THREADS, lambda: context.run(_say, call, address, title, body))
    except asyncio.CancelledError:
        given_up = True
        for each in list(asking):
            each.cancel()
        raise
    if not said:
        raise _why(call)


def _say(call: _Call, address: str, title: str, body: str) -> bool:
    _CALL.set(call)
    try:
        service = service_of(address)
    except ValueError as error:
        call.failure = Permanent(f"the address {error}")
        return False
    said = Apprise()
    said.add(service)
    if service.notify_format != NotifyFormat.MARKDOWN:
        return bool(said.notify(body=body, title=title, body_format=NotifyFormat.TEXT))
    heading = _marked_down(title) if service.title_maxlen <= 0 else title
    return bool(said.notify(body=_marked_down(body), title=heading, body_format=NotifyFormat.MARKDOWN))


def _marked_down(text: str) -> str:
    """As it is, in Markdown. Links stand for themselves: escaped as words are, none of them leads anywhere."""
    words_and_links = _LINK.split(text)
    return "".join(
        f"<{each}>" if n % 2 else convert_between(NotifyFormat.TEXT, NotifyFormat.MARKDOWN, each)  # type: ignore[no-untyped-call]
        for n, each in enumerate(words_and_links)
    )


def _why(call: _Call) -> Exception:
    """Why it was not taken, by the last request that said anything of it."""
    if call.failure is not None:
        return call.failure
    if not call.answers:
        return Permanent("Apprise made no request of it")
    try:
        check(call.answers[-1], "the service")
    except (Permanent, Transient) as refusal:
        return refusal
    return Transient("the service took the request and refused the message")
