"""Needs as people state, answer and trace them on the command line."""

from typing import Any

from stand import Run, Stand, answer

NEED: dict[str, Any] = {
    "id": "toko-checkout.toko-maju.sell-all-day", "agreement": "toko-checkout", "need": "sell-all-day",
    "provider": "nusantara", "customer": "toko-maju", "service": "checkout", "priority": "must", "revision": 1,
    "statement": {"en": "Shoppers can pay at any time"}, "goal": None, "success": None, "answer": None,
    "impact": {"cost": "40000000", "currency": "IDR", "per": "PT1H"}, "withdrawn_at": None,
}  # fmt: skip
ANSWERED = {**NEED, "answer": {"verdict": "adjusted", "served_by": ["availability"], "reason": "98 % at night"}}
TRACED: dict[str, Any] = {
    "needs": [{"id": "sell-all-day", "priority": "must", "covered": False, "served_by": [],
               "waivers": [{"party": "toko-maju"}]}],
    "objectives_without_need": ["availability"], "obligations_without_owner": [], "hinders_signing": ["sell-all-day"],
}  # fmt: skip


def test_a_need_is_stated_in_two_languages_with_its_impact(stand: Stand, run: Run) -> None:
    stand.on("POST", "/v1/needs", answer(NEED, 201))
    told = run("needs", "state", "sell-all-day", "--agreement", "toko-checkout", "--provider", "nusantara",
               "--service", "checkout", "--priority", "must", "--statement", "Pay at any time: always",
               "--statement", "id:Membayar kapan saja", "--impact", "40000000/IDR/PT1H")  # fmt: skip
    assert told.stdout == "toko-checkout.toko-maju.sell-all-day (revision 1): not answered yet\n"
    sent = stand.asked[0].json
    assert sent["statement"] == {"en": "Pay at any time: always", "id": "Membayar kapan saja"}
    assert sent["impact"] == NEED["impact"] and sent["goal"] is None
    refused = run("needs", "state", "n", "--agreement", "a", "--provider", "p", "--service", "s", "--statement", "x",
                  "--impact", "much")  # fmt: skip
    assert (refused.exit_code, "COST/CURRENCY/PER" in refused.stderr) == (2, True)


def test_answers_and_ends_go_where_they_belong(stand: Stand, run: Run) -> None:
    id = NEED["id"]
    for what in ("answer", "withdraw"):
        stand.on("POST", f"/v1/needs/{id}/{what}", answer(ANSWERED))
    told = run("needs", "answer", id, "--verdict", "adjusted", "--revision", "1", "--served-by", "availability",
               "--reason", "98 % at night")  # fmt: skip
    assert told.stdout == f"{id} (revision 1): adjusted (availability): 98 % at night\n"
    assert run("needs", "withdraw", id).exit_code == 0
    assert [each.json for each in stand.asked] == [
        {"verdict": "adjusted", "served_by": ["availability"], "reason": "98 % at night", "revision": 1},
        {"reason": None},
    ]


def test_what_is_needed_and_what_serves_it_is_shown(stand: Stand, run: Run) -> None:
    id = NEED["id"]
    stand.on("GET", "/v1/needs", answer({"items": [ANSWERED, {**NEED, "withdrawn_at": "2026-11-24T09:00:00Z"}]}))
    stand.on("GET", f"/v1/needs/{id}", answer(NEED))
    stand.on("GET", f"/v1/needs/{id}/history", answer({"items": [
        {"at": "2026-11-24T09:00:00Z", "what": "Stated", "by": "budi", "statement": NEED["statement"]}]}))  # fmt: skip
    stand.on("GET", "/v1/agreements/toko-checkout/traceability", answer(TRACED))
    stand.on("POST", "/v1/agreements/toko-checkout/waivers", answer(TRACED, 201))
    listed = run("needs", "list").stdout
    assert "adjusted (availability): 98 % at night" in listed and "withdrawn" in listed
    assert "40000000 IDR per PT1H" in run("needs", "show", id).stdout
    waived = run("needs", "waive", "toko-checkout", "--need", "sell-all-day", "--statement", "we sell by day")
    for told in (run("needs", "trace", "toko-checkout"), waived):
        assert "sell-all-day  must      no" in told.stdout
        assert "availability serves no need" in told.stderr and "hinders signing" in told.stderr
    assert stand.of("POST", "/v1/agreements/toko-checkout/waivers")[0].json == {
        "need": "sell-all-day",
        "statement": "we sell by day",
    }
