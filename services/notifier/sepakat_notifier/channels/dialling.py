"""Connections of webhooks: a name is resolved, every address of it is checked, and one of those is dialled.

What is checked and what is dialled is the same address, so a name that changes in between changes nothing. A connection
belongs to its name: it is used again for that name alone. No proxy is asked, and no redirect is followed.
"""

import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpcore

from sepakat_notifier.channels.addresses import Network, NotAllowed, check, resolve

DIALLED: ContextVar[list[str]] = ContextVar("dialled")
"""Where the caller wants to know it: the addresses that a request was connected to; none for a kept connection."""
_MOST_CONNECTIONS = 200
_KEPT_CONNECTIONS = 4
_KEPT_ORIGINS = 500
_KEPT_SECONDS = 5.0


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Opens TCP connections to addresses that were checked, and no others."""

    def __init__(self, allowed: Sequence[Network]) -> None:
        self._allowed = allowed
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:  # fmt: skip
        """Raises NotAllowed, Unresolved, and what httpcore raises where nobody answers."""
        problem: Exception = NotAllowed(f"{host} has no address")
        for address in await resolve(host, port, self._allowed):
            try:
                stream = await self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
                continue
            DIALLED.get([]).append(address)
            await self._check_again(stream)
            return stream
        raise problem

    async def _check_again(self, stream: httpcore.AsyncNetworkStream) -> None:
        """The address at the other end is asked for once more, whatever lies between dialling and here."""
        peer = stream.get_extra_info("server_addr")
        try:
            check(ip_address(str(peer[0]).partition("%")[0]), self._allowed)
        except (NotAllowed, TypeError, ValueError) as error:
            await stream.aclose()
            raise NotAllowed(f"{peer} is not an address that may be reached") from error

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        raise NotAllowed("webhooks go over networks alone")

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)


class Connections:
    """A few connections for each origin (scheme, name and port): none waits for, or is looked through with, another's.

    `authorities`: certificates in PEM of who else may vouch for a server, beside those that everybody trusts.
    """

    def __init__(self, allowed: Sequence[Network], authorities: Path | None) -> None:
        self._backend = CheckedBackend(allowed)
        self._trust = trust(authorities)
        self._pools: OrderedDict[tuple[bytes, bytes, int | None], _Pool] = OrderedDict()

    @asynccontextmanager
    async def ask(
        self,
        method: str,
        to: httpcore.URL,
        headers: Sequence[tuple[bytes, bytes]],
        body: bytes,
        timeouts: dict[str, float],
    ) -> AsyncIterator[httpcore.Response]:
        """The answer, of which nothing but the head is read yet."""
        used = self._of(to)
        used.under_way += 1
        try:
            asked: Any = {"headers": list(headers), "content": body, "extensions": {"timeout": timeouts}}
            async with used.pool.stream(method, to, **asked) as response:
                yield response
        finally:
            used.under_way -= 1
            await self._close_the_oldest()

    def _of(self, to: httpcore.URL) -> "_Pool":
        origin = (to.scheme, to.host, to.port)
        if origin not in self._pools:
            self._pools[origin] = _Pool(
                httpcore.AsyncConnectionPool(
                    ssl_context=self._trust, network_backend=self._backend, max_connections=_MOST_CONNECTIONS,
                    max_keepalive_connections=_KEPT_CONNECTIONS, keepalive_expiry=_KEPT_SECONDS,
                )
            )  # fmt: skip
        self._pools.move_to_end(origin)
        return self._pools[origin]

    async def _close_the_oldest(self) -> None:
        while len(self._pools) > _KEPT_ORIGINS:
            idle = next((origin for origin, each in self._pools.items() if each.under_way == 0), None)
            if idle is None:
                return
            await self._pools.pop(idle).pool.aclose()

    async def close(self) -> None:
        for each in self._pools.values():
            await each.pool.aclose()


@dataclass
class _Pool:
    pool: httpcore.AsyncConnectionPool
    under_way: int = 0


def trust(authorities: Path | None) -> ssl.SSLContext:
    """Who may vouch for a server."""
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:
        context = httpcore.default_ssl_context()
    if authorities is not None:
        context.load_verify_locations(authorities)
    return context
