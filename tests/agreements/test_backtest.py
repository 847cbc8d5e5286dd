"""What is asked to be held against the past, as pure decisions."""

import json
from datetime import timedelta
from typing import Any

import pytest
from agreements.test_agreement import START, after, drafted
from agreements.test_clauses import merge

from sepakat_agreements import backtest as domain
from sepakat_agreements import negotiation
from sepakat_agreements.agreement import Agreement
from sepakat_agreements.backtest import Asked, Backtest, Completed, Failed, Requested, Wish
from sepakat_shared.contracts import texts
from sepakat_shared.errors import Conflict, Invalid

DAY = timedelta(days=1)
NOW = START - 30 * DAY
STRICT = merge("objectives/availability", {"target": "99.95"})


def proposed(*changes: Any) -> Agreement:
    state = drafted()
    return after(state, negotiation.propose(state, "toko-maju", changes, None, NOW + 14 * DAY, "budi", NOW))


def asked(state: Agreement | None = None, **wish: Any) -> Asked:
    return domain.ask(state or drafted(), Wish(**wish), "budi-key", NOW)


def target(question: Asked) -> str:
    return str(json.loads(question.text)["objectives"][0]["target"])


def test_where_nothing_is_said_the_draft_is_held_against_the_year_that_ends_now() -> None:
    question = asked()
    assert (question.version, question.proposal, target(question)) == (1, None, "99.9")
    assert (question.start, question.end) == (NOW - 365 * DAY, NOW)
    assert (question.hash, question.by) == (drafted().hash, "budi-key")
    assert (question.provider, question.customer) == ("nusantara", "toko-maju")


def test_a_proposal_is_tried_as_if_it_had_been_accepted() -> None:
    state = proposed(STRICT)
    question = asked(state, proposal=1)
    assert (question.proposal, target(question), target(asked(state))) == (1, "99.95", "99.9")
    following = texts.text_hash(negotiation.following(state, state.proposals[0]))
    assert question.hash == following != state.hash, "who accepts it names the hash of the very text that was tried"


def test_what_is_not_recorded_yet_is_not_looked_at() -> None:
    assert asked(start=NOW - DAY, end=NOW + DAY).end == NOW


def test_everything_that_is_wrong_is_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        asked(objectives=("availability", "speed"), start=NOW, end=NOW + DAY)
    assert [(each.pointer, each.rule.split(":")[0]) for each in refused.value.problems] == [
        ("/start", "must be before `end`, and in the past"),
        ("/objectives/1", "'speed' is not an objective of that text"),
    ]
    with pytest.raises(Invalid) as refused:
        asked(version=7, start=NOW + DAY)
    assert [each.pointer for each in refused.value.problems] == ["/start", "/version"]


def test_a_proposal_that_is_not_there_or_closed_is_refused() -> None:
    with pytest.raises(Invalid, match="/proposal: there is no proposal 2 about version 1"):
        asked(proposed(STRICT), proposal=2)
    state = proposed(STRICT)
    rejected = after(state, negotiation.reject(state, "nusantara", 1, None, "rina", NOW))
    with pytest.raises(Invalid, match=r"/proposal: proposal 1 is closed \(rejected\)"):
        asked(rejected, proposal=1)


def test_a_proposal_that_no_longer_fits_is_a_conflict() -> None:
    state = proposed(STRICT)
    gone = {**state.text, "objectives": []}
    with pytest.raises(Conflict, match="does not fit to the text as it stands now"):
        asked(Agreement(id=state.id, version=1, text=gone, hash="sha256:0", proposals=state.proposals), proposal=1)


def test_it_is_asked_once_and_answered_once() -> None:
    [event] = domain.request(None, "b1", asked(), NOW)
    state = domain.apply(None, event)
    assert isinstance(event, Requested)
    assert (state.id, state.state, domain.request(state, "b1", asked(), NOW)) == ("b1", "requested", [])
    assert answered(state, Completed("packed", NOW + DAY)).state == "completed"
    failed = answered(state, Failed("/text: is wrong", NOW + DAY))
    assert (failed.state, failed.reason, failed.ended_at, failed.asked.text) == (
        "failed", "/text: is wrong", NOW + DAY, ""
    )  # fmt: skip
    assert domain.end(failed, Completed("packed", NOW)) == [], "the first answer counts"
    assert domain.end(None, Completed("packed", NOW)) == [], "nobody here has asked that"


def answered(state: Backtest, outcome: Completed | Failed) -> Backtest:
    [event] = domain.end(state, outcome)
    return domain.apply(state, event)


def test_nothing_ends_that_was_not_asked() -> None:
    with pytest.raises(ValueError, match="requested before it ends"):
        domain.apply(None, Failed("no", NOW))
