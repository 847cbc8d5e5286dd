"""How much one server may bring to the door for replies. All of it is pure."""

from datetime import timedelta

import pytest
from facts import NOW

from sepakat_notifier.reply_peers import Peers, peer_of


def test_a_peer_has_its_places_and_all_together_have_theirs() -> None:
    peers = Peers(3, 2, 10)
    assert [peers.admit("a") for _ in range(3)] == [True, True, False]
    assert [peers.admit("b") for _ in range(2)] == [True, False]
    peers.leave("a")
    assert peers.admit("b") and not peers.admit("a"), "the place that is free is anybody's"


def test_mails_are_counted_over_any_minute() -> None:
    peers = Peers(3, 2, 2)
    at = [timedelta(seconds=each) for each in (0, 40, 50, 59, 61, 62, 101)]
    assert [peers.may_send("a", NOW + each) for each in at] == [True, True, False, False, True, False, True]
    assert peers.may_send("b", NOW)


def test_peers_of_long_ago_are_forgotten() -> None:
    peers = Peers(3, 2, 2)
    for n in range(1_500):
        peers.may_send(str(n), NOW + timedelta(seconds=n))
    assert len(peers._sent) < 1_100


@pytest.mark.parametrize(("peername", "peer"), [
    (("192.0.2.1", 25), "192.0.2.1"), (("::ffff:192.0.2.1", 25, 0, 0), "192.0.2.1"),
    (("2001:db8:1:2:3:4:5:6", 25, 0, 0), "2001:db8:1:2::/64"), (("fe80::1%eth0", 25, 0, 2), "fe80::/64"),
    ("/run/socket", "unknown"), (None, "unknown"),
])  # fmt: skip
def test_a_peer_is_an_address_or_a_network_of_ipv6(peername: object, peer: str) -> None:
    assert peer_of(peername) == peer
