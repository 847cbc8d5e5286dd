"""Which addresses a webhook may reach: the one that is dialled is the one that was checked."""

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

_NAT64 = ip_network("64:ff9b::/96")


class NotAllowed(Exception):
    """The address is not a public one, and no allowed network holds it."""


class Unresolved(Exception):
    """The name could not be resolved; nothing is dialled then."""


def check(address: Address, allowed: Sequence[Network]) -> None:
    """Raise NotAllowed unless `address`, and the IPv4 address embedded in it, is public or in an allowed network."""
    for each in (address, *_embedded(address)):
        if any(each in network for network in allowed):
            continue
        if not each.is_global or each.is_multicast:
            raise NotAllowed(f"{address} is not a public address, and no allowed network holds it")


def _embedded(address: Address) -> list[IPv4Address]:
    if isinstance(address, IPv4Address):
        return []
    inside = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        inside.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [each for each in inside if each is not None]


async def resolve(host: str, port: int, allowed: Sequence[Network]) -> list[str]:
    """The addresses of `host`, all of them checked. Raises NotAllowed (one bad one spoils all) or Unresolved."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unresolved(f"{host} cannot be resolved: {error}") from error
    addresses = list(dict.fromkeys(str(sockaddr[0]).partition("%")[0] for *_, sockaddr in found))
    if not addresses:
        raise Unresolved(f"{host} has no address")
    for each in addresses:
        check(ip_address(each), allowed)
    return addresses
