"""Duplicates and links: what goes on where, what is refused, and that nothing is lost in between."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from alerting import alert, group
from handled import NOW, Handled, opened
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from samples import agreement

from sepakat_cli.backends import Backend
from sepakat_incidents import answers, deadlines, folding, merging
from sepakat_incidents import line as domain
from sepakat_incidents.escalation import Ladder, Rung
from sepakat_incidents.events import Event
from sepakat_incidents.handling import Handling
from sepakat_incidents.incident import About, Incident, Line, Trigger
from sepakat_incidents.publish import of_line
from sepakat_shared.contracts.notifications import NotificationAcknowledged
from sepakat_shared.errors import Conflict, Invalid

DAY = timedelta(days=1)
HOW = Handling("P2", Ladder((Rung(("oncall",), 900), Rung(("rina",), 900))), (), 1)


def begun(service: str, minutes: int = 0, customer: str = "toko-maju", how: Handling = HOW) -> Line:
    at = NOW + timedelta(minutes=minutes)
    about = About("toko", service, "nusantara", customer)
    trigger = Trigger("impairment", f"impairment:{service}", f"e-{service}", at, {"en": f"{service} is down"})
    return after(None, domain.begin(None, f"toko.{service}", about, trigger, how, at))


def after(line: Line | None, events: Sequence[Event]) -> Line:
    for event in events:
        line = folding.apply(line, event)
    assert line is not None
    return line


def of(line: Line) -> Incident:
    assert line.incident is not None
    return line.incident


def merge(line: Line, into: Line, minutes: int = 5) -> Line:
    events = merging.merge(line, of(line).id, of(into), "rina", "one disk", NOW + timedelta(minutes=minutes))
    return after(line, events)


def absorb(line: Line, duplicate: Line, minutes: int = 5, how: Handling = HOW) -> Line:
    return after(line, merging.absorb(line, of(duplicate), how, "rina", NOW + timedelta(minutes=minutes)))


# -- merging -----------------------------------------------------------------------------------------------------------


def test_the_ladder_and_the_clocks_of_a_duplicate_stop_and_the_other_one_waits_for_its_causes() -> None:
    kept, late = begun("search"), begun("checkout", 2)
    duplicate = merge(late, kept)
    assert (of(duplicate).status.value, of(duplicate).merged_into) == ("closed", "toko.search.0001")
    assert deadlines.due_at(of(duplicate)) is None
    assert deadlines.fire(duplicate, NOW + DAY) == []
    kept = absorb(kept, duplicate)
    assert of(kept).waiting == ("impairment:search", "impairment:checkout")
    kept = after(kept, domain.passed(kept, "impairment:search", NOW, NOW, DAY))
    assert of(kept).is_open
    kept = after(kept, domain.passed(kept, "impairment:checkout", NOW, NOW, DAY))
    assert of(kept).status.value == "resolved"


def test_a_duplicate_is_told_once_and_its_case_is_cancelled() -> None:
    duplicate = begun("checkout", 2)
    (event,) = merging.merge(duplicate, of(duplicate).id, of(begun("search")), "rina", None, NOW + timedelta(minutes=5))
    told = list(of_line(event, after(duplicate, [event])))
    assert [each.type for each in told] == ["sepakat.incident.merged.v1", "sepakat.metric.ticket.v1"]
    assert told[1].data is not None and told[1].data["fact"] == "cancelled"


def test_merging_twice_changes_nothing_and_neither_does_taking_over_twice() -> None:
    kept, duplicate = begun("search"), begun("checkout", 2)
    merged = merge(duplicate, kept)
    assert merge(merged, kept) == merged
    kept = absorb(kept, merged)
    assert absorb(kept, merged) == kept


def test_a_graver_duplicate_raises_the_one_that_is_kept_and_an_earlier_impact_is_its_own() -> None:
    grave = Handling("P1", Ladder((Rung(("boss",), 60),)), (), 1)
    kept = absorb(begun("search"), merge(begun("checkout", 2, how=grave), begun("search")), how=grave)
    assert (of(kept).priority, of(kept).asked, of(kept).title) == ("P1", ("boss",), {"en": "search is down"})
    assert of(kept).merged == ("toko.checkout.0001",)


def test_whoever_has_the_duplicate_in_hand_has_the_one_that_is_kept() -> None:
    """Nobody is called for what somebody sees to already, as by a graver ladder that would begin then."""
    grave = Handling("P1", Ladder((Rung(("boss",), 60),)), (), 1)
    late = begun("checkout", 2, how=grave)
    late = after(late, answers.acknowledge(late, of(late).id, "sari", "nusantara", NOW + timedelta(minutes=3)))
    kept = absorb(begun("search"), merge(late, begun("search")), how=grave)
    assert (of(kept).priority, of(kept).status.value, of(kept).acknowledged_by) == ("P1", "acknowledged", "sari")
    assert of(kept).acknowledged_at == NOW + timedelta(minutes=5)
    assert of(kept).asked == ("oncall",), "those of the first ladder alone were asked"
    taken = begun("search")
    taken = after(taken, answers.acknowledge(taken, of(taken).id, "rina", "nusantara", NOW + timedelta(minutes=1)))
    assert of(absorb(taken, merge(late, begun("search")))).acknowledged_by == "rina"
    assert of(absorb(taken, merge(late, begun("search")))).joined == ("nusantara/sari",)


def test_it_is_in_hand_by_the_graver_ladder_for_as_long_and_of_as_many_people_as_that_one_says() -> None:
    lasting = Handling("P1", Ladder((Rung(("boss",), 60),), lasts_seconds=1800), (), 1)
    late = begun("checkout", 2, how=lasting)
    for who in ("sari", "lead"):
        late = after(late, answers.acknowledge(late, of(late).id, who, "nusantara", NOW + timedelta(minutes=3)))
    kept = absorb(begun("search"), merge(late, begun("search")), how=lasting)
    assert (of(kept).status.value, of(kept).joined) == ("acknowledged", ("nusantara/lead",))
    assert of(kept).due_at == NOW + timedelta(minutes=35), "without a word it lapses, as the duplicate's would have"
    two = Handling("P1", Ladder((Rung(("boss",), 60, needed=2),)), (), 1)
    kept = absorb(begun("search"), merge(late, begun("search")), how=two)
    assert (of(kept).status.value, of(kept).acknowledgers, of(kept).asked) == ("open", ("sari",), ("boss",))


def test_an_acknowledgement_that_was_given_back_is_not_taken_over() -> None:
    late = begun("checkout", 2)
    late = after(late, answers.acknowledge(late, of(late).id, "sari", "nusantara", NOW + timedelta(minutes=3)))
    late = after(late, answers.release(late, of(late).id, "sari", "nusantara", NOW + timedelta(minutes=4)))
    assert of(absorb(begun("search"), merge(late, begun("search")))).status.value == "open"


def test_of_a_level_that_needs_two_whoever_had_the_duplicate_is_one() -> None:
    late = begun("checkout", 2)
    late = after(late, answers.acknowledge(late, of(late).id, "sari", "nusantara", NOW + timedelta(minutes=3)))
    two = begun("search", how=Handling("P2", Ladder((Rung(("oncall",), 900, needed=2),)), (), 1))
    kept = absorb(two, merge(late, two))
    assert (of(kept).status.value, of(kept).acknowledgers) == ("open", ("sari",))


def test_what_cannot_be_merged_says_why() -> None:
    first, second = begun("search"), begun("checkout", 2)
    with pytest.raises(Invalid, match="opened later"):
        merge(first, second)
    with pytest.raises(Invalid, match="another incident"):
        merge(first, first)
    with pytest.raises(Invalid, match="other parties"):
        merge(second, begun("search", customer="somebody"))
    by_customer = Handling("P2", Ladder((Rung(("budi",), 900),), responsible="customer"))
    with pytest.raises(Invalid, match="another party"):
        merge(second, begun("search", how=by_customer))
    over = after(first, domain.resolve(first, of(first).id, "rina", None, NOW, DAY))
    with pytest.raises(Conflict, match="open it again first"):
        merge(second, over)
    ended = after(second, domain.resolve(second, of(second).id, "rina", None, NOW, DAY))
    with pytest.raises(Conflict, match="resolved"):
        merge(ended, first)
    with pytest.raises(Conflict, match="was merged into toko"):
        merge(merge(second, first), begun("mail"))


def test_one_that_ended_in_the_moment_of_the_merge_is_opened_again() -> None:
    kept, duplicate = begun("search"), merge(begun("checkout", 2), begun("search"))
    kept = after(kept, domain.passed(kept, "impairment:search", NOW, NOW, DAY))
    kept = absorb(kept, duplicate)
    assert (of(kept).is_open, of(kept).waiting, of(kept).level) == (True, ("impairment:checkout",), 1)


# -- links -------------------------------------------------------------------------------------------------------------


def test_a_link_is_said_once_of_past_incidents_too_and_taken_back() -> None:
    line, other = begun("checkout"), of(begun("search"))
    linked = after(line, merging.link(line, of(line).id, "caused-by", other, "rina", NOW))
    assert merging.link(linked, of(line).id, "caused-by", other, "rina", NOW) == []
    later = Trigger("impairment", "impairment:checkout", "e9", NOW, {"en": "x"})
    over = after(linked, domain.resolve(linked, of(line).id, "rina", None, NOW, DAY))
    next_one = after(over, domain.begin(over, "toko.checkout", of(line).about, later, HOW, NOW))
    id = of(line).id
    assert next_one.past[id].linked == {("caused-by", "toko.search.0001")}
    both = after(next_one, merging.link(next_one, id, "related", of(next_one), "rina", NOW))
    assert len(both.past[id].links) == 2
    freed = after(both, merging.unlink(both, id, "caused-by", "toko.search.0001", "rina", NOW))
    assert [each.kind for each in freed.past[id].links] == ["related"]
    assert merging.unlink(freed, id, "caused-by", "toko.search.0001", "rina", NOW) == []


def test_what_a_merge_says_stays_and_nobody_links_to_itself_or_to_strangers() -> None:
    duplicate = merge(begun("checkout", 2), begun("search"))
    with pytest.raises(Conflict, match="stays on record"):
        merging.unlink(duplicate, of(duplicate).id, "duplicates", "toko.search.0001", "rina", NOW)
    line = begun("checkout")
    with pytest.raises(Invalid, match="another incident"):
        merging.link(line, of(line).id, "related", of(line), "rina", NOW)
    with pytest.raises(Invalid, match="other parties"):
        merging.link(line, of(line).id, "related", of(begun("search", customer="somebody")), "rina", NOW)
    full = line
    for n in range(merging.MOST_LINKS):
        full = after(full, merging.link(full, of(line).id, "related", of(begun(f"s{n}")), "rina", NOW))
    with pytest.raises(Conflict, match="may have no more"):
        merging.link(full, of(line).id, "related", of(begun("one-more")), "rina", NOW)


def test_a_circle_is_one_of_one_kind_over_any_number_of_steps() -> None:
    known: dict[str, Any] = {"a": [("caused-by", "b"), ("related", "c")], "b": [("caused-by", "c")], "c": []}
    assert not merging.leads_back("a", "caused-by", known)
    known["c"] = [("related", "a"), ("duplicates", "a")]
    assert not merging.leads_back("a", "caused-by", known)
    known["c"] = [("caused-by", "a")]
    assert merging.leads_back("a", "caused-by", known) and not merging.leads_back("a", "related", known)


def test_an_incident_that_was_written_before_there_were_merges_still_loads() -> None:
    stored = msgspec.to_builtins(of(begun("checkout")))
    for name in ("merged_into", "merged", "links", "alerts", "reopened"):
        del stored[name]
    assert msgspec.convert(stored, Incident) == of(begun("checkout"))


# -- any order ---------------------------------------------------------------------------------------------------------

SERVICES = ("a", "b", "c")


class MergingMachine(RuleBasedStateMachine):
    """Three services that fail and recover; duplicates among them are merged, and taken over some time later."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, Line] = {}
        self.failing: set[str] = set()
        self.owed: list[Incident] = []
        self.now, self.seen = NOW, 0

    def take(self, service: str, events: Sequence[Event]) -> None:
        self.now += timedelta(minutes=1)
        if events:
            self.lines[service] = after(self.lines.get(service), events)

    def present(self, service: str) -> Incident | None:
        line = self.lines.get(service)
        incident = line.incident if line else None
        while incident is not None and incident.merged_into is not None:
            kept = self.lines[incident.merged_into.split(".")[1]]
            incident = next(
                each for each in [*kept.past.values(), of(kept)] if each.id == incident.merged_into
            )  # fmt: skip
        return incident

    @rule(service=st.sampled_from(SERVICES))
    def fails(self, service: str) -> None:
        if service in self.failing:
            return
        self.failing.add(service)
        self.seen += 1
        trigger = Trigger("impairment", f"impairment:{service}", f"e{self.seen}", self.now, {"en": service})
        line, kept = self.lines.get(service), self.present(service)
        if line is not None and merging.kept(line) is not None and kept is not None and kept.is_open:
            joined = merging.join(self.lines[kept.about.service], kept.id, trigger, HOW, self.now)
            assert joined is not None
            self.take(kept.about.service, joined)
            self.take(service, merging.forwarded(line, trigger, self.now))
            return
        about = About("toko", service, "nusantara", "toko-maju")
        self.take(service, domain.begin(line, f"toko.{service}", about, trigger, HOW, self.now))

    @rule(service=st.sampled_from(SERVICES))
    def recovers(self, service: str) -> None:
        if service not in self.failing:
            return
        self.failing.discard(service)
        subject, at = f"impairment:{service}", service
        while merging.kept(self.lines[at]) is not None:
            self.take(at, merging.passed(self.lines[at], subject, self.now))
            at = str(merging.kept(self.lines[at])).split(".")[1]
        self.take(at, domain.passed(self.lines[at], subject, self.now, self.now, DAY))

    @rule(service=st.sampled_from(SERVICES), into=st.sampled_from(SERVICES))
    def merged(self, service: str, into: str) -> None:
        if service not in self.lines or into not in self.lines:
            return
        line, kept = self.lines[service], of(self.lines[into])
        try:
            events = merging.merge(line, of(line).id, kept, "rina", None, self.now)
        except (Conflict, Invalid):
            return
        self.take(service, events)
        if events:
            self.owed.append(of(self.lines[service]))

    @rule()
    def taken_over(self) -> None:
        """As the service does it: with what the duplicate waited for then, and again for what has passed since."""
        if not self.owed:
            return
        duplicate = self.owed.pop(0)
        at = str(duplicate.merged_into).split(".")[1]
        while merging.kept(self.lines[at]) is not None:
            at = str(merging.kept(self.lines[at])).split(".")[1]
        self.take(at, merging.absorb(self.lines[at], duplicate, HOW, "rina", self.now))
        left = of(self.lines[duplicate.about.service])
        for subject in duplicate.waiting:
            if left.id != duplicate.id or subject not in left.waiting:
                self.take(at, domain.passed(self.lines[at], subject, self.now, self.now, DAY))

    @invariant()
    def no_merge_leads_back(self) -> None:
        for service in self.lines:
            self.present(service)  # ends

    @invariant()
    def what_fails_is_on_an_open_incident(self) -> None:
        if not self.owed:
            waited_for = {each for line in self.lines.values() if of(line).is_open for each in of(line).waiting}
            assert {f"impairment:{service}" for service in self.failing} <= waited_for

    @invariant()
    def what_is_over_waits_for_nothing_that_fails(self) -> None:
        if not self.failing and not self.owed:
            for line in self.lines.values():
                assert not of(line).is_open, "all has recovered, and something is still open"


