"""The way of counting has a name: verdicts and evidence say it, and whoever checks one sees where it differs.

`counting-1.json` has figures as they are by that way. Where a change of the code changes one of them, it is another way
of counting: it needs a name of its own, and a file of its own beside this one, which stays as it is.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from measuring.test_evidence import DECEMBER, FACTS, HOUR, KEY, NOVEMBER, OBJECTIVES, OF, signed_anew
from samples import agreement

from sepakat_metrics import evidence
from sepakat_metrics.buckets import Delta
from sepakat_metrics.terms import Adjustments, Announced, Terms
from sepakat_shared.contracts import counting

EXPECTED: dict[str, Any] = json.loads((Path(__file__).parent / "counting-1.json").read_text())
WORK = Adjustments(announced=(Announced(NOVEMBER + 30 * HOUR, NOVEMBER + 31 * HOUR, False, ("checkout",)),))
OFFICE = [{"id": "office", "timeZone": "Asia/Jakarta", "weekly": {"mon-fri": "08:00-17:00"}}]
CASES: dict[str, tuple[str, dict[str, Any], Adjustments]] = {
    **{measure: (measure, {"measure": measure, **how}, Adjustments()) for measure, how in OBJECTIVES.items()},
    "timeslices of states": ("time", {"measure": "timeslices", "slice": "PT5M", "target": "99.9"}, Adjustments()),
    "timeslices of counts": (
        "occurrences", {"measure": "timeslices", "slice": "PT1H", "sliceTarget": "99", "target": "95"}, Adjustments(),
    ),
    "ratio-timeslices": (
        "occurrences", {"measure": "ratio-timeslices", "slice": "PT1H", "target": "99"}, Adjustments(),
    ),
    "share": (
        "percentile", {"measure": "share", "threshold": {"atMost": "1500", "unit": "ms"}, "target": "95"},
        Adjustments(),
    ),
    "mean": ("percentile", {"measure": "mean", "target": {"atMost": "1500", "unit": "ms"}}, Adjustments()),
    "time with work": ("time", {"measure": "time", "target": "99.9"}, WORK),
    "time in office hours": ("time", {"measure": "time", "target": "99.9", "calendar": "office"}, Adjustments()),
}  # fmt: skip


def packed(name: str, signed_with: str | None = None, key: Ed25519PrivateKey = KEY) -> dict[str, Any]:
    of, how, adjustments = CASES[name]
    objective = {"id": "o", "indicator": OF, "window": {"calendar": "month"}, **how}
    text = agreement(needs=[], calendars=OFFICE, objectives=[objective])
    terms = Terms(text, text.objectives[0], None, adjustments, FACTS[of][0].kind)
    whole = Delta([terms.threshold] if terms.threshold is not None else [])
    for each in FACTS[of]:
        whole.add(each)
    span = NOVEMBER, DECEMBER
    days = evidence.within(whole.by_day(), span, "toko-checkout")
    return evidence.pack(terms, "toko-checkout", 1, days, span, DECEMBER, key, signed_with)


def failed(pack: dict[str, Any]) -> dict[str, str]:
    return {check.name: check.finding for check in evidence.verify(pack).checks if not check.ok}


@pytest.mark.parametrize("name", CASES)
def test_figures_are_as_this_way_of_counting_makes_them(name: str) -> None:
    assert counting.COUNTING == "sepakat-counting/1", "another way has a file of its own"
    assert json.loads(json.dumps(packed(name)["figure"])) == EXPECTED[name]


def test_evidence_says_how_it_was_counted_and_how_it_was_agreed() -> None:
    pack = packed("time", counting.COUNTING)
    assert (pack["counting"], pack["agreement"]["counting"]) == (counting.COUNTING, counting.COUNTING)
    [check] = [each for each in evidence.verify(pack).checks if each.name == "counting"]
    assert check.ok and check.finding == "counted by sepakat-counting/1; as the agreement was signed"
    assert failed(packed("time")) == {}, "an agreement that was signed before this had a name says nothing of it"


def test_whoever_checks_reads_where_the_way_of_counting_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert failed(packed("time", "sepakat-counting/0")) == {
        "counting": "counted by sepakat-counting/1; the agreement was signed with sepakat-counting/0"
    }
    pack = packed("time", counting.COUNTING)
    monkeypatch.setattr(evidence, "COUNTING", "sepakat-counting/2")
    assert "this program counts by sepakat-counting/2" in failed(pack)["counting"]


def test_a_pack_of_before_is_recomputed_all_the_same() -> None:
    pack = packed("time")
    del pack["counting"], pack["agreement"]["counting"]
    assert "counting" not in [each.name for each in evidence.verify(signed_anew(pack)).checks]
    assert failed(signed_anew(pack)) == {}
