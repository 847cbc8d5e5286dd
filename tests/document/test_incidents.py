"""An incident on paper and as a page: its course as a picture, and what happened in sentences of both languages."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from sepakat_document import course, html, incident, pdf
from sepakat_document.axis import axis
from sepakat_document.blocks import Drawing, Paper, Table
from sepakat_document.charts import Bar, Dot, Label
from sepakat_document.incident_course import course_of
from sepakat_document.incident_source import (
    Agreed,
    Clock,
    Entry,
    IncidentSource,
    Link,
    Note,
    Promise,
    Record,
)
from sepakat_document.incident_words import SENTENCES, sentence
from sepakat_document.speech import LANGUAGES, Language, Speech

OPENED = datetime(2026, 11, 24, 8, tzinfo=UTC)
JAKARTA = ZoneInfo("Asia/Jakarta")
LIMITS = {"first-response": 900, "restore": 4 * 3600}


def at(minutes: float) -> datetime:
    return OPENED + timedelta(minutes=minutes)


def entry(minutes: float, what: str, by: str = "rina", **told: Any) -> Entry:
    return Entry(at(minutes), by, what, told)


def clock(measures: str, state: str, until: float | None, now: float = 60, **changes: Any) -> Clock:
    limit, end = timedelta(seconds=LIMITS[measures]), at(now if until is None else until)
    made = Clock(
        measures, state, limit, end - OPENED, OPENED, None if until is None else end, OPENED + limit, ((OPENED, end),)
    )
    return replace(made, **changes)


def told(minutes: float, level: int, *contacts: str, **more: Any) -> Entry:
    return entry(minutes, "Escalated", "timer", level=level, round=1, contacts=list(contacts), reason="delay",
                 acknowledge_by="2026-11-24T08:10:00.000Z", **more)  # fmt: skip


ACKNOWLEDGED = entry(5, "Acknowledged", party="nusantara", stops_ladder=True)
OPEN = Record(
    "CHECKOUT-0001", {"en": "Checkout is down", "id": "Kasir mati"}, "toko-checkout", "checkout", "nusantara",
    "toko-maju", "P1", "open", "nusantara", OPENED, OPENED, impact="high", urgency="low", alerts=3,
    clocks=(clock("first-response", "met", 5), clock("restore", "running", None)),
    timeline=(entry(0, "Opened", "sepakat", cause="impairment"), told(0, 1, "siti", "agus"), ACKNOWLEDGED),
)  # fmt: skip
RESOLVED = replace(
    OPEN, status="resolved", acknowledged_at=at(5), impact_ended_at=at(300), resolved_at=at(300), owner="rina",
    clocks=(clock("first-response", "met", 5),
            clock("restore", "missed", 300, agreed=Agreed(timedelta(hours=3), True, "D-3FA92C"))),
    timeline=(*OPEN.timeline, entry(300, "Resolved", note="<b>a disk</b>", impact_ended_at="2026-11-24T13:00:00Z")),
    note=Note(2, "The disk was full.\n\nNobody could pay.", "Nobody watched it.", "Somebody does.",
              (Promise("An alert", "siti", at(9 * 1440), "done", True),)),
)  # fmt: skip
PAUSED = replace(
    OPEN, status="acknowledged", waits_for="waiting-for-customer",
    clocks=(clock("restore", "paused", None, due_at=None, runs=((OPENED, at(20)),), still=((at(20), at(60)),)),),
    timeline=(*OPEN.timeline, entry(20, "Paused", reason="waiting-for-customer")),
)  # fmt: skip
MERGED = replace(
    OPEN, status="closed", merged_into="CHECKOUT-0000", links=(Link("duplicates", "CHECKOUT-0000"),),
    clocks=(clock("restore", "cancelled", 30),),
    timeline=(*OPEN.timeline, entry(30, "Merged", into="x", number="CHECKOUT-0000", reason="the same")),
)  # fmt: skip
REOPENED = replace(
    OPEN, reopened=1,
    timeline=(*RESOLVED.timeline[:3], entry(20, "Resolved", impact_ended_at="2026-11-24T08:20:00Z"),
              entry(40, "Reopened", "budi", reason="it is down again"), told(40, 1, "siti"),
              entry(45, "Unacknowledged", reason="lapsed")),
)  # fmt: skip


def source(record: Record = OPEN, language: Language = "en", now: float = 60) -> IncidentSource:
    return IncidentSource(record, Speech(language), JAKARTA, at(now), "sha256:" + "0" * 64)


def parts(paper: Paper, kind: type) -> list[Any]:
    blocks = [each for article in paper.articles for clause in article.clauses for each in clause.blocks]
    return [each for each in blocks if isinstance(each, kind)]


def rows(paper: Paper) -> list[tuple[str, ...]]:
    return [row for table in parts(paper, Table) for row in table.rows]


def facts(record: Record, language: str = "en") -> dict[str, str]:
    return dict(incident.compose(source(record, language)).facts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_incident_is_a_page_and_a_paper_and_begins_with_its_picture(language: str) -> None:
    paper = incident.compose(source(RESOLVED, language))
    page = html.render(paper)
    assert f'<html lang="{language}">' in page and page.count("<svg") == 1 and "<nav" not in page
    assert "&lt;b&gt;a disk" in page and "<b>a disk" not in page and "<script" not in page
    assert pdf.render(paper).startswith(b"%PDF-1.7")
    assert [each.title for each in paper.articles] == {
        "en": ["In short", "What happened, and why", "Agreed times", "Who was told, and who answered",
               "Everything in order"],
        "id": ["Ringkasan", "Apa yang terjadi, dan mengapa", "Waktu yang disepakati",
               "Siapa yang diberi tahu, dan siapa yang menjawab", "Kronologi"],
    }[language]  # fmt: skip


def test_an_open_one_says_how_long_by_now_and_its_bars_have_no_end() -> None:
    said = facts(OPEN)
    assert said["Impact"] == "since 24\u00a0Nov\u00a02026 15:00:00, for 1\u00a0hour by now"
    assert said["Priority"] == "P1 (impact high, urgency low)" and said["Counted"] == "3 alerts"
    assert facts(OPEN, "id")["Dampak"].startswith("sejak 24\u00a0Nov\u00a02026 15.00.00, sejauh ini 1\u00a0jam")
    seen = course_of(source())
    assert [(each.name, each.said, each.goes_on) for each in seen.lanes] == [
        ("Impact", "goes on", True), ("First response", "in time", False), ("Restoration", "running", True),
    ]  # fmt: skip
    assert [each.words for each in seen.cuts] == ["opened"]


def test_a_resolved_one_has_its_verdicts_what_a_dispute_made_of_them_and_its_note() -> None:
    paper = incident.compose(source(RESOLVED, now=400))
    assert ("Restoration", "4\u00a0hours", "5\u00a0hours", "24\u00a0Nov\u00a02026 19:00:00", "missed",
            "3\u00a0hours, in time (D-3FA92C)") in rows(paper)  # fmt: skip
    assert ("An alert", "siti", "3 December 2026", "done, late") in rows(paper)
    assert dict(paper.facts)["Responsible"] == "nusantara; rina sees to it"
    drawn = course.picture(course_of(source(RESOLVED)), names())
    over = [each for each in drawn.marks if isinstance(each, Bar) and each.height > 11]
    assert len(over) == 2, "the time over the limit is thicker; the other one explains it"
    assert "5\u00a0jam (24\u00a0Nov" in facts(RESOLVED, "id")["Dampak"]


def test_a_paused_one_shows_the_time_that_does_not_count_in_another_shape() -> None:
    seen = course_of(source(PAUSED))
    bars = [each for each in course.picture(seen, names()).marks if isinstance(each, Bar)]
    assert [each.hollow for each in bars].count(True) == 2, "the stretch, and its meaning"
    runs, still = seen.lanes[1].runs, seen.lanes[1].still
    assert (runs, still) == (((OPENED, at(20)),), ((at(20), at(60)),))
    assert facts(PAUSED)["State"] == "in hand; the times stand still: waiting for the customer"
    assert facts(PAUSED, "id")["Keadaan"] == "sedang ditangani; waktu berhenti: menunggu pelanggan"
    assert ("24\u00a0Nov\u00a02026 15:20:00", "rina let the times stand still: waiting for the customer.") in rows(
        incident.compose(source(PAUSED))
    )


def test_a_merged_one_goes_on_elsewhere_and_its_course_ends() -> None:
    assert facts(MERGED)["State"] == "goes on as part of CHECKOUT-0000"
    assert facts(MERGED, "id")["Terkait"] == "duplikat CHECKOUT-0000"
    seen = course_of(source(MERGED, now=9_000))
    assert seen.lanes[0].runs == ((OPENED, at(30)),) and not seen.lanes[0].goes_on
    assert [each.said for each in seen.lanes] == ["merged", "merged"]


def test_a_reopened_one_was_over_in_between() -> None:
    seen = course_of(source(REOPENED))
    assert seen.lanes[0].runs == ((OPENED, at(20)), (at(40), at(60)))
    assert [each.words for each in seen.cuts] == ["opened", "resolved", "opened again"]
    assert [(each.at, each.given) for each in seen.answered] == [(at(5), True), (at(45), False)]
    dots = [each for each in course.picture(seen, names()).marks if isinstance(each, Dot)]
    assert [each.hollow for each in dots[:2]] == [False, True]
    assert facts(REOPENED)["State"] == "open, opened again once"
    assert "budi membukanya kembali: it is down again" in [row[-1] for row in rows(incident.compose(
        source(REOPENED, "id")))]  # fmt: skip


def test_the_picture_is_told_in_words_too() -> None:
    [drawing] = parts(incident.compose(source(RESOLVED)), Drawing)
    for said in ("Restoration: missed", "limit 24\u00a0Nov\u00a02026 19:00:00", "Levels told: 1 at", "taken up at"):
        assert said in drawing.alternative, said


def names() -> course.Names:
    signs: dict[course.Sign, str] = dict.fromkeys(get_args(course.Sign), "x")
    return course.Names("told", "answered", str, str, signs)


# -- time ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lasts", "step"),
    [(timedelta(minutes=2), timedelta(seconds=30)), (timedelta(hours=5), timedelta(hours=1)),
     (timedelta(days=14), timedelta(days=3)), (timedelta(days=700), timedelta(days=365))],
)  # fmt: skip
def test_an_axis_names_few_and_round_instants(lasts: timedelta, step: timedelta) -> None:
    made = axis(OPENED, OPENED + lasts, JAKARTA, 6)
    assert made.step == step and len(made.ticks) <= 6
    assert not made.in_days or all(each.at.hour == each.at.minute == 0 for each in made.ticks)


def test_hours_are_those_of_the_wall_also_when_the_clocks_change() -> None:
    start = datetime(2026, 3, 28, 22, tzinfo=UTC)
    made = axis(start, start + timedelta(hours=12), ZoneInfo("Europe/Berlin"), 6)
    assert [each.at.hour for each in made.ticks] == [0, 3, 6, 9, 12]
    assert [each.opens_day for each in made.ticks] == [True, False, False, False, False]


def test_levels_that_have_no_room_of_their_own_share_a_box() -> None:
    far = replace(OPEN, timeline=(*(told(n, n + 1, "x") for n in range(5)), told(59, 6, "x")))
    labels = [each.words for each in course.picture(course_of(source(far)), names()).marks
              if isinstance(each, Label) and each.colour == "#ffffff"]  # fmt: skip
    assert labels == ["1\u20135", "6", "1"]


# -- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", sorted(SENTENCES))
def test_every_sentence_is_whole_where_nothing_is_known_but_the_kind(kind: str, language: str) -> None:
    said = sentence(source(language=language), Entry(OPENED, "rina", kind.partition("/")[0]))
    en, id = SENTENCES[kind]
    assert (said.strip("\u2013.") or en.startswith("{")) and "{" not in said
    assert en != id or en.startswith("{"), "in two languages"


def test_a_kind_that_nobody_has_words_for_is_told_by_its_name() -> None:
    assert sentence(source(), entry(1, "Teleported", to="Mars")) == "Teleported (to: Mars)"


@pytest.mark.parametrize(
    ("what", "given", "en", "id"),
    [
        ("Acknowledged", {"party": "toko-maju", "stops_ladder": False},
         "rina of toko-maju took note: the escalation goes on.",
         "rina dari toko-maju telah mengetahuinya: eskalasi berlanjut."),
        ("Acknowledged", {"party": "nusantara", "stops_ladder": False, "given": 1, "needed": 2},
         "rina acknowledged for nusantara, 1 of 2: the escalation goes on.",
         "rina menyatakan menerima untuk nusantara, 1 dari 2: eskalasi berlanjut."),
        ("Timed", {"why": "opened", "limits_in_seconds": {"restore": 3600}},
         "The agreed times began: restoration 1\u00a0hour.",
         "Waktu yang disepakati mulai berjalan: pemulihan 1\u00a0jam."),
        ("TimeAgreed", {"measures": "restore", "seconds": -5400, "number": "D-1"},
         "By the outcome of D-1, less counts for Restoration: 1\u00a0hour 30\u00a0minutes.",
         "Menurut hasil D-1, dihitung lebih singkat untuk Pemulihan: 1\u00a0jam 30\u00a0menit."),
        ("Noted", {"note": "D-1: the dispute is upheld"}, "D-1: the dispute is upheld.", "D-1: sanggahan dikabulkan."),
        ("Hindered", {"words": {"en": "the load is not told", "id": "beban belum diberitahukan"}},
         "the load is not told.", "beban belum diberitahukan."),
        ("Commented", {"party": "toko-maju", "visibility": "shared", "body": "see",
                       "attachments": [{"name": "app.log"}]},
         "rina of toko-maju said: see\nAttached: app.log", "rina dari toko-maju berkata: see\nLampiran: app.log"),
    ],
)  # fmt: skip
def test_what_happened_is_said_in_both_languages(what: str, given: Mapping[str, Any], en: str, id: str) -> None:
    assert sentence(source(), entry(1, what, **given)) == en
    assert sentence(source(language="id"), entry(1, what, **given)) == id


# -- what people write -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["\x00\x07 bell", "\u202egpj.exe", "日本語 😀", "مرحبا بالعالم", "x" * 3000, "\ud800", "<script>alert(1)</script>",
     "#set page(width: 1pt)", "{by} {0}", "long\n\n" * 400],
)  # fmt: skip
def test_whatever_people_write_is_shown_as_text_in_both_forms(text: str) -> None:
    said = entry(9, "Commented", "budi", party="toko-maju", visibility="shared", body=text)
    paper = incident.compose(source(replace(OPEN, title={"en": text}, timeline=(*OPEN.timeline, said))))
    page = html.render(paper)
    page.encode()
    assert "<script" not in page and "\x00" not in page and "\u202e" not in page
    assert pdf.render(paper).startswith(b"%PDF-1.7")


def test_what_is_copied_from_a_page_is_what_was_written() -> None:
    url = "https://files.example/" + "a" * 60
    said = entry(9, "Commented", "budi", party="toko-maju", visibility="shared", body=url)
    page = html.render(incident.compose(source(replace(OPEN, timeline=(said,)))))
    assert url not in page and url in page.replace("<wbr>", "")


def test_of_a_flood_the_first_and_the_last_are_told_and_how_many_are_left_out() -> None:
    flood = tuple(entry(n, "Reported", number=f"R-{n}", summary="down") for n in range(1500))
    [*_, whole] = parts(incident.compose(source(replace(OPEN, timeline=flood))), Table)
    said = [row[-1] for row in whole.rows]
    assert (said[0], said[499], said[501], said[-1]) == (
        "Report R-0: down", "Report R-499: down", "Report R-1000: down", "Report R-1499: down",
    )  # fmt: skip
    assert said[500] == "500 entries are left out here; the timeline has them all."
    assert facts(replace(OPEN, timeline=flood))["Counted"] == "3 alerts and 1,500 reports"


def test_who_hands_it_on_is_told_what_is_not_for_everybody() -> None:
    said = entry(9, "Commented", "siti", party="nusantara", visibility="internal", body="hush")
    assert "Not for everybody" not in facts(OPEN)
    assert facts(replace(OPEN, timeline=(said,)))["Not for everybody"] == "it has what is internal to nusantara"
