"""Which addresses a webhook may reach. Pure, but for asking what a name resolves to."""

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

_NAT64: Final = ip_network("64:ff9b::/96")
_UNICAST: Final = ip_network("2000::/3")
"""All that is given out of IPv6: whatever else there is, or will be, is not a public server's."""
_NEVER: Final = (
    ip_network("168.63.129.16/32"),  # looks public, and is the host of every machine in Azure
    ip_network("192.0.0.0/24"),  # for protocols; 192.0.0.192 is the metadata of Oracle's machines
    ip_network("192.88.99.0/24"),  # relays of 6to4 that nobody runs any more
    ip_network("3fff::/20"),  # for documents; older Pythons do not know that
)
_ISATAP: Final = (0x0000_5EFE, 0x0200_5EFE)
_RESOLVERS = ThreadPoolExecutor(64, "resolving")
"""Names whose servers do not answer take their threads for long: they must not be those of everything else."""


class NotAllowed(Exception):
    """The address is not a public one, and no allowed network holds it."""


class Unresolved(Exception):
    """The name could not be resolved; nothing is dialled then."""


def check(address: Address, allowed: Sequence[Network]) -> None:
    """Raise NotAllowed unless `address`, and the IPv4 address embedded in it, is public or in an allowed network."""
    for each in (address, *_embedded(address)):
        if not any(each in network for network in allowed) and not _is_public(each):
            raise NotAllowed(f"{address} is not a public address, and no allowed network holds it")


def _is_public(address: Address) -> bool:
    if not address.is_global or address.is_multicast or any(address in network for network in _NEVER):
        return False
    return isinstance(address, IPv4Address) or address in _UNICAST or address in _NAT64


def _embedded(address: Address) -> list[IPv4Address]:
    if isinstance(address, IPv4Address):
        return []
    inside = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64 or (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP:
        inside.append(IPv4Address(int(address) & 0xFFFF_FFFF))
    return [each for each in inside if each is not None]


async def resolve(host: str, port: int, allowed: Sequence[Network]) -> list[str]:
    """The addresses of `host`, all of them checked. Raises NotAllowed (one bad one spoils all) or Unresolved."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.run_in_executor(_RESOLVERS, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        addresses = list(dict.fromkeys(str(sockaddr[0]).partition("%")[0] for *_, sockaddr in found))
        read = [ip_address(each) for each in addresses]
    except (OSError, ValueError) as error:
        raise Unresolved(f"{host} cannot be resolved: {error}") from error
    if not read:
        raise Unresolved(f"{host} has no address")
    for each in read:
        check(each, allowed)
    return addresses
