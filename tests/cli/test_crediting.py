"""Credits as people and scripts read, claim and settle them."""

import json
from typing import Any

from stand import Run, Stand, answer

ID = "toko-checkout.2026.availability.20261031T170000Z"
CREDIT: dict[str, Any] = {
    "id": ID, "agreement": "toko-checkout", "objective": "availability", "status": "due", "percent": "10",
    "period": {"start": "2026-10-31T17:00:00.000Z", "end": "2026-11-30T17:00:00.000Z"}, "share": "1/1",
    "charge": {"id": "fee", "amount": "25000000"}, "currency": "IDR", "full": "2500000.00", "amount": "2500000.00",
    "settled": "0", "outstanding": "2500000.00", "reduced_by": ["cap"], "reference": None, "contested_because": None,
    "claim_until": "2027-01-30T01:00:00.000Z",
}  # fmt: skip


def test_what_is_owed_is_listed_and_shown_with_its_history(stand: Stand, run: Run) -> None:
    stand.on("GET", "/v1/credits", answer({"items": [CREDIT]}))
    stand.on("GET", f"/v1/credits/{ID}", answer(CREDIT))
    owed = {"at": "2026-12-01T01:00:00.000Z", "by": "/sepakat/metrics", "what": "Owed", "amount": "2500000.00"}
    stand.on("GET", f"/v1/credits/{ID}/history", answer({"items": [owed]}))
    listed = run("credits", "list", "--agreement", "toko-checkout", "--status", "due").stdout
    assert ID in listed and "2500000.00 IDR" in listed
    assert stand.asked[0].query["agreement"] == "toko-checkout"
    shown = run("credits", "show", ID).stdout
    assert "fee: 25000000 IDR" in shown and "amount 2500000.00" in shown and "cap" in shown
    assert json.loads(run("credits", "show", ID, "--json").stdout)["history"] == [owed]
    assert json.loads(run("credits", "list", "--json").stdout)["items"] == [CREDIT]


def test_each_move_sends_what_it_needs_and_tells_what_is_outstanding(stand: Stand, run: Run) -> None:
    for what in ("claim", "accept", "contest", "settle"):
        stand.on("POST", f"/v1/credits/{ID}/{what}", answer({**CREDIT, "status": f"{what}ed"}))
    assert run("credits", "claim", ID).stdout == f"{ID}: claimed, 2500000.00 IDR outstanding\n"
    run("credits", "accept", ID, "--statement", "as agreed")
    run("credits", "contest", ID, "--reason", "a firewall")
    assert json.loads(run("credits", "settle", ID, "--reference", "invoice 7", "--json").stdout)["id"] == ID
    assert [each.json for each in stand.asked] == [
        {"statement": None}, {"statement": "as agreed"}, {"reason": "a firewall"}, {"reference": "invoice 7"},
    ]  # fmt: skip
    assert run("credits", "contest", ID).exit_code == 2, "it needs a reason"
