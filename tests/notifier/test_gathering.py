"""Digests and summaries: what may wait, until when, what becomes of a storm; all of it pure."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from facts import NAMES, NOW, agreed, dispute, every_fact, incident, notification, objective, on_call
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sepakat_notifier import digest_letters, gathering, preference, sending, subscription
from sepakat_notifier import notification as domain
from sepakat_notifier.digest_letters import Told
from sepakat_notifier.directory import Reader
from sepakat_notifier.gathering import Rules, Sent
from sepakat_notifier.notification import Delivered, GivenUp, Planned, Released, Status, Suppressed, Waited
from sepakat_notifier.preference import LeaveOut, Preference, QuietHours, Tell
from sepakat_notifier.subscription import Digest, Subscription
from sepakat_shared.contracts import compliance, credits, disputes, incidents, postmortems

HOURLY, DAILY = Digest("hour", "Asia/Jakarta"), Digest("day", "Asia/Jakarta", time(8))
WEEKLY = Digest("week", "Asia/Jakarta", time(8), on=0)
RULES = Rules(timedelta(minutes=2), 3, 6)
ABOUT = ("toko.checkout.0001", "incident")


# -- when --------------------------------------------------------------------------------------------------------------


def test_a_digest_is_due_by_the_wall_clock_of_its_zone() -> None:
    now = datetime(2026, 11, 24, 9, 20, 5, tzinfo=UTC)  # a Tuesday, 16:20 in Jakarta
    assert subscription.due(HOURLY, now) == datetime(2026, 11, 24, 10, tzinfo=UTC)
    assert subscription.due(DAILY, now) == datetime(2026, 11, 25, 1, tzinfo=UTC)
    assert subscription.due(WEEKLY, now) == datetime(2026, 11, 30, 1, tzinfo=UTC)
    at_eight = datetime(2026, 11, 30, 1, tzinfo=UTC)
    assert subscription.due(WEEKLY, at_eight) == at_eight + timedelta(days=7), "what comes at eight is for the next"
    half_past = Digest("hour", "Asia/Kolkata")
    assert subscription.due(half_past, now) == datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def test_a_clock_change_moves_no_digest() -> None:
    daily = Digest("day", "Europe/Berlin", time(8))
    saturday = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert subscription.due(daily, saturday) == datetime(2026, 10, 25, 7, tzinfo=UTC)
    assert subscription.due(daily, datetime(2026, 10, 24, 5, tzinfo=UTC)) == datetime(2026, 10, 24, 6, tzinfo=UTC)


@given(
    every=st.sampled_from(["hour", "day", "week"]), zone=st.sampled_from(["UTC", "Asia/Jakarta", "America/New_York"]),
    at=st.times(), on=st.integers(0, 6), minutes=st.integers(0, 527_040),
)  # fmt: skip
def test_what_waits_never_waits_for_the_past_nor_longer_than_its_digest(
    every: Any, zone: str, at: time, on: int, minutes: int
) -> None:
    digest, now = Digest(every, zone, at, on), NOW + timedelta(minutes=minutes)
    due = subscription.due(digest, now)
    longest = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}[every]
    assert now < due <= now + longest + timedelta(hours=1)
    assert subscription.due(digest, due - timedelta(milliseconds=1)) == due


# -- what --------------------------------------------------------------------------------------------------------------


def test_the_first_subscription_that_fits_counts() -> None:
    low = Subscription(kinds=("incidents",), priorities=("P3", "P4"), digest=DAILY)
    of_toko = Subscription(agreement="toko", digest=HOURLY)
    rest = Subscription(digest=WEEKLY)
    resolved = incident(incidents.IncidentResolved, priority="P3")
    assert subscription.fitting([low, of_toko, rest], resolved) == low
    assert subscription.fitting([of_toko, low], resolved) == of_toko
    assert subscription.fitting([low], incident(incidents.IncidentResolved, priority="P1")) is None
    elsewhere = objective(compliance.ObjectiveAtRisk, agreement="other")
    assert subscription.fitting([low, of_toko, rest], elsewhere) == rest


def test_each_event_has_the_kind_that_people_know_it_by() -> None:
    kinds = {
        incident(incidents.IncidentOpened): "incidents", incident(postmortems.PostmortemPublished): "notes",
        objective(): "objectives", dispute(disputes.DisputeRaised): "disputes", on_call(): "on-call",
        agreed(credits.CreditOwed): "credits",
    }  # fmt: skip
    assert {subscription.kind_of(fact) for fact in kinds} == set(kinds.values())
    assert all(subscription.kind_of(fact) == kind for fact, kind in kinds.items())


def test_what_is_urgent_owed_or_asks_for_an_answer_never_waits() -> None:
    patient = Preference("nusantara", "rina", subscriptions=(Subscription(digest=WEEKLY),))
    for fact in every_fact():
        [tell] = preference.told(patient, fact, NOW)
        waits = isinstance(tell, Tell) and tell.digest is not None
        urgent = getattr(fact, "priority", None) in ("P1", "P2")
        assert waits == (preference.may_be_gathered(fact) and not urgent), fact.type
    low = incident(incidents.IncidentResolved, priority="P3")
    assert preference.told(patient, low, NOW) == [Tell("rina", subscription.due(WEEKLY, NOW), WEEKLY)]


def test_what_foretells_a_deadline_comes_before_it() -> None:
    """By itself, in the night where that outlasts it, and in no digest that would."""
    night = QuietHours(time(22), time(7), "Asia/Jakarta", but_highest=False)
    patient = Preference("nusantara", "rina", quiet=night, subscriptions=(Subscription(digest=DAILY),))
    midnight, morning = datetime(2026, 11, 24, 17, tzinfo=UTC), datetime(2026, 11, 25, 0, tzinfo=UTC)
    soon = incident(incidents.ClockForecast, priority="P3", due_at=midnight + timedelta(hours=1))
    assert not preference.may_be_gathered(soon) and preference.is_news(soon.type)
    assert preference.told(patient, soon, midnight) == [Tell("rina")]
    later = soon.model_copy(update={"due_at": morning + timedelta(minutes=1)})
    assert preference.told(patient, later, midnight) == [Tell("rina", morning)]
    assert preference.told(Preference("nusantara", "rina", muted=True), soon, midnight) == [
        LeaveOut("rina", "unsubscribed from news")
    ]
    snoozed = incident(incidents.IncidentSnoozed, priority="P3", until=midnight + timedelta(minutes=30))
    assert preference.told(patient, snoozed, midnight) == [Tell("rina")]
    until_ten = snoozed.model_copy(update={"until": morning + timedelta(hours=3)})
    assert preference.told(patient, until_ten, midnight) == [Tell("rina", morning + timedelta(hours=1), DAILY)]
    in_chat = Preference("nusantara", "rina", subscriptions=(Subscription(ways=("room",)),))
    assert preference.told(in_chat, soon, midnight) == [Tell("rina", ways=("room",))], "news by chat stay there"


def test_what_is_left_out_is_in_no_digest_and_quiet_hours_put_one_off() -> None:
    low = incident(incidents.IncidentResolved, priority="P3")
    muted = Preference("nusantara", "rina", muted=True, subscriptions=(Subscription(digest=DAILY),))
    assert preference.told(muted, low, NOW) == [LeaveOut("rina", "unsubscribed from news")]
    night = QuietHours(time(22), time(7), "Asia/Jakarta")
    hourly = Preference("nusantara", "rina", quiet=night, subscriptions=(Subscription(digest=HOURLY),))
    evening, midnight = datetime(2026, 11, 24, 15, 10, tzinfo=UTC), datetime(2026, 11, 24, 17, tzinfo=UTC)
    morning = datetime(2026, 11, 25, 0, tzinfo=UTC)
    assert preference.told(hourly, low, evening) == [Tell("rina", morning, HOURLY)]
    assert preference.told(hourly, low, midnight) == [Tell("rina", morning, HOURLY)], "one digest of the whole night"


# -- storms ------------------------------------------------------------------------------------------------------------


def sent(*seconds_ago: int, about: str = ABOUT[0], gathers: bool = False) -> list[Sent]:
    return [Sent(about, "toko", NOW - timedelta(seconds=each), gathers) for each in seconds_ago]


def test_the_first_messages_about_a_thing_go_out_and_those_that_follow_are_summed_up() -> None:
    assert gathering.summary(sent(10, 20), ABOUT, "toko", RULES, NOW) is None
    summed = gathering.summary(sent(10, 20, 30), ABOUT, "toko", RULES, NOW)
    assert summed is not None
    assert (summed.about, summed.due_at) == (ABOUT, NOW - timedelta(seconds=10) + RULES.window)
    assert gathering.summary(sent(10, 20, 130), ABOUT, "toko", RULES, NOW) is None, "the first is not of late"


def test_one_summary_takes_all_until_it_is_due_and_the_next_begins_with_the_next_window() -> None:
    pending = sent(-40, gathers=True)
    summed = gathering.summary([*pending, *sent(10, 20, 30)], ABOUT, "toko", RULES, NOW)
    assert summed is not None and summed.due_at == NOW + timedelta(seconds=40)
    out = gathering.summary(sent(30, gathers=True), ABOUT, "toko", RULES, NOW)
    assert out is not None and out.due_at == NOW - timedelta(seconds=30) + RULES.window
    assert gathering.summary(sent(120, gathers=True), ABOUT, "toko", RULES, NOW) is None, "it has calmed down"


def test_many_things_of_one_agreement_are_a_storm_too() -> None:
    others = [each for n in range(6) for each in sent(n, about=f"toko.search.{n}")]
    summed = gathering.summary(others, ABOUT, "toko", RULES, NOW)
    assert summed is not None and summed.about == ("toko", "agreement")
    assert gathering.summary(others[:5], ABOUT, "toko", RULES, NOW) is None
    assert gathering.summary(others, ABOUT, "another", RULES, NOW) is None


@given(st.lists(st.integers(0, 600), min_size=1, max_size=120))
def test_a_storm_is_few_messages_and_everything_in_it_is_told_within_two_windows(seconds: list[int]) -> None:
    recent: list[Sent] = []
    for second in sorted(seconds):
        now = NOW + timedelta(seconds=second)
        summed = gathering.summary(recent, ABOUT, "toko", RULES, now)
        if summed is None:
            recent.append(Sent(ABOUT[0], "toko", now))
            continue
        assert now < summed.due_at <= now + RULES.window
        one = Sent(summed.about[0], "toko", summed.due_at, gathers=True)
        recent += [one] if one not in recent else []
    for each in recent:
        within = [other for other in recent if timedelta(0) <= other.at - each.at < RULES.window]
        assert len(within) <= RULES.at_once + 1


# -- how it ends -------------------------------------------------------------------------------------------------------


def waiting(**changes: Any) -> domain.Notification:
    return notification(incident(incidents.IncidentUpdated), "rina", id="m1", within="d1", holder="", **changes)


def digest_that(**changes: Any) -> domain.Notification:
    return notification(incident(incidents.IncidentUpdated), "rina", id="d1", party="nusantara", **changes)


@pytest.mark.parametrize(
    ("changes", "follows"),
    [
        ({}, Waited("", NOW + timedelta(minutes=5))),
        ({"status": Status.DELIVERED, "told": ("m1",)}, Delivered("nusantara", NOW, within="d1")),
        ({"status": Status.DELIVERED, "told": ("m2",)}, Released(NOW)),
        ({"status": Status.GIVEN_UP, "reason": "no"}, GivenUp("no", NOW, attempted=False)),
        ({"status": Status.SUPPRESSED, "reason": "erased"}, Suppressed("erased", NOW)),
        ({"status": Status.SUPPRESSED, "reason": gathering.NOTHING_TO_TELL}, Released(NOW)),
    ],
)
def test_what_waits_for_a_digest_ends_as_that_did(changes: dict[str, Any], follows: object) -> None:
    again = NOW + timedelta(minutes=5)
    assert gathering.follow(waiting(), digest_that(**changes), again, NOW) == [follows]


def test_what_was_told_says_in_which_message_and_what_came_too_late_is_sent_by_itself() -> None:
    state = domain.apply(None, Planned(waiting()))
    told = digest_that(status=Status.DELIVERED, told=("m1",))
    ended = domain.apply(state, *gathering.follow(state, told, NOW, NOW))
    assert (ended.status, ended.reason, ended.attempts) == (Status.DELIVERED, "in d1", 0)
    assert gathering.follow(ended, told, NOW, NOW) == [], "once"
    released = domain.apply(state, *gathering.follow(state, None, NOW, NOW))
    assert (released.status, released.within, released.due_at) == (Status.PENDING, None, NOW)
    assert gathering.follow(released, told, NOW, NOW) == []
    given_up = waiting(status=Status.GIVEN_UP)
    assert gathering.follow(given_up, told, NOW, NOW) != [], "the digest was tried again, and arrived"
    assert gathering.follow(waiting(status=Status.SUPPRESSED), told, NOW, NOW) == []


class Digesting(RuleBasedStateMachine):
    """What waits for one digest, whatever becomes of that: each is told once, or ends as it did; none is lost."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.digest = digest_that(holder="", due_at=NOW + timedelta(hours=1))
        self.members: dict[str, domain.Notification] = {}
        self.mailed: list[str] = []

    @rule()
    def plan(self) -> None:
        """Also what comes too late: another instance may have begun to send."""
        id = f"m{len(self.members)}"
        self.members[id] = waiting(due_at=NOW + timedelta(hours=2), reason="waits") if id == "m1" else notification(
            incident(incidents.IncidentUpdated), "rina", id=id, within="d1", holder="", reason="waits",
            due_at=NOW + timedelta(hours=2),
        )  # fmt: skip

    @rule(refused=st.booleans())
    def send(self, refused: bool) -> None:
        gathered = [
            each.id for each in self.members.values()
            if each.within == "d1" and each.status in (Status.PENDING, Status.GIVEN_UP)
        ]  # fmt: skip
        if refused:
            ended = sending.give_up(self.digest, "550 no", self.now)
        elif not gathered:
            ended = sending.suppress(self.digest, gathering.NOTHING_TO_TELL, self.now)
        else:
            ended = sending.deliver(self.digest, "nusantara", self.now, tuple(gathered))
            self.mailed += gathered if ended else []
        for event in ended:
            self.digest = domain.apply(self.digest, event)

    @rule()
    def try_the_digest_again(self) -> None:
        if self.digest.status is Status.GIVEN_UP:
            for event in sending.retry(self.digest, self.now):
                self.digest = domain.apply(self.digest, event)

    @rule(data=st.data())
    def follow(self, data: st.DataObject) -> None:
        if self.members:
            id = data.draw(st.sampled_from(sorted(self.members)))
            for event in gathering.follow(self.members[id], self.digest, self.now + timedelta(minutes=5), self.now):
                self.members[id] = domain.apply(self.members[id], event)

    @invariant()
    def nothing_is_lost_and_nothing_is_told_twice(self) -> None:
        assert len(self.mailed) == len(set(self.mailed))
        for each in self.members.values():
            assert (each.due_at is None) == (each.status is not Status.PENDING), "it ends, or is looked after"
            assert each.status is not Status.DELIVERED or each.id in self.mailed
            assert each.within is not None or each.id not in self.mailed, "what is sent by itself was not told"


