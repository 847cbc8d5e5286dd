"""From draft to force, as pure decisions."""

from datetime import UTC, datetime, timedelta
from functools import reduce

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from samples import agreement as sample

from sepakat_agreements import signing as domain
from sepakat_agreements.agreement import Activated, Agreement, Status
from sepakat_agreements.folding import apply
from sepakat_shared import signatures
from sepakat_shared.contracts import texts
from sepakat_shared.errors import Conflict, Invalid

RINA, BUDI = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
START = datetime(2025, 12, 31, 17, tzinfo=UTC)
"""Midnight in Jakarta on the first day of the term."""


def text(**changes: object) -> texts.Agreement:
    signatories = [
        {"party": "nusantara", "contact": "rina", "key": signatures.public_key(RINA)},
        {"party": "toko-maju", "contact": "budi", "key": signatures.public_key(BUDI)},
    ]
    return sample(signatories=signatories, **changes)


def drafted() -> Agreement:
    written = text()
    events = domain.draft(None, "toko-checkout", texts.as_text(written), texts.text_hash(written))
    return after(None, events)


def after(state: Agreement | None, events: object) -> Agreement:
    result = reduce(apply, events, state)  # type: ignore[arg-type]
    assert isinstance(result, Agreement)
    return result


def signed_by(state: Agreement, party: str, contact: str, key: Ed25519PrivateKey, now: datetime) -> Agreement:
    return after(state, domain.sign(state, party, contact, state.hash, signatures.sign(key, state.hash), now))


def test_it_binds_when_both_have_signed_and_the_term_has_begun() -> None:
    one = signed_by(drafted(), "nusantara", "rina", RINA, START)
    assert one.status is Status.DRAFT
    both = signed_by(one, "toko-maju", "budi", BUDI, START)
    assert both.status is Status.ACTIVE


def test_before_its_term_it_waits_for_the_first_instant_in_its_own_time_zone() -> None:
    early = START - timedelta(seconds=1)
    one = signed_by(drafted(), "nusantara", "rina", RINA, early)
    both = signed_by(one, "toko-maju", "budi", BUDI, early)
    assert both.status is Status.SIGNED
    assert domain.activate(both, early) == []
    assert domain.activate(both, START) == [Activated(START)]


def test_signing_twice_with_the_same_signature_changes_nothing() -> None:
    one = signed_by(drafted(), "nusantara", "rina", RINA, START)
    assert domain.sign(one, "nusantara", "rina", one.hash, signatures.sign(RINA, one.hash), START) == []


def test_a_signature_of_another_text_or_by_another_key_is_refused() -> None:
    state = drafted()
    with pytest.raises(Invalid, match="signature"):
        domain.sign(state, "nusantara", "rina", state.hash, signatures.sign(BUDI, state.hash), START)
    with pytest.raises(Invalid, match="signature"):
        domain.sign(state, "nusantara", "rina", state.hash, signatures.sign(RINA, "sha256:00"), START)
    with pytest.raises(Conflict, match="read it again"):
        domain.sign(state, "nusantara", "rina", "sha256:00", signatures.sign(RINA, "sha256:00"), START)
    with pytest.raises(Invalid, match="not a signatory"):
        domain.sign(state, "nusantara", "budi", state.hash, signatures.sign(BUDI, state.hash), START)


def test_a_new_draft_voids_the_signatures_given_so_far() -> None:
    one = signed_by(drafted(), "nusantara", "rina", RINA, START)
    other = text(term={"from": "2026-02-01", "until": "2026-12-31", "timeZone": "Asia/Jakarta"})
    again = after(one, domain.draft(one, "toko-checkout", texts.as_text(other), texts.text_hash(other)))
    assert again.signatures == ()
    assert again.hash == texts.text_hash(other)


def test_a_signed_text_never_changes() -> None:
    both = signed_by(signed_by(drafted(), "nusantara", "rina", RINA, START), "toko-maju", "budi", BUDI, START)
    with pytest.raises(Conflict, match="never changes"):
        domain.draft(both, "toko-checkout", texts.as_text(text()), "sha256:00")


def test_drafting_the_same_text_again_changes_nothing() -> None:
    state = drafted()
    assert domain.draft(state, "toko-checkout", texts.as_text(text()), state.hash) == []
