"""An indicator that incidents are to feed has the one name under which they do: told where it has another."""

from typing import Any

import pytest
from samples import agreement, agreement_dict

from sepakat_shared.contracts import rules
from sepakat_shared.contracts.texts import Indicator


def indicator(id: str = "nusantara/checkout-tickets", **more: Any) -> Indicator:
    whole = {"kindOfEvents": "ticket", "sources": ["/helpdesk", "/sepakat/incidents"], **more}
    return Indicator.model_validate({"metadata": {"id": id}, **whole})


@pytest.mark.parametrize(
    ("id", "more", "right"),
    [
        ("nusantara/checkout-cases", {"service": "checkout"}, "nusantara/checkout-tickets"),
        ("nusantara/tickets", {"service": "checkout"}, "nusantara/checkout-tickets"),
        ("nusantara/search-tickets", {"service": "checkout"}, "nusantara/checkout-tickets"),
        ("nusantara/mtta", {}, "nusantara/SERVICE-tickets"),
    ],
)
def test_another_name_than_the_one_that_incidents_feed_is_told_with_the_right_one(
    id: str, more: dict[str, Any], right: str
) -> None:
    [(pointer, words)] = rules.advise(indicator(id, **more))
    assert pointer == "/metadata/id"
    assert words == (
        "is never fed by /sepakat/incidents, which is among its sources: incidents feed PROVIDER/SERVICE-tickets "
        f"alone; call it {right}, or take that source out"
    )


@pytest.mark.parametrize(
    "fed",
    [
        indicator(),
        indicator(service="checkout"),
        indicator("nusantara/mtta", sources=["/helpdesk"]),
        indicator("nusantara/mtta", sources=[]),
    ],
)
def test_nothing_is_told_of_the_right_name_and_of_other_sources(fed: Indicator) -> None:
    assert list(rules.advise(fed)) == []


def test_incidents_send_tickets_and_nothing_else() -> None:
    [(pointer, words)] = rules.advise(indicator(kindOfEvents="state"))
    assert (pointer, "sends tickets" in words) == ("/kindOfEvents", True)


@pytest.mark.parametrize("id", ["toko-maju/checkout-tickets", "nusantara/search-tickets"])
def test_beside_the_agreement_the_name_is_of_its_provider_and_one_of_its_services(id: str) -> None:
    clock = {"from": "opened", "until": "responded"}
    objective = {**agreement_dict()["objectives"][0], "id": "mtta", "indicator": id, "measure": "mean", "clock": clock,
                 "target": {"atMost": "PT10M"}, "credits": None}  # fmt: skip
    text = agreement(objectives=[objective], needs=[])
    [(number, pointer, words)] = rules.advise_together([text, indicator(id)])
    assert (number, pointer) == (1, "/metadata/id")
    assert "call it nusantara/checkout-tickets, or" in words
    assert list(rules.advise_together([text, indicator("nusantara/mtta")])) == [], "it is told by itself already"
