"""An incident's document: what is in its record, who may see it, and how it is asked for over HTTP."""

from dataclasses import fields
from datetime import timedelta
from typing import Any, get_args

import httpx
import pytest
from handled import Handled, opened
from samples import agreement
from story import Story

from sepakat_cli.backends import Backend
from sepakat_document.incident_words import SENTENCES
from sepakat_incidents import answers, clocks, comment_api, document_api, pauses, postmortem_api
from sepakat_incidents.clocks import Pause, Terms
from sepakat_incidents.discussions import Discussions
from sepakat_incidents.documented import for_both, record_of, timeline_hash
from sepakat_incidents.events import Event, Leaving, LetGo
from sepakat_incidents.handling import Handling
from sepakat_incidents.identity import Identity
from sepakat_incidents.postmortem import EVENTS, Content, Postmortem
from sepakat_incidents.postmortems import Postmortems
from sepakat_shared.contracts.texts import Agreement

WAITING = "waiting-for-customer"
CLOCKS = (Terms("first-response", 900, None, (WAITING,)), Terms("restore", 3600, None, (WAITING,)))
TEXT = Agreement.model_validate(agreement())
NOWHERE: tuple[type, ...] = (Leaving, LetGo)
"""Where an incident is kept is on no timeline."""


def test_every_kind_of_event_has_words_in_both_languages() -> None:
    """A new kind needs a sentence, or it is told by its name alone."""
    kinds = [each.__name__ for each in get_args(Event) if each not in NOWHERE]
    kinds += ["Commented", "Reported", *(f"Postmortem{each.__name__}" for each in EVENTS)]
    known = {each.partition("/")[0] for each in SENTENCES}
    assert [each for each in kinds if each not in known] == []
    assert sorted(known - set(kinds)) == [], "words for what cannot happen"


def test_each_choice_that_an_event_names_has_words_of_its_own() -> None:
    apart = {"Escalated": "reason", "Unacknowledged": "reason", "Timed": "why"}
    for kind in get_args(Event):
        name = apart.get(kind.__name__)
        field = next((each for each in fields(kind) if each.name == name), None)
        for choice in get_args(field.type) if field is not None else ():
            assert choice == "delay" or f"{kind.__name__}/{choice}" in SENTENCES, (kind, choice)


def test_the_record_has_when_each_clock_ran_and_when_it_stood_still() -> None:
    told = Story(Handling("P1", clocks=CLOCKS, version=1))
    told.at("08:10").do(answers.acknowledge, "rina", "nusantara")
    told.at("08:20").do(pauses.pause, WAITING, "rina").at("08:50").do(pauses.resume, "rina").at("09:40").resolve()
    record = record_of(told.incident, [], [], 0, None, told.clock.now())
    response, restore = record.clocks
    assert [f"{at:%H:%M}" for span in restore.runs for at in span] == ["08:00", "08:20", "08:50", "09:40"]
    assert [f"{at:%H:%M}" for span in restore.still for at in span] == ["08:20", "08:50"]
    assert response.due_at == told.incident.opened_at + timedelta(minutes=15), "no pause after its stop moves its limit"
    assert (restore.state, response.state, restore.elapsed) == ("missed", "met", timedelta(minutes=70))
    assert (record.status, record.waits_for) == ("resolved", None)


def test_a_clock_is_neither_running_nor_standing_still_out_of_its_hours() -> None:
    hours = {"id": "office", "timeZone": "UTC", "weekly": {"mon-fri": ["08:00-09:00"]}}
    story = Story(Handling("P1", clocks=(Terms("restore", 7200, hours),), version=1))
    story.at("12:00")
    [clock] = story.incident.clocks
    pause = Pause(WAITING, story.incident.opened_at + timedelta(hours=2))
    runs, still = clocks.course(clock, (pause,), story.clock.now())
    assert [f"{at:%H:%M}" for span in runs for at in span] == ["08:00", "09:00"] and still == []