TestMerging = MergingMachine.TestCase
TestMerging.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)


# -- over HTTP ---------------------------------------------------------------------------------------------------------

TEXT = agreement(
    services=[{"id": id, "description": {"en": id.title()}} for id in ("checkout", "search", "mail")],
    priorities={"P1": {"restore": "PT4H", "escalation": "critical"}, "P3": {"escalation": "critical"}},
)
FOREIGN = agreement(metadata={"id": "of-others"}, parties={"provider": "nusantara", "customer": "stranger"})


@pytest.fixture
async def handled(backend: Backend) -> Any:
    async with opened(backend, TEXT) as handled:
        await handled.key("alertmanager", "nusantara", "alerts:write")
        yield handled


async def two(handled: Handled) -> tuple[str, str]:
    """The id of an incident, and of a duplicate that opened after it."""
    first = await handled.impaired(service="search")
    await handled.after(minutes=1)
    return first, await handled.impaired()


@pytest.mark.servers
async def test_a_duplicate_goes_on_as_part_of_the_first_one_and_both_say_so(handled: Handled) -> None:
    first, second = await two(handled)
    merged = await handled.post("nusantara", second, "merge", into=first, reason="one disk")
    assert (merged["status"], merged["merged_into"], merged["clocks"][0]["state"]) == ("closed", first, "cancelled")
    seen = await handled.get(first)
    assert (seen["merged"], seen["links"]) == (
        [second], [{"kind": "duplicated-by", "incident": second, "number": "CHECKOUT-0001"}],
    )  # fmt: skip
    assert "Merged" in [each["what"] for each in await handled.timeline(second)]
    assert "Absorbed" in [each["what"] for each in await handled.timeline(first)]
    refused = await handled.post("nusantara", second, "acknowledge", 409)
    assert f"was merged into {first}" in refused["detail"]
    await handled.post("nusantara", second, "reopen", 409, reason="x")
    # Somebody presses the link of a mail about the duplicate.
    pressed = NotificationAcknowledged(
        notification="n1", channel="email", recipient="rina", about=second, about_type="incident", party="nusantara",
        incident=second, contact="rina", at=handled.clock.now(),
    )  # fmt: skip
    await handled.reactions.on_acknowledged(pressed, handled.cause("n1"))
    assert (await handled.get(first))["acknowledged_by"] == "rina"
    await handled.mended(service="search")
    assert (await handled.get(first))["status"] == "acknowledged"
    await handled.mended()
    assert (await handled.get(first))["status"] == "resolved"
    # The service itself has recovered and fails anew: the one that was kept is over.
    assert await handled.impaired() == "toko-checkout.checkout.0002"


