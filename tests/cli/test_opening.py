"""An incident that a party opens itself, on the command line."""

import json

from stand import Run, Stand, answer

FOUND = {"id": "toko.checkout.0003", "number": "CHECKOUT-0003", "status": "open", "priority": "P1",
         "became": "opened", "opened_at": "2026-11-24T08:00:00.000Z"}  # fmt: skip
ASKED = ("incidents", "open", "toko", "checkout", "orders are lost", "--impact", "high", "--urgency", "medium")


def test_an_incident_is_opened_with_all_that_is_known_of_it(stand: Stand, run: Run) -> None:
    stand.on("POST", "/v1/incidents", answer(FOUND, 201))
    more = (
        "--description",
        "paid",
        "--since",
        "2026-11-24T07:00:00+07:00",
        "--cause",
        "disk",
        "--idempotency-key",
        "k",
    )
    assert run(*ASKED, *more).stdout == "toko.checkout.0003: open, P1\n"
    assert stand.asked[0].json == {
        "agreement": "toko", "service": "checkout", "title": "orders are lost", "description": "paid",
        "impact": "high", "urgency": "medium", "impact_started_at": "2026-11-24T07:00:00+07:00", "cause": "disk",
    }  # fmt: skip
    assert stand.asked[0].headers["idempotency-key"] == "k"
    assert json.loads(run(*ASKED, "--json").stdout) == FOUND
    assert set(stand.asked[1].json) == {"agreement", "service", "title", "description", "impact", "urgency"}
    assert "idempotency-key" not in stand.asked[1].headers


def test_one_that_joined_another_says_which(stand: Stand, run: Run) -> None:
    stand.on("POST", "/v1/incidents", answer(FOUND | {"became": "attached"}))
    said = run(*ASKED).stderr
    assert "CHECKOUT-0003" in said and "2026-11-24T08:00:00.000Z" in said
    assert run(*ASKED, "--since", "yesterday").exit_code == 2
    assert run(*ASKED[:-2]).exit_code == 2, "the priority follows from both"
