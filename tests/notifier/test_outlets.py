"""How much is sent where, and when a side that fails is left alone: all of it pure."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from facts import NOW, notification, objective
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sepakat_notifier import breaker as breakers
from sepakat_notifier import endpoint as endpoints
from sepakat_notifier import notification as domain
from sepakat_notifier import sending
from sepakat_notifier.breaker import Breaker, Rules
from sepakat_notifier.endpoint import Changed, Disabled, Endpoint, FailedOn, Faltered
from sepakat_notifier.notification import Failed, GivenUp
from sepakat_notifier.outlets import Limits, Outlet, Waiting
from sepakat_shared.errors import Conflict, NotFound

RULES = Rules(opens_after=3, first_pause=timedelta(seconds=10), longest_pause=timedelta(minutes=1))
SECOND = timedelta(seconds=1)


def outlet(**changes: object) -> Outlet:
    limits = {"most_at_once": 4, "pause": None, "rules": RULES} | changes
    return Outlet("webhook", "hook", Limits(**limits))  # type: ignore[arg-type]


def filled(count: int, **changes: object) -> Outlet:
    made = outlet(**changes)
    for n in range(count):
        assert made.add(Waiting(f"n{n}", None), NOW)
    return made


# -- the breaker -------------------------------------------------------------------------------------------------------


def test_failures_in_a_row_open_it_for_a_pause_that_doubles_up_to_the_longest() -> None:
    breaker, now, pauses = Breaker(), NOW, []
    for _ in range(RULES.opens_after - 1):
        breaker = breakers.failed(breaker, RULES, 1.0, now)
        assert not breakers.is_open(breaker, now)
    for _ in range(5):
        breaker = breakers.failed(breaker, RULES, 1.0, now)
        assert breaker.open_until is not None and breakers.is_open(breaker, now)
        pauses.append((breaker.open_until - now).total_seconds())
        now = breaker.open_until
        assert not breakers.is_open(breaker, now), "one attempt shows whether it works again"
    assert pauses == [10, 20, 40, 60, 60]
    assert breakers.worked(breaker) == Breaker()


def test_what_was_under_way_when_it_opened_does_not_make_the_pause_longer() -> None:
    breaker = Breaker()
    for _ in range(RULES.opens_after):
        breaker = breakers.failed(breaker, RULES, 0.5, NOW)
    assert breaker.open_until == NOW + timedelta(seconds=5)
    assert breakers.failed(breaker, RULES, 0.5, NOW + SECOND) == breaker


# -- the outlet --------------------------------------------------------------------------------------------------------


def test_an_outlet_begins_with_one_attempt_and_has_one_more_with_each_that_works() -> None:
    ours = filled(20)
    assert ours.begin(NOW).id == "n0"
    assert not ours.may_begin(NOW), "whether it works is not known yet"
    for width in (2, 3, 4, 4):
        ours.end(True, 1.0, NOW)
        while ours.may_begin(NOW):
            ours.begin(NOW)
        assert ours.under_way == width
    ours.end(False, 1.0, NOW)
    assert not ours.may_begin(NOW), "a failure makes it careful again"


def test_what_says_nothing_of_the_way_there_changes_nothing() -> None:
    ours = filled(2)
    for _ in range(10):
        ours.add(Waiting("x", None), NOW)
        ours.begin(NOW)
        assert ours.end(None, 1.0, NOW) == []
    assert (ours.width, ours.breaker) == (1, Breaker())


def test_when_it_opens_nothing_is_kept_in_memory_or_taken_until_the_pause_is_over() -> None:
    ours = filled(6)
    dropped: list[Waiting] = []
    for _ in range(RULES.opens_after):
        ours.begin(NOW)
        dropped = ours.end(False, 1.0, NOW)
    assert [each.id for each in dropped] == ["n3", "n4", "n5"]
    assert not ours.add(Waiting("late", None), NOW) and ours.is_saturated(NOW)
    over = NOW + RULES.first_pause
    assert ours.held_back_until() == over and ours.add(Waiting("late", None), over) and ours.may_begin(over)
    ours.close_circuit()
    assert not ours.is_held_back(NOW)


def test_an_ordered_outlet_has_one_under_way_and_is_put_off_as_a_whole() -> None:
    ours = filled(3)
    ours.ordered, ours.width = True, 4
    ours.begin(NOW)
    assert not ours.may_begin(NOW)
    ours.end(True, 1.0, NOW)
    ours.put_off(NOW + SECOND)
    assert not ours.may_begin(NOW) and ours.may_begin(NOW + SECOND)


def test_a_rate_is_kept_without_bursts() -> None:
    ours = filled(40, pause=SECOND)
    now, begun = NOW, 0
    for _ in range(100):
        while ours.may_begin(now):
            ours.begin(now)
            ours.end(True, 1.0, now)
            begun += 1
        now += timedelta(milliseconds=100)
    assert begun == 10
    now += timedelta(minutes=5)
    burst = 0
    while ours.may_begin(now):
        ours.begin(now)
        ours.end(True, 1.0, now)
        burst += 1
    assert burst <= 2, "what was not used is not made up for"


class OutletMachine(RuleBasedStateMachine):
    """Whatever happens: never more under way than there may be, nothing begins while it is open, nothing is lost."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.outlet = outlet()
        self.added = self.begun = self.dropped = 0

    @rule(count=st.integers(1, 5))
    def arrive(self, count: int) -> None:
        for _ in range(count):
            self.added += self.outlet.add(Waiting(str(self.added), None), self.now)

    @precondition(lambda self: self.outlet.may_begin(self.now))
    @rule()
    def begin(self) -> None:
        assert not breakers.is_open(self.outlet.breaker, self.now)
        self.outlet.begin(self.now)
        self.begun += 1

    @precondition(lambda self: self.outlet.under_way)
    @rule(works=st.sampled_from([True, False, None]), spread=st.floats(0.5, 1.0))
    def end(self, works: bool | None, spread: float) -> None:
        self.dropped += len(self.outlet.end(works, spread, self.now))

    @rule(seconds=st.integers(1, 90))
    def pass_time(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @invariant()
    def nothing_is_too_much_or_lost(self) -> None:
        assert 0 <= self.outlet.under_way <= self.outlet.limits.most_at_once
        assert self.added == self.begun + self.dropped + len(self.outlet.waiting)
        until = self.outlet.breaker.open_until
        assert until is None or until <= self.now + RULES.longest_pause


TestOutletMachine = OutletMachine.TestCase
TestOutletMachine.settings = hypothesis(max_examples=60, stateful_step_count=40, deadline=None)


# -- the endpoint ------------------------------------------------------------------------------------------------------

HOOK = Endpoint("hook", "toko-maju", "https://hooks.example/x?key=1", (), "sealed", NOW)
DAYS = timedelta(days=5)
HALF_A_DAY = timedelta(hours=12)


def after(endpoint: Endpoint, *events: endpoints.Event) -> Endpoint:
    for event in events:
        endpoint = endpoints.apply(endpoint, event)
    return endpoint


def failed(endpoint: Endpoint, *instants: datetime) -> Endpoint:
    for at in instants:
        endpoint = after(endpoint, *endpoints.note_failure(endpoint, "answered 503", DAYS, at))
    return endpoint


def test_an_endpoint_that_fails_for_days_is_disabled_and_one_delivery_between_is_enough_not_to_be() -> None:
    failing = failed(HOOK, *(NOW + n * HALF_A_DAY for n in range(10)))
    assert (failing.status, failing.failing_since) == ("failing", NOW)
    assert failed(failing, NOW + DAYS - SECOND).status == "failing"
    assert endpoints.note_failure(failing, "answered 503", DAYS, NOW + DAYS) == [
        Disabled("answered 503", NOW + DAYS, failed=True)
    ]
    well = after(failing, *endpoints.note_success(failing, NOW + SECOND))
    assert (well.status, endpoints.note_success(well, NOW)) == ("working", [])
    assert endpoints.note_failure(well, "x", DAYS, NOW + DAYS) == [Faltered("x", NOW + DAYS)]


def test_failures_that_are_days_apart_disable_nothing_and_few_of_those_close_together_are_kept() -> None:
    failing = failed(HOOK, NOW)
    later = NOW + DAYS
    assert endpoints.note_failure(failing, "answered 503", DAYS, later) == [Faltered("answered 503", later)]
    again = failed(failing, later)
    assert (again.status, again.failing_since) == ("failing", later)
    assert failed(again, later + SECOND, later + 2 * SECOND).status == "failing", "its next attempts end nothing either"
    assert endpoints.note_failure(again, "answered 503", DAYS, later + SECOND) == []
    hour = later + timedelta(hours=1)
    assert endpoints.note_failure(again, "answered 502", DAYS, hour) == [FailedOn("answered 502", hour)]
    of_an_earlier_version = after(HOOK, Faltered("answered 503", NOW))
    of_an_earlier_version = replace(of_an_earlier_version, failed_at=None)
    assert endpoints.note_failure(of_an_earlier_version, "x", DAYS, later) == [Faltered("x", later)]


def test_another_address_inherits_no_failure_and_another_wish_does() -> None:
    failing = failed(HOOK, NOW)
    moved = after(failing, *endpoints.change(failing, Changed("https://hooks.example/y", (), False, None)))
    assert (moved.status, moved.failing_since, moved.failed_at, moved.failing_reason) == ("working", None, None, None)
    ordered = after(failing, *endpoints.change(failing, Changed(HOOK.url, (), True, None)))
    assert (ordered.status, ordered.failing_since) == ("failing", NOW)


def test_one_that_says_it_is_gone_is_disabled_at_once_and_can_be_enabled() -> None:
    gone = after(HOOK, *endpoints.note_gone(HOOK, "410 Gone", NOW))
    assert (gone.status, gone.disabled_reason) == ("disabled", "410 Gone")
    assert endpoints.note_gone(gone, "x", NOW) == endpoints.note_failure(gone, "x", DAYS, NOW) == []
    again = after(gone, *endpoints.enable(gone, NOW))
    assert (again.status, again.disabled_reason) == ("working", None)
    with pytest.raises(Conflict):
        endpoints.enable(again, NOW)
    with pytest.raises(NotFound):
        endpoints.disable(after(HOOK, endpoints.Removed(NOW)), "budi", NOW)


def test_two_secrets_sign_while_one_replaces_the_other() -> None:
    rotated = after(HOOK, *endpoints.rotate(HOOK, "newer", timedelta(hours=1), NOW))
    assert endpoints.sealed_secrets(rotated, NOW) == ["newer", "sealed"]
    assert endpoints.sealed_secrets(rotated, NOW + timedelta(hours=1)) == ["newer"]


def test_an_edit_that_changes_nothing_is_none() -> None:
    assert endpoints.change(HOOK, Changed(HOOK.url, (), False, None)) == []
    changed = after(HOOK, *endpoints.change(HOOK, Changed(HOOK.url, ("sepakat.incident.*",), True, "budi")))
    assert (changed.types, changed.ordered, changed.fallback) == (("sepakat.incident.*",), True, "budi")


# -- messages ----------------------------------------------------------------------------------------------------------


def test_the_failure_of_a_number_is_told_once_so_that_another_way_is_taken() -> None:
    held = notification(objective(), "hook", channel="webhook")
    later = NOW + SECOND
    told = []
    for _ in range(4):
        events = sending.fail(held, "answered 503", later, later, NOW, falters_after=3)
        told.append([type(each) for each in events])
        for event in events:
            held = domain.apply(held, event)
    assert told == [[Failed], [Failed], [Failed, domain.Faltered], [Failed]]


def test_what_waited_too_long_without_a_turn_is_given_up_without_an_attempt() -> None:
    held = notification(objective(), "hook", channel="webhook")
    assert sending.expire(held, DAYS, "left alone", NOW + DAYS - SECOND) == []
    [given_up] = sending.expire(held, DAYS, "left alone", NOW + DAYS)
    assert given_up == GivenUp("left alone", NOW + DAYS, attempted=False)
    ended = domain.apply(held, given_up)
    assert (ended.attempts, ended.status, sending.expire(ended, DAYS, "x", NOW + DAYS)) == (0, "given_up", [])


def test_messages_of_one_instant_are_in_the_order_of_their_events() -> None:
    def planned(id: str, sequence: str | None, at: datetime = NOW) -> domain.Notification:
        base = notification(objective(), "hook", channel="webhook", id=id, created_at=at)
        return domain.replace(base, occasion=domain.replace(base.occasion, sequence=sequence))

    row = [planned("b", "00000001.000"), planned("a", "00000002.000"), planned("0", None, NOW + SECOND)]
    assert sorted(row, key=domain.order) == row
