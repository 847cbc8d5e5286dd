"""Obligations that are not met pause clocks: the rules, in whatever order and however often things are heard."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import AsyncMock, MagicMock

import pytest
from facts import agreed
from hypothesis import given
from hypothesis import strategies as st
from keeping import Kept
from story import OPENED, Story

from sepakat_incidents import clocks, deadlines, hindrance, pauses, reopening, showing
from sepakat_incidents.clocks import Terms
from sepakat_incidents.escalation import Ladder
from sepakat_incidents.handling import Handling
from sepakat_incidents.hindrance import Hindrance
from sepakat_incidents.hindrances import Hindrances
from sepakat_shared.aggregate import Loaded
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.contracts import obligations
from sepakat_shared.contracts.fact import PeriodSpan

WAITING = "waiting-for-customer"
RESTORE = Terms("restore", 4 * 3600, None, (WAITING,))
RESOLVE = Terms("resolve", 8 * 3600, None, (WAITING,), "solved-in-time")


def instant(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-24T{clock}:00+00:00")


UNMET = Hindrance(
    "toko-checkout.load.1", "toko-checkout", "load", "toko-maju", {"en": "Announce the load", "id": "Umumkan beban"},
    ("availability",), ("checkout",), instant("09:00"),
)  # fmt: skip


def met(clock: str, known: Hindrance = UNMET) -> Hindrance:
    return replace(known, until=instant(clock), how="met")


def story(*terms: Terms, ladder: Ladder | None = None) -> Story:
    return Story(Handling("P1", ladder or Ladder(), terms or (RESTORE,), 1))


def hear(told: Story, known: Hindrance = UNMET) -> Story:
    told.take(hindrance.hinder(told.line, known, told.clock.now()))
    return told


def due_at(told: Story) -> list[str | None]:
    found = [clocks.due_at(each, told.incident.pauses) for each in told.incident.clocks]
    return [each and f"{each:%H:%M}" for each in found]


def test_clocks_stand_still_from_the_due_instant_until_it_is_met() -> None:
    told = hear(story().at("09:00"))
    assert (due_at(told), told.types()[-1]) == ([None], "clock.paused")
    told.at("13:30")
    assert told.marks() == []
    hear(told, met("13:00"))
    assert told.types()[-1] == "clock.resumed"
    assert told.at("17:00").marks() == [
        ("14:00", "restore", 50), ("15:00", "restore", 75), ("15:36", "restore", 90), ("16:00", "restore", "missed"),
    ]  # fmt: skip


def test_who_is_told_reads_what_is_not_met_and_whose_it_is() -> None:
    told = hear(story().at("09:05"))
    fact = told.told[-1].data or {}
    assert (fact["reason"], fact["clocks"]) == ("obligation-unmet", ["restore"])
    assert (fact["obligation"], fact["owed_by"]) == ("load", "toko-maju")
    assert fact["obligation_text"] == {"en": "Announce the load", "id": "Umumkan beban"}
    hear(told, met("10:00"))
    assert (told.told[-1].data or {})["obligation"] == "load"
    assert told.tickets() == [("opened", "08:00")], "the figures are corrected by an exclusion, once"


def test_only_clocks_of_what_the_text_names_and_of_who_waits_for_it_stand_still() -> None:
    told = hear(story(RESTORE, RESOLVE).at("09:00"))
    assert due_at(told) == [None, "16:00"], "that clock stands for an objective that is not named"
    assert due_at(hear(story(RESOLVE), replace(UNMET, objectives=("solved-in-time",)))) == [None]
    assert hear(story(), replace(UNMET, services=("search",))).incident.pauses == ()
    assert due_at(hear(story(), replace(UNMET, services=()))) == [None]
    customers = hear(story(ladder=Ladder(responsible="customer")))
    assert customers.incident.pauses == (), "nobody gains time by their own omission"


def test_what_was_told_of_time_that_does_not_count_is_taken_back() -> None:
    told = story().at("12:30")
    assert told.marks()[-1] == ("12:00", "restore", "missed")
    hear(told)
    assert (told.incident.clocks[0].missed_at, told.incident.clocks[0].told) == (None, 0)
    assert told.types()[-2:] == ["clock.paused", "clock.retimed"]


def test_it_and_what_somebody_waits_for_go_each_their_own_way() -> None:
    told = hear(story().at("09:00")).at("09:10").do(pauses.pause, WAITING, "rina").at("09:20").do(pauses.resume, "rina")
    assert due_at(told) == [None], "somebody has resumed what they paused, and nothing else"
    hear(told.do(pauses.pause, WAITING, "rina").at("09:30"), met("09:30"))
    assert due_at(told) == [None] and told.incident.pause is not None
    assert due_at(told.at("10:00").do(pauses.resume, "rina")) == ["13:00"]
    asked = pauses.request(
        told.known, told.incident.id, "nusantara", WAITING, (instant("08:30"), instant("09:05")), None, "rina",
        told.clock.now(),
    )  # fmt: skip
    assert asked, "a request may lie beside what follows from an obligation"


def test_two_of_them_last_until_both_are_met() -> None:
    other = replace(UNMET, occurrence="toko-checkout.contact.1", obligation="contact", since=instant("09:30"))
    told = hear(hear(story().at("09:00")).at("09:30"), other)
    assert due_at(hear(told.at("10:00"), met("10:00"))) == [None]
    assert due_at(hear(told.at("11:00"), met("11:00", other))) == ["14:00"]


def test_one_that_is_opened_again_stands_still_again_and_one_that_is_closed_stays_as_it_is() -> None:
    told = hear(story().at("09:00")).at("10:00").resolve()
    assert told.incident.hindered == ()
    assert hindrance.hinder(told.line, UNMET, told.clock.now()) == []
    told.at("11:00").take(
        reopening.reopen(
            told.known, told.incident.id, "budi", "toko-maju", "no", timedelta(days=1), told.clock.now()
        )
    )  # fmt: skip
    assert due_at(hear(told)) == [None]
    assert due_at(hear(told.at("12:00"), met("11:30"))) == ["14:30"]
    late = story().at("10:00").resolve(timedelta(0))
    late.fire()
    assert hindrance.hinder(late.line, UNMET, late.clock.now()) == []


def test_a_verdict_that_was_given_before_it_was_heard_is_given_anew() -> None:
    told = story().at("12:30").resolve()
    assert "clock.missed" in told.types()
    hear(told.at("12:40"), met("10:00"))
    [clock] = told.incident.clocks
    assert clock.missed_at is None and clocks.met(clock, told.incident.pauses, told.clock.now())
    assert told.types()[-1] == "clock.retimed"


@given(
    heard=st.lists(st.sampled_from(["opened", "overdue", "met"]), max_size=8).flatmap(
        lambda more: st.permutations(["opened", "overdue", "met", *more])
    ),
    opens=st.integers(0, 240),
    ends=st.integers(1, 240),
)
def test_whatever_is_heard_first_or_twice_the_same_time_counts(heard: list[str], opens: int, ends: int) -> None:
    since, until = OPENED, OPENED + timedelta(minutes=ends)
    overdue = replace(UNMET, since=since)
    over = replace(overdue, until=until, how="met")
    told, known = None, None
    now = OPENED + timedelta(minutes=opens)
    for each in heard:
        if each == "opened" and told is None:
            told = story()
        elif each != "opened":
            for event in hindrance.take(known, overdue if each == "overdue" else over, now):
                known = hindrance.folded(known, event)
        if told is not None and known is not None:
            told.clock.set(max(told.clock.now(), now))
            events = hindrance.hinder(told.line, known, told.clock.now())
            told.take(events)
            assert hindrance.hinder(told.line, known, told.clock.now()) == [], "again, nothing happens"
    assert told is not None and known == over
    [pause] = told.incident.pauses
    assert (pause.start, pause.end) == (since, until)
    assert clocks.due_at(told.incident.clocks[0], told.incident.pauses) == OPENED + timedelta(minutes=ends + 240)
    assert deadlines.due_at(told.incident) is not None


@pytest.mark.parametrize(
    ("kind", "changes", "how"),
    [
        (obligations.ObligationOverdue, {"unmet": None}, None),
        (obligations.ObligationMet, {"late": True, "by": "budi"}, "met"),
        (obligations.ObligationExcused, {"reason": "a holiday", "by": "rina"}, "excused"),
        (obligations.ObligationVoided, {"why": "retracted"}, "void"),
    ],
)
def test_what_its_events_say(kind: Any, changes: dict[str, Any], how: str | None) -> None:
    fact = agreed(kind, **changes)
    told = hindrance.told_by(fact)
    assert told is not None and (told.since, told.how) == (fact.due_at, how)
    assert told.until == (fact.unmet.end if how else None)
    assert hindrance.told_by(agreed(kind, **{**changes, "pauses": ()})) is None


def test_what_is_met_in_time_never_begins() -> None:
    in_time = replace(UNMET, until=UNMET.since, how="met")
    assert hindrance.take(None, in_time, instant("10:00")) == []
    ended = hindrance.folded(UNMET, hindrance.take(UNMET, met("10:00"), instant("10:00"))[0])
    assert hindrance.take(ended, met("11:00"), instant("11:00")) == [], "better evidence changes no time"


async def test_one_that_ends_while_an_incident_opens_does_not_last_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    told, incidents = story().at("10:00"), MagicMock()
    incidents.lines.find = AsyncMock()

    async def execute(_line: str, decide: Any, by: str) -> None:
        if not told.incident.pauses:
            hear(told, met("10:00"))  # its end is heard after it was read, and before that is told to the line
        told.take(decide(told.line, told.clock.now()))

    async def present(_all: Any, id: str) -> Loaded[Hindrance]:
        return Loaded(id, met("10:00"), 2, "")

    incidents.execute = execute
    monkeypatch.setattr(Aggregates, "present", present)
    monkeypatch.setattr(Aggregates, "read", lambda _all, _document: Loaded(UNMET.occurrence, UNMET, 1, ""))
    hindrances = Hindrances(MagicMock(), incidents)
    monkeypatch.setattr(hindrances._all.states, "find", lambda _query: MagicMock(to_list=AsyncMock(return_value=[{}])))
    opening = MagicMock(incident=told.incident.id, agreement=UNMET.agreement, opened_at=OPENED)
    await hindrances.on_open(opening, MagicMock(source="/sepakat/incidents"))
    [pause] = told.incident.pauses
    assert pause.end == instant("10:00") and due_at(told) == ["13:00"]


async def test_what_is_owed_anew_after_a_breach_was_retracted_pauses_a_second_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept, told, incidents = Kept(monkeypatch, instant("09:00")), story(), MagicMock()
    incidents.lines_of = AsyncMock(return_value=["toko-checkout.checkout"])

    async def execute(_line: str, decide: Any, by: str) -> None:
        told.take(decide(told.line, told.clock.now()))

    incidents.execute = execute
    hindrances = Hindrances(MagicMock(), incidents)

    async def hear_of(kind: Any, due: str, end: str | None = None, **more: Any) -> None:
        told.at(end or due)
        unmet = None if end is None else PeriodSpan(start=instant(due), end=instant(end))
        fact = agreed(kind, occurrence="toko.load.1", due_at=instant(due), unmet=unmet, pauses=("availability",),
                      party="toko-maju", services=("checkout",), **more)  # fmt: skip
        await hindrances.on_told(fact, MagicMock(source="/sepakat/agreements"))

    await hear_of(obligations.ObligationOverdue, "09:00")
    await hear_of(obligations.ObligationVoided, "09:00", "09:30", why="retracted")
    assert due_at(told) == ["12:30"]
    await hear_of(obligations.ObligationOverdue, "10:00")
    await hear_of(obligations.ObligationOverdue, "10:00")
    assert due_at(told) == [None]
    [shown] = showing.shown(told.incident, told.clock.now())["hindered_by"]
    assert shown["occurrence"] == "toko.load.1", "it is the same one for whoever looks it up"
    await hear_of(obligations.ObligationMet, "10:00", "11:00", late=True, by="budi")
    await hear_of(obligations.ObligationVoided, "09:00", "09:30", why="retracted")
    assert due_at(told) == ["13:30"]
    assert [each.occurrence for each in kept.of("hindrance")] == [
        "toko.load.1", "toko.load.1@2026-11-24T10:00:00.000Z"
    ]  # fmt: skip
