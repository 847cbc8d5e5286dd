"""One request to where somebody else has said: to an address that was checked, answered within bounds, told as it went.

Webhooks and chat services alike leave through here, whoever builds their requests.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpcore
import httpx

from sepakat_notifier.channels import Gone, Permanent, Unreachable, dialling
from sepakat_notifier.channels.addresses import Network, NotAllowed, Unresolved

_MOST_OF_AN_ANSWER = 64 * 1024
_MOST_DIGITS = 9
_STALE = (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError)
_FAILURES = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException)


@dataclass(frozen=True)
class Answer:
    """`body` is the first 64 KiB of it, as it came; `after`: how long it asks to be left alone."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    after: timedelta | None


class Client:
    """Connects to no address that was not checked; follows no redirect, and asks no proxy."""

    def __init__(self, allowed: Sequence[Network], timeout: timedelta, authorities: Path | None = None) -> None:
        self._connections = dialling.Connections(allowed, authorities)
        self.within = timeout
        self._timeouts = dict.fromkeys(("connect", "read", "write", "pool"), timeout.total_seconds())

    async def close(self) -> None:
        """Close the connections that are kept."""
        await self._connections.close()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """As `ask`, where nothing but success will do. Raises Gone and Unreachable for any other answer."""
        answer = await self.ask("POST", url, body, headers)
        check(answer)
        return answer

    async def ask(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """The answer, whatever it is. Raises Permanent and Unreachable."""
        try:
            return await self._answered(method, url, body, headers)
        except (NotAllowed, httpx.InvalidURL, httpcore.UnsupportedProtocol) as error:
            raise Permanent(str(error)) from error
        except Unresolved as error:
            raise Unreachable(str(error)) from error
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            raise Unreachable(f"cannot connect: {error or type(error).__name__}") from error
        except _FAILURES as error:
            raise Unreachable(f"{type(error).__name__}: {error}") from error

    async def _answered(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        wanted = httpx.URL(url)
        if wanted.userinfo or not wanted.host:
            raise NotAllowed("the address holds a user, or no host")
        to = httpcore.URL(
            scheme=wanted.raw_scheme, host=wanted.raw_host, port=wanted.port, target=wanted.raw_path
        )  # fmt: skip
        named = {"host": wanted.netloc.decode("ascii"), **headers}
        raw = [(name.encode("ascii"), value.encode("latin-1")) for name, value in named.items()]
        dialled: list[str] = []
        dialling.DIALLED.set(dialled)
        try:
            return await self._exchange(method, to, raw, body)
        except _STALE:
            if dialled:
                raise
            # It may have closed a connection that was kept just as we used it. The id says that it is the same.
            return await self._exchange(method, to, raw, body)

    async def _exchange(self, method: str, to: httpcore.URL, headers: list[tuple[bytes, bytes]], body: bytes) -> Answer:
        async with self._connections.ask(method, to, headers, body, self._timeouts) as response:
            read = b""
            async for chunk in response.aiter_stream():
                read += chunk
                if len(read) > _MOST_OF_AN_ANSWER:
                    break
            named = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            return Answer(response.status, named, read[:_MOST_OF_AN_ANSWER], _asked_for(named))


def check(answer: Answer, what: str = "the endpoint") -> None:
    """Raises Gone and Unreachable unless it is success."""
    if httpx.codes.is_success(answer.status):
        return
    if answer.status == httpx.codes.GONE:
        raise Gone(f"{what} answered 410 Gone")
    moved = "; redirects are not followed" if httpx.codes.is_redirect(answer.status) else ""
    raise Unreachable(f"{what} answered {answer.status}{moved}", answer.after)


def _asked_for(headers: Mapping[str, str]) -> timedelta | None:
    """How long it wants to be left alone, where it says so in seconds."""
    named = headers.get("retry-after", "")
    return timedelta(seconds=int(named)) if named.isdigit() and named.isascii() and len(named) < _MOST_DIGITS else None
