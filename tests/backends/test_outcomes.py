"""What a dispute has ended in, as `metrics` grants it on a real database: every part, and each once."""

from datetime import timedelta
from typing import Any

import pytest

from sepakat_metrics import outcomes
from sepakat_metrics.archive import Archive
from sepakat_metrics.corrections import Corrections
from sepakat_metrics.registry import Registry
from sepakat_shared.auth import Principal
from sepakat_shared.clock import SystemClock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts.disputes import Adjustment, DisputeSettled, Remedy
from sepakat_shared.contracts.fact import PeriodSpan
from sepakat_shared.contracts.obligations import ObligationExcused, ObligationMet
from sepakat_shared.errors import Forbidden
from sepakat_shared.messages import Envelope

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]
CLOCK = SystemClock()
CUSTOMER = Principal("budi-key", "toko-maju", frozenset({"customer"}), frozenset({"compliance:write"}))
PROVIDER = Principal("rina-key", "nusantara", frozenset({"provider"}), frozenset({"compliance:write"}))


def cause(sequence: int) -> Envelope:
    return Envelope(
        f"e{sequence}", "/sepakat/incidents", DisputeSettled.type, "d.0001", None, b"", f"{sequence:08d}.000"
    )


def settled(*adjustments: Adjustment) -> DisputeSettled:
    return DisputeSettled(
        dispute="d.0001", number="D-1", agreement="toko-checkout", provider="nusantara", customer="toko-maju",
        raised_by="toko-maju", subject_kind="verdict", subject="availability/x", result="partly", how="agreement",
        remedy=Remedy(adjustments=adjustments), by="rina-key", at=CLOCK.now(),
    )  # fmt: skip


async def test_an_outcome_that_comes_again_grants_nothing_more(database: Any) -> None:
    commits = Commits(database, CLOCK)
    made = Corrections(commits, Registry(database, CLOCK), Archive(database), CLOCK, "http://x").grants
    now = CLOCK.now()
    fact = settled(
        Adjustment(kind="events", objectives=("availability",), start=now, good=0, total=5),
        Adjustment(kind="case-time", ticket="T-1", seconds=-60),
    )
    for _ in range(2):
        await made.on_settled(fact, cause(3))
    granted = await made.page(CUSTOMER, "toko-checkout", None, 10)
    assert sorted((each.asked.kind, each.asked.dispute, each.asked.reason) for each in granted) == [
        ("case-time", "d.0001", "dispute"), ("events", "d.0001", "dispute"),
    ]  # fmt: skip
    assert {each.asked.note for each in granted} == {"dispute D-1: upheld in part by both parties"}
    case = next(each for each in granted if each.asked.kind == "case-time")
    await made.withdraw(case.granted.id, PROVIDER)
    await made.on_settled(fact, cause(4))
    known = await made.visible(case.granted.id, CUSTOMER)
    assert known.state.withdrawn_by == "rina-key", "what was given back stays given back"


def test_an_outcome_about_a_clock_counts_in_the_objectives_of_that_clock_alone() -> None:
    named = Adjustment(kind="case-time", objectives=("restoring",), ticket="T-1", seconds=-60)
    of_none = named.model_copy(update={"objectives": ()})
    fact = settled(named, of_none).model_copy(update={"subject_kind": "clock", "subject": "T-1/restoration"})
    assert [asked.objectives for _, asked in outcomes.asked_by(fact)] == [("restoring",)]
    assert len(list(outcomes.asked_by(settled(named, of_none)))) == 2


async def test_an_outcome_without_adjustments_changes_no_figure(database: Any) -> None:
    made = Corrections(Commits(database, CLOCK), Registry(database, CLOCK), Archive(database), CLOCK, "http://x").grants
    await made.on_settled(settled(), cause(3))
    assert await made.page(CUSTOMER, None, None, 10) == []


async def test_a_credit_that_a_dispute_has_ended_in_is_granted_for_its_period_once(database: Any) -> None:
    made = Corrections(Commits(database, CLOCK), Registry(database, CLOCK), Archive(database), CLOCK, "http://x").grants
    span = PeriodSpan(start=CLOCK.now() - timedelta(days=30), end=CLOCK.now())
    about = {"subject_kind": "credit", "objective": "availability", "period": span}
    fact = settled().model_copy(update={**about, "remedy": Remedy(credit_percent="7.5")})
    for sequence in (3, 3, 4):
        await made.on_settled(fact, cause(sequence))
    [granted] = await made.page(CUSTOMER, "toko-checkout", None, 10)
    asked = granted.asked
    assert (asked.kind, asked.credit_percent, asked.objectives) == ("credit", "7.5", ("availability",))
    assert (asked.start, asked.end) == (span.start, span.end)
    with pytest.raises(Forbidden):
        await made.withdraw(granted.granted.id, PROVIDER)


async def test_the_time_in_which_an_obligation_was_unmet_is_excluded_from_what_it_pauses_once(database: Any) -> None:
    made = Corrections(Commits(database, CLOCK), Registry(database, CLOCK), Archive(database), CLOCK, "http://x").grants
    span = PeriodSpan(start=CLOCK.now() - timedelta(hours=2), end=CLOCK.now())
    about: dict[str, Any] = {
        "occurrence": "toko-checkout.contact.k1", "agreement": "toko-checkout", "version": 1, "provider": "nusantara",
        "customer": "toko-maju", "obligation": "contact", "text": {"en": "Answer"}, "party": "toko-maju",
        "occasion": "request", "begins_at": span.start, "due_at": span.start, "status": "met-late", "by": "budi",
        "at": span.end,
    }  # fmt: skip
    in_time = ObligationMet(**{**about, "status": "met"}, late=False, pauses=("p1-restore",))
    without = ObligationMet(**about, late=True, unmet=span)
    late = ObligationMet(**about, late=True, unmet=span, pauses=("p1-restore",))
    forgiven = ObligationExcused(**about, reason="a strike", unmet=span, pauses=("p1-restore",))
    for sequence, fact in enumerate((in_time, without, late, late, forgiven)):
        await made.on_unmet(fact, cause(sequence))
    [granted] = await made.page(CUSTOMER, "toko-checkout", None, 10)
    asked = granted.asked
    assert (asked.kind, asked.objectives, asked.reason) == ("exclusion", ("p1-restore",), "obligation-unmet")
    assert (asked.start, asked.end, asked.dispute) == (span.start, span.end, "")
    await made.withdraw(granted.granted.id, PROVIDER)
    await made.on_unmet(late, cause(9))
    assert not (await made.visible(granted.granted.id, CUSTOMER)).state.in_force, "what is given back stays so"