def test_a_draft_is_in_no_document() -> None:
    told = Story(Handling("P1"))
    note = Postmortem(Identity.of(told.incident), "nusantara", draft=Content("secret", "secret", "secret"))
    assert record_of(told.incident, [], [], 0, note, told.clock.now()).note is None


def test_what_both_parties_see_has_nothing_internal_in_it() -> None:
    entries = [{"what": "Commented", "visibility": each} for each in ("internal", "shared", "reporters")]
    entries += [{"what": "PostmortemDrafted"}, {"what": "Opened"}]
    assert [each.get("visibility", each["what"]) for each in for_both(entries)] == ["shared", "reporters", "Opened"]


# -- over HTTP ---------------------------------------------------------------------------------------------------------


def _documents(handled: Handled) -> None:
    discussions, postmortems = Discussions(handled.commits), Postmortems(handled.commits)
    handled.beside += [discussions.timeline, postmortems.timeline]
    for each in (
        comment_api.router(handled.incidents, discussions, handled.posts, handled.clock),
        postmortem_api.router(handled.incidents, postmortems, handled.wordings, handled.posts, handled.clock),
        document_api.router(handled.incidents, postmortems, handled.wordings, handled.clock, handled.beside),
    ):
        handled.app.include_router(each)


@pytest.mark.servers
async def test_over_http_each_key_gets_what_it_may_see_and_no_more(backend: Backend) -> None:
    async with opened(backend, TEXT, more=_documents) as handled:
        id = await handled.impaired()
        for party in ("nusantara", "toko-maju"):
            await handled.post(party, id, "comments", 201, body=f"hush of {party}")
        await handled.post("toko-maju", id, "comments", 201, body="for both <i>", visibility="shared")
        await handled.after(minutes=3)
        await handled.post("nusantara", id, "resolve", note="a disk")
        note = {"what_happened": "the disk was full", "why": "w", "what_will_change": "c"}
        await handled.ask("nusantara", "PUT", f"/v1/incidents/{id}/postmortem/draft", json=note)

        async def document(who: str, **params: str) -> httpx.Response:
            headers = {"Authorization": f"Bearer spk_{who}"}
            return await handled.http.get(f"/v1/incidents/{id}/document", params=params, headers=headers)

        pages = {who: (await document(who, format="html")).text for who in ("nusantara", "toko-maju", "operator")}
        for who, page in pages.items():
            for party in ("nusantara", "toko-maju"):
                assert (f"hush of {party}" in page) is (who == party), (who, party)
            assert "for both &lt;i&gt;" in page and "the disk was full" not in page
        assert "hush" not in (await document("nusantara", format="html", shared="true")).text
        seen = (await handled.ask("toko-maju", "GET", f"/v1/incidents/{id}/timeline"))["items"]
        assert timeline_hash(seen) in pages["toko-maju"], "the hash is that of the timeline that the key is shown"

        await handled.post("nusantara", id, "postmortem/publish")
        page = (await document("toko-maju", format="html", lang="id")).text
        assert "the disk was full" in page and "Apa yang terjadi" in page and "Asia/Jakarta" in page
        paper = await document("toko-maju")
        assert paper.content.startswith(b"%PDF-1.7") and paper.headers["content-type"] == "application/pdf"
        assert f'filename="{id}-' in paper.headers["content-disposition"]
        assert "default-src 'none'" in (await document("toko-maju", format="html")).headers["content-security-policy"]
        assert (await document("stranger")).status_code == 404
        await _refused(document)


async def _refused(document: Any) -> None:
    for name, given in (("lang", "fr"), ("format", "docx"), ("shared", "perhaps")):
        answer = await document("toko-maju", **{name: given})
        assert answer.status_code == 422 and answer.headers["content-type"] == "application/problem+json"
        assert name in answer.json()["errors"][0]["pointer"], answer.text
