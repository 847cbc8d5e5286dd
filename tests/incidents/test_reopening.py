"""Opening an incident again, and when its impact was; with a clock that the test owns."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from handled import opened
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import agreement
from story import OPENED, Story

from sepakat_cli.backends import Backend
from sepakat_incidents import answers, clocks, deadlines, pauses, reopening
from sepakat_incidents import line as domain
from sepakat_incidents.clocks import Clock, Terms
from sepakat_incidents.events import Missed
from sepakat_incidents.handling import handling
from sepakat_incidents.incident import Trigger
from sepakat_metrics.cases import Clock as CaseClock
from sepakat_metrics.cases import Step, cases
from sepakat_shared.calendars import to_ms
from sepakat_shared.errors import Conflict, Forbidden, Invalid

PROVIDER, CUSTOMER = "nusantara", "toko-maju"
WITHIN = timedelta(hours=72)
TEXT = agreement(
    priorities={
        "P1": {"firstResponse": "PT15M", "restore": "PT2H", "resolve": "PT4H", "updateEvery": "PT1H",
               "escalation": "critical"},
        "reopenWithin": "P2D",
    },
    escalation={"critical": {"levels": [
        {"notify": ["oncall"], "acknowledgeWithin": "PT15M"}, {"notify": ["rina"], "acknowledgeWithin": "PT8H"},
    ]}},
)  # fmt: skip


def story() -> Story:
    return Story(handling(TEXT, 1, "checkout", "P1"))


def reopen(story: Story, party: str | None = CUSTOMER) -> Story:
    def command(line: Any, id: str, now: datetime) -> Any:
        return reopening.reopen(line, id, "budi", party, "it is down again", WITHIN, now)

    return story.do(command)


def over(story: Story, clock: str) -> Story:
    return story.at(clock).resolve()


# -- again -------------------------------------------------------------------------------------------------------------


def test_the_ladder_begins_at_its_foot_and_the_clocks_go_on_from_where_they_stopped() -> None:
    again = story().at("08:10").do(answers.acknowledge, "rina", PROVIDER)
    reopen(over(again, "09:00").at("12:00"))
    incident = again.incident
    assert (incident.status.value, incident.level, incident.asked) == ("open", 1, ("oncall",))
    assert (incident.acknowledged_by, incident.resolved_at, incident.impact_ended_at) == (None, None, None)
    first, restore, resolve, update = incident.clocks
    assert first.stopped_at == OPENED + timedelta(minutes=10), "a first response stays one"
    assert clocks.due_at(restore, ()) == OPENED + timedelta(hours=5)
    assert clocks.due_at(resolve, ()) == OPENED + timedelta(hours=7)
    assert update.started_at == again.clock.now()
    again.at("13:01")
    assert ("13:00", "restore", "missed") in again.marks()
    assert again.types().count("incident.reopened") == 1
    assert ("reopened", "12:00") in again.tickets()


def test_either_party_may_and_what_is_open_stays_as_it_is() -> None:
    again = reopen(over(story(), "09:00"), PROVIDER)
    count = len(again.events)
    assert len(reopen(again).events) == count
    assert again.incident.reopened == 1


def test_a_closed_one_may_be_opened_again_in_its_time_and_not_after_it() -> None:
    closed = over(story(), "09:00")
    closed.clock.set(OPENED + timedelta(hours=1, days=1))
    closed.fire()
    assert closed.incident.status.value == "closed"
    closed.clock.set(OPENED + timedelta(hours=1) + WITHIN + timedelta(milliseconds=1))
    with pytest.raises(Conflict, match=r"until 2026-11-27T09:00:00.000Z"):
        reopen(closed)
    closed.clock.set(OPENED + timedelta(hours=1) + WITHIN)
    assert reopen(closed).incident.status.value == "open"
    assert deadlines.due_at(closed.incident) is not None


def test_what_a_later_one_followed_stays_over() -> None:
    first = over(story(), "09:00")
    later = Trigger("impairment", "impairment:x", "e2", first.clock.now(), {"en": "Checkout is down"})
    how = handling(TEXT, 1, "checkout", "P1")
    id = first.incident.id
    first.take(domain.begin(first.line, "toko-checkout.checkout", first.incident.about, later, how, first.clock.now()))
    with pytest.raises(Conflict, match="a later one followed"):
        reopening.reopen(first.known, id, "budi", CUSTOMER, "x", WITHIN, first.clock.now())
    assert first.known.past[id].status.value == "closed", "the later one closes the record of the one before"


def test_a_limit_that_was_missed_is_not_missed_again() -> None:
    late = over(story(), "10:30").at("11:00")
    reopen(late).at("16:00")
    assert [each.measures for each in late.events if isinstance(each, Missed)].count("restore") == 1


def test_the_agreement_says_how_long_and_72_hours_where_it_does_not() -> None:
    assert reopening.time_to_reopen(TEXT) == timedelta(days=2)
    assert reopening.time_to_reopen(agreement()) == reopening.time_to_reopen(None) == WITHIN


STEPS = st.lists(st.tuples(st.sampled_from(["pause", "resume", "stop", "reopen"]), st.integers(1, 90)), max_size=12)


@given(STEPS)
@settings(max_examples=200, deadline=None)
def test_a_clock_that_is_stopped_and_resumed_counts_as_its_case_is_measured(steps: list[tuple[str, int]]) -> None:
    """Whatever comes in whatever order: elapsed time and deadline are those of `metrics`."""
    case = Story(handling(TEXT, 1, "checkout", "P1"))
    facts = [Step(to_ms(OPENED), "s", "0", "t", "opened", "P1", "")]
    now = OPENED
    for n, (what, minutes) in enumerate(steps, 1):
        now += timedelta(minutes=minutes)
        case.clock.set(now)
        incident = case.incident
        fact = {"pause": "paused", "resume": "resumed", "stop": "restored", "reopen": "reopened"}[what]
        if what == "pause" and incident.is_open and incident.pause is None:
            running = [each for each in incident.clocks if each.stopped_at is None]
            if not any(each.terms.pause_while for each in running):
                continue
            case.do(pauses.pause, "waiting-for-customer", "rina")
        elif what == "resume" and incident.is_open and incident.pause is not None:
            case.do(pauses.resume, "rina")
        elif what == "stop" and incident.is_open:
            case.resolve()
        elif what == "reopen" and not incident.is_open:
            reopen(case)
        else:
            continue
        reason = "waiting-for-customer" if what == "pause" else ""
        facts.append(Step(to_ms(now), "s", str(n), "t", fact, "", reason))
    now += timedelta(minutes=1)
    limit = 2 * 3_600_000
    asked = CaseClock("opened", "restored", frozenset({"waiting-for-customer"}), limit, None)
    (measured,) = cases(facts, asked, lambda start, end: [(start, end)], to_ms(now))
    clock = next(each for each in case.incident.clocks if each.measures == "restore")
    assert clocks.elapsed(clock, case.incident.pauses, now) == timedelta(milliseconds=measured.elapsed)
    due = clocks.due_at(clock, case.incident.pauses)
    if clock.stopped_at is None:
        assert (None if due is None else to_ms(due)) == measured.due_at


def test_a_clock_that_an_earlier_version_wrote_still_loads() -> None:
    stored = msgspec.to_builtins(Clock(Terms("restore", 60.0), OPENED))
    del stored["gaps"]
    assert msgspec.convert(stored, Clock).gaps == ()


# -- the times of the impact -------------------------------------------------------------------------------------------


def correct(story: Story, party: str | None = PROVIDER, **given: str) -> Story:
    times = {name: datetime.fromisoformat(f"2026-11-24T{at}:00+00:00") for name, at in given.items()}

    def command(line: Any, id: str, now: datetime) -> Any:
        return reopening.correct_impact(
            line, id, times.get("start"), times.get("end"), "rina", party, "by the logs", now
        )

    return story.do(command)


def test_impact_times_are_corrected_and_no_clock_moves_by_that() -> None:
    corrected = over(story(), "09:00")
    before = corrected.incident.clocks
    correct(corrected, start="07:40", end="08:30")
    incident = corrected.incident
    assert (incident.impact_started_at.hour, incident.impact_started_at.minute) == (7, 40)
    assert incident.impact_ended_at == OPENED + timedelta(minutes=30)
    assert incident.clocks == before
    assert (incident.opened_at, incident.resolved_at) == (OPENED, OPENED + timedelta(hours=1))
    count = len(corrected.events)
    assert len(correct(corrected, start="07:40").events) == count, "as it is already"


@pytest.mark.parametrize(
    ("given", "pointer"),
    [({"start": "09:30"}, "/started_at"), ({"end": "10:30"}, "/ended_at"), ({"end": "07:00"}, "/ended_at"),
     ({"start": "10:30"}, "/started_at")],
)  # fmt: skip
def test_times_that_cannot_be_are_refused_by_the_field(given: dict[str, str], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        correct(over(story(), "09:00").at("10:00"), **given)
    assert refused.value.problems[0].pointer == pointer


def test_the_other_party_corrects_nothing_and_what_goes_on_has_no_end() -> None:
    with pytest.raises(Forbidden, match="says when its impact was"):
        correct(over(story(), "09:00"), CUSTOMER, start="07:40")
    with pytest.raises(Conflict, match="no end yet"):
        correct(story().at("08:30"), end="08:20")
    assert correct(story().at("08:30"), None, start="07:40").incident.impact_started_at < OPENED


# -- over HTTP ---------------------------------------------------------------------------------------------------------


@pytest.mark.servers
async def test_over_http_it_is_opened_again_closed_for_good_and_its_impact_corrected(backend: Backend) -> None:
    async with opened(backend, TEXT) as handled:
        id = await handled.impaired()
        await handled.after(minutes=30)
        await handled.post("nusantara", id, "resolve")
        await handled.post("nusantara", id, "close")
        bodies: dict[str, dict[str, str]] = {"acknowledge": {}, "updates": {"note": "x"}}
        for what, body in bodies.items():
            assert "closed" in (await handled.post("nusantara", id, what, 409, **body))["detail"]
        await handled.post("stranger", id, "reopen", 404, reason="x")
        assert (await handled.post("toko-maju", id, "reopen", 422))["errors"][0]["pointer"] == "/reason"
        again = await handled.post("toko-maju", id, "reopen", reason="it is down again")
        assert (again["status"], again["reopened"], again["level"]) == ("open", 1, 1)
        restore = next(each for each in again["clocks"] if each["clock"] == "restore")
        assert (restore["state"], restore["elapsed_seconds"]) == ("running", 1800.0)
        await handled.post("nusantara", id, "resolve")
        seen = await handled.post("nusantara", id, "impact", started_at="2026-11-24T08:55:00Z", reason="by the logs")
        assert (seen["impact_started_at"], seen["opened_at"]) == (
            "2026-11-24T08:55:00.000Z", "2026-11-24T09:00:00.000Z",
        )  # fmt: skip
        assert (await handled.post("nusantara", id, "impact", 422, reason="x"))["errors"][0]["pointer"] == ""
        await handled.after(days=2, seconds=1)
        late = await handled.post("toko-maju", id, "reopen", 409, reason="x")
        assert "could be opened again until 2026-11-26T09:30:00.000Z" in late["detail"]
        # A later one opens; the old one's record can still be corrected, and nothing else of it.
        await handled.impaired()
        await handled.post("nusantara", id, "impact", started_at="2026-11-24T08:50:00Z", reason="by other logs")
        assert "later" in (await handled.post("toko-maju", id, "reopen", 409, reason="x"))["detail"]
        timeline = await handled.timeline(id)
        assert [each["what"] for each in timeline].count("ImpactCorrected") == 2
        assert [each["by"] for each in timeline if each["what"] == "Reopened"] == ["toko-maju"]
