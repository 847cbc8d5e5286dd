"""Nothing inside is reached by a webhook, whatever its address, its name, its answer or our environment say.

A canary listens on every address of this machine; whatever is dialled is written down besides. Each vector goes
straight to the sender, as if it had been stored as an endpoint long ago.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

import httpcore
import pytest
from facts import NOW, notification, objective
from notifying import VAULT, received

from sepakat_notifier.channels import Permanent, Transient, dialling
from sepakat_notifier.channels.webhook import WebhookSender, checked_url
from sepakat_notifier.endpoint import Endpoint
from sepakat_notifier.endpoints import new_secret
from sepakat_notifier.settings import NotifierSettings
from sepakat_shared.clock import SystemClock
from sepakat_shared.errors import Invalid

OURS = (ip_network("127.0.0.1/32"),)
"""Where the receivers of these tests are; the canary is told of under other addresses."""

LOOPBACK = (
    "127.0.0.1", "127.0.0.2", "127.1", "127.0.1", "127.255.255.254", "2130706433", "0x7f000001", "0x7f.0.0.1",
    "0177.0.0.1", "017700000001", "0x7f.1", "127.0.0.1.", "localhost", "LOCALHOST", "localhost.", "0.0.0.0", "0",
    "0.0.0.1", "127\u30020\u30020\u30021", "\u2460\u2461\u2466.\u24ea.\u24ea.\u2460", "127%2e0%2e0%2e1",
    "\uff11\uff12\uff17.\uff10.\uff10.\uff11", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]", "[::ffff:0.0.0.0]",
)  # fmt: skip
EMBEDDED = (
    "[64:ff9b::7f00:1]", "[64:ff9b::a00:1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]",
    "[2002:c0a8:101::1]", "[2001:0:7f00:1::]", "[2001:0:4136:e378:8000:63bf:80ff:fffe]", "[2606:4700::5efe:7f00:1]",
    "[2606:4700::200:5efe:a00:1]", "[fe80::5efe:7f00:1]",
)  # fmt: skip
PRIVATE = (
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1", "100.127.255.255",
    "[fc00::1]", "[fd12:3456::1]", "[fe80::1]", "[fec0::1]", "[::ffff:10.0.0.1]",
)  # fmt: skip
METADATA = (
    "169.254.169.254", "169.254.170.2", "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "100.100.100.200", "192.0.0.192",
    "168.63.129.16", "2852039166", "0xa9fea9fe", "169.254.43518",
)  # fmt: skip
NOT_A_SERVERS = (
    "192.0.0.170", "192.0.2.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.255", "240.0.0.1", "255.255.255.255", "192.88.99.1", "[ff02::1]", "[2001:db8::1]", "[100::1]",
    "[5f00::1]", "[3fff::1]", "[4000::1]",
)  # fmt: skip
HOSTS = (*LOOPBACK, *EMBEDDED, *PRIVATE, *METADATA, *NOT_A_SERVERS)
TRICKS = (
    "http://1.1.1.1@127.0.0.1:{port}/", "http://1.1.1.1:80@127.0.0.1:{port}/", "http://127.0.0.1:{port}#@1.1.1.1/",
    "http://127.0.0.1:{port}?@1.1.1.1/", "http://127.0.0.1:{port}\\@1.1.1.1/", "http:\\\\127.0.0.1:{port}\\",
    "http:///127.0.0.1:{port}/", "http://127.0.0.1\t:{port}/", "http://127.0.0.1\r\nHost: x:{port}/", "http://[::1",
    "http://127.0.0.1:{port}:80/", "//127.0.0.1:{port}/", "ftp://127.0.0.1:{port}/", "gopher://127.0.0.1:{port}/_x",
    "file:///etc/passwd", "unix:///run/docker.sock", "http+unix://%2Frun%2Fdocker.sock/", "ws://127.0.0.1:{port}/", "",
)  # fmt: skip
ANSWERS: dict[str, list[tuple[str, ...]]] = {
    "leads inside": [("127.0.0.2",)],
    "leads inside by its second address": [("1.1.1.1", "127.0.0.2")],
    "leads inside by its first address": [("127.0.0.2", "1.1.1.1")],
    "is mapped": [("::ffff:127.0.0.2",)],
    "is loopback in the other family": [("1.1.1.1", "::1")],
    "is link-local with a zone": [("fe80::1%lo",)],
    "is metadata": [("169.254.169.254",)],
    "is nothing": [()],
    "is no address": [("not an address",)],
    "changes to inside": [("1.1.1.1",), ("127.0.0.2",)],
    "changes back and forth": [("127.0.0.2",), ("1.1.1.1",), ("127.0.0.2",)],
}


@dataclass
class Canary:
    """Listens on every address of the machine, and counts who comes."""

    port: int = 0
    visits: int = 0
    dialled: list[str] = field(default_factory=list)

    async def visited(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visits += 1
        writer.close()

    @property
    def is_alive(self) -> bool:
        """Whether nobody came, and nothing but what is public was dialled."""
        return self.visits == 0 and not [each for each in self.dialled if each not in ("1.1.1.1", "127.0.0.1")]


@pytest.fixture
async def canary(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Canary]:
    canary = Canary()
    server = await asyncio.start_server(canary.visited, "0.0.0.0", 0)
    canary.port = server.sockets[0].getsockname()[1]
    servers = [server]
    if socket.has_ipv6:
        try:
            servers.append(await asyncio.start_server(canary.visited, "::1", canary.port))
        except OSError:  # a machine without IPv6
            servers = [server]
    connect = httpcore.AnyIOBackend.connect_tcp

    async def connect_tcp(self: Any, host: str, *args: Any, **more: Any) -> Any:
        canary.dialled.append(host)
        if not host.startswith("127."):
            raise httpcore.ConnectError("nobody is asked outside of this machine")
        return await connect(self, host, *args, **more)

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect_tcp)
    yield canary
    for each in servers:
        each.close()


def sender(allowed: Any = ()) -> WebhookSender:
    timeout = NotifierSettings.model_fields["notifier_attempt_timeout"].default
    return WebhookSender(None, VAULT, allowed, timeout, SystemClock())  # type: ignore[arg-type]


async def post(url: str, allowed: Any = ()) -> None:
    endpoint = Endpoint("hook", "toko-maju", url, (), VAULT.seal(new_secret()), NOW)
    await sender(allowed).post(endpoint, notification(objective(), "hook", channel="webhook"))


def test_the_corpus_is_as_large_as_it_says() -> None:
    assert len(HOSTS) + len(TRICKS) + len(ANSWERS) >= 100
    assert len(set(HOSTS)) == len(HOSTS)


@pytest.mark.parametrize("host", HOSTS)
async def test_no_address_that_is_not_public_is_dialled(canary: Canary, host: str) -> None:
    with pytest.raises((Permanent, Transient)):
        await post(f"http://{host}:{canary.port}/hook")
    assert canary.is_alive and canary.dialled == []


@pytest.mark.parametrize("trick", TRICKS)
async def test_no_address_is_read_as_another(canary: Canary, trick: str) -> None:
    url = trick.format(port=canary.port)
    with pytest.raises((Permanent, Transient)):
        await post(url)
    assert canary.is_alive and canary.dialled == []
    with pytest.raises(Invalid):
        checked_url(url, ())


@pytest.mark.parametrize("answers", ANSWERS.values(), ids=ANSWERS)
async def test_a_name_that_leads_inside_is_not_followed(
    canary: Canary, monkeypatch: pytest.MonkeyPatch, answers: list[tuple[str, ...]]
) -> None:
    asked = 0

    resolved = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, *given: Any, **more: Any) -> list[Any]:
        nonlocal asked
        if host != "hooks.example":  # something else of this process is asking
            return list(resolved(host, port, *given, **more))
        found = answers[min(asked, len(answers) - 1)]
        asked += 1
        return [(0, 0, 0, "", (each, port)) for each in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    for attempt in range(1, 4):
        with pytest.raises((Permanent, Transient)):
            await post(f"http://hooks.example:{canary.port}/")
        assert asked == attempt, "one answer is checked and dialled, not one after the other"
    assert canary.is_alive


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 200])
async def test_no_answer_leads_anywhere(canary: Canary, status: int) -> None:
    inside = f"http://127.0.0.2:{canary.port}/"
    async with received() as receiver:
        receiver.answer = (
            f"HTTP/1.1 {status} x\r\nLocation: {inside}\r\nRefresh: 0; url={inside}\r\nLink: <{inside}>\r\n"
            "Content-Length: 0\r\n\r\n"
        ).encode()
        if status == 200:
            await post(receiver.url, OURS)
        else:
            with pytest.raises(Transient, match="redirects are not followed"):
                await post(receiver.url, OURS)
        assert len(receiver.requests) == 1
    assert canary.is_alive


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"])
async def test_no_proxy_of_the_environment_is_asked(canary: Canary, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, f"http://127.0.0.2:{canary.port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    async with received() as receiver:
        await post(receiver.url, OURS)
        assert len(receiver.requests) == 1
    assert canary.is_alive


async def test_the_address_at_the_other_end_is_what_counts(canary: Canary, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where something between dialling and the connection sends us elsewhere."""
    closed = []

    class Elsewhere:
        def get_extra_info(self, _name: str) -> Any:
            return ("127.0.0.2", canary.port)

        async def aclose(self) -> None:
            closed.append(True)

    async def connect_tcp(_self: Any, _host: str, *_args: Any, **_more: Any) -> Any:
        return Elsewhere()

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect_tcp)
    with pytest.raises(Permanent, match="may be reached"):
        await post("http://1.1.1.1/")
    assert closed == [True]
    with pytest.raises(Exception, match="networks alone"):
        await dialling.CheckedBackend(()).connect_unix_socket("/run/docker.sock")