TestDigesting = Digesting.TestCase


# -- what is read ------------------------------------------------------------------------------------------------------


def reader(language: str) -> Reader:
    return Reader("nusantara", "rina", "Rina", "rina@nusantara.example", language, "Asia/Jakarta")


@pytest.mark.parametrize(
    ("language", "subject", "begins"),
    [("en", "Daily digest: 2 messages", "since 24 Nov 2026"), ("id", "Ringkasan harian: 2 pesan", "sejak 24 Nov 2026")],
)
def test_a_digest_groups_by_agreement_and_service_and_leads_to_each(language: str, subject: str, begins: str) -> None:
    told = [
        Told(incident(incidents.IncidentResolved), NOW, "https://sla.example/m/one"),
        Told(objective(compliance.ObjectiveAtRisk), NOW + timedelta(hours=1), "https://sla.example/m/two"),
    ]
    data = {"kind": "digest", "every": "day"}
    said = digest_letters.gathered(data, reader(language), NAMES, told)
    assert said.subject == subject and begins in said.paragraphs[0]
    assert sum(len(entries) for _, entries in said.sections) == 2
    assert all(heading.startswith(("Checkout platform · ", "Platform checkout · ")) for heading, _ in said.sections)
    letter = digest_letters.compose(said, reader(language), "https://sla.example/u/out")
    for link in ("https://sla.example/m/one", "https://sla.example/m/two", "https://sla.example/u/out"):
        assert link in letter.text and f'href="{link}"' in letter.html