@pytest.mark.servers
async def test_alerts_of_a_duplicate_count_for_the_first_one(handled: Handled) -> None:
    async def alerts(*given: dict[str, Any]) -> Any:
        return await handled.ask("alertmanager", "POST", "/v1/alertmanager", json=group(*given))

    search = {"sepakat_service": "search"}
    await alerts(alert(1, **search))
    await handled.after(minutes=1)
    await alerts(alert(2), alert(3))
    first, second = "toko-checkout.search.0001", "toko-checkout.checkout.0001"
    await handled.post("nusantara", second, "merge", into=first)
    later = await alerts(alert(4), alert(5))
    assert later["accepted"] == 2
    assert (await handled.get(first))["alerts"]["count"] == 5
    entries = len(await handled.timeline(first)), len(await handled.timeline(second))
    await alerts(*[alert(n) for n in range(6, 60)])
    assert (await handled.get(first))["alerts"]["count"] == 59
    assert (len(await handled.timeline(first)), len(await handled.timeline(second))) == entries
    await alerts(alert(1, "resolved", ends="2026-11-24T08:55:00Z", **search))
    assert (await handled.get(first))["status"] == "open"
    await alerts(*[alert(n, "resolved", ends="2026-11-24T08:58:00Z") for n in range(2, 60)])
    assert (await handled.get(first))["status"] == "resolved"
    assert len(await handled.told(suffix="incident.opened.v1")) == 2


