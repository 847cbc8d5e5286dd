"""Sorting an incident: the matrix, whose it is, and who may say so; stories with a clock that the test owns."""

from typing import Any

import msgspec
import pytest
from samples import agreement, agreement_dict
from story import OPENED, Story

from sepakat_incidents import triage
from sepakat_incidents.events import Prioritised, Timed
from sepakat_incidents.handling import handling
from sepakat_incidents.incident import Incident
from sepakat_incidents.record import Owned, Triaged
from sepakat_incidents.triage import Sorting
from sepakat_shared.contracts import rules, texts
from sepakat_shared.contracts.matrix import DEGREES, Degree, priority_of
from sepakat_shared.errors import Conflict, Forbidden, Invalid

PROVIDER, CUSTOMER = "nusantara", "toko-maju"
TEXT = agreement(
    priorities={
        "matrix": {"high-high": "P1", "low-low": "P3"},
        "P1": {"restore": "PT1H", "escalation": "critical"}, "P3": {"restore": "PT8H", "escalation": "normal"},
    },
    escalation={
        "critical": {"levels": [{"notify": ["oncall"], "acknowledgeWithin": "PT15M"}]},
        "normal": {"levels": [{"notify": ["desk"], "acknowledgeWithin": "PT4H"}]},
    },
)  # fmt: skip


def story(priority: str = "P3") -> Story:
    return Story(handling(TEXT, 1, "checkout", priority))


def sort(story: Story, by: str, party: str | None, **given: Any) -> Story:
    def command(line: Any, id: str, now: Any) -> Any:
        def how(impact: Degree, urgency: Degree) -> Any:
            return handling(TEXT, 1, "checkout", priority_of(TEXT, impact, urgency))

        return triage.triage(line, id, Sorting(**given), how, by, party, now)

    return story.do(command)


# -- the matrix --------------------------------------------------------------------------------------------------------


def test_a_graver_impact_or_urgency_is_never_less_urgent_by_the_default_matrix() -> None:
    names = [[priority_of(None, impact, urgency) for urgency in DEGREES] for impact in DEGREES]
    assert names == [["P1", "P2", "P3"], ["P2", "P3", "P4"], ["P3", "P4", "P5"]]


def test_the_agreements_matrix_comes_first_and_what_it_leaves_open_is_the_nearest_priority_that_it_has() -> None:
    assert priority_of(TEXT, "high", "high") == "P1"
    assert priority_of(TEXT, "low", "low") == "P3"
    assert priority_of(TEXT, "medium", "low") == "P3", "P4 by default, and the agreement has none"
    assert priority_of(TEXT, "medium", "high") == "P1", "P2 by default: the graver one"
    mild = agreement(priorities={"P4": {"escalation": "critical"}})
    assert priority_of(mild, "high", "high") == "P4"
    assert priority_of(agreement(priorities=None, escalation={}), "medium", "medium") == "P3"


def test_a_cell_that_is_none_is_refused_by_its_name() -> None:
    given = agreement_dict(priorities={"matrix": {"huge-high": "P1"}, "P1": {"escalation": "critical"}})
    assert [at for at, _ in rules.check(texts.Agreement.model_validate(given))] == ["/priorities/matrix/huge-high"]


# -- sorting -----------------------------------------------------------------------------------------------------------


def test_the_priority_follows_from_both_and_its_limits_count_from_the_opening() -> None:
    sorted_at_half_past = sort(story().at("08:30"), "budi", CUSTOMER, impact="high", urgency="high")
    incident = sorted_at_half_past.incident
    assert (incident.priority, incident.impact, incident.urgency) == ("P1", "high", "high")
    assert incident.clocks[0].terms.limit_seconds == 3600
    assert incident.clocks[0].started_at == OPENED
    assert incident.asked == ("oncall",), "another ladder begins at its foot"
    assert [type(each) for each in sorted_at_half_past.events[-4:-1]] == [Triaged, Prioritised, Timed]
    assert sorted_at_half_past.types()[-5:].count("incident.triaged") == 1


def test_one_half_of_the_pair_is_enough_when_the_other_is_known() -> None:
    known = sort(story(), "rina", PROVIDER, impact="high", urgency="high")
    sort(known, "budi", CUSTOMER, impact="low")
    assert (known.incident.impact, known.incident.urgency) == ("low", "high")
    with pytest.raises(Invalid, match="/urgency"):
        sort(story(), "rina", PROVIDER, impact="high")


def test_the_responsible_party_alone_cannot_sort_it_down() -> None:
    grave = story("P1")
    with pytest.raises(Forbidden, match="less urgent"):
        sort(grave, "rina", PROVIDER, impact="low", urgency="low")
    assert grave.incident.impact is None, "nothing of it was kept"
    assert sort(grave, "operator", None, impact="low", urgency="low").incident.priority == "P3"


def test_what_is_so_already_changes_nothing_and_what_is_over_cannot_be_sorted() -> None:
    twice = sort(story(), "rina", PROVIDER, impact="high", urgency="high", owner="ana")
    count = len(twice.events)
    assert len(sort(twice, "rina", PROVIDER, impact="high", urgency="high", owner="ana").events) == count
    with pytest.raises(Conflict, match="resolved"):
        sort(story().at("09:00").resolve(), "rina", PROVIDER, owner="ana")


# -- whose it is -------------------------------------------------------------------------------------------------------


def test_the_responsible_party_says_whose_it_is_and_takes_it_away_again() -> None:
    owned = sort(story(), "rina", PROVIDER, owner="ana")
    assert owned.incident.owner == "ana"
    with pytest.raises(Forbidden, match="whose it is"):
        sort(owned, "budi", CUSTOMER, owner="budi")
    sort(owned, "rina", PROVIDER, owner="dewi")
    sort(owned, "rina", PROVIDER, released=True)
    assert [(each.previous, each.owner) for each in owned.events if isinstance(each, Owned)] == [
        (None, "ana"), ("ana", "dewi"), ("dewi", None),
    ]  # fmt: skip
    assert owned.incident.status.value == "open", "an owner stops no escalation"


def test_an_owner_who_leaves_owns_nothing_that_is_open() -> None:
    owned = sort(story(), "rina", PROVIDER, owner="ana")
    assert list(triage.orphaned(owned.line, PROVIDER, "dewi", owned.clock.now())) == []
    assert list(triage.orphaned(owned.line, CUSTOMER, "ana", owned.clock.now())) == []
    owned.take(triage.orphaned(owned.line, PROVIDER, "ana", owned.clock.now()))
    assert owned.incident.owner is None
    assert owned.types()[-1] == "incident.owner_changed"


def test_an_incident_that_was_written_before_there_was_a_triage_is_sorted_like_any_other() -> None:
    stored = msgspec.to_builtins(story().incident)
    for name in ("impact", "urgency", "owner"):
        del stored[name]
    old = msgspec.convert(stored, Incident)
    assert (old.impact, old.owner, old.opened_at) == (None, None, OPENED)