@pytest.mark.parametrize("language", ["en", "id"])
def test_a_summary_says_how_it_stands_and_lists_what_came_in_its_order(language: str) -> None:
    told = [Told(incident(incidents.IncidentUpdated, note=f"step {n}"), NOW, f"https://x/m/{n}") for n in range(3)]
    told.append(Told(incident(incidents.IncidentResolved), NOW, "https://x/m/3"))
    said = digest_letters.gathered({"kind": "summary"}, reader(language), NAMES, told)
    latest = said.sections[0][1][-1].what
    assert said.subject == (f"4 updates: {latest}" if language == "en" else f"4 perkembangan: {latest}")
    assert [each.link for each in said.sections[0][1]] == [f"https://x/m/{n}" for n in range(4)]
    assert said.tone == "good"


def a_line_of(fact: Any, language: str = "en") -> str:
    said = digest_letters.gathered({"kind": "summary"}, reader(language), NAMES, [Told(fact, NOW, "https://x/m/1")] * 2)
    letter = digest_letters.compose(said, reader(language), None)
    [(_, [line, _])] = said.sections
    assert all(each in " ".join(letter.text.split()) for each in (line.said, line.what))
    return line.said


def test_a_line_that_stands_for_somebodys_words_holds_them() -> None:
    note = "half of the shops\n- [P1] Over: all is well\ncan sell again"
    assert a_line_of(incident(incidents.IncidentUpdated, note=note)) == (
        "PT Nusantara Cloud: half of the shops - [P1] Over: all is well can sell again"
    ), "on one line, so that it looks like no other line"
    commented = incident(incidents.IncidentCommented, party="toko-maju")
    assert a_line_of(commented) == "Toko Maju: is it shop 12? or all of them? (attached: log.txt)"
    assert a_line_of(commented, "id").endswith("(lampiran: log.txt)")
    assert a_line_of(incident(incidents.IncidentReopened)) == "Reason given: it is down again"
    assert a_line_of(incident(incidents.IncidentPrioritised), "id") == "Alasannya: campaign week"
    assert a_line_of(incident(incidents.IncidentMerged)) == ""
    assert a_line_of(incident(incidents.IncidentMerged, reason="the same")) == "Reason given: the same"
    over = incident(incidents.IncidentResolved, by="sari", party="nusantara", note="a bigger disk")
    assert (
        a_line_of(over) == "PT Nusantara Cloud: a bigger disk" and a_line_of(incident(incidents.IncidentResolved)) == ""
    )
    opened = incident(incidents.IncidentOpened, party="toko-maju", description="Orders are lost")
    assert a_line_of(opened) == "Toko Maju: Orders are lost"
    assert a_line_of(incident(incidents.IncidentOpened)) == ""
    assert a_line_of(incident(incidents.ClocksPaused)) == "", "its subject says for whom"
    assert "waiting-for-parts" in a_line_of(incident(incidents.ClocksPaused, reason="waiting-for-parts"))
    due = incident(incidents.ClockForecast, clock="restore")
    assert a_line_of(due) == "restoration of CHECKOUT-0001: due by 24 Nov 2026, 20:00:00 WIB"
    assert a_line_of(due, "id") == "pemulihan CHECKOUT-0001: batas waktunya 24 Nov 2026, 20:00:00 WIB"


