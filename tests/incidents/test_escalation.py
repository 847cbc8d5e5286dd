"""The ladder, widened: who is asked when, why, and what moves it; stories with a clock that the test owns."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from samples import agreement, agreement_dict
from story import OPENED, Story

from sepakat_incidents import answers, deadlines, rotations
from sepakat_incidents import line as lines
from sepakat_incidents.clocks import Terms
from sepakat_incidents.escalation import Escalated, Exhausted, Ladder, Left, Rung, Waits
from sepakat_incidents.events import Acknowledged, HandedOver, Joined, Unacknowledged, Unreached
from sepakat_incidents.handling import Handling, handling
from sepakat_incidents.incident import Line, Status
from sepakat_incidents.rotations import Rotation
from sepakat_shared.contracts import rules, texts
from sepakat_shared.errors import Conflict, Forbidden

PROVIDER, CUSTOMER = "nusantara", "toko-maju"
FIRST = Rung(("oncall",), 900)
SECOND = Rung(("rina",), 1800)


def story(
    *rungs: Rung, clocks: tuple[Terms, ...] = (), rosters: Mapping[str, Rotation] | None = None, **more: Any
) -> Story:
    return Story(Handling("P1", Ladder(rungs, **more), clocks, 1), rosters or {})


def told(story: Story) -> list[tuple[str, int, tuple[str, ...], str]]:
    return [
        (f"{each.at:%H:%M}", each.level, each.contacts, each.reason)
        for each in story.events
        if isinstance(each, Escalated)
    ]


def test_a_level_may_wait_before_it_is_told() -> None:
    quiet = Rung(("oncall",), 900, delay_seconds=300)
    late = Rung(("rina",), 900, delay_seconds=600)
    waiting = story(quiet, late)
    assert isinstance(waiting.events[-1], Waits)
    assert told(waiting.at("09:00")) == [("08:05", 1, ("oncall",), "delay"), ("08:30", 2, ("rina",), "delay")]
    assert isinstance(waiting.events[-1], Exhausted)


def test_what_is_taken_up_within_the_delay_calls_nobody() -> None:
    waiting = story(Rung(("oncall",), 900, delay_seconds=300)).at("08:04").do(answers.acknowledge, "rina", PROVIDER)
    assert told(waiting.at("12:00")) == []


def test_two_of_the_responsible_party_must_acknowledge_where_two_are_needed() -> None:
    both = story(Rung(("oncall", "rina"), 900, needed=2), SECOND).at("08:05")
    both.do(answers.acknowledge, "oncall", PROVIDER).do(answers.acknowledge, "oncall", PROVIDER)
    both.do(answers.acknowledge, "budi", CUSTOMER)
    given = [(each.by, each.stops_ladder, each.given) for each in both.events if isinstance(each, Acknowledged)]
    assert given == [("oncall", False, 1), ("budi", False, 1)]
    assert both.incident.status.value == "open"
    both.at("08:10").do(answers.acknowledge, "rina", PROVIDER)
    assert both.incident.status.value == "acknowledged"
    assert told(both.at("12:00"))[1:] == []
    assert [fact for fact, _ in both.tickets()] == ["opened", "responded"]


def test_on_a_shorter_ladder_as_many_are_needed_as_its_last_level_says() -> None:
    shorter = Handling("P2", Ladder((Rung(("oncall",), 900), Rung(("rina", "tom"), 1800, needed=2))))
    long = story(FIRST, FIRST, Rung(("rina",), 900)).at("08:40").do(answers.acknowledge, "rina", PROVIDER)
    assert long.incident.level == 3
    handed = long.do(answers.prioritise, shorter, "budi", CUSTOMER, "it is less").do(
        answers.hand_over, "tom", "rina", PROVIDER, None
    )
    assert (handed.incident.level, handed.incident.needed) == (3, 2)
    assert handed.incident.due_at == handed.clock.now() + timedelta(minutes=30)
    assert handed.do(answers.acknowledge, "tom", PROVIDER).incident.status is Status.OPEN
    assert handed.do(answers.acknowledge, "rina", PROVIDER).incident.status is Status.ACKNOWLEDGED


def test_before_a_level_is_told_as_many_are_needed_as_the_first_one_says() -> None:
    waiting = story(Rung(("oncall", "rina"), 900, delay_seconds=300, needed=2), SECOND)
    assert waiting.do(answers.acknowledge, "oncall", PROVIDER).incident.status is Status.OPEN
    assert waiting.do(answers.acknowledge, "rina", PROVIDER).incident.status is Status.ACKNOWLEDGED
    assert story().incident.needed == 1


def test_what_is_told_says_who_has_taken_it_up_where_more_are_needed_and_when_the_next_level_is_told() -> None:
    def last(story: Story, type: str, *names: str) -> list[Any]:
        data = [each.data for each in story.told if each.type == f"sepakat.incident.{type}.v1"][-1]
        return [data.get(name) for name in names]

    ladder = (FIRST, Rung(("rina", "tom"), 900, delay_seconds=300, needed=2), Rung(("head",), 900))
    asked = story(*ladder)
    names = ("next_level", "acknowledge_by", "next_at", "needed", "taken_up_by")
    at_first = [2, "2026-11-24T08:15:00.000Z", "2026-11-24T08:20:00.000Z", None, None]
    assert last(asked, "escalated", *names) == at_first
    asked.at("08:20")
    at_second = [3, *["2026-11-24T08:35:00.000Z"] * 2, 2, None]
    assert last(asked, "escalated", *names) == at_second
    asked.do(answers.acknowledge, "rina", PROVIDER).at("08:40")
    assert last(asked, "escalated", *names) == [None, "2026-11-24T08:50:00.000Z", None, None, ["rina"]]
    assert last(asked.at("09:00"), "escalation_exhausted", "needed", "taken_up_by") == [2, ["rina"]]
    assert last(story(*ladder).at("10:00"), "escalation_exhausted", "needed", "taken_up_by") == [None, None]


def test_a_hand_over_says_which_level_is_told_next_and_none_where_there_is_none() -> None:
    def next_level(story: Story) -> object:
        story.do(answers.hand_over, "tom", "rina", PROVIDER, None)
        [data] = [each.data for each in story.told if each.type == "sepakat.incident.handed_over.v1"]
        return data.get("next_level")

    assert next_level(story(FIRST, SECOND).at("08:05")) == 2
    assert next_level(story(FIRST, SECOND).at("08:20")) is None
    assert next_level(story(FIRST, SECOND, repeat=1).at("08:20")) == 1
    assert next_level(story(FIRST, SECOND).at("10:00")) is None


def test_who_has_acknowledged_below_stops_a_level_that_needs_fewer() -> None:
    both = story(Rung(("oncall", "rina"), 900, needed=2), SECOND).do(answers.acknowledge, "oncall", PROVIDER)
    both.at("08:20").do(answers.acknowledge, "oncall", PROVIDER)
    assert (both.incident.level, both.incident.status.value) == (2, "acknowledged")


def test_a_priority_without_a_ladder_leaves_no_deadline_behind() -> None:
    calm = story(FIRST, SECOND).at("08:05")
    calm.do(answers.prioritise, Handling("P4", version=1), "budi", CUSTOMER, "nobody uses it at night")
    assert deadlines.due_at(calm.incident) is None
    assert told(calm.at("12:00"))[1:] == []


def test_of_two_who_acknowledge_in_one_millisecond_the_first_has_it() -> None:
    race = story(FIRST, SECOND).do(answers.acknowledge, "oncall", PROVIDER)
    (second,) = answers.acknowledge(race.known, race.incident.id, "rina", PROVIDER, race.clock.now())
    assert second == Joined("rina", PROVIDER, race.clock.now()), "and the second one works on it too: nothing is lost"
    again = race.do(answers.acknowledge, "rina", PROVIDER).do(answers.acknowledge, "rina", PROVIDER)
    assert [each for each in again.events if isinstance(each, Joined)] == [second]
    assert race.incident.acknowledged_by == "oncall"


def test_an_acknowledgement_without_a_word_lapses_and_a_note_makes_it_last() -> None:
    silent = story(FIRST, SECOND, lasts_seconds=3600).do(answers.acknowledge, "oncall", PROVIDER)
    silent.at("08:50").do(answers.update, "oncall", PROVIDER, "restarting")
    assert told(silent.at("09:49"))[1:] == []
    silent.at("09:50")
    assert silent.events[-2] == Unacknowledged("sepakat", "lapsed", silent.clock.now())
    assert told(silent)[1:] == [("09:50", 1, ("oncall",), "delay")]
    assert silent.incident.acknowledged_by is None


def test_whoever_cannot_go_on_gives_it_back_and_only_the_responsible_party_can() -> None:
    held = story(FIRST, SECOND).do(answers.acknowledge, "oncall", PROVIDER).at("08:30")
    with pytest.raises(Forbidden):
        held.do(answers.release, "budi", CUSTOMER)
    held.do(answers.release, "oncall", PROVIDER)
    assert told(held)[-1] == ("08:30", 1, ("oncall",), "delay")
    assert held.do(answers.release, "oncall", PROVIDER).events[-1] == held.events[-1], "a second time changes nothing"


def test_the_next_level_can_be_told_now_also_over_somebody_who_has_it() -> None:
    urgent = story(FIRST, SECOND).do(answers.acknowledge, "oncall", PROVIDER).at("08:10")
    urgent.do(answers.escalate, "budi", "it spreads")
    assert [type(each) for each in urgent.events[-2:]] == [Unacknowledged, Escalated]
    assert told(urgent)[-1] == ("08:10", 2, ("rina",), "manual")
    assert urgent.incident.due_at == urgent.clock.now() + timedelta(seconds=1800)
    with pytest.raises(Conflict, match="nobody else"):
        urgent.do(answers.escalate, "budi", None)


def test_what_is_handed_over_goes_up_the_ladder_when_nobody_takes_it() -> None:
    given = story(FIRST, SECOND).do(answers.acknowledge, "oncall", PROVIDER).at("08:20")
    with pytest.raises(Forbidden):
        given.do(answers.hand_over, "ana", "budi", CUSTOMER, None)
    given.do(answers.hand_over, "ana", "oncall", PROVIDER, "it is the database")
    handed = given.events[-1]
    assert isinstance(handed, HandedOver) and handed.contacts == ("ana",)
    assert (given.incident.status.value, given.incident.asked) == ("open", ("ana",))
    assert told(given.at("08:40"))[-1] == ("08:35", 2, ("rina",), "delay")


# -- hours, rotations, people who left ---------------------------------------------------------------------------------

ROTATION = {"id": "primary", "layers": [{"participants": ["ana", "dewi"], "timeZone": "UTC", "from": "2026-11-24",
                                         "at": "08:10", "every": "PT12H"}]}  # fmt: skip
OFFICE = {"id": "office", "timeZone": "UTC", "weekly": {"mon-fri": "09:00-17:00"}}


def rosters() -> dict[str, Rotation]:
    (declared,) = rotations.declared_in(agreement(rotations=[ROTATION]), 1, OPENED)
    return {"primary": rotations.apply(None, declared)}


def test_a_level_tells_whoever_is_on_call_when_its_turn_comes_and_a_gap_goes_on_to_the_next() -> None:
    primary = Rung(("primary",), 900)
    called = story(primary, SECOND, rosters=rosters(), repeat=1)
    # Nobody is on call at eight; half an hour later, in the second round, Ana is.
    assert told(called.at("08:31")) == [
        ("08:00", 1, (), "delay"), ("08:00", 2, ("rina",), "delay"), ("08:30", 1, ("ana",), "delay"),
    ]  # fmt: skip


def test_out_of_hours_others_are_told() -> None:
    text = agreement(
        calendars=[OFFICE],
        escalation={"critical": {"repeat": 1, "levels": [
            {"notify": ["desk"], "acknowledgeWithin": "PT1H", "hours": "office", "otherwise": ["oncall"]},
        ]}},
    )  # fmt: skip
    called = Story(handling(text, 1, "checkout", "P1"))
    assert told(called.at("09:30")) == [("08:00", 1, ("oncall",), "delay"), ("09:00", 1, ("desk",), "delay")]


def test_a_policy_that_names_a_person_who_left_goes_on_at_once_and_says_so() -> None:
    gone = story(Rung(("oncall", "rudi"), 900), SECOND).at("08:01")
    gone.do(answers.unreached, "rudi", "the contact was erased")
    assert gone.events[-1] == Unreached("rudi", "the contact was erased", gone.clock.now())
    assert len(told(gone)) == 1, "the other one may still answer"
    gone.do(answers.unreached, "rudi", "again").do(answers.unreached, "budi", "was never asked")
    gone.do(answers.unreached, "oncall", "550 no such mailbox")
    assert told(gone)[-1] == ("08:01", 2, ("rina",), "unreached")
    assert gone.incident.unreached == ()


def test_a_level_with_a_webhook_waits_for_it_though_no_mail_arrives() -> None:
    hooked = story(Rung(("rudi",), 900, webhooks=("pager",)), SECOND)
    hooked.do(answers.unreached, "rudi", "the contact was erased")
    assert len(told(hooked)) == 1
    assert next(each for each in hooked.told if each.type.endswith("escalated.v1")).data["webhooks"] == ["pager"]  # type: ignore[index]


def test_a_level_of_which_neither_a_person_nor_a_webhook_is_left_is_over_at_once() -> None:
    for person_first in (True, False):
        hooked = story(Rung(("rudi",), 900, webhooks=("pager", "desk")), SECOND).at("08:01")
        if person_first:
            hooked.do(answers.unreached, "rudi", "the contact has left")
        hooked.do(answers.silent, "pager", "no endpoint of nusantara or toko-maju")
        hooked.do(answers.silent, "pager", "again").do(answers.silent, "other", "nobody calls it")
        assert hooked.events[-1] == Unreached(
            "pager", "no endpoint of nusantara or toko-maju", hooked.clock.now(), webhook=True
        )
        assert len(told(hooked)) == 1, "one of them may still do something about it"
        hooked.do(answers.silent, "desk", "the endpoint is disabled; enable it and replay what it has missed")
        if not person_first:
            assert len(told(hooked)) == 1
            hooked.do(answers.unreached, "rudi", "the contact has left")
        assert told(hooked)[1:] == [("08:01", 2, ("rina",), "unreached")]
        facts = [each.data for each in hooked.told if each.type.endswith("contact_unreached.v1")]
        named = {each["contact"]: each.get("webhook") for each in facts if isinstance(each, dict)}
        assert named == {"rudi": None, "pager": True, "desk": True}


def test_a_level_of_the_time_left_of_which_no_webhook_is_left_tells_the_next_one() -> None:
    boss = Rung((), 3600, left=Left("restore", percent="50"), webhooks=("pager",))
    gone = story(Rung(("oncall",), 3600 * 9), boss, SECOND, clocks=(RESTORE,)).at("10:00")
    gone.do(answers.silent, "pager", "no endpoint of nusantara or toko-maju")
    assert told(gone)[1:] == [("10:00", 2, (), "time-left"), ("10:00", 3, ("rina",), "time-left")]


# -- by the time that is left ------------------------------------------------------------------------------------------

RESTORE = Terms("restore", 4 * 3600, None, ("waiting-for-customer",))


def test_a_level_is_told_when_little_time_is_left_though_somebody_has_it() -> None:
    boss = Rung(("boss",), 3600, left=Left("restore", percent="25"), kind="hierarchical")
    running = story(FIRST, boss, clocks=(RESTORE,)).do(answers.acknowledge, "oncall", PROVIDER)
    running.at("12:30")
    assert told(running)[1:] == [("11:00", 2, ("boss",), "time-left")]
    assert running.incident.status.value == "acknowledged", "it is still in hand"


def test_the_time_left_moves_no_ladder_and_is_told_once() -> None:
    boss = Rung(("boss",), 3600, left=Left("restore", seconds=3.75 * 3600))
    running = story(FIRST, boss, clocks=(RESTORE,)).at("12:00")
    assert sorted(told(running)[1:]) == [("08:15", 2, ("boss",), "delay"), ("08:15", 2, ("boss",), "time-left")]
    assert running.incident.foretold == (2,)


def test_late_by_hours_the_ladder_climbs_one_level_and_the_clocks_tell_all() -> None:
    boss = Rung(("boss",), 3600, left=Left("restore", percent="50"))
    late = story(FIRST, boss, clocks=(RESTORE,)).late("11:01")
    assert [(each, reason) for _, each, _, reason in told(late)] == [(1, "delay"), (2, "delay"), (2, "time-left")]
    assert late.incident.due_at == late.clock.now() + timedelta(hours=1)
    assert deadlines.fire(late.line, late.clock.now()) == []


def test_a_level_that_is_told_by_the_time_left_and_reaches_nobody_says_so_and_the_next_one_is_told() -> None:
    boss = Rung(("boss",), 3600, left=Left("restore", percent="50"))
    gone = story(FIRST, boss, SECOND, Rung(("ceo",), 900), clocks=(RESTORE,)).do(
        answers.acknowledge, "oncall", PROVIDER
    )
    gone.at("10:01").do(answers.unreached, "boss", "the contact has left")
    assert Unreached("boss", "the contact has left", gone.clock.now(), 2) in gone.events
    assert told(gone)[1:] == [("10:00", 2, ("boss",), "time-left"), ("10:01", 3, ("rina",), "time-left")]
    assert gone.incident.status is Status.ACKNOWLEDGED, "it is still in hand"
    fact = next(each.data for each in gone.told if each.type.endswith("contact_unreached.v1"))
    assert isinstance(fact, dict) and (fact["contact"], fact["level"]) == ("boss", 2)
    before = len(gone.events)
    gone.do(answers.unreached, "boss", "again")
    assert len(gone.events) == before


def test_of_one_person_on_two_levels_one_failure_tells_the_next_level_once_and_is_one_fact() -> None:
    both = Rung(("oncall",), 3600, left=Left("restore", percent="50"))
    lost = story(Rung(("oncall",), 3600 * 2 + 1), both, SECOND, Rung(("ceo",), 900), clocks=(RESTORE,)).at("10:02")
    assert told(lost)[1:] == [("10:00", 2, ("oncall",), "time-left"), ("10:00", 2, ("oncall",), "delay")]
    lost.do(answers.unreached, "oncall", "the contact has left")
    assert told(lost)[3:] == [("10:02", 3, ("rina",), "unreached")]
    assert len([each for each in lost.told if each.type.endswith("contact_unreached.v1")]) == 1


def test_a_level_that_the_ladder_has_passed_is_not_told_again_beside_it() -> None:
    boss = Rung(("boss",), 3600 * 9, left=Left("restore", percent="90"))
    passed = story(FIRST, boss, SECOND, Rung(("ceo",), 3600 * 9), clocks=(RESTORE,)).at("08:30")
    passed.do(answers.escalate, "rina", None).do(answers.escalate, "rina", None)
    before = told(passed)
    passed.do(answers.unreached, "boss", "the contact has left")
    assert told(passed) == before
    assert Unreached("boss", "the contact has left", passed.clock.now(), 2) in passed.events


def test_a_level_is_told_in_place_of_another_only_while_the_clock_runs_that_it_was_told_for() -> None:
    boss = Rung(("boss",), 3600, left=Left("first-response", percent="50"))
    respond = Terms("first-response", 3600)
    late = story(FIRST, boss, SECOND, clocks=(respond, RESTORE)).at("08:31").do(answers.acknowledge, "oncall", PROVIDER)
    late.at("11:00").do(answers.unreached, "boss", "the mail server gave up")
    assert [each for each in told(late) if each[1] == 3] == []
    assert isinstance(late.events[-1], Unreached)


def test_a_level_of_the_time_left_that_has_nobody_tells_the_next_one() -> None:
    nobody = Rung((), 3600, left=Left("restore", percent="50"))
    running = story(FIRST, nobody, SECOND, Rung(("ceo",), 900), clocks=(RESTORE,))
    running.do(answers.acknowledge, "oncall", PROVIDER).at("10:00")
    assert told(running)[1:] == [("10:00", 2, (), "time-left"), ("10:00", 3, ("rina",), "time-left")]


def test_what_was_told_by_one_ladder_is_nothing_of_the_graver_one_that_follows_it() -> None:
    boss = Rung(("boss",), 3600, left=Left("restore", percent="90"))
    raised = story(FIRST, boss, SECOND, clocks=(RESTORE,)).do(answers.acknowledge, "oncall", PROVIDER).at("09:00")
    assert (raised.incident.foretold, [each.level for each in raised.incident.beside]) == ((2,), [2])
    grave = Handling("P0", Ladder((FIRST, SECOND)), (RESTORE,), 1)
    raised.take(lines.raised(raised.incident, grave, raised.incident.title, raised.clock.now()))
    assert (raised.incident.foretold, raised.incident.beside) == ((), ())


def test_whoever_could_not_be_reached_before_is_unreached_for_the_level_of_the_time_left_too() -> None:
    both = Rung(("oncall", "rina"), 3600 * 9)
    last = Rung(("oncall",), 3600, left=Left("restore", percent="50"))
    gone = story(both, last, clocks=(RESTORE,)).do(answers.unreached, "oncall", "the contact has left")
    gone.at("10:01").do(answers.unreached, "oncall", "the contact has left")
    assert [each.level for each in gone.events if isinstance(each, Unreached)] == [None, 2]
    assert len(told(gone)) == 2, "there is no level after it, and the ladder stands where it stood"
    assert gone.incident.asked == ("oncall", "rina")


# -- what the text says ------------------------------------------------------------------------------------------------


def test_a_ladder_is_read_with_everything_its_text_says() -> None:
    level = {
        "notify": ["primary", "rina"], "acknowledgeWithin": "PT15M", "delay": "PT5M", "acknowledgements": 2,
        "hours": "office", "otherwise": ["rina"], "webhooks": ["pager"], "kind": "hierarchical",
        "whenLeft": {"clock": "restore", "percent": "25"},
    }  # fmt: skip
    text = agreement(
        rotations=[ROTATION], calendars=[OFFICE], priorities={"P1": {"escalation": "critical", "restore": "PT4H"}},
        escalation={"critical": {"levels": [level]}},
    )  # fmt: skip
    ladder = Ladder.of(text.escalation["critical"], text)
    (rung,) = ladder.rungs
    assert (rung.delay_seconds, rung.needed, rung.webhooks, rung.kind) == (300, 2, ("pager",), "hierarchical")
    assert rung.left == Left("restore", percent="25")
    assert ladder.rotations == {"primary": "nusantara/primary"}
    assert rung.hours is not None and rung.hours["id"] == "office"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"acknowledgeWithin": "PT0S"}, "acknowledgeWithin"),
        ({"hours": "office"}, "otherwise"),
        ({"otherwise": ["rina"]}, "otherwise"),
        ({"hours": "night", "otherwise": ["rina"]}, "hours"),
        ({"acknowledgements": 2}, "acknowledgements"),
        ({"whenLeft": {"clock": "restore", "percent": "25", "time": "PT1H"}}, "whenLeft"),
        ({"whenLeft": {"clock": "resolve", "percent": "25"}}, "whenLeft/clock"),
    ],
)
def test_a_level_that_cannot_be_is_refused_by_its_field(changes: dict[str, Any], pointer: str) -> None:
    given = agreement_dict(
        calendars=[OFFICE], priorities={"P1": {"escalation": "critical", "restore": "PT4H"}},
        escalation={"critical": {"levels": [{"notify": ["oncall"], "acknowledgeWithin": "PT15M", **changes}]}},
    )  # fmt: skip
    document = texts.Agreement.model_validate(given)
    assert [found for found, _ in rules.check(document)] == [f"/escalation/critical/levels/0/{pointer}"]


def test_an_incident_that_an_earlier_version_wrote_still_loads_and_goes_on() -> None:
    stored = {
        "about": {"agreement": "a", "service": "s", "provider": "p", "customer": "c"},
        "episodes": 1,
        "incident": {
            "id": "a.s.0001", "number": "S-0001", "priority": "P1", "title": {"en": "s is down"},
            "about": {"agreement": "a", "service": "s", "provider": "p", "customer": "c"},
            "opened_at": "2026-11-24T08:00:00Z", "impact_started_at": "2026-11-24T08:00:00Z", "level": 1, "round": 1,
            "ladder": {"repeat": 0, "responsible": "provider", "lasts_seconds": None,
                       "rungs": [{"notify": [each], "wait_seconds": 900.0} for each in ("oncall", "rina")]},
            "status": "open", "waiting": ["impairment:x"], "causes": ["e1"], "due_at": "2026-11-24T08:15:00Z",
        },
    }  # fmt: skip
    line = msgspec.convert(stored, Line)
    assert deadlines.due_at(line.incident) == datetime(2026, 11, 24, 8, 15, tzinfo=UTC)
    (event,) = deadlines.fire(line, datetime(2026, 11, 24, 8, 16, tzinfo=UTC))
    assert isinstance(event, Escalated) and event.contacts == ("rina",)


def test_the_deepest_level_that_was_ever_told_is_kept_whatever_begins_anew() -> None:
    steep = story(FIRST, SECOND, Rung(("head",), 900), repeat=1, lasts_seconds=3600)
    assert (steep.incident.deepest_level, steep.incident.last_round) == (1, 1)
    steep.at("08:16")
    assert steep.incident.deepest_level == 2
    steep.at("09:01")
    assert (steep.incident.level, steep.incident.round) == (1, 2)
    assert (steep.incident.deepest_level, steep.incident.last_round) == (3, 2)
    steep.do(answers.acknowledge, "rina", PROVIDER).do(answers.release, "rina", PROVIDER)
    assert (steep.incident.level, steep.incident.round) == (1, 1)
    assert (steep.incident.deepest_level, steep.incident.last_round) == (3, 2)
    calm = story(FIRST, Rung(("head",), 900, left=Left("restore", percent="50")), clocks=(Terms("restore", 1200),))
    calm.do(answers.acknowledge, "rina", PROVIDER).at("08:11")
    assert (calm.incident.level, calm.incident.deepest_level) == (1, 2), "told by time left"


def test_what_was_told_before_it_was_kept_follows_as_far_as_it_can() -> None:
    old = replace(story(FIRST, SECOND, repeat=1).at("08:46").incident, deepest=0, rounds=0)
    assert (old.level, old.round, old.deepest_level, old.last_round) == (1, 2, 2, 2)
    assert replace(old, level=2, round=1).deepest_level == 2


def test_another_ladder_does_not_make_the_one_before_deeper() -> None:
    twice = story(FIRST, SECOND, repeat=1).at("08:46").do(answers.acknowledge, "rina", PROVIDER)
    graver = Handling("P0", Ladder((FIRST, SECOND, FIRST, SECOND)), version=1)
    twice.do(answers.prioritise, graver, "budi", CUSTOMER, "it spreads")
    assert (twice.incident.round, twice.incident.deepest_level) == (2, 2)
