"""Who is on call: turns on the wall clock, layers that follow the sun, overrides; never two, never a hole untold."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import agreement, agreement_dict

from sepakat_incidents import oncall, rotations
from sepakat_incidents.oncall import Layer, Override, Shift
from sepakat_incidents.oncall_calendar import as_icalendar
from sepakat_incidents.rotation_facts import of_rotation
from sepakat_incidents.rotations import Rotation
from sepakat_shared.contracts import reading, texts
from sepakat_shared.errors import Conflict, Invalid, NotFound

BERLIN = "Europe/Berlin"
DAY = timedelta(days=1)


def layer(**changes: Any) -> Layer:
    base = {"participants": ["ana", "budi", "cici"], "timeZone": BERLIN, "from": "2026-03-02", "at": "09:00",
            "every": "week", "weekday": "mon"}  # fmt: skip
    given = {name: value for name, value in {**base, **changes}.items() if value is not None}
    return Layer.of(texts.Layer.model_validate(given))


def local(day: str, clock: str = "09:00", zone: str = BERLIN) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def told(shifts: list[Shift]) -> list[tuple[str | None, datetime]]:
    return [(each.contact, each.start) for each in shifts]


def test_weeks_change_hands_at_the_same_time_on_the_wall_before_and_after_the_clocks_change() -> None:
    # The clocks go forward on 29 March: that week is an hour shorter.
    found = oncall.shifts([layer()], [], local("2026-03-16"), local("2026-04-06"))
    assert told(found) == [("cici", local("2026-03-16")), ("ana", local("2026-03-23")), ("budi", local("2026-03-30"))]
    assert found[1].end - found[1].start == timedelta(days=7, hours=-1)


def test_a_first_week_that_begins_in_its_middle_is_shorter_and_nobody_is_on_call_before_it() -> None:
    found = oncall.shifts([layer(**{"from": "2026-03-04"})], [], local("2026-03-03"), local("2026-03-12"))
    assert told(found) == [(None, local("2026-03-03")), ("ana", local("2026-03-04")), ("budi", local("2026-03-09"))]


def test_shifts_of_twelve_hours_end_by_the_wall_clock_in_the_night_of_25_hours() -> None:
    nights = layer(every="PT12H", weekday=None, participants=["ana", "budi"], at="20:00", **{"from": "2026-10-20"})
    found = oncall.shifts([nights], [], local("2026-10-24", "20:00"), local("2026-10-25", "20:00"))
    assert told(found) == [("ana", local("2026-10-24", "20:00")), ("budi", local("2026-10-25", "08:00"))]
    assert found[0].end - found[0].start == timedelta(hours=13)


def test_a_handover_at_a_time_that_the_clocks_skip_leaves_no_hole() -> None:
    hourly = layer(every="PT1H", weekday=None, at="00:30", **{"from": "2026-03-28"})
    found = oncall.shifts([hourly], [], local("2026-03-29", "00:30"), local("2026-03-29", "05:30"))
    assert found[0].start == local("2026-03-29", "00:30") and found[-1].end == local("2026-03-29", "05:30")
    assert all(a.end == b.start and a.start < a.end for a, b in pairwise(found))


def test_layers_follow_the_sun_and_the_hour_between_them_is_a_gap() -> None:
    def office(zone: str, who: str) -> Layer:
        return layer(
            participants=[who], timeZone=zone, every="day", weekday=None, at="00:00", hours={"mon-sun": "08:00-19:00"}
        )

    layers = [office("Asia/Jakarta", "rina"), office("Europe/London", "tom")]
    at = datetime(2026, 11, 24, tzinfo=UTC)
    found = oncall.shifts(layers, [], at, at + DAY)
    hours = [(each.contact, each.start.hour) for each in found]
    # Jakarta works from 01:00 to 12:00 UTC and London from 08:00 to 19:00: the first layer goes first.
    assert hours == [(None, 0), ("rina", 1), ("tom", 12), (None, 19)]


def test_an_override_goes_before_every_layer_and_the_last_one_before_the_others() -> None:
    start = local("2026-03-10")
    first = Override("a", "dewi", start, start + 2 * DAY)
    second = Override("b", "eko", start + DAY, start + 3 * DAY)
    found = oncall.shifts([layer()], [first, second], start - DAY, start + 4 * DAY)
    assert [(each.contact, each.override) for each in found] == [
        ("budi", None), ("dewi", "a"), ("eko", "b"), ("budi", None),
    ]  # fmt: skip


ZONES = ("UTC", BERLIN, "America/Sao_Paulo", "Asia/Jakarta", "Pacific/Apia", "Australia/Lord_Howe")
some_hours = st.sampled_from([{}, {"mon-fri": "08:00-17:00"}, {"mon-sun": ["00:00-06:00", "22:00-24:00"]}])
some_layers = st.lists(
    st.builds(
        lambda people, zone, day, at, every, hours: layer(
            participants=people,
            timeZone=zone,
            at=at,
            every=every,
            weekday="wed" if every == "week" else None,
            hours=hours,
            **{"from": day.isoformat()},
        ),
        st.lists(st.sampled_from(["ana", "budi", "cici"]), min_size=1, max_size=3),
        st.sampled_from(ZONES),
        st.dates(date(2011, 11, 1), date(2012, 4, 1)),
        st.sampled_from(["00:00", "00:30", "02:30", "09:00"]),
        st.sampled_from(["day", "week", "PT1H", "PT7H", "PT12H"]),
        some_hours,
    ),
    min_size=1,
    max_size=3,
)
# Around the turn of 2011, when Apia skipped a whole day, and around changes of the clocks.
instants = st.integers(0, 200 * 24 * 12).map(lambda n: datetime(2011, 10, 1, tzinfo=UTC) + n * timedelta(minutes=5))
some_overrides = st.lists(
    st.builds(
        lambda start, hours, n: Override(f"o{n}", "dewi", start, start + timedelta(hours=hours)),
        instants, st.integers(1, 200), st.integers(0, 99),
    ),
    max_size=3,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(some_layers, some_overrides, instants, st.integers(1, 400), st.lists(st.floats(0, 0.999), max_size=8))
def test_every_instant_is_in_exactly_one_shift_and_asking_for_it_alone_says_the_same(
    layers: list[Layer], overrides: list[Override], start: datetime, hours: int, shares: list[float]
) -> None:
    end = start + timedelta(hours=hours)
    found = oncall.shifts(layers, overrides, start, end)
    assert (found[0].start, found[-1].end) == (start, end)
    assert all(a.end == b.start for a, b in pairwise(found))
    assert all(each.start < each.end for each in found)
    edges = [at for each in found for at in (each.start, each.end - timedelta(milliseconds=1))]
    for at in [*edges, *((start + share * (end - start)).replace(microsecond=0) for share in shares)]:
        inside = [each.contact for each in found if each.start <= at < each.end]
        assert inside == [oncall.on_call(layers, overrides, at)]
        if any(each.start <= at < each.end for each in overrides):
            assert inside == ["dewi"]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(["ana", "budi", "cici"]), min_size=1, max_size=3),
    st.integers(1, 100), st.integers(-500, 5000),
)  # fmt: skip
def test_where_no_clock_changes_turns_are_counted_off_by_division(people: list[str], every: int, hours: int) -> None:
    shift = layer(participants=people, timeZone="UTC", every=f"PT{every}H", weekday=None, at="00:00")
    first = datetime(2026, 3, 2, tzinfo=UTC)
    turn = hours // every
    expected = people[turn % len(people)] if hours >= 0 else None
    assert oncall.on_call([shift], [], first + timedelta(hours=hours)) == expected


# -- the rotation of a party -------------------------------------------------------------------------------------------

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
DECLARED: dict[str, Any] = {
    "id": "primary",
    "layers": [{"participants": ["ana", "budi"], "timeZone": "UTC", "from": "2026-11-23", "every": "day"}],
}


def rotation() -> Rotation:
    (declared,) = rotations.declared_in(agreement(rotations=[DECLARED]), 1, NOW - 300 * DAY)
    (event,) = rotations.declare(None, declared)
    return rotations.apply(None, event)


def test_a_text_that_comes_again_declares_nothing_and_the_next_version_holds_from_its_day_on() -> None:
    known = rotation()
    text = agreement(rotations=[DECLARED])
    assert rotations.declare(known, rotations.declared_in(text, 1, NOW)[0]) == []
    later = agreement(rotations=[{**DECLARED, "layers": [{**DECLARED["layers"][0], "participants": ["cici"]}]}])
    (event,) = rotations.declare(known, rotations.declared_in(later, 2, NOW + 2 * DAY)[0])
    amended = rotations.apply(known, event)
    found = rotations.shifts(amended, NOW, NOW + 4 * DAY)
    assert told(found) == [("budi", NOW), ("ana", NOW + DAY), ("cici", NOW + 2 * DAY)]


def test_a_rotation_stands_for_whoever_is_on_call_and_nobody_is_named_twice() -> None:
    rosters = {"primary": rotation()}
    assert rotations.people(["primary", "rina", "budi"], rosters, NOW) == ("budi", "rina")
    assert rotations.people(["primary"], rosters, NOW - 300 * DAY) == ()


def test_an_override_that_began_is_cut_off_and_one_to_come_is_taken_back() -> None:
    known = rotation()
    for id, start in (("now", None), ("then", NOW + 2 * DAY)):
        for event in rotations.override(known, id, "dewi", start, NOW + 3 * DAY, NOW):
            known = rotations.apply(known, event)
    assert rotations.on_call(known, NOW) == "dewi"
    hour = NOW + timedelta(hours=1)
    for id in ("now", "then"):
        for event in rotations.withdraw(known, id, hour):
            known = rotations.apply(known, event)
    assert [(each.start, each.end) for each in known.overrides] == [(NOW, hour)]
    with pytest.raises(Conflict, match="on record"):
        rotations.withdraw(known, "now", hour)
    with pytest.raises(NotFound):
        rotations.withdraw(known, "then", hour)


@pytest.mark.parametrize(
    ("start", "end", "pointer"),
    [(NOW - DAY, NOW + DAY, "/start"), (NOW + DAY, NOW + DAY, "/end"), (None, NOW, "/end")],
)
def test_an_override_changes_no_past(start: datetime | None, end: datetime, pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        rotations.override(rotation(), "o", "dewi", start, end, NOW)
    assert refused.value.problems[0].pointer == pointer


def test_two_people_are_not_put_on_call_at_once_by_overrides() -> None:
    (put,) = rotations.override(rotation(), "o1", "dewi", NOW + DAY, NOW + 2 * DAY, NOW)
    known = rotations.apply(rotation(), put)
    half = timedelta(hours=12)
    for start, end in ((NOW + half, NOW + DAY + half), (NOW + DAY + half, NOW + 3 * DAY), (NOW, NOW + 9 * DAY)):
        with pytest.raises(Conflict, match=r"override o1 puts dewi on call from 2026-\S+Z until 2026-\S+Z; take"):
            rotations.override(known, "o2", "rina", start, end, NOW)
    for contact, start, end in (
        ("rina", NOW, NOW + DAY),
        ("rina", NOW + 2 * DAY, NOW + 3 * DAY),
        ("dewi", NOW, NOW + 3 * DAY),
    ):
        assert rotations.override(known, "o2", contact, start, end, NOW), "beside it, or the same person for longer"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"every": "PT30M"}, "/rotations/0/layers/0/every"),
        ({"every": "week"}, "/rotations/0/layers/0/weekday"),
        ({"every": "day", "weekday": "mon"}, "/rotations/0/layers/0/weekday"),
        ({"hours": {"mon-sun": "22:00-06:00"}}, "/rotations/0/layers/0/hours/mon-sun/0"),
        ({"timeZone": "Mars/Base"}, "/rotations/0/layers/0/timeZone"),
    ],
)
def test_a_layer_that_cannot_be_is_refused_by_its_field(changes: dict[str, Any], pointer: str) -> None:
    base = {"participants": ["ana"], "timeZone": "UTC", "from": "2026-11-23", "every": "day"}
    given = agreement_dict(rotations=[{"id": "primary", "layers": [{**base, **changes}]}])
    with pytest.raises(Invalid) as refused:
        reading.parse_documents(json.dumps(given))
    assert pointer in [each.pointer for each in refused.value.problems]


def test_an_override_says_whose_turns_it_takes_and_its_end_says_who_is_called_again() -> None:
    known = rotation()
    [put] = rotations.override(known, "o1", "dewi", None, NOW + 2 * DAY, NOW, "rina")
    assert isinstance(put, rotations.Overridden) and put.instead_of == ("budi", "ana")
    known = rotations.apply(known, put)
    [back] = rotations.withdraw(known, "o1", NOW + timedelta(hours=1), "rina")
    assert isinstance(back, rotations.Withdrawn)
    assert (back.contact, back.start, back.end) == ("dewi", NOW + timedelta(hours=1), NOW + 2 * DAY)
    told = [message for event in (put, back) for message in of_rotation(event, rotations.apply(known, event))]
    assert [each.type for each in told] == ["sepakat.oncall.overridden.v1", "sepakat.oncall.override_withdrawn.v1"]
    assert [(each.data or {}).get("again") for each in told] == [None, list(back.again)]
    of_before = rotations.Withdrawn("o1", NOW)
    assert list(of_rotation(of_before, known)) == [], "what was written before says nothing of whom it was about"


def test_a_shift_is_known_from_its_own_beginning_however_long_ago_that_was() -> None:
    for at in (NOW + timedelta(hours=1), NOW + timedelta(hours=7, microseconds=5000)):
        (first, *_) = rotations.whole_shifts(rotation(), at, at + 3 * DAY)
        assert (first.contact, first.start) == ("budi", NOW)
    alone = {**DECLARED, "layers": [{**DECLARED["layers"][0], "participants": ["ana"]}]}
    (declared,) = rotations.declared_in(agreement(rotations=[alone]), 1, NOW - 300 * DAY)
    always = rotations.apply(None, declared)
    (only,) = rotations.whole_shifts(always, NOW + 400 * DAY, NOW + 401 * DAY)
    assert (only.contact, only.start) == ("ana", always.declarations[0].layers[0].begins)
    hourly = replace(always.declarations[0].layers[0], every_seconds=3600.0)
    for_years = replace(always, declarations=(replace(always.declarations[0], layers=(hourly,)),))
    (only,) = rotations.whole_shifts(for_years, NOW + 20_000 * DAY, NOW + 20_001 * DAY)
    assert (only.contact, only.start) == ("ana", hourly.begins), "no half a million turns are counted for it"
    before = only.start - 9 * DAY
    (nobody, _) = rotations.whole_shifts(always, before, only.start + DAY)
    assert (nobody.contact, nobody.start) == (None, before), "that nobody was on call has no beginning"


def test_after_an_override_a_turn_goes_on_from_its_end() -> None:
    hour = timedelta(hours=1)
    (put,) = rotations.override(rotation(), "o1", "dewi", NOW, NOW + hour, NOW)
    known = rotations.apply(rotation(), put)
    assert told(rotations.whole_shifts(known, NOW + 2 * hour, NOW + 3 * hour)) == [("budi", NOW + hour)]
    assert told(rotations.whole_shifts(known, NOW + hour / 2, NOW + hour)) == [("dewi", NOW)]


def test_no_event_of_the_calendar_ends_when_it_begins_and_no_two_have_one_name() -> None:
    instants = [NOW + timedelta(milliseconds=each) for each in (0, 100, 400, 900, 1700, 60_000)]
    found = [Shift(*span, who, who) for span, who in zip(pairwise(instants), "abcde", strict=True)]
    calendar = icalendar.Calendar.from_ical(as_icalendar("nusantara/primary", "Primary", found, NOW))
    events = calendar.walk("VEVENT")
    assert [str(each["summary"])[0] for each in events] == ["d", "e"]
    assert all(each.decoded("dtstart") < each.decoded("dtend") for each in events)
    assert len({str(each["uid"]) for each in events}) == len(events)