async def test_a_network_that_the_operator_allows_is_reached_and_no_other(canary: Canary) -> None:
    async with received() as receiver:
        await post(receiver.url, OURS)
        with pytest.raises(Permanent):
            await post(f"http://127.0.0.2:{receiver.port}/", OURS)
        assert len(receiver.requests) == 1
    assert canary.is_alive


# -- answers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n" + b"x" * 200_000,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1000000000\r\n\r\n" + b"\x1f\x8b" * 100_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"10000\r\n" + b"x" * 65_536 + b"\r\n" * 1
        + b"10000\r\n" + b"x" * 65_536,
    ],
    ids=["says its length", "is packed", "comes in pieces"],
)  # fmt: skip
async def test_an_answer_without_end_is_not_read_to_its_end(answer: bytes) -> None:
    async with received() as receiver:
        receiver.answer = answer
        await post(receiver.url, OURS)


async def test_headers_without_end_are_a_failure() -> None:
    async with received() as receiver:
        receiver.answer = b"HTTP/1.1 200 OK\r\n" + b"x-more: " + b"y" * 500_000
        with pytest.raises(Transient):
            await post(receiver.url, OURS)


async def test_a_kept_connection_is_used_again_for_its_own_name_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    dialled: list[str] = []
    connect = httpcore.AnyIOBackend.connect_tcp

    async def connect_tcp(self: Any, host: str, *args: Any, **more: Any) -> Any:
        dialled.append(host)
        return await connect(self, host, *args, **more)

    def getaddrinfo(_host: str, port: int, **_more: Any) -> list[Any]:
        return [(0, 0, 0, "", ("127.0.0.1", port))]

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect_tcp)
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    async with received() as receiver:
        receiver.keeps = True
        hooks, secret = sender(OURS), VAULT.seal(new_secret())
        for name in ("a.example", "a.example", "b.example"):
            endpoint = Endpoint("hook", "toko-maju", f"http://{name}:{receiver.port}/", (), secret, NOW)
            await hooks.post(endpoint, notification(objective(), "hook", channel="webhook"))
        assert [headers["host"].partition(":")[0] for headers, _ in receiver.requests] == ["a.example"] * 2 + [
            "b.example"
        ]
        assert len(dialled) == 2
        await hooks.close()


async def test_a_kept_connection_that_was_closed_meanwhile_is_no_failure() -> None:
    async with received() as receiver:
        receiver.keeps = True
        hooks, secret = sender(OURS), VAULT.seal(new_secret())
        endpoint = Endpoint("hook", "toko-maju", receiver.url, (), secret, NOW)
        message = notification(objective(), "hook", channel="webhook")
        await hooks.post(endpoint, message)
        receiver.hangs_up = 1
        await hooks.post(endpoint, message)
        assert len(receiver.requests) == 3, "once more, over a connection of its own"
        await hooks.close()
