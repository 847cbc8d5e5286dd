"""An organisation and its contacts, as pure decisions."""

from functools import reduce

from sepakat_agreements.party import apply_to_party, record_party


def test_a_contact_left_out_is_erased_and_a_changed_one_gets_a_revision() -> None:
    party = reduce(apply_to_party, record_party(None, "p", "P", None, ["a", "b"], []), None)
    assert party is not None and party.contacts == {"a": 1, "b": 1}
    party = reduce(apply_to_party, record_party(party, "p", "P", None, ["a"], ["b"]), party)
    assert party is not None and party.contacts == {"a": 2}
