"""Reports: what may be written, what a reporter is told and what not, links, forms and floods; all of it pure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import AsyncMock, MagicMock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keeping import Kept
from samples import agreement

from sepakat_incidents import form as forms
from sepakat_incidents import report as domain
from sepakat_incidents import reporter
from sepakat_incidents.allowance import Allowance
from sepakat_incidents.escalation import Ladder
from sepakat_incidents.filing import about_service, reported
from sepakat_incidents.form import Form
from sepakat_incidents.incident import About, Incident, Status
from sepakat_incidents.links import Links
from sepakat_incidents.page_words import LANGUAGES, WORDS
from sepakat_incidents.report import Event, Filed, Linked, Progressed, Report, Stage, Step
from sepakat_incidents.report_reactions import ReportReactions
from sepakat_incidents.reporter import Reporter
from sepakat_incidents.reports import Reports
from sepakat_shared.aggregate import Loaded
from sepakat_shared.errors import Gone, Invalid, NotFound

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ABOUT = About("toko", "checkout", "nusantara", "toko-maju")


def filed(**changes: Any) -> Report:
    made = reported("r1", ABOUT, "UTC", "toko-maju", "budi", None, "no cards", "", "low", "low", False, NOW)
    return replace(made, incident="toko.checkout.0001", **changes)


def told(report: Report, *steps: tuple[Step, str | None, int]) -> tuple[Report, list[tuple[str, bool]]]:
    """Each step with its words, so many minutes after the filing; what of it was one, and was mailed."""
    found = []
    for step, words, minutes in steps:
        for event in domain.progress(report, step, words, NOW + minutes * MINUTE):
            assert isinstance(event, Progressed)
            report = domain.apply(report, event)
            found.append((event.told.step, event.mailed))
    return report, found


# -- which incident ----------------------------------------------------------------------------------------------------


def at_stage(id: str, status: Status) -> Incident:
    return Incident(id, id.upper(), ABOUT, "P3", {"en": "Down"}, NOW, NOW, Ladder(), status)


async def linked_elsewhere(monkeypatch: pytest.MonkeyPatch) -> Reports:
    """A report that this instance has filed, and another one has linked to an incident that is over by now."""
    Kept(monkeypatch, NOW)
    reports, known = Reports(MagicMock(), MagicMock(), ""), replace(filed(stage=Stage.RESOLVED), incident=None)
    events: list[Event] = [Filed(known, False), Linked("toko.checkout.0001", "CHECKOUT-0001", True, NOW)]
    await reports.all.execute("r1", lambda _known, _now: events, by="x")
    reports.all._recent["r1"] = Loaded("r1", known, 1, "")
    return reports


async def test_a_report_that_another_instance_has_linked_opens_no_second_incident(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reports, over = await linked_elsewhere(monkeypatch), at_stage("toko.checkout.0001", Status.RESOLVED)
    reports._remember_address("r1", None)
    episodes = MagicMock(open_on=AsyncMock(return_value=None), begin=AsyncMock(), present=AsyncMock(return_value=over))
    incidents = MagicMock()
    incidents.lines.present = AsyncMock(return_value=None)
    reactions = ReportReactions(reports, incidents, episodes, MagicMock(in_force=AsyncMock(side_effect=NotFound("x"))))
    await reactions.on_filed(MagicMock(report="r1"), MagicMock(source="/sepakat/incidents"))
    episodes.begin.assert_not_awaited()
    episodes.present.assert_awaited_with("toko.checkout.0001")


async def test_a_report_that_is_linked_already_takes_nobodys_place_among_those_who_are_told_of_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reports = await linked_elsewhere(monkeypatch)
    reports._remember_address("r1", "digest")
    followers = {"toko.checkout.0001/digest": "r1"}

    async def keep(document: dict[str, Any]) -> bool:
        return followers.setdefault(document["_id"], document["report"]) == document["report"]

    async def take_back(query: dict[str, Any]) -> None:
        assert followers.pop(query["_id"]) == query["report"]

    monkeypatch.setattr(reports, "_keep_follower", keep)
    monkeypatch.setattr(reports._followers, "delete_one", take_back)
    later = at_stage("toko.checkout.0002", Status.OPEN)
    seen = reports.all._recent["r1"].state
    assert (await reports.link(seen, later, MagicMock(source="x"))).incident == "toko.checkout.0001"
    assert followers == {"toko.checkout.0001/digest": "r1"}


# -- what is told ------------------------------------------------------------------------------------------------------


def test_a_reporter_is_told_each_step_once_and_nothing_after_the_end_until_it_begins_again() -> None:
    report, found = told(
        filed(), ("taken-up", None, 1), ("taken-up", None, 2), ("resolved", None, 3), ("update", None, 4),
        ("update", "it was the disk", 4), ("resolved", None, 5), ("reopened", None, 6), ("taken-up", None, 7),
        ("resolved", None, 8),
    )  # fmt: skip
    assert [step for step, _ in found] == ["taken-up", "resolved", "update", "reopened", "taken-up", "resolved"]
    assert report.stage is Stage.RESOLVED and all(mailed for _, mailed in found)


def test_news_without_words_is_mailed_once_an_hour_and_news_with_words_always() -> None:
    _, found = told(filed(), ("update", None, 0), ("update", None, 30), ("update", "half of it works", 31),
                    ("update", None, 90), ("update", None, 91))  # fmt: skip
    assert [mailed for _, mailed in found] == [True, False, True, False, True]


def test_who_is_not_followed_or_was_erased_is_not_written_to() -> None:
    assert told(filed(followed=False), ("taken-up", None, 1))[1] == [("taken-up", False)]
    erased = domain.apply(filed(), *domain.erase(filed(), "budi", NOW))
    assert told(erased, ("resolved", None, 1))[1] == [("resolved", False)]
    assert domain.erase(erased, "budi", NOW) == []


def test_a_report_is_filed_once_and_belongs_to_one_incident() -> None:
    report = replace(filed(), incident=None)
    assert domain.file(report, report, True) == []
    (linked,) = domain.link(report, "toko.checkout.0001", "CHECKOUT-0001", True, NOW)
    assert domain.link(domain.apply(report, linked), "toko.checkout.0002", "CHECKOUT-0002", True, NOW) == []


@pytest.mark.parametrize(
    ("status", "merged_into", "steps"),
    [(Status.OPEN, None, []), (Status.ACKNOWLEDGED, None, ["taken-up"]), (Status.RESOLVED, None, ["resolved"]),
     (Status.CLOSED, None, ["resolved"]), (Status.CLOSED, "toko.api.0001", [])],
)  # fmt: skip
def test_what_happened_before_is_told_and_being_merged_is_no_solution(
    status: Status, merged_into: str | None, steps: list[Step]
) -> None:
    # It may be another one than the report names: what that was merged into.
    incident = Incident(
        "toko.search.0001", "SEARCH-0001", ABOUT, "P3", {"en": "Down"}, NOW, NOW, Ladder(), status,
        merged_into=merged_into,
    )  # fmt: skip
    report = filed()
    found = [each.told.step for each in domain.catch_up(report, report, incident, NOW) if isinstance(each, Progressed)]
    assert found == steps
    unlinked = replace(report, incident=None)
    assert domain.catch_up(unlinked, unlinked, incident, NOW) == []


def test_what_was_seen_of_an_incident_before_the_report_was_told_more_of_it_is_told_no_more() -> None:
    seen = filed()
    incident = Incident("toko.checkout.0001", "C", ABOUT, "P3", {}, NOW, NOW, Ladder(), Status.ACKNOWLEDGED)
    # It was resolved and opened again since: that it was taken up before is no news.
    known, _ = told(seen, ("resolved", None, 1), ("reopened", None, 2))
    assert domain.missed(seen, incident) == "taken-up" and domain.missed(known, incident) == "taken-up"
    assert domain.catch_up(known, seen, incident, NOW) == []


steps = st.one_of(
    st.tuples(st.sampled_from(["taken-up", "update", "resolved", "reopened"]), st.none()),
    st.tuples(st.just("update"), st.just("words")),
)


@given(st.lists(steps, max_size=120))
def test_whatever_comes_in_whatever_order_a_report_stays_small_and_makes_sense(given_steps: list[Any]) -> None:
    report, mails = filed(), 0
    for i, (step, words) in enumerate(given_steps):
        before = report.stage
        events: list[Event] = list(domain.progress(report, step, words, NOW + i * MINUTE))
        for event in events:
            report = domain.apply(report, event)
            mails += isinstance(event, Progressed) and event.mailed
        if step == "resolved" and events:
            assert before is not Stage.RESOLVED and report.stage is Stage.RESOLVED
        if before is Stage.RESOLVED and step != "reopened" and words is None:
            assert not events
    assert len(report.steps) <= 50 and mails <= len(given_steps)


# -- what may be written -----------------------------------------------------------------------------------------------


def problems(**changes: str) -> list[str]:
    given_fields = {"name": "Siti", "email": "siti@toko.example", "summary": "no cards", "details": ""} | changes
    with pytest.raises(Invalid) as refused:
        reporter.check(Reporter(given_fields["name"], given_fields["email"], "id"), given_fields["summary"],
                       given_fields["details"], "/reporter")  # fmt: skip
    return [each.pointer for each in refused.value.problems]


@pytest.mark.parametrize(
    "email",
    ["", "siti", "siti@", "@toko.example", "siti@toko", "siti@toko.example\n", "siti@toko.example\r\nBcc: a@b.example",
     "siti@toko.example,a@b.example", "Siti <siti@toko.example>", "si ti@toko.example", "siti@-toko.example",
     "siti@toko..example", ".siti@toko.example", "x" * 65 + "@toko.example", "siti@[127.0.0.1]", "siti@töko.example",
     '"a b"@toko.example', "siti@" + "a." * 130 + "example"],
)  # fmt: skip
def test_what_is_no_address_is_refused(email: str) -> None:
    assert problems(email=email) == ["/reporter/email"]


@pytest.mark.parametrize("name", ["", " ", "Siti\nBcc: x", "buy at http://x.example", "www.x.example", "a@b.example",
                                  "x" * 81, "\u202eitis", "a\u0000"])  # fmt: skip
def test_a_name_is_one_line_of_letters_and_no_advertisement(name: str) -> None:
    assert problems(name=name) == ["/reporter/name"]


def test_every_problem_is_named_at_once() -> None:
    assert problems(summary="", details="\x07", email="x") == ["/reporter/email", "/summary", "/details"]


@pytest.mark.parametrize("name", ["عبد الله", "O'Brien-Núñez", "נעמה", "ประยุทธ์", "Siti Nurhaliza binti Tarudin"])
def test_names_of_every_script_are_names(name: str) -> None:
    reporter.check(Reporter(name, "a.b+c@sub.toko.example", "en"), "no cards", "line\nline")


def test_a_service_that_the_agreement_does_not_have_is_refused_with_those_it_has() -> None:
    with pytest.raises(Invalid, match=r"/service: must be a service of the agreement \(checkout\)"):
        about_service(agreement(), "search")


# -- links, forms and floods -------------------------------------------------------------------------------------------


def test_a_link_opens_only_as_it_was_made_for_its_purpose_and_in_time() -> None:
    links = Links("a" * 40)
    token = links.token("form", NOW + MINUTE, form="the-form")
    assert links.open("form", token, NOW)["form"] == "the-form"
    with pytest.raises(Gone):
        links.open("form", token, NOW + MINUTE)
    altered = token[:20] + ("A" if token[20] != "A" else "B") + token[21:]
    for purpose, wrong, of in (("status", token, links), ("form", altered, links), ("form", token, Links("b" * 40)),
                               ("form", "", links), ("form", "é", links), ("page", token, links)):  # fmt: skip
        with pytest.raises(NotFound):
            of.open(purpose, wrong, NOW)  # type: ignore[arg-type]
    assert "the-form" not in token


def test_a_form_can_be_used_until_it_expires_or_is_taken_back() -> None:
    form = Form("f1", ABOUT, "UTC", "toko-maju", "", NOW, NOW + MINUTE, 60)
    form.usable(NOW)
    with pytest.raises(Gone, match="expired"):
        form.usable(NOW + MINUTE)
    revoked = forms.apply(form, *forms.revoke(form, "budi", NOW))
    with pytest.raises(Gone, match="closed"):
        revoked.usable(NOW)
    assert forms.revoke(revoked, "budi", NOW) == []
    for changes, pointer in (({"expires_at": NOW}, "/expires_at"), ({"expires_at": NOW + timedelta(days=400)},
                             "/expires_at"), ({"label": "a\nb"}, "/label")):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            forms.create(None, replace(form, **changes), "budi")
        assert refused.value.problems[0].pointer == pointer


def test_an_allowance_is_so_many_within_an_hour_for_each_alone() -> None:
    allowance = Allowance()
    assert [allowance.take("a", 2, NOW + i * MINUTE) for i in range(2)] == [None, None]
    assert allowance.take("a", 2, NOW + 2 * MINUTE) == 58 * MINUTE
    assert allowance.take("b", 2, NOW + 2 * MINUTE) is None
    assert allowance.take("a", 2, NOW + 60 * MINUTE) is None
    assert allowance.take("a", 2, NOW + 60 * MINUTE) == MINUTE


def test_every_sentence_of_the_pages_is_there_in_every_language() -> None:
    for name, phrase in WORDS.items():
        assert set(phrase) == set(LANGUAGES), name
        assert len({said.count("{}") for said in phrase.values()}) == 1, name
