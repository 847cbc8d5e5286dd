"""Who is told of what, in which words, and how long it is tried: all of it pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from facts import NAMES, NOW, agreed, dispute, every_fact, incident, notification, objective, on_call, report

from sepakat_notifier import addressees, answering, gists, letters, notices, reporter_letters, routing, sending
from sepakat_notifier import notification as domain
from sepakat_notifier.directory import Reader
from sepakat_notifier.notification import Claimed, Delivered, Failed, GivenUp, Notification, Status, Suppressed, Waited
from sepakat_notifier.vault import Link, Vault
from sepakat_notifier.words import LANGUAGES, Words
from sepakat_shared.contracts import (
    agreements,
    compliance,
    credits,
    disputes,
    incidents,
    lasting,
    maintenance,
    notifications,
    obligations,
    oncall,
    postmortems,
    proposals,
    remedies,
    reports,
    reviews,
)
from sepakat_shared.contracts.fact import Fact, Title
from sepakat_shared.errors import Conflict, Gone, NotFound

SIGNATORIES = {"nusantara": ["rina"], "toko-maju": ["budi"]}
LATER = NOW + timedelta(minutes=1)
PARTIES = {"rina": "nusantara", "oncall": "nusantara", "ana": "nusantara", "dewi": "nusantara", "budi": "toko-maju"}
"""Whose the contacts are that events name alone."""


def mailed(fact: Fact, signatories: Any, told: list[str]) -> list[str]:
    """The contacts that are written to, of whom those that are known have a party."""
    people = [(PARTIES[each], each) for each in told]
    found = addressees.mails(fact, signatories, people, PARTIES)
    assert all(party == PARTIES.get(contact, party) for party, contact in found)
    return [contact for _, contact in found]


def reader(language: str = "en", name: str = "Rina") -> Reader:
    return Reader("nusantara", "rina", name, "rina@nusantara.example", language, "Asia/Jakarta")


# -- whom --------------------------------------------------------------------------------------------------------------


def test_each_event_has_its_readers() -> None:
    told = ["budi", "oncall"]
    wanted = {
        incidents.IncidentOpened: ["budi"],
        incidents.IncidentEscalated: ["oncall"],
        incidents.IncidentRaised: told,
        incidents.EscalationExhausted: ["rina", "budi"],
        incidents.IncidentAcknowledged: told,
        incidents.IncidentResolved: told,
        incidents.IncidentUnacknowledged: told,
        incidents.IncidentHandedOver: ["ana"],
        incidents.IncidentJoined: [],
        incidents.IncidentSnoozed: told,
        incidents.SnoozeEnded: ["oncall"],
        incidents.ContactUnreached: ["rina"],
        incidents.IncidentPrioritised: told,
        incidents.IncidentTriaged: [],
        incidents.IncidentOwnerChanged: ["ana"],
        incidents.IncidentReopened: told,
        incidents.ImpactCorrected: ["budi"],
        incidents.IncidentMerged: told,
        incidents.IncidentLinked: [],
        incidents.IncidentUnlinked: [],
        incidents.IncidentUpdated: told,
        incidents.IncidentCommented: ["budi", "oncall"],
        incidents.ClocksPaused: told,
        incidents.ClockForecast: ["rina", "oncall"],
        incidents.ClockMissed: ["rina", "budi", "oncall"],
        incidents.PauseRequested: ["budi"],
        incidents.PauseAnswered: ["rina"],
        incidents.PauseLapsed: ["rina", "budi"],
        postmortems.PostmortemPublished: ["budi"],
        postmortems.PostmortemReminded: ["rina"],
        postmortems.FollowUpReminded: ["rina"],
        postmortems.FollowUpDone: ["budi"],
        incidents.ClockStarted: [],
        incidents.ClockMet: [],
        incidents.ClocksResumed: [],
        incidents.ClocksRetimed: [],
        incidents.CauseAttached: [],
        incidents.IncidentClosed: [],
    }
    for kind, contacts in wanted.items():
        assert mailed(incident(kind), SIGNATORIES, told) == contacts, kind
    assert mailed(incident(incidents.ClockForecast, percent=50), SIGNATORIES, told) == []
    late = incident(incidents.ClockMissed, clock="update")
    assert mailed(late, SIGNATORIES, told) == ["rina", "budi", "oncall"], "both parties hear what is late"
    for note in (postmortems.PostmortemReminded, postmortems.FollowUpReminded):
        assert mailed(incident(note, late=True), SIGNATORIES, told) == ["rina", "budi"]
    assert mailed(objective(), SIGNATORIES, []) == ["rina", "budi"]
    assert mailed(objective(compliance.ObjectiveAtRisk), SIGNATORIES, []) == ["rina"]


def test_who_must_act_in_a_dispute_is_written_to_and_the_other_is_informed() -> None:
    both = ["rina", "budi"]
    for kind in (disputes.DisputeRaised, disputes.DisputeAnswered, disputes.DisputeCountered, disputes.DisputeReferred,
                 disputes.DisputeSettled, disputes.DisputeWithdrawn):  # fmt: skip
        assert mailed(dispute(kind), SIGNATORIES, []) == both, kind
    assert mailed(dispute(disputes.DisputeReminded), SIGNATORIES, []) == ["rina"]
    assert mailed(dispute(disputes.DisputeStepDefaulted), SIGNATORIES, []) == [*both, "mediator"]
    to_mediator = dispute(disputes.DisputeReminded, act="decide", awaits=(), contact="mediator")
    assert mailed(to_mediator, SIGNATORIES, []) == ["mediator"]
    assert mailed(dispute(disputes.DisputeRecalculated), SIGNATORIES, []) == []


def test_a_mediator_of_a_third_party_is_told_from_their_step_on() -> None:
    mediated: Any = {"mediators": ("arbitrase/arbiter",)}
    for kind in (disputes.DisputeRaised, disputes.DisputeStepDefaulted, disputes.DisputeCountered,
                 disputes.DisputeReferred, disputes.DisputeSettled, disputes.DisputeWithdrawn):  # fmt: skip
        fact = dispute(kind, **mediated)
        assert addressees.named_with_party(fact) == [("arbitrase", "arbiter")], kind
        assert mailed(fact, SIGNATORIES, []) == ["arbiter", "rina", "budi"], kind
    decides = {"act": "decide", "awaits": (), "contact": "arbiter", **mediated}
    reminded = dispute(disputes.DisputeReminded, **decides)
    assert addressees.named_with_party(reminded) == [("arbitrase", "arbiter")]
    assert mailed(reminded, SIGNATORIES, []) == ["arbiter"]
    for quiet in (dispute(disputes.DisputeReminded, **mediated), dispute(disputes.DisputeRecalculated, **mediated)):
        assert addressees.named_with_party(quiet) == []


def test_letters_name_the_mediator_and_say_where_nobody_else_tells_them() -> None:
    decides: Any = {"act": "decide", "awaits": (), "contact": "arbiter", "mediators": ("arbitrase/arbiter",)}
    fact = dispute(disputes.DisputeStepDefaulted, **decides)
    known = {**NAMES, "arbitrase": "Arbitrase Satu", "arbitrase/arbiter": "Ari"}
    arbiter = Reader("arbitrase", "arbiter", "Ari", "ari@arbitrase.example", "en", "Asia/Jakarta")

    def said(reader: Reader, names: dict[str, str], fact: Fact = fact) -> str:
        return " ".join(letters.compose(fact, reader, names, None).text.split())

    assert set(addressees.called(fact)) == {*NAMES, "arbitrase", "arbitrase/arbiter"}
    assert "The mediator Ari (Arbitrase Satu) decides until 29 Nov 2026, 16:00:00 WIB." in said(reader(), known)
    assert "please tell them yourselves" not in said(reader(), known)
    assert "You are the mediator, and are asked to decide it before" in said(arbiter, known)
    assert "Mediator Ari (Arbitrase Satu) memutuskan sampai" in said(reader("id"), known)
    assert "The mediator arbiter (Arbitrase Satu) decides" in said(reader(), {**NAMES, "arbitrase": "Arbitrase Satu"})
    alone = dispute(disputes.DisputeStepDefaulted, **decides | {"mediators": ("arbiter",)})
    assert "please tell them yourselves" in said(reader(), NAMES, alone)
    assert "mohon Anda sendiri yang memberi tahu" in said(reader("id"), NAMES, alone)
    ours = {**NAMES, "nusantara/arbiter": "Ari"}
    assert "nusantara/arbiter" in addressees.called(alone) and "mediator Ari decides" in said(reader(), ours, alone)
    over = dispute(disputes.DisputeSettled, mediators=("arbitrase/arbiter",))
    assert "as the mediator Ari (Arbitrase Satu) decided" in said(reader(), known, over)
    missed = dispute(disputes.DisputeStepDefaulted, mediators=("arbitrase/arbiter",), missed_act="decide",
                     default="forum", act=None, contact=None, deadline=None, otherwise=None)  # fmt: skip
    assert "The mediator Ari (Arbitrase Satu) did not decide" in said(reader(), known, missed)


def test_a_mediator_of_a_third_party_reads_why_they_get_it_and_how_to_decline_and_nobody_else_does() -> None:
    mediated: Any = {"act": "decide", "awaits": (), "contact": "arbiter", "mediators": ("arbitrase/arbiter",)}
    for language, words in (
        ("en", "PT Nusantara Cloud and Toko Maju have named you as the mediator in their agreement"),
        ("id", "PT Nusantara Cloud dan Toko Maju menunjuk Anda sebagai mediator dalam perjanjian mereka"),
    ):
        arbiter = Reader("arbitrase", "arbiter", "Ari", "ari@arbitrase.example", language, "Asia/Jakarta")
        for kind in (disputes.DisputeStepDefaulted, disputes.DisputeReminded, disputes.DisputeSettled):
            fact = dispute(kind, **mediated)
            for who, reads in ((arbiter, True), (reader(language), False)):
                text = " ".join(letters.compose(fact, who, NAMES, None).text.split())
                assert (words in text) == reads, text


def test_of_several_mediators_only_the_one_who_decides_now_is_reminded() -> None:
    """Also by events of earlier versions, which named them in the order in which they began."""
    people = {f"arbitrase/{each}": each.title() for each in ("ari", "ben")}
    mediated: Any = {"act": "decide", "awaits": (), "contact": "ari", "mediators": tuple(people)}
    reminded = dispute(disputes.DisputeReminded, **mediated)
    assert mailed(reminded, SIGNATORIES, []) == ["ari"]
    assert mailed(dispute(disputes.DisputeReminded, **mediated | {"contact": None}), SIGNATORIES, []) == []
    names = {**NAMES, "arbitrase": "Arbitrase Satu", **people}
    for who, asked in (("ari", True), ("ben", False)):
        arbiter = Reader("arbitrase", who, who.title(), None, "en", "Asia/Jakarta")
        text = " ".join(letters.compose(reminded, arbiter, names, None).text.split())
        assert ("You are the mediator" in text, "disputes decide" in text) == (asked, asked)
        assert asked or "The mediator Ari (Arbitrase Satu) decides until" in text
    missed = dispute(
        disputes.DisputeStepDefaulted, **mediated, missed_act="decide", default="next", missed_mediator="arbitrase/ari"
    )
    assert "The mediator Ari (Arbitrase Satu) did not decide" in " ".join(
        letters.compose(missed, reader(), names, None).text.split()
    )


def ways(fact: Fact, reader: Reader) -> list[str]:
    text = letters.compose(fact, reader, NAMES, None).text
    return [line.partition(": ")[2] for line in text.splitlines() if ": sepakat disputes" in line]


def test_a_letter_about_a_dispute_says_how_its_reader_can_answer() -> None:
    budi = Reader("toko-maju", "budi", "Budi", None, "id", "Asia/Jakarta")
    arbiter = Reader("arbitrase", "arbiter", "Ari", None, "en", "Asia/Jakarta")
    show = "sepakat disputes show d.0001"
    counter = 'sepakat disputes counter d.0001 --statement "…"'
    raised_ = dispute(disputes.DisputeRaised)
    answers = ["sepakat disputes accept d.0001 --offer 1", 'sepakat disputes answer d.0001 --statement "…"', show]
    assert ways(raised_, reader()) == answers and ways(raised_, budi) == [show]
    offered = dispute(disputes.DisputeAnswered, offer={"credit_percent": "5"}, offer_number=2)
    assert ways(offered, budi) == ["sepakat disputes accept d.0001 --offer 2", counter, show]
    assert ways(offered, reader()) == ["sepakat disputes accept d.0001 --offer NUMBER", counter, show]
    decides = dispute(disputes.DisputeStepDefaulted, contact="arbiter", mediators=("arbitrase/arbiter",))
    assert ways(decides, arbiter) == ['sepakat disputes decide d.0001 --result RESULT --statement "…"', show]
    assert ways(decides, budi) == ["sepakat disputes accept d.0001 --offer NUMBER", counter, show]
    assert ways(dispute(disputes.DisputeReferred, mediators=("arbitrase/arbiter",)), arbiter) == [show]
    assert ways(dispute(disputes.DisputeSettled), budi) == [show]


def test_a_letter_about_a_dispute_shows_what_was_handed_in() -> None:
    pack = "sha256:" + "ab" * 32
    url = "https://files.example/" + "x" * 90
    handed_in = [{"description": "router\n log", "url": url}, {"description": "november.json", "hash": pack}]
    fact = dispute(disputes.DisputeRaised, evidence=handed_in)
    letter = letters.compose(fact, reader(), NAMES, None)
    assert f"Evidence: router log – {url}" in letter.text.splitlines()
    assert f"Evidence: november.json – {pack}" in letter.text.splitlines()
    assert (
        pack in letter.html
        and f"Bukti: november.json – {pack}" in letters.compose(fact, reader("id"), NAMES, None).text
    )
    many = dispute(disputes.DisputeCountered, evidence=[{"description": "<b>log</b>"}] * 7)
    letter = letters.compose(many, reader(), NAMES, None)
    assert letter.text.count("Evidence: <b>log</b>") == 5 and "Evidence: and 2 more" in letter.text
    assert "<b>" not in letter.html


def test_an_outcome_is_never_told_without_words() -> None:
    for result, said, dikatakan in (
        ("partly", "The outcome: upheld in part.", "Hasilnya: dikabulkan sebagian."),
        ("upheld", "The outcome: upheld.", "Hasilnya: dikabulkan."),
        ("rejected", "The outcome: nothing is changed.", "Hasilnya: tidak ada yang diubah."),
    ):
        fact = dispute(disputes.DisputeSettled, result=result, remedy={"terms": "  "}, statement=" \n ")
        assert said in read(fact) and dikatakan in read(fact, "id") and "“" not in read(fact)
    asked = dispute(disputes.DisputeRaised, asked={"terms": " "})
    assert "What is asked: nothing is changed." in read(asked)


def test_what_is_negotiated_names_its_readers_itself_since_nobody_has_signed_yet() -> None:
    for kind in (proposals.ProposalMade, proposals.ProposalClosed, lasting.DateAhead, agreements.AgreementAmended):
        assert mailed(agreed(kind, contacts=("ana", "budi", "ana")), SIGNATORIES, []) == ["ana", "budi"], kind
        assert addressees.signatories_of_whom(agreed(kind)) == ()
    assert mailed(agreed(agreements.NeedStated), SIGNATORIES, []) == []
    assert routing.subject_of(agreed(agreements.NeedWaived)).about_type == "agreement"


def test_a_proposal_is_told_in_words_of_the_field_with_the_time_to_answer_it() -> None:
    made = agreed(proposals.ProposalMade, counters=1, reason="campaign weeks")
    english, indonesian = (letters.compose(made, reader(each), NAMES, None) for each in LANGUAGES)
    assert english.subject == "Counter-proposal 2 of Toko Maju: Checkout platform"
    assert indonesian.subject == "Usulan balasan 2 dari Toko Maju: Platform checkout"
    said = " ".join(english.text.split())
    assert "target of availability: 99.5 % → 99.9 %" in said and "instead of proposal 1" in said
    assert "before 8 Dec 2026, 16:00:00 WIB" in said
    for outcome in ("accepted", "rejected", "withdrawn", "countered", "lapsed", "overtaken"):
        fact = agreed(proposals.ProposalClosed, outcome=outcome)
        assert letters.compose(fact, reader(), NAMES, None).subject == f"Proposal 2 {outcome}: Checkout platform"


def test_dates_ahead_and_the_end_are_told_as_what_they_are() -> None:
    subjects = {
        letters.compose(agreed(lasting.DateAhead, what=what), reader(language), NAMES, None).subject
        for what in ("notice", "renewal", "expiry", "termination", "amendment") for language in LANGUAGES
    }  # fmt: skip
    assert len(subjects) == 9, "in Indonesian it ends soon either way"
    for honoured, said in ((True, "was kept"), (False, "was not kept")):
        fact = agreed(lasting.TerminationGiven, honoured=honoured)
        assert f"that was agreed {said}" in " ".join(letters.compose(fact, reader(), NAMES, None).text.split())
    silent = letters.compose(agreed(lasting.TerminationGiven, honoured=None), reader(), NAMES, None)
    assert silent.subject == "PT Nusantara Cloud ends Checkout platform with 31 Dec 2026"
    assert "that was agreed" not in silent.text


def test_what_is_owed_is_told_with_whose_turn_it_is_in_both_languages() -> None:
    due = agreed(credits.CreditOwed, reduced_by=("same-outage", "cap"))
    assert mailed(due, SIGNATORIES, []) == ["budi", "rina"]
    assert routing.subject_of(due).about_type == "credit"
    english, indonesian = (letters.compose(due, reader(each), NAMES, None) for each in LANGUAGES)
    assert english.subject.startswith("Service credit of IDR") and "2,500,000.00: Availability" in english.subject
    assert indonesian.subject.startswith("Kredit layanan sebesar Rp")
    assert indonesian.subject.endswith("2.500.000,00: Ketersediaan per bulan")
    said = " ".join(english.text.split())
    assert "Toko Maju is asked to claim it before 23 Jan 2027, 16:00:00 WIB" in said
    assert "same outage was taken off" in said and "leaves no more than that" in said
    automatic = agreed(credits.CreditOwed, status="claimed", claim_until=None)
    assert "PT Nusantara Cloud is asked to accept it" in " ".join(
        letters.compose(automatic, reader(), NAMES, None).text.split()
    )


def test_a_review_is_told_with_its_day_what_it_is_of_and_what_was_decided() -> None:
    opened = agreed(reviews.ReviewOpened, because="misses")
    assert routing.subject_of(opened).about_type == "review"
    english, indonesian = (letters.compose(opened, reader(each), NAMES, None) for each in LANGUAGES)
    assert english.subject == "Review 3 on 10 Dec 2026: Checkout platform"
    assert indonesian.subject == "Tinjauan 3 pada 10 Des 2026: Platform checkout"
    assert "more targets were missed than" in " ".join(english.text.split())
    assert "lebih banyak target" in " ".join(indonesian.text.split())
    asked = agreed(reviews.ReviewOpened, because="demand", by="rina", reason="the campaign")
    assert "the campaign" in letters.compose(asked, reader(), NAMES, None).text
    closed = " ".join(letters.compose(agreed(reviews.ReviewClosed), reader(), NAMES, None).text.split())
    assert "A second probe: rina, until 15 Jan 2027" in closed and "and look at it in March" in closed
    nothing = letters.compose(agreed(reviews.ReviewClosed, decisions=()), reader("id"), NAMES, None)
    assert "Tidak ada keputusan yang dicatat" in nothing.text
    wanted = letters.compose(agreed(reviews.FeedbackAsked, contacts=("budi",)), reader(), NAMES, None)
    assert wanted.subject == "What do you think of Checkout platform?"
    assert "Please answer by: 8 Dec 2026" in wanted.text
    late = {level: letters.compose(agreed(reviews.ReviewOverdue, level=level), reader(), NAMES, None).text
            for level in (1, 2)}  # fmt: skip
    assert "all who signed" in " ".join(late[2].split()) and "all who signed" not in late[1]


def test_what_is_proposed_is_told_in_the_readers_language_where_the_event_has_words_for_it() -> None:
    made = agreed(proposals.ProposalMade, changes_id=("target pada availability: 99,5 % → 99,9 %",))
    english, indonesian = (
        " ".join(letters.compose(made, reader(each), NAMES, None).text.split()) for each in LANGUAGES
    )
    assert "target of availability: 99.5 % → 99.9 %" in english and "target pada" not in english
    assert "target pada availability: 99,5 % → 99,9 %" in indonesian and "target of" not in indonesian
    earlier = letters.compose(agreed(proposals.ProposalMade), reader("id"), NAMES, None)
    assert "target of availability" in " ".join(earlier.text.split()), "an event of before has English words alone"


def test_a_month_is_told_with_its_figures_at_a_glance_in_both_languages() -> None:
    month = agreed(reviews.MonthlyReportCompiled)
    assert routing.subject_of(month).about == "toko/2026-10"
    link = "https://sla.example/v1/monthly-reports/t?lang=en"
    english, indonesian = (letters.compose(month, reader(each), NAMES, link) for each in LANGUAGES)
    assert english.subject == "October 2026: report on Checkout platform"
    assert indonesian.subject == "Oktober 2026: laporan Platform checkout"
    said = " ".join(english.text.split())
    assert "Availability per month: 99.8990 % (target 99.9 %), missed." in said
    assert "restore: 3,600.000 s (target 14,400 s), not judged." in said
    assert "Targets missed: 1" in said and "Incidents: 2" in said and link in said
    in_a_chat = " ".join(gists.gist_of(month, reader(), NAMES).paragraphs)
    assert month.url in in_a_chat, "a chat has no button"
    assert "Ketersediaan per bulan: 99,8990 % (target 99,9 %), tidak terpenuhi." in " ".join(indonesian.text.split())


def test_a_correction_of_a_credit_says_what_is_outstanding_then() -> None:
    ends = {"accepted": "asked to settle what is outstanding", "void": "Nothing is owed any more",
            "settled": "More was settled than is owed", "claimed": "asked to accept it"}  # fmt: skip
    for status, words in ends.items():
        outstanding = {"amount": "-1.00" if status == "settled" else "5.00", "currency": "IDR"}
        fact = agreed(credits.CreditCorrected, status=status, outstanding=outstanding, dispute="d.0001")
        text = " ".join(letters.compose(fact, reader(), NAMES, None).text.split())
        assert words in text and "outcome of a dispute" in text, status


def test_what_is_owed_and_what_repeated_misses_lead_to_is_told_in_both_languages() -> None:
    def subjects(kind: type[Fact], **changes: object) -> list[str]:
        return [letters.compose(agreed(kind, **changes), reader(each), NAMES, None).subject for each in LANGUAGES]

    due = agreed(obligations.ObligationDue, recipients=("toko-maju/budi",))
    assert addressees.named_with_party(due) == [("toko-maju", "budi")]
    assert routing.subject_of(due).about_type == "obligation"
    english = letters.compose(due, reader(), NAMES, None)
    said = " ".join(english.text.split())
    assert english.subject == "Due by 24 Nov 2026, 16:00:00 WIB: Announce the expected load"
    assert "Toko Maju owes under Checkout platform" in said and "for the campaign of December" in said
    assert "Owed by: Toko Maju" in said and "Due by: 24 Nov 2026, 16:00:00 WIB" in said
    assert subjects(obligations.ObligationOverdue) == [
        "Overdue: Announce the expected load", "Terlambat: Mengumumkan perkiraan beban",
    ]  # fmt: skip
    assert subjects(obligations.ObligationMet, late=False)[0].startswith("Met: ")
    evidence = letters.compose(agreed(obligations.ObligationMet), reader("id"), NAMES, None)
    assert "Bukti: load.pdf (https://files.example/load.pdf)" in " ".join(evidence.text.split())

    demanded = letters.compose(agreed(remedies.PlanDemanded), reader(), NAMES, None)
    assert "Availability per month: 25 Oct 2026" in " ".join(demanded.text.split())
    assert routing.subject_of(agreed(remedies.PlanDemanded)).about_type == "improvement-plan"
    assert "a second site" in letters.compose(agreed(remedies.PlanOverdue), reader(), NAMES, None).text
    undrafted = letters.compose(agreed(remedies.PlanOverdue, overdue=None), reader(), NAMES, None)
    assert "has not come" in " ".join(undrafted.text.split())
    assert subjects(remedies.PlanClosed, effective=False) == [
        "Improvement plan ineffective: Checkout platform", "Rencana perbaikan tidak berhasil: Platform checkout",
    ]  # fmt: skip
    assert subjects(remedies.TerminationRightArose, party="toko-maju") == [
        "Toko Maju may terminate: Checkout platform", "Toko Maju berhak mengakhiri: Platform checkout",
    ]  # fmt: skip


def test_who_is_put_on_call_and_who_is_relieved_are_told_and_again_when_it_is_taken_back() -> None:
    put, back = (
        on_call(oncall.OnCallOverridden, instead_of=("ana", "dewi")), on_call(oncall.OverrideWithdrawn, again=("ana",)),
    )  # fmt: skip
    assert mailed(put, SIGNATORIES, []) == mailed(back, SIGNATORIES, []) == ["dewi", "ana"]
    subjects = [
        letters.compose(fact, replace(reader(language), contact=contact), NAMES, None).subject
        for language in LANGUAGES for fact in (put, back) for contact in ("dewi", "ana")
    ]  # fmt: skip
    assert subjects == [
        "You are on call: Primary on call", "Somebody else is on call: Primary on call",
        "You are no longer on call: Primary on call", "You are on call again: Primary on call",
        "Anda bertugas piket: Piket utama", "Piket digantikan: Piket utama",
        "Anda tidak lagi bertugas piket: Piket utama", "Anda bertugas piket kembali: Piket utama",
    ]  # fmt: skip


def test_whoever_took_it_up_is_not_told_that_they_did() -> None:
    fact = incident(incidents.IncidentAcknowledged, by="oncall")
    assert mailed(fact, {}, ["budi", "oncall"]) == ["budi"]


def test_an_endpoint_chooses_its_events() -> None:
    assert routing.wants((), "sepakat.incident.opened.v1")
    assert routing.wants(("sepakat.incident.*",), "sepakat.incident.opened.v1")
    assert not routing.wants(("sepakat.incident.*",), "sepakat.objective.breached.v1")


# -- words -------------------------------------------------------------------------------------------------------------


def test_every_event_that_is_mailed_has_a_letter_in_both_languages() -> None:
    facts = [
        fact for fact in every_fact()
        if mailed(fact, SIGNATORIES, ["budi"]) and not isinstance(fact, reports._ReportEvent)
    ]  # fmt: skip
    assert len(facts) == 91
    for fact in facts:
        texts = [letters.compose(fact, reader(language), NAMES, None) for language in LANGUAGES]
        for letter, agreement in zip(texts, ("Checkout platform", "Platform checkout"), strict=True):
            assert letter.subject and "\n" not in letter.subject
            assert agreement in letter.text.replace("\n", " ") and agreement in letter.html
            assert "{" not in letter.text and "None" not in letter.text


def test_a_letter_about_maintenance_says_when_it_is_and_what_consent_it_needs() -> None:
    awaited = {"state": "awaiting-consent", "needs_consent": ("notice", "allowance"), "answer_by": LATER}
    announced = agreed(maintenance.MaintenanceAnnounced, **awaited)
    english, indonesian = (letters.compose(announced, reader(each), NAMES, None) for each in LANGUAGES)
    assert english.subject == "Consent needed: maintenance of Checkout"
    assert indonesian.subject == "Perlu persetujuan: pemeliharaan Kasir"
    said = " ".join(english.text.split())
    assert "28 Nov 2026, 16:00:00 WIB – 28 Nov 2026, 18:00:00 WIB" in said
    assert "since the agreed notice was not kept and it goes beyond the agreed allowance" in said
    assert "Please answer by: 24 Nov 2026, 16:01:00 WIB" in said
    assert routing.subject_of(announced).about == "toko/m1"
    in_time = letters.compose(agreed(maintenance.MaintenanceAnnounced), reader(), NAMES, None)
    assert in_time.subject == "Maintenance of Checkout" and "consent" not in in_time.text


def test_a_letter_about_one_time_of_repeated_work_says_which_and_that_the_others_stay() -> None:
    [left], [gone] = agreed(maintenance.MaintenanceMoved).occurrences, agreed(maintenance.MaintenanceMoved).previous
    for instead, english, indonesian in ((None, "cancelled", "dibatalkan"), ("m2", "moved", "dipindahkan")):
        fact = agreed(maintenance.MaintenanceMoved, previous=(gone, left), taken_out=gone, instead=instead)
        letter, surat = (letters.compose(fact, reader(each), NAMES, None) for each in LANGUAGES)
        assert letter.subject == f"One time of the maintenance of Checkout is {english}"
        assert surat.subject == f"Satu waktu pemeliharaan Kasir {indonesian}"
        said = " ".join(letter.text.split())
        assert f"{english} one time of the maintenance of Checkout. It will not be at: 27 Nov 2026" in said
        assert "The other times stay as they are: 28 Nov 2026" in said and said.count("27 Nov 2026") == 2
        assert ("What comes in its place is announced by itself" in said) is (instead is not None)
    place = maintenance.InPlaceOf(maintenance="m1", start=gone.start, end=gone.end)
    said = letters.compose(agreed(maintenance.MaintenanceAnnounced, instead_of=place), reader(), NAMES, None).text
    assert "It takes the place of one time of repeated work, which will not be at: 27 Nov 2026" in " ".join(
        said.split()
    )


def test_of_work_that_is_repeated_the_first_times_are_written_out() -> None:
    [once] = agreed(maintenance.MaintenanceAnnounced).occurrences
    often = agreed(maintenance.MaintenanceAnnounced, occurrences=(once,) * 8, titles=())
    letter = letters.compose(often, reader("id"), NAMES, None)
    assert letter.subject == "Pemeliharaan semua yang disepakati"
    assert letter.text.count("28 Nov 2026") == 10 and "dan 3 lagi" in letter.text


def test_a_letter_is_in_the_readers_language_zone_and_numbers() -> None:
    fact = objective()
    english, indonesian = (letters.compose(fact, reader(each), NAMES, None) for each in LANGUAGES)
    assert english.subject == "Target missed: Availability per month"
    assert indonesian.subject == "Target tidak terpenuhi: Ketersediaan per bulan"
    assert "Measured: 99.8990 %" in english.text
    assert "Terukur: 99,8990 %" in indonesian.text
    assert "16:00:00 WIB" in english.text
    assert "availability" not in english.text, "titles, never ids"
    late = [letters.compose(objective(late=True), reader(each), NAMES, None) for each in LANGUAGES]
    said = [" ".join(each.text.split()) for each in (english, indonesian, *late)]
    assert "An incident is open" in said[0] and "Insiden telah dibuka" in said[1]
    assert "No incident is opened" in said[2] and "Tidak ada insiden yang dibuka" in said[3]


def test_a_letter_about_a_dispute_says_what_is_asked_whose_turn_it_is_and_what_silence_means() -> None:
    english, indonesian = (
        letters.compose(dispute(disputes.DisputeRaised), reader(each), NAMES, None) for each in LANGUAGES
    )
    assert english.subject == "Dispute D-3FA92C: Toko Maju disputes the figure of Availability per month"
    said = " ".join(english.text.split())
    assert "24 Nov 2026, 14:00:00 WIB until 24 Nov 2026, 15:00:00 WIB counts as down" in said
    assert "1,200 events, 3 of them good, are added" in said
    assert "1 hour 30 minutes is taken from the times of the incident; the service credit is 7.5 %." in said
    assert "PT Nusantara Cloud is asked to answer before 29 Nov 2026, 16:00:00 WIB." in said
    assert "what is asked counts as accepted" in said
    assert "Terukur: 99,8990 %" in indonesian.text
    assert "yang diminta dianggap diterima" in " ".join(indonesian.text.split())
    both = dispute(disputes.DisputeAnswered)
    assert "PT Nusantara Cloud and Toko Maju can settle it" in " ".join(
        letters.compose(both, reader(), NAMES, None).text.split()
    )
    clock = dispute(disputes.DisputeWithdrawn, subject_kind="clock", incident="x.1", incident_number="CHECKOUT-0001")
    assert "incident CHECKOUT-0001" in " ".join(letters.compose(clock, reader(), NAMES, None).text.split())
    clause = dispute(disputes.DisputeWithdrawn, subject_kind="clause", clause="obligations/backups", service=None,
                     service_title=None, objective=None, period=None)  # fmt: skip
    assert "klausul obligations/backups" in " ".join(letters.compose(clause, reader("id"), NAMES, None).text.split())


def test_a_reporter_reads_words_meant_for_them_and_nothing_that_is_between_the_parties() -> None:
    page = "https://sla.example/s/token"
    facts = [report(reports.ReportFiled)] + [
        report(reports.ReportProgressed, step=step, words=words)
        for step, words in (("taken-up", None), ("update", None), ("update", "<b>Cards</b> work again.\nIn shop 12."),
                            ("resolved", None), ("reopened", None))
    ]  # fmt: skip
    subjects: dict[str, list[str]] = {"en": [], "id": []}
    for fact in facts:
        for language, told in subjects.items():
            letter = reporter_letters.compose(
                fact, reader(language, "\u0639\u0628\u062f \u0627\u0644\u0644\u0647"), page
            )
            told.append(letter.subject.removeprefix({"en": "Report ", "id": "Laporan "}[language]))
            assert page in letter.text and f'href="{page}"' in letter.html and "<b>" not in letter.html
            for between in ("Checkout platform", "Platform checkout", "P1", "CHECKOUT-0001", "Nusantara", "None", "{"):
                assert between not in letter.text, between
    assert subjects["en"] == [f"R-K7QM-2XWA: {what}" for what in (
        "received", "being worked on", "news", "news", "solved", "being looked at again")]  # fmt: skip
    assert subjects["id"][4] == "R-K7QM-2XWA: sudah teratasi"
    said = reporter_letters.compose(facts[3], reader(), page).text
    assert "<b>Cards</b> work again.\n\nIn shop 12." in said


def test_only_who_filed_a_report_is_mailed_and_endpoints_hear_of_single_reports_when_they_ask() -> None:
    assert mailed(report(reports.ReportFiled), SIGNATORIES, ["budi"]) == ["reporter/7c0e5b1f0a9d"]
    assert mailed(report(reports.ReportFiled, acknowledged=False), SIGNATORIES, []) == []
    assert mailed(report(reports.ReportProgressed, mailed=False), SIGNATORIES, []) == []
    assert not routing.wants((), "sepakat.report.filed.v1")
    assert routing.wants(("sepakat.report.*",), "sepakat.report.filed.v1")


def test_a_link_is_there_only_when_somebody_is_asked() -> None:
    link = "https://sla.example/a/token"
    asked = letters.compose(incident(incidents.IncidentEscalated), reader(), NAMES, link)
    assert link in asked.text and f'href="{link}"' in asked.html
    assert "level 2 is told" in asked.text
    assert "http" not in letters.compose(objective(), reader(), NAMES, None).text


def test_a_letter_says_who_says_that_it_is_over_and_how_and_that_it_works_only_where_that_was_measured() -> None:
    def said(language: str, **changes: Any) -> str:
        letter = letters.compose(incident(incidents.IncidentResolved, **changes), reader(language), NAMES, None)
        return " ".join(letter.text.split())

    assert "Checkout works as agreed again" in said("en") and "reopen" not in said("en")
    by_hand = {"by": "sari", "party": "nusantara", "note": "The disk was full.\nIt is bigger <b>now</b>."}
    english, indonesian = said("en", **by_hand), said("id", **by_hand)
    assert "sari of PT Nusantara Cloud says that it is over, and writes: The disk was full. It is bigger" in english
    assert "works as agreed again" not in english and "sepakat incidents reopen toko.checkout.0001" in english
    assert "sari dari PT Nusantara Cloud menyatakan gangguan ini sudah selesai, dan menulis: The disk" in indonesian
    assert "kembali berjalan" not in indonesian
    assert "root says that it is over." in said("en", by="root"), "an operator, and an event of before"
    html = letters.compose(incident(incidents.IncidentResolved, **by_hand), reader(), NAMES, None).html
    assert "<b>" not in html and html.count("<p ") >= 5, "a line that somebody wrote is a paragraph"


ASKING = (incidents.IncidentEscalated, incidents.IncidentHandedOver, incidents.SnoozeEnded)


@pytest.mark.parametrize("kind", ASKING)
def test_who_is_asked_reads_what_is_known_and_since_when(kind: type[Fact]) -> None:
    def said(language: str, **changes: Any) -> str:
        return " ".join(letters.compose(incident(kind, **changes), reader(language), NAMES, "https://x/a").text.split())

    words = "Orders are lost\n<b>paid</b>, and not in the list"
    by_party = {"cause": "report", "opened_by": "toko-maju", "description": words}
    assert "Toko Maju has opened this incident, and writes: Orders are lost <b>paid</b>, and" in said("en", **by_party)
    assert "Toko Maju membuka insiden ini, dan menulis: Orders are lost" in said("id", **by_party)
    by_alert = {"cause": "report", "via": "alertmanager", "description": "Disk 3 is at 97 %"}
    assert "An alert has opened this incident, and says: Disk 3 is at 97 %" in said("en", **by_alert)
    assert "has opened this incident." in said("en", cause="report", via="alertmanager")
    assert "a target is at risk" in said("en", cause="risk") and "target terancam" in said("id", cause="risk")
    since = "24 Nov 2026, 15:58:00 WIB"
    assert since in said("en").partition("Incident: ")[0] and since in said("id").partition("Insiden: ")[0]
    assert "opened" not in said("en"), "an event of before says nothing of it"


def test_who_is_asked_after_a_reopening_reads_that_and_why() -> None:
    again = {"by": "budi", "party": "toko-maju", "reason": "it is down again", "times": 2}
    asked = incident(incidents.IncidentEscalated, reopened=again)
    english, indonesian = (letters.compose(asked, reader(each), NAMES, "https://x/a") for each in LANGUAGES)
    assert english.subject == "[P1] Open again, please take this up: Checkout is down"
    assert indonesian.subject == "[P1] Dibuka lagi, mohon ditangani: Kasir mati"
    why = "It was over, and Toko Maju has opened it again, for the 2. time. Reason given: it is down again"
    assert why in " ".join(english.text.split())
    assert "dibuka lagi oleh Toko Maju, untuk ke-2 kalinya. Alasannya: it is" in " ".join(indonesian.text.split())


def test_who_is_asked_anew_because_it_is_worse_is_not_told_that_besides() -> None:
    worse = incident(incidents.IncidentRaised, asks=("oncall",))
    assert mailed(worse, {}, ["budi", "oncall"]) == ["budi"]


def test_an_escalation_says_why_it_comes_now() -> None:
    link = "https://sla.example/a/token"
    asked = incident(incidents.IncidentEscalated)
    changed: tuple[tuple[dict[str, str | None], str], ...] = (
        ({"reason": "time-left", "acknowledge_by": None}, "little of the agreed time is left"),
        ({"reason": "unreached"}, "nobody who was asked before could be reached"),
        ({"reason": "manual", "note": "it spreads"}, "it spreads"),
        ({"kind": "hierarchical"}, "as somebody senior to those who take care of it"),
    )
    for changes, said in changed:
        letter = letters.compose(asked.model_copy(update=changes), reader(), NAMES, link)
        assert said in " ".join(letter.text.split()), said
    handed = incident(incidents.IncidentHandedOver)
    assert routing.asks_to_acknowledge(handed.type)
    assert "there is nobody after you to be told" in " ".join(
        letters.compose(handed, reader(), NAMES, link).text.split()
    )


@pytest.mark.parametrize(("party", "name"), NAMES.items())
def test_letters_name_the_party_that_must_take_it_up(party: str, name: str) -> None:
    [other] = [each for each in NAMES.values() if each != name]
    for kind in (incidents.IncidentOpened, incidents.IncidentUnacknowledged, incidents.EscalationExhausted):
        for language in LANGUAGES:
            letter = letters.compose(incident(kind, responsible=party), reader(language), NAMES, None)
            assert name in letter.text and other not in letter.text, letter.text
    beside = incident(incidents.IncidentAcknowledged, responsible=party, stops_ladder=False)
    assert f"{name} is the one who must answer" in " ".join(letters.compose(beside, reader(), NAMES, None).text.split())
    of_before = letters.compose(incident(incidents.EscalationExhausted), reader(), NAMES, None)
    assert "PT Nusantara Cloud is responsible" in of_before.text


def test_a_letter_about_what_a_party_opened_has_its_words() -> None:
    fact = incident(incidents.IncidentOpened, party="nusantara", description="Orders are lost\nsince nine")
    for language, verb in (("en", "has opened"), ("id", "membuka")):
        text = letters.compose(fact, reader(language), NAMES, None).text
        assert f"{NAMES['nusantara']} {verb}" in text
        assert [each.strip() for each in text.splitlines() if "lost" in each or "nine" in each] == [
            "Orders are lost", "since nine",
        ]  # fmt: skip
    assert "has opened" not in letters.compose(incident(incidents.IncidentOpened), reader(), NAMES, None).text


def test_a_credit_that_a_dispute_ended_in_is_told_beside_what_the_figure_gives() -> None:
    fact = objective(
        compliance.PeriodCorrected, exact="863/1000", exact_before="863/1000", attainment_before="86.3000",
        credit_percent="7.5", credit_percent_before="10", measured_credit_percent="10",
    )  # fmt: skip
    english, indonesian = (
        " ".join(letters.compose(fact, reader(each), NAMES, None).text.split()) for each in LANGUAGES
    )
    assert "is 7.5 % now, and no longer 10 %" in english and "The figure alone would give 10 %" in english
    assert "kini 7,5 %, bukan lagi 10 %" in indonesian
    assert "has changed the figure" not in english, "the figure is what it was"
    figure = fact.model_copy(update={"credit_percent": "10", "measured_credit_percent": None, "exact": "9/10"})
    said = " ".join(letters.compose(figure, reader(), NAMES, None).text.split())
    assert "Figure before: 86.3000 %" in said and "service credit for" not in said


def test_a_corrected_figure_is_told_beside_the_one_before_each_by_its_name() -> None:
    changed: Any = {"attainment": "96.8421", "attainment_before": "95.8333", "exact": "92/95", "exact_before": "23/24"}
    agreed_on = objective(compliance.PeriodCorrected, **changed, dispute="d.0001")
    assert "The outcome of a dispute has changed the figure of Availability per month" in read(agreed_on)
    assert "of Checkout from 95.8333 % to 96.8421 %." in read(agreed_on)
    assert "Figure before: 95.8333 % Agreed figure: 96.8421 %" in read(agreed_on)
    assert "Measured" not in read(agreed_on) and "Terukur" not in read(agreed_on, "id")
    assert "Hasil sebuah sengketa telah mengubah angka" in read(agreed_on, "id")
    assert "Angka sebelumnya: 95,8333 % Angka yang disepakati: 96,8421 %" in read(agreed_on, "id")
    corrected = objective(compliance.PeriodCorrected, **changed)
    assert "An exclusion or a correction has changed" in read(corrected)
    assert "Corrected figure: 96.8421 %" in read(corrected) and "Agreed" not in read(corrected)
    of_before = objective(compliance.PeriodCorrected, attainment_before="95.8333")
    assert "from 95.8333 % to 99.8990 %" in read(of_before)
    same = objective(compliance.PeriodCorrected, exact="1/2", exact_before="1/2", attainment_before="99.8990")
    assert "Measured: 99.8990 %" in read(same)


def test_a_credit_is_so_far_until_the_period_is_closed() -> None:
    ended: Any = {"at": objective().period.end + timedelta(hours=1), "credit_percent": "15"}
    for kind in (compliance.PeriodClosed, compliance.PeriodCorrected, compliance.BreachRetracted):
        assert "Service credit: 15 %" in read(objective(kind, **ended)), kind
        assert "Kredit layanan: 15 %" in read(objective(kind, **ended), "id")
    for early in (objective(compliance.PeriodCorrected, **ended, final=False), objective(credit_percent="15"),
                  objective(compliance.BreachRetracted, credit_percent="15"), objective(**ended)):  # fmt: skip
        assert "Service credit so far: 15 %" in read(early)


@pytest.mark.parametrize(
    ("start", "end", "english", "indonesian"),
    [
        ("2026-11-25T22:00:00Z", "2026-11-26T22:00:00Z", "26 November 2026", "26 November 2026"),
        ("2026-07-31T22:00:00Z", "2026-08-31T22:00:00Z", "August 2026", "Agustus 2026"),
        ("2025-12-31T22:00:00Z", "2026-12-31T22:00:00Z", "2026", "2026"),
        ("2026-09-30T22:00:00Z", "2026-12-31T22:00:00Z", "1 Oct 2026 – 31 Dec 2026", "1 Okt 2026 – 31 Des 2026"),
        ("2026-11-22T22:00:00Z", "2026-11-29T22:00:00Z", "23 Nov 2026 – 29 Nov 2026", "23 Nov 2026 – 29 Nov 2026"),
        ("2026-11-26T05:00:00Z", "2026-11-26T06:00:00Z",
         "26 Nov 2026, 12:00:00 WIB – 26 Nov 2026, 13:00:00 WIB", "26 Nov 2026, 12:00:00 WIB"),
    ],
)  # fmt: skip
def test_a_period_is_named_where_the_agreement_counts_its_days(
    start: str, end: str, english: str, indonesian: str
) -> None:
    in_jakarta = replace(reader(), agreement_zone="Africa/Johannesburg")
    fact = objective(period={"start": start, "end": end})
    for language, said in (("en", f"Period: {english}"), ("id", f"Periode: {indonesian}")):
        text = letters.compose(fact, replace(in_jakarta, language=language), NAMES, None).text
        assert any(line.startswith(said) for line in text.splitlines()), text


def test_a_day_begins_after_midnight_where_the_clocks_skip_it() -> None:
    words = Words("en", "Asia/Jakarta", "America/Santiago")
    skipped = datetime(2026, 9, 6, 4, tzinfo=UTC)
    assert words.period(skipped, datetime(2026, 9, 7, 3, tzinfo=UTC)) == "6 September 2026"


def read(fact: Fact, language: str = "en", names: Mapping[str, str] = NAMES) -> str:
    """Subject and text of the letter, on one line."""
    letter = letters.compose(fact, reader(language), names, None)
    return " ".join(f"{letter.subject} {letter.text}".split())


def test_who_is_asked_reads_how_many_are_needed_who_has_taken_it_up_and_when_the_next_level_is_told() -> None:
    names = {**NAMES, "nusantara/rina": "Rina Wijaya"}
    delayed = {"next_at": NOW + timedelta(minutes=20)}
    plain = incident(incidents.IncidentEscalated, **delayed)
    assert "If nobody takes it up by 24 Nov 2026, 16:15:00 WIB, level 2 is told at 24 Nov 2026, 16:20:00 WIB." in read(
        plain
    )
    assert "tingkat 2 diberi tahu pada 24 Nov 2026, 16:20:00 WIB" in read(plain, "id")
    at_once = incident(incidents.IncidentEscalated, next_at=NOW + timedelta(minutes=15))
    assert "level 2 is told." in read(at_once)
    for kind in (incidents.IncidentEscalated, incidents.SnoozeEnded, incidents.IncidentHandedOver):
        two = incident(kind, needed=2, next_level=2)
        assert "If not 2 people take it up by" in read(two) and "belum 2 orang yang menanganinya" in read(two, "id")
        last = incident(kind, needed=2, next_level=None)
        assert "2 people must take it up; there is nobody after you" in read(last)
        assert "diperlukan 2 orang" in read(last, "id")
    taken = incident(incidents.IncidentEscalated, taken_up_by=("rina",))
    assert "nusantara/rina" in addressees.called(taken)
    assert "taken up by Rina Wijaya; more people are needed. If nobody else takes it up" in read(taken, "en", names)
    assert "ditangani oleh Rina Wijaya" in read(taken, "id", names)


def test_nobody_has_taken_it_up_is_not_said_to_who_has() -> None:
    some = incident(incidents.EscalationExhausted, needed=2, taken_up_by=("rina",))
    assert "1 of 2 have taken it up: Checkout" in read(some) and "Nobody" not in read(some)
    assert "only 1 of the 2 people who are needed have taken up incident CHECKOUT-0001: rina." in read(some)
    assert "Baru 1 dari 2 orang" in read(some, "id") and "Belum ada" not in read(some, "id")
    nobody = incident(incidents.EscalationExhausted)
    assert "Nobody has taken it up: Checkout" in read(nobody) and "nobody has taken up incident" in read(nobody)


def test_each_letter_about_an_incident_begins_with_its_number_and_its_agreement() -> None:
    for kind in (incidents.IncidentEscalated, incidents.IncidentResolved, incidents.ClockMissed):
        for language, first in (("en", "Incident CHECKOUT-0001 (Checkout platform)"),
                                ("id", "Insiden CHECKOUT-0001 (Platform checkout)")):  # fmt: skip
            letter = letters.compose(incident(kind), reader(language), NAMES, None)
            assert letter.text.splitlines()[2] == first, letter.text


def test_letters_are_in_good_english() -> None:
    again = incident(incidents.IncidentEscalated, round=2)
    assert "Checkout has not worked as agreed, and you are asked" in read(again)
    assert "(level 1, asked again: round 2)" in read(again) and "diminta lagi: putaran ke-2" in read(again, "id")
    late = incident(incidents.ClockMissed)
    assert "restoration of incident CHECKOUT-0001, 4 hours, ran out at 24 Nov 2026" in read(late)
    assert "4 jam, habis pada 24 Nov 2026" in read(late, "id")
    assert "has been below what PT Nusantara Cloud and Toko Maju agreed since" in read(objective())
    assert "has been within what was agreed again since" in read(objective(compliance.ObjectiveRecovered))


def test_a_hand_over_after_the_last_round_names_no_level() -> None:
    last = incident(incidents.IncidentHandedOver)
    assert "there is nobody after you to be told" in read(last) and "level" not in read(last)
    assert "tidak ada tingkat lain sesudah Anda" in read(last, "id")
    assert "level 3 is told" in read(incident(incidents.IncidentHandedOver, next_level=3))


def test_an_escalation_says_since_when_nobody_has_told_how_it_goes() -> None:
    silent = incident(incidents.IncidentEscalated, silent_since=NOW - timedelta(hours=1))
    said = " ".join(letters.compose(silent, reader(), NAMES, "https://x.example/a").text.split())
    assert "Since 24 Nov 2026, 15:00:00 WIB nobody has told how it goes" in said
    plain = letters.compose(incident(incidents.IncidentEscalated), reader(), NAMES, "https://x.example/a")
    assert "nobody has told" not in plain.text


def test_times_that_stand_still_for_what_is_owed_say_what_that_is_and_whose() -> None:
    owed = {"reason": "obligation-unmet", "obligation": "load", "owed_by": "toko-maju",
            "obligation_text": Title(en="Announce the load", id="Umumkan beban")}  # fmt: skip
    english, indonesian = (
        letters.compose(incident(incidents.ClocksPaused, **owed), reader(each), NAMES, None) for each in LANGUAGES
    )
    assert f"Waiting for {NAMES['toko-maju']}" in english.subject
    assert f"{NAMES['toko-maju']} has not met in its time: Announce the load" in " ".join(english.text.split())
    assert f"Menunggu {NAMES['toko-maju']}" in indonesian.subject
    assert "tidak memenuhi pada waktunya: Umumkan beban" in " ".join(indonesian.text.split())


def test_a_request_to_agree_that_clocks_stood_still_says_how_to_answer_until_when_and_what_was_waited_for() -> None:
    asked = incident(incidents.PauseRequested, note="we had no log <b>", request="2")
    english, indonesian = (letters.compose(asked, reader(each), NAMES, None) for each in LANGUAGES)
    said = " ".join(english.text.split())
    assert "16:00:00 WIB: waiting for Toko Maju." in said and "PT Nusantara Cloud writes: we had no log" in said
    assert ": menunggu Toko Maju." in " ".join(indonesian.text.split())
    for letter in (english, indonesian):
        assert "waiting-for" not in letter.text and "<b>" not in letter.html
        for answer in ("--agree", "--refuse"):
            assert f"sepakat incidents answer-pause toko.checkout.0001 2 {answer}" in letter.text.splitlines()
    assert "until the record of the incident is closed" in said and "Please answer by" not in english.text
    closing = asked.model_copy(update={"answer_by": LATER, "reason": "waiting-for-parts", "incident": "x" * 70})
    letter = letters.compose(closing, reader(), NAMES, None)
    assert "Please answer by: 24 Nov 2026, 16:01:00 WIB" in letter.text and "reason “waiting-for-parts”" in letter.text
    assert f"sepakat incidents answer-pause {'x' * 70} 2 --agree" in letter.text.splitlines(), "a command is one line"


def said_of(fact: Fact) -> tuple[str, str]:
    """A letter in English, and in Indonesian."""
    english, indonesian = (
        " ".join(letters.compose(fact, reader(each), NAMES, None).text.split()) for each in LANGUAGES
    )
    return english, indonesian


def test_how_an_incident_was_sorted_is_told_in_the_readers_language() -> None:
    how = {"reason": "impact high, urgency low", "impact": "high", "urgency": "low"}
    english, indonesian = said_of(incident(incidents.IncidentPrioritised, **how))
    assert "Reason given: its impact is high, its urgency low." in english
    assert "Alasannya: dampaknya tinggi, urgensinya rendah." in indonesian and "impact" not in indonesian
    assert "Alasannya: campaign week" in said_of(incident(incidents.IncidentPrioritised))[1]


def test_the_reason_of_a_merge_runs_into_no_other_sentence() -> None:
    letter = letters.compose(incident(incidents.IncidentMerged, reason="the same <b>"), reader(), NAMES, None)
    assert "\nReason given: the same <b>\n\nThere is nothing" in letter.text


def test_a_comment_that_reporters_read_says_so() -> None:
    english, indonesian = said_of(incident(incidents.IncidentCommented, for_reporters=True))
    assert "Those who have reported this problem read it too." in english
    assert "Mereka yang melaporkan masalah ini juga membacanya." in indonesian
    assert "reported" not in said_of(incident(incidents.IncidentCommented))[0]


def test_windows_and_clocks_are_named_in_words() -> None:
    rate = {"long": "PT2M", "short": "PT10S", "rate_long": "52.92", "rate_short": "60", "factor": "14.4"}
    english, indonesian = said_of(objective(compliance.ObjectiveAtRisk, burn_rates=(rate,)))
    assert "At the rate of the last 2 minutes" in english and "Dengan laju 2 menit terakhir" in indonesian
    assert Words("en", "UTC").span("P30D") == "30 days" and Words("en", "UTC").span("a while") == "a while"
    ahead = incident(incidents.ClockForecast)
    assert "75 % of the time agreed for the restoration of incident CHECKOUT-0001 is used." in said_of(ahead)[0]
    subjects = [letters.compose(ahead, reader(each), NAMES, None).subject for each in LANGUAGES]
    assert subjects == [
        "[P1] 75 % of the time for restoration is used: Checkout is down",
        "[P1] 75 % waktu pemulihan terpakai: Kasir mati",
    ]  # fmt: skip


def test_who_must_tell_how_it_goes_is_asked_to_and_who_waits_for_it_is_told_that_it_is_late() -> None:
    late = incident(incidents.ClockMissed, clock="update", limit_seconds="1800")
    for responsible, asked in (("nusantara", True), ("toko-maju", False)):
        fact = late.model_copy(update={"responsible": responsible})
        said = [" ".join(letters.compose(fact, reader(each), NAMES, None).text.split()) for each in LANGUAGES]
        assert [each in words for each, words in zip(("Please tell", "Mohon kabarkan"), said, strict=True)] == [
            asked
        ] * 2
        waited = ("Toko Maju should have told", "Toko Maju seharusnya sudah mengabarkan")
        assert [each in words for each, words in zip(waited, said, strict=True)] == [not asked] * 2


def test_one_of_two_acknowledgements_does_not_stop_the_escalation() -> None:
    fact = incident(incidents.IncidentAcknowledged, stops_ladder=False, needed=2, given=1)
    assert "1 of the 2 that are needed" in " ".join(letters.compose(fact, reader(), NAMES, None).text.split())


def test_an_endpoint_that_a_level_names_is_told_whatever_else_it_wants() -> None:
    assert routing.endpoints_named(incident(incidents.IncidentEscalated, webhooks=("pager",))) == ("pager",)
    assert routing.endpoints_named(incident(incidents.IncidentOpened)) == ()


def test_an_endpoint_that_was_disabled_and_what_was_given_up_are_told_in_both_languages() -> None:
    disabled = notifications.EndpointDisabled(
        endpoint="9f2c", party="toko-maju", host="hooks.example", reason="the endpoint answered 503", failed=True,
        failing_since=NOW, at=NOW,
    )  # fmt: skip
    lost = notifications.NotificationGivenUp(
        notification="n1", channel="email", recipient="budi", about="x", about_type="incident", at=NOW, attempts=9,
        reason="550",
    )  # fmt: skip
    missed = [replace(notification(objective(), f"budi{n}"), reason="550 no such user") for n in range(2)]
    for language, disabled_subject, lost_subject in (
        ("en", "Webhook endpoint disabled: hooks.example", "30 messages could not be delivered"),
        ("id", "Alamat webhook dinonaktifkan: hooks.example", "30 pesan tidak dapat dikirim"),
    ):
        letter = notices.of_endpoint(disabled, reader(language), "Toko Maju")
        assert letter.subject == disabled_subject and "16:00:00 WIB" in letter.text and "answered 503" in letter.html
        letter = notices.of_given_up(lost, reader(language), missed, 30)
        assert letter.subject == lost_subject and "email budi1: toko/availability: 550 no such user" in letter.text
    assert notices.of_given_up(lost, reader(), missed[:1], 1).subject == "1 message could not be delivered"


def test_what_others_wrote_cannot_become_markup_or_a_header() -> None:
    fact = objective(objective_title={"en": "<b>x</b>\nBcc: all@example.com"})
    letter = letters.compose(fact, reader(name="<script>"), NAMES, None)
    assert "<b>" not in letter.html and "<script>" not in letter.html
    assert letter.subject == "Target missed: <b>x</b> Bcc: all@example.com"


@pytest.mark.parametrize(
    "said",
    ["{{ 7 * 7 }}", "{% include 'letter.html' %}", "{{ fact.__class__.__mro__ }}", "${7*7}",
     "<img src=x onerror=alert(1)>", "\"><script>alert(1)</script>", "javascript:alert(1)",
     "x\r\nBcc: all@example.com\r\n\r\nbody", "\u202eevil",
     "=HYPERLINK(\"http://evil.example\")"],
)  # fmt: skip
def test_what_others_wrote_is_words_wherever_it_stands(said: str) -> None:
    """In a template it is not run, in HTML it is not markup, in a header it is one line."""
    facts: list[tuple[Fact, str | None]] = [
        (incident(incidents.IncidentEscalated, title={"en": said}, service_title={"en": said}, note=said), "https://x.example/a"),
        (incident(incidents.IncidentUpdated, note=said), None),
        (incident(incidents.IncidentCommented, body=said), None),
        (dispute(disputes.DisputeRaised, statement=said, objective_title={"en": said}), None),
        (objective(objective_title={"en": said}, agreement_title={"en": said}), None),
    ]  # fmt: skip
    for fact, link in facts:
        letter = letters.compose(fact, reader(name=said), dict.fromkeys(NAMES, said), link)
        assert "49" not in letter.text.replace(said, "") and "<class" not in letter.text
        for markup in ("<img", "<script", 'href="javascript'):
            assert markup not in letter.html
        assert not set(letter.subject) & {"\r", "\n"}


def test_lengths_and_decimals_lose_nothing() -> None:
    words = Words("en", "UTC")
    assert words.length("3661.5") == "1 hour 1 minute"
    assert words.length("0.2") == "0 seconds"
    assert Words("id", "UTC").length("90061") == "1 hari 1 jam"
    assert words.decimal("99.951") == "99.951"
    assert words.decimal("0") == "0"


# -- links and secrets -------------------------------------------------------------------------------------------------


def test_a_link_opens_only_as_it_was_made_and_only_in_time() -> None:
    vault = Vault("a" * 40)
    link = Link("n1", "toko.checkout.0001", "nusantara", "rina", LATER.timestamp())
    token = vault.link_token(link)
    assert vault.open_link(token, NOW) == link
    with pytest.raises(Gone):
        vault.open_link(token, LATER)
    for wrong in (token[:-1], token[:20] + ("A" if token[20] != "A" else "B") + token[21:], "", "é", "x" * 500):
        with pytest.raises(NotFound):
            vault.open_link(wrong, NOW)
    with pytest.raises(NotFound):
        Vault("b" * 40).open_link(token, NOW)
    with pytest.raises(NotFound):
        vault.open_link(vault.seal("whsec_x"), NOW)
    assert vault.unseal(vault.seal("whsec_x")) == "whsec_x"


# -- how long ----------------------------------------------------------------------------------------------------------


def after(notification: Notification, *events: domain.Event) -> Notification:
    for event in events:
        notification = domain.apply(notification, event)
    return notification


def test_a_message_has_one_id_for_one_event_channel_and_recipient() -> None:
    ids = {domain.notification_id(*each) for each in (("e", "email", "a"), ("e", "email", "b"), ("e", "webhook", "a"))}
    assert len(ids) == 3


def test_only_what_is_due_is_claimed_and_a_dead_holders_falls_due_again() -> None:
    held = notification(objective(), "rina")
    assert sending.claim(held, "other", LATER, NOW) == []
    assert held.due_at is not None
    claimed = after(held, *sending.claim(held, "other", LATER, held.due_at))
    assert (claimed.holder, claimed.due_at) == ("other", LATER)


def test_it_is_tried_until_it_is_delivered_or_given_up() -> None:
    held = notification(objective(), "rina")
    assert sending.fail(held, "421 later", LATER, LATER, NOW) == [Failed("421 later", LATER)]
    failed = after(held, Failed("421 later", LATER))
    assert (failed.status, failed.attempts, failed.holder, failed.reason) == (Status.PENDING, 1, "", "421 later")
    assert sending.fail(failed, "421 later", LATER, NOW, NOW) == [GivenUp("421 later", NOW)]
    done = after(failed, *sending.deliver(failed, "nusantara", NOW))
    assert (done.status, done.attempts, done.due_at, done.party) == (Status.DELIVERED, 2, None, "nusantara")
    assert sending.fail(done, "late", LATER, LATER, NOW) == sending.deliver(done, "x", NOW) == []
    with pytest.raises(Conflict):
        sending.retry(done, NOW)


def test_a_contact_nobody_told_of_is_awaited_and_then_said_to_be_missing() -> None:
    held = notification(objective(), "rina")
    assert sending.wait(held, "unknown", LATER, LATER) == [Waited("unknown", LATER)]
    assert sending.wait(held, "unknown", LATER, NOW) == [Suppressed("unknown", NOW)]
    suppressed = after(held, Suppressed("unknown", NOW))
    again = after(suppressed, *sending.retry(suppressed, LATER))
    assert (again.status, again.due_at, again.tried_since) == (Status.PENDING, LATER, LATER)
    assert [type(each) for each in sending.claim(again, "me", LATER, LATER)] == [Claimed]


def test_pressing_twice_acknowledges_once() -> None:
    held = after(notification(incident(incidents.IncidentEscalated), "rina"), Delivered("nusantara", NOW))
    pressed = after(held, *answering.acknowledge(held, "nusantara", "rina", NOW))
    assert pressed.acknowledged_by == "nusantara/rina"
    assert answering.acknowledge(pressed, "nusantara", "rina", LATER) == []