@pytest.mark.servers
async def test_a_merge_that_was_cut_off_is_finished_by_what_was_published(handled: Handled) -> None:
    first, second = await two(handled)
    into = await handled.incidents.find(first)
    assert into is not None
    await handled.incidents.execute(
        "toko-checkout.checkout",
        lambda line, now: [] if line is None else merging.merge(line, second, into, "rina", None, now),
        by="rina",
    )
    # Until that is heard of, the service recovers and fails again: both go to the one that is kept.
    await handled.mended()
    assert await handled.impaired() == second
    await handled.mended()
    for _ in range(2):
        await handled.episodes.absorb(second, "rina", handled.cause("merge"))
    assert (await handled.get(first))["merged"] == [second]
    await handled.mended(service="search")
    assert (await handled.get(first))["status"] == "resolved"


@pytest.mark.servers
async def test_links_are_seen_from_both_sides_and_no_circle_of_causes_stays(handled: Handled) -> None:
    first, second = await two(handled)
    third = await handled.impaired(service="mail")
    await handled.post("nusantara", first, "links", 201, kind="caused-by", to=second)
    seen = await handled.post("toko-maju", second, "links", 201, kind="caused-by", to=third)
    assert [(each["kind"], each["incident"]) for each in seen["links"]] == [("caused-by", third), ("causes", first)]
    assert "its own" in (await handled.post("nusantara", third, "links", 409, kind="caused-by", to=first))["detail"]
    await handled.post("nusantara", third, "links", 201, kind="related", to=first)
    unknown = await handled.post("nusantara", first, "links", 422, kind="related", to="toko-checkout.no.0001")
    assert unknown["errors"][0]["pointer"] == "/to"
    assert (await handled.post("nusantara", first, "links", 422, kind="related", to=first))["errors"][0][
        "pointer"
    ] == "/to"
    await handled.post("nusantara", first, "resolve")
    await handled.post("nusantara", first, "close")
    closed = await handled.ask("toko-maju", "DELETE", f"/v1/incidents/{first}/links/caused-by/{second}")
    assert [each["kind"] for each in closed["links"]] == ["related"]
    assert [each["what"] for each in await handled.timeline(first)][-1] == "Unlinked"
    answers = await asyncio.gather(
        handled.http.post(f"/v1/incidents/{first}/links", json={"kind": "caused-by", "to": second},
                          headers={"Authorization": "Bearer spk_nusantara"}),
        handled.http.post(f"/v1/incidents/{third}/links", json={"kind": "caused-by", "to": first},
                          headers={"Authorization": "Bearer spk_nusantara"}),
    )  # fmt: skip
    assert 409 in [each.status_code for each in answers], "both at once would make a circle"
    caused = {id: [each["incident"] for each in (await handled.get(id))["links"] if each["kind"] == "caused-by"]
              for id in (first, second, third)}  # fmt: skip
    assert not all(caused.values())


@pytest.mark.servers
async def test_incidents_of_other_parties_are_not_even_named(backend: Backend) -> None:
    async with opened(backend, TEXT, FOREIGN) as handled:
        first, _ = await two(handled)
        strange = "of-others.checkout.0001"
        bodies: dict[str, dict[str, str]] = {"merge": {"into": strange}, "links": {"kind": "related", "to": strange}}
        for what, body in bodies.items():
            refused = await handled.post("toko-maju", first, what, 422, **body)
            assert "of yours" in refused["errors"][0]["detail"]
        await handled.post("stranger", first, "merge", 404, into=first)
