"""How much one server may bring to the door for replies: connections at once, and mails in a minute. Pure."""

from collections import Counter, deque
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Final

_MINUTE: Final = timedelta(minutes=1)
_MOST_REMEMBERED: Final = 1_000
_OF_ONE_NETWORK: Final = 64
"""Bits of an address of IPv6 that whoever has one network shares."""


class Peers:
    def __init__(self, most: int, most_of_one: int, a_minute: int) -> None:
        """`most` connections in all, `most_of_one` of one peer, and so many mails `a_minute` from one."""
        self._most = most
        self._most_of_one = most_of_one
        self._a_minute = a_minute
        self._connected = Counter[str]()
        self._sent: dict[str, deque[datetime]] = {}

    def admit(self, peer: str) -> bool:
        """Whether it may connect once more; then it has to `leave`."""
        if self._connected.total() >= self._most or self._connected[peer] >= self._most_of_one:
            return False
        self._connected[peer] += 1
        return True

    def leave(self, peer: str) -> None:
        self._connected[peer] -= 1
        self._connected += Counter()  # without those that have nothing left

    def may_send(self, peer: str, now: datetime) -> bool:
        """Whether it may bring a mail now; then this one counts."""
        if len(self._sent) > _MOST_REMEMBERED:
            self._sent = {each: sent for each, sent in self._sent.items() if sent[-1] > now - _MINUTE}
        sent = self._sent.setdefault(peer, deque(maxlen=self._a_minute))
        if len(sent) == self._a_minute and sent[0] > now - _MINUTE:
            return False
        sent.append(now)
        return True


def peer_of(peername: object) -> str:
    """Who connects, by what a transport says of the other end: an address, of IPv6 its network."""
    host = str(peername[0]) if isinstance(peername, tuple) and peername else "unknown"
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return f"{IPv6Address(int(address) >> _OF_ONE_NETWORK << _OF_ONE_NETWORK)}/{_OF_ONE_NETWORK}"
    return str(address)
