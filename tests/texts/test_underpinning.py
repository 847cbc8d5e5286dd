"""What an agreement promises beside what its suppliers' agreements do: told, never refused."""

from typing import Any

import pytest
from samples import agreement, agreement_dict

from sepakat_agreements.agreement import Version
from sepakat_agreements.need_api import underpinning_view
from sepakat_shared.contracts import reading, rules, texts
from sepakat_shared.contracts.rules import underpinning

PARTIES = {"provider": "hoster", "customer": "nusantara"}


def available(id: str = "availability", target: str = "99.9", **more: Any) -> dict[str, Any]:
    return {"id": id, "indicator": "nusantara/state", "measure": "time", "target": target,
            "window": {"calendar": "month"}, **more}  # fmt: skip


def restored(limit: str, priority: str | None = None, id: str = "restore") -> dict[str, Any]:
    return {
        "id": id, "indicator": "nusantara/checkout-tickets", "measure": "per-case", "target": "95",
        "clock": {"from": "opened", "until": "restored"}, "threshold": {"atMost": limit},
        "window": {"calendar": "quarter"}, "where": {} if priority is None else {"priority": priority},
    }  # fmt: skip


def supplier(id: str, *objectives: dict[str, Any], **more: Any) -> texts.Agreement:
    return agreement(metadata={"id": id}, parties=PARTIES, objectives=objectives, needs=[], **more)


def told(links: list[dict[str, Any]], *suppliers: texts.Agreement, **ours: Any) -> list[tuple[str, str]]:
    text = agreement(underpinning=links, needs=[], **ours)
    return list(underpinning.advise(text, {each.metadata.id: each for each in suppliers}))


def test_a_target_above_the_weakest_supplier_is_told_and_one_that_equals_it_is_not() -> None:
    links = [{"agreement": "hosting"}]
    ours = {"objectives": [available(target="99.95")], "priorities": None}
    assert told(links, supplier("hosting", available(target="99.9")), **ours) == [
        ("/objectives/0/target", "is more than the 99.9 % that hosting promises, on which it rests"),
    ]  # fmt: skip
    assert told(links, supplier("hosting", available(target="99.95")), **ours) == []
    assert told(links, **ours) == [], "of what is not there nothing is said"


def test_a_target_above_what_suppliers_come_to_together_is_told_exactly() -> None:
    links = [{"agreement": "hosting"}, {"agreement": "payments"}]
    both = supplier("hosting", available(target="99.9")), supplier("payments", available(target="99.95"))
    [(pointer, rule)] = told(links, *both, objectives=[available(target="99.9")], priorities=None)
    assert (
        pointer == "/objectives/0/target"
        and "more than the 99.85005 % to which hosting, payments come together" in rule
    )
    assert told(links, *both, objectives=[available(target="99.85005")], priorities=None) == []


def test_only_what_rests_on_it_is_compared_and_only_with_what_it_rests_on() -> None:
    ours = {"objectives": [available(target="99.95"), available("search", "99.95")], "priorities": None}
    host = supplier("hosting", available("vm", "99.99"), available("disk", "99"))
    links = [{"agreement": "hosting", "objectives": ["search"]}]
    assert [pointer for pointer, _ in told(links, host, **ours)] == ["/objectives/1/target"]
    assert told([{**links[0], "by": ["vm"]}], host, **ours) == []
    assert [pointer for pointer, _ in told([{**links[0], "by": ["vm", "cpu"]}], host, **ours)] == [
        "/underpinning/0/by/1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("ours", "theirs", "is_told"),
    [
        (restored("PT4H", "P1"), restored("PT8H", "P1"), True),
        (restored("PT8H", "P1"), restored("PT8H", "P1"), False),
        (restored("PT4H", "P1"), restored("PT8H"), True),
        (restored("PT4H", "P1"), restored("PT8H", "P2"), False),
        (restored("PT4H"), restored("PT8H", "P3"), True),
    ],
)
def test_a_recovery_that_is_promised_sooner_than_suppliers_do_is_told(
    ours: dict[str, Any], theirs: dict[str, Any], is_told: bool
) -> None:
    found = told([{"agreement": "hosting"}], supplier("hosting", theirs, priorities=None), objectives=[ours],
                 priorities=None)  # fmt: skip
    assert [pointer for pointer, _ in found] == (["/objectives/0/threshold/atMost"] if is_told else [])


def test_limits_of_priorities_are_compared_too() -> None:
    ours = {"P1": {"escalation": "critical", "restore": "PT2H", "firstResponse": "PT15M"}}
    theirs = {"P1": {"escalation": "critical", "restore": "PT4H", "firstResponse": "PT15M"}}
    [(pointer, rule)] = told(
        [{"agreement": "hosting"}], supplier("hosting", available(), priorities=theirs), priorities=ours
    )
    assert pointer == "/priorities/P1/restore"
    assert rule == "is shorter than the PT4H in which hosting promises that it is restored, on which it rests"


def test_an_agreement_in_which_the_provider_is_not_the_customer_promises_it_nothing() -> None:
    [(pointer, rule)] = told([{"agreement": "hosting"}], agreement(metadata={"id": "hosting"}, needs=[]))
    assert pointer == "/underpinning/0/agreement" and "promises nusantara nothing" in rule


def test_a_link_to_itself_or_twice_is_refused_and_a_promise_beyond_suppliers_is_not() -> None:
    links = [{"agreement": "toko-checkout"}, {"agreement": "hosting", "objectives": ["none"]}, {"agreement": "hosting"}]
    _, problems = reading.read([agreement_dict(underpinning=links)])
    assert [each.pointer for each in problems] == [
        "/underpinning/0/agreement", "/underpinning/1/objectives/0", "/underpinning/2/agreement",
    ]  # fmt: skip
    beyond = agreement_dict(underpinning=[{"agreement": "hosting"}], objectives=[available(target="99.99")], needs=[])
    documents, problems = reading.read([beyond, texts.as_text(supplier("hosting", available(target="99")))])
    assert problems == []
    assert [(i, pointer) for i, pointer, _ in rules.advise_together(documents)] == [(0, "/objectives/0/target")]


def test_the_service_tells_it_with_the_traceability_of_whoever_may_read_both() -> None:
    text = agreement(underpinning=[{"agreement": "hosting"}, {"agreement": "others"}], needs=[])
    version = Version(1, texts.as_text(text), "sha256:x")
    shown = underpinning_view(version, {"hosting": texts.as_text(supplier("hosting", available(target="99")))})
    assert (shown["agreements"], shown["compared_with"]) == (["hosting", "others"], ["hosting"])
    assert [each["pointer"] for each in shown["warnings"]] == ["/objectives/0/target"]
