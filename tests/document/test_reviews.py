"""A review on paper and as a page: the same figures in charts and tables, in both languages."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from sepakat_document import charts, html, pdf, review
from sepakat_document.blocks import Drawing, Paper, Table
from sepakat_document.charts import Bar, Burn, Case, Dot, Line, Point
from sepakat_document.pack import (
    Attained,
    Dispute,
    Duty,
    Handling,
    Incident,
    Need,
    Owed,
    Pack,
    Period,
    Reading,
    Sum,
    Took,
    Verdict,
    Work,
)
from sepakat_document.review_source import Behind, Comment, Decision, Heard, Held, Rated, ReviewSource
from sepakat_document.speech import LANGUAGES, Speech
from sepakat_shared.contracts.fact import Title

AT = datetime(2026, 4, 4, 17, tzinfo=UTC)
MONTHS = [datetime(2025, 12, 31, 17, tzinfo=UTC), datetime(2026, 1, 31, 17, tzinfo=UTC),
          datetime(2026, 2, 28, 17, tzinfo=UTC), datetime(2026, 3, 31, 17, tzinfo=UTC)]  # fmt: skip


def period(month: int, attainment: str, met: bool | None, left: str, agreed: str | None = None) -> Period:
    start, end = MONTHS[month - 1], MONTHS[month]
    verdict = Verdict(attainment, None, None, None, "99.9", met, "met" if met else "breached", "99.8120")
    readings = (
        Reading(start + (end - start) / 2, "2592", "1800", "seconds"), Reading(end, "2592", left, "seconds"),
    )  # fmt: skip
    corrected = None if agreed is None else replace(verdict, attainment=agreed, met=True, state="met")
    return Period(start, end, 1, verdict, corrected, None if agreed is None else "d.1", readings)


AVAILABILITY = Attained(
    "availability", {"en": "Availability per month", "id": "Ketersediaan per bulan"}, "checkout", "99.9", False, None,
    False,
    (period(1, "99.9500", True, "1296"), period(2, "99.8200", False, "-2074"),
     period(3, "99.8900", False, "-259", agreed="99.9300")),
    (), 3, 1, "better",
)  # fmt: skip
LATENCY = Attained(
    "latency", None, "checkout", "1500", True, "ms", False,
    (Period(MONTHS[2], MONTHS[3], 1, Verdict(None, None, "1100.5", "ms", "1500", True, "met", "100.0000")),), (), 1, 0,
)  # fmt: skip
INCIDENT = Incident(
    "CHECKOUT-0001", "checkout", {"en": "Checkout is down", "id": "Kasir mati"}, "P1", AT - timedelta(days=40),
    AT - timedelta(days=40), AT - timedelta(days=40) + timedelta(minutes=50), 300.0, 3000.0, 1, 2, False,
    ("restore",), 0,
)  # fmt: skip
PACK = Pack(
    "toko-checkout", {"en": "Checkout platform", "id": "Platform checkout"}, 1, "nusantara", "toko-maju", 1,
    "2026-04-10", MONTHS[0], AT, "Asia/Jakarta", AT, objectives=(AVAILABILITY, LATENCY),
    handling=(Handling("P1", 1, 0, Took(1, 300.0, 300.0), Took(1, 3000.0, 3000.0), 2, 0, 1),), incidents=(INCIDENT,),
    disputes=(Dispute("D-3FA92C", "toko-maju", AT, "verdict", "availability",
                      {"en": "Availability per month", "id": "Ketersediaan per bulan"}, "settled", "upheld",
                      "agreement", AT, "99.8900 %", "99.9300 %"),),
    credits=(Owed("c", "availability", {"en": "Availability per month", "id": "Ketersediaan per bulan"}, MONTHS[1],
                  MONTHS[2], "10", "2500000.00", "2500000.00", "IDR", "claimed"),),
    sums=(Sum("IDR", "2500000.00", "2500000.00"),),
    needs=(Need("sell-all-day", {"en": "Shoppers can pay at any time", "id": "Pembeli dapat membayar kapan saja"},
                "must", ("availability",), 1, "accepted"),),
)  # fmt: skip
HELD = Held(
    "closed", "cadence", "nusantara/rina", ("nusantara/rina", "toko-maju/budi"),
    (Comment("toko-maju", "February hurt <b>a lot</b>", AT),),
    (Decision("A harder target", "nusantara/rina", date(2026, 5, 1), ("target of availability: 99.9 % → 99.95 %",),
              (Behind("availability", "99.95", None, 12, 1),)),),
    "we go on",
    Heard(2, (Rated("checkout", 2, "3.50"),), 2, "-50", (("sell-all-day", 1, 1),), ("an hour is long",)),
)  # fmt: skip


def source(language: str = "en", pack: Pack = PACK, held: Held = HELD) -> ReviewSource:
    names = {"nusantara": "PT Nusantara Cloud", "toko-maju": "Toko Maju"}
    return ReviewSource(
        pack, "sha256:" + "0" * 64, held, Speech(language), names,  # type: ignore[arg-type]
        {"nusantara/rina": "Rina", "toko-maju/budi": "Budi"}, {"checkout": Title(en="Checkout", id="Kasir")},
    )  # fmt: skip


def tables(paper: Paper) -> list[Table]:
    return [each for article in paper.articles for clause in article.clauses for each in clause.blocks
            if isinstance(each, Table)]  # fmt: skip


def drawings(paper: Paper) -> list[Drawing]:
    return [each for article in paper.articles for clause in article.clauses for each in clause.blocks
            if isinstance(each, Drawing)]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_review_is_a_page_and_a_paper_with_the_same_words(language: str) -> None:
    paper = review.compose(source(language))
    page = html.render(paper)
    assert f'<html lang="{language}">' in page and "&lt;b&gt;a lot" in page and "<b>a lot" not in page
    assert page.count("<svg") == len(drawings(paper)) == 4
    assert 'src="' not in page and "<script" not in page and 'id="signatures"' not in page
    assert pdf.render(paper).startswith(b"%PDF-1.7")
    said = {"en": "Service review 1", "id": "Tinjauan layanan 1"}[language]
    assert said in page and "sha256:" + "0" * 64 in page


def test_each_chart_has_its_figures_in_words_and_in_the_table_behind_it() -> None:
    paper = review.compose(source())
    attained, budget, _latency, incidents = drawings(paper)
    for figure in ("99.9500%", "99.8200%", "99.9300%", "missed"):
        assert figure in attained.alternative
    assert "50%" in budget.alternative and "-80%" in budget.alternative
    assert "50\u00a0minutes" in incidents.alternative
    rows = [row for table in tables(paper) for row in table.rows]
    assert ("March 2026", "99.8900%", "99.9300%", "99.9%", "99.8120%", "met") in rows, "measured beside agreed"
    assert ("March 2026", "1,100.5\u00a0ms", "–", "at most 1,500\u00a0ms", "100.0000%", "met") in rows
    assert ("February 2026", "at its end", "2,592\u00a0seconds", "-2,074\u00a0seconds", "-80%") in rows
    assert ("February 2026", "15 February 2026", "2,592\u00a0seconds", "1,800\u00a0seconds", "69.4%") in rows
    assert ("99.8900%", "99.9300%") in [row[-2:] for row in rows]


def test_what_nothing_is_known_of_is_absent() -> None:
    bare = replace(PACK, objectives=(replace(LATENCY, periods=(), before=()),), handling=(), incidents=(), disputes=(),
                   credits=(), sums=(), needs=())  # fmt: skip
    paper = review.compose(source(pack=bare, held=Held()))
    assert [each.title for each in paper.articles] == ["In short", "Service levels", "Incidents"]
    assert drawings(paper) == []
    assert "There was no incident." in html.render(paper)
    duty, work = Duty("backups", "nusantara", {"en": "Daily backup"}, 89, 1), Work("patch", AT, AT, counts=True)
    known = review.compose(source(pack=replace(bare, duties=(duty,), works=(work,)), held=Held()))
    stated = html.render(review.compose(source(pack=bare, held=Held(needs=("sell-at-night",)))))
    assert "New or changed in this review" in stated and "sell-at-night" in stated
    assert [each.title for each in known.articles][3:] == ["Obligations", "Maintenance"]
    assert ("Daily backup", "PT Nusantara Cloud", "89", "1") in [row for table in tables(known) for row in table.rows]


def test_numbers_dates_and_names_are_those_of_the_language() -> None:
    page = html.render(review.compose(source("id")))
    for said in ("99,8200%", "Februari 2026", "Ketersediaan per bulan", "Rina (PT Nusantara Cloud)", "3,5",
                 "paling banyak 1.500\u00a0ms", "menurut uji balik, 1 dari 12 periode"):  # fmt: skip
        assert said in page, said


def test_a_period_that_missed_its_target_has_another_shape_and_not_only_another_colour() -> None:
    chart = charts.against_target(
        [Point("Jan", 99.95, "99.95", missed=False), Point("Feb", 99.8, "99.80", missed=True)], 99.9, "target"
    )
    dots = [each for each in chart.marks if isinstance(each, Dot)]
    assert [each.hollow for each in dots] == [False, True]
    goal = next(each for each in chart.marks if isinstance(each, Line) and each.dashed)
    assert dots[0].y < goal.points[0][1] < dots[1].y, "above the line is better"


def test_a_budget_that_is_overspent_goes_below_nothing() -> None:
    chart = charts.burn_down([Burn("Jan", ((0.0, 1.0), (0.5, 0.4), (1.0, -0.2)))], ("all", "none"))
    path = next(each for each in chart.marks if isinstance(each, Line) and len(each.points) == 3)
    zero = next(each for each in chart.marks if isinstance(each, Line) and each.dashed)
    assert path.points[0][1] < zero.points[0][1] < path.points[-1][1]
    assert [x for x, _ in path.points] == sorted(x for x, _ in path.points)


def test_bars_are_as_long_as_incidents_were_and_every_chart_is_drawn() -> None:
    cases = [Case("I-1", 60.0, 600.0, "10 min"), Case("I-2", None, 1200.0, "20 min"), Case("I-3", None, None, "-")]
    chart = charts.times(cases)
    short, long, none = [each.width for each in chart.marks if isinstance(each, Bar)]
    assert long == pytest.approx(2 * short) and none == 1
    drawn = charts.drawn([chart, chart])
    assert len(drawn) == 2 and all(each.startswith("<svg") for each in drawn)
    assert charts.drawn([]) == [] and len(charts.drawn([chart])) == 1


def test_the_same_review_is_the_same_bytes() -> None:
    assert pdf.render(review.compose(source())) == pdf.render(review.compose(source()))
