"""Which API keys may be asked for: every rule names its field."""

from typing import Any

import pytest

from sepakat_agreements.api import KeyIn
from sepakat_shared.auth import Principal
from sepakat_shared.errors import Invalid

MEDIATOR: dict[str, Any] = {
    "id": "arbiter", "mediates": "toko-checkout/arbiter", "scopes": ["disputes:read", "disputes:write"],
}  # fmt: skip


def test_a_mediators_key_acts_for_no_party_and_in_no_role() -> None:
    KeyIn(**MEDIATOR).check()


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"party": "nusantara"}, "/mediates"),
        ({"roles": ["operator"]}, "/mediates"),
        ({"scopes": ["incidents:read"]}, "/scopes"),
        ({"scopes": ["disputes:all"]}, "/scopes"),
        ({"mediates": None}, "/roles"),
        ({"mediates": None, "roles": ["customer"]}, "/party"),
    ],
)
def test_what_a_key_may_not_be_is_refused_by_field(changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid, match=f"^{pointer}: "):
        KeyIn(**{**MEDIATOR, **changes}).check()


def test_who_acts_for_no_party_finds_no_partys_documents() -> None:
    mediator = Principal("arbiter", None, frozenset(), frozenset({"disputes:read"}), mediates="toko-checkout/arbiter")
    assert mediator.restrict({"agreement": "x"}) == {"agreement": "x", "parties": {"$in": []}}
    assert not mediator.sees(["nusantara", "toko-maju"])
    assert not mediator.is_operator and not mediator.may("incidents:read")