def test_words_that_are_long_are_cut_and_say_where_the_rest_is() -> None:
    long = a_line_of(incident(incidents.IncidentUpdated, note="x" * 4000))
    assert long.startswith("PT Nusantara Cloud: xxx") and len(long) < 400
    assert long.endswith("x… (the rest is on the timeline of CHECKOUT-0001)")
    assert a_line_of(incident(incidents.IncidentUpdated, note="x" * 4000), "id").endswith(
        "(selengkapnya di linimasa CHECKOUT-0001)"
    )


def test_a_summary_says_how_it_stands_only_where_its_last_line_does() -> None:
    def says(latest: Any, **data: str) -> bool:
        told = [Told(each, NOW, "https://x/m/1") for each in (incident(incidents.IncidentOpened), latest)]
        letters = [
            digest_letters.gathered({"kind": "summary", **data}, reader(language), NAMES, told).paragraphs[0]
            for language in ("en", "id")
        ]
        [one] = {sentence in said for sentence, said in zip(("as the last line says", "di baris terakhir"), letters,
                                                            strict=True)}  # fmt: skip
        return one

    for kind in (incidents.IncidentResolved, incidents.IncidentAcknowledged, incidents.IncidentReopened):
        assert says(incident(kind), about_type="incident"), kind
        assert not says(incident(kind), about_type="agreement"), "one incident of several"
    for kind in (incidents.IncidentUpdated, incidents.IncidentCommented, incidents.IncidentPrioritised):
        assert not says(incident(kind), about_type="incident"), kind
    assert not says(incident(incidents.IncidentAcknowledged, stops_ladder=False))


def test_a_digest_of_more_than_is_read_says_so_and_escapes_what_people_wrote() -> None:
    title = {"en": "<b>{{ 7*7 }}</b>", "id": "x"}
    many = [Told(incident(incidents.IncidentUpdated, title=title), NOW, "https://x/m/1")] * 400
    said = digest_letters.gathered({"kind": "digest", "every": "hour"}, reader("en"), NAMES, many)
    assert "300 of 400" in said.paragraphs[1]
    html = digest_letters.compose(said, reader("en"), None).html
    assert "<b>" not in html and "{{ 7*7 }}" in html
