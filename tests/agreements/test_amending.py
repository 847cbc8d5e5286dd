"""The next version: begun, signed and in force from its own day, while the one before stays as it was."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from agreements.test_agreement import BUDI, RINA, START, after, drafted, signed_by, text
from agreements.test_clauses import merge

from sepakat_agreements import amending as domain
from sepakat_agreements import signing, timing
from sepakat_agreements.agreement import Agreement, Signed, Status
from sepakat_agreements.publish import of_agreement
from sepakat_shared import signatures
from sepakat_shared.contracts import topics
from sepakat_shared.errors import Conflict, Forbidden, Invalid

PROVIDER, CUSTOMER = "nusantara", "toko-maju"
NOW = datetime(2026, 3, 10, tzinfo=UTC)
MORE = merge("objectives/availability", {"target": "99.95"})
LATER = merge("amendment", {"effectiveFrom": "2026-03-16"})
BEGINS = datetime(2026, 3, 15, 17, tzinfo=UTC)
"""Midnight in Jakarta on that day."""


def in_force() -> Agreement:
    return signed_by(signed_by(drafted(), PROVIDER, "rina", RINA, START), CUSTOMER, "budi", BUDI, START)


def amended(state: Agreement, *changes: Any, at: datetime = NOW, party: str = CUSTOMER) -> Agreement:
    return after(state, domain.amend(state, party, changes, at))


def signed(state: Agreement, party: str, at: datetime) -> Agreement:
    contact, key = {PROVIDER: ("rina", RINA), CUSTOMER: ("budi", BUDI)}[party]
    hashed = state.last.hash
    return after(state, signing.sign(state, party, contact, hashed, signatures.sign(key, hashed), at))


def signed_by_both(state: Agreement, at: datetime = NOW) -> Agreement:
    return signed(signed(state, PROVIDER, at), CUSTOMER, at)


def target(state: Agreement) -> str:
    return str(state.text["objectives"][0]["target"])


def test_the_next_version_takes_its_place_on_its_own_day_and_the_one_before_stays_as_it_was() -> None:
    before = in_force()
    state = signed_by_both(amended(before, MORE, LATER))
    assert [(each.version, each.status) for each in state.versions] == [(1, Status.ACTIVE), (2, Status.SIGNED)]
    assert (target(state), timing.due_at(state)) == ("99.9", BEGINS - timedelta(days=1)), "both are told ahead"
    state = after(state, timing.fire(state, BEGINS - timedelta(seconds=1)))
    assert (state.version, timing.due_at(state)) == (1, BEGINS)
    state = after(state, timing.fire(state, BEGINS))
    assert [(each.version, each.status) for each in state.versions] == [(1, Status.SUPERSEDED), (2, Status.ACTIVE)]
    assert (target(state), state.earlier[0].text, state.earlier[0].signatures) == (
        "99.95", before.text, before.signatures)  # fmt: skip
    assert timing.fire(state, BEGINS) == []
    found = [state.as_of(at) for at in (START - timedelta(days=1), START, BEGINS - timedelta(seconds=1), BEGINS)]
    assert [each and each.version for each in found] == [None, 1, 1, 2]


def test_without_a_day_it_holds_from_the_last_signature_on() -> None:
    state = signed_by_both(amended(in_force(), MORE))
    assert (state.version, state.status, state.effective_from) == (2, Status.ACTIVE, NOW)


def test_one_amendment_is_written_at_a_time_and_by_the_parties_alone() -> None:
    state = amended(in_force(), MORE, LATER)
    with pytest.raises(Conflict, match="version 2 is not signed by both yet"):
        amended(state, MORE)
    with pytest.raises(Forbidden, match="no part"):
        amended(in_force(), MORE, party="stranger")
    with pytest.raises(Conflict, match="version 1 is not signed"):
        amended(drafted(), MORE)
    with pytest.raises(Invalid, match="changes nothing"):
        amended(in_force(), LATER)
    other = text(parties={"provider": PROVIDER, "customer": "stranger"})
    with pytest.raises(Conflict, match="keeps its parties"):
        domain.amend(in_force(), PROVIDER, other, NOW)


def test_an_amendment_never_reaches_back() -> None:
    with pytest.raises(Conflict, match="has begun"):
        amended(in_force(), MORE, merge("amendment", {"effectiveFrom": "2026-03-10"}))
    state = signed(amended(in_force(), MORE, LATER), PROVIDER, NOW)
    with pytest.raises(Conflict, match="propose a later one"):
        signed(state, CUSTOMER, BEGINS)
    waiting = signed_by_both(amended(in_force(), MORE, LATER))
    with pytest.raises(Conflict, match="when version 2 begins"):
        amended(waiting, merge("objectives/availability", {"target": "99.5"}))
    third = merge("amendment", {"effectiveFrom": "2026-04-01"})
    state = signed_by_both(amended(waiting, merge("objectives/availability", {"target": "99.5"}), third))
    assert [each.version for each in state.versions] == [1, 2, 3]
    late = after(state, timing.fire(state, datetime(2026, 5, 1, tzinfo=UTC)))
    assert [each.status for each in late.versions] == [Status.SUPERSEDED, Status.SUPERSEDED, Status.ACTIVE]


def test_the_day_of_the_last_amendment_is_not_that_of_the_next_one_and_no_text_returns_unnamed() -> None:
    state = after(drafted(), [])
    state = signed_by_both(amended(in_force(), MORE, LATER))
    state = after(state, timing.fire(state, BEGINS))
    back = merge("objectives/availability", {"target": "99.9"})
    with pytest.raises(Conflict, match="same text as version 1"):
        amended(state, back, at=BEGINS + timedelta(days=1))
    named = merge("amendment", {"effectiveFrom": "2026-04-01"})
    assert amended(state, back, named, at=BEGINS + timedelta(days=1)).last.version == 3


def test_consumers_get_the_whole_text_when_it_is_signed_and_again_when_it_is_in_force() -> None:
    state = signed(amended(in_force(), MORE, LATER), PROVIDER, NOW)
    hashed = state.last.hash
    events = signing.sign(state, CUSTOMER, "budi", hashed, signatures.sign(BUDI, hashed), NOW)
    state = after(state, events)
    told = [message for event in events for message in of_agreement(event, state)]
    assert [each.type for each in told] == ["sepakat.agreement.signed.v1", "sepakat.agreement.amended.v1"]
    data = told[1].data
    assert data is not None and data["effective_from"] == "2026-03-16T00:00:00.000+07:00"
    assert (data["version"], data["text"]["objectives"][0]["target"]) == (2, "99.95")
    (begun,) = timing.fire(state, BEGINS)
    text_told, activated = of_agreement(begun, after(state, [begun]))
    assert (text_told.topic, text_told.key) == (topics.AGREEMENT_TEXTS, "toko-checkout/2")
    assert activated.data is not None and activated.data["supersedes"] == 1


def test_what_was_stored_before_there_were_versions_is_read_as_it_stands() -> None:
    state = in_force()
    written: dict[str, Any] = msgspec.to_builtins(state)
    old = {name: written[name] for name in ("id", "version", "text", "hash", "status", "signatures", "effective_from")}
    read = msgspec.convert(old, Agreement)
    assert (read.versions, read.open, read.status) == ((replace(state.current, frozen=None),), None, Status.ACTIVE)
    assert timing.due_at(read) == datetime(2026, 12, 1, 17, tzinfo=UTC), "its end is told ahead, too"
    assert msgspec.convert({"signature": msgspec.to_builtins(state.signatures[0])}, Signed).version == 1
