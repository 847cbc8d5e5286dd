"""Obligations, what repeated misses lead to, and what an agreement rests on, as the document says them."""

import re
from html import unescape

import pytest
from samples import agreement

from sepakat_document import compose, html
from sepakat_document.speech import Language

OWED = {"party": "nusantara", "text": {"en": "A drill", "id": "Latihan"}}
OFFICE = {"id": "office", "timeZone": "Asia/Jakarta", "weekly": {"mon-fri": "08:00-17:00"}}


def said(language: Language, **changes: object) -> str:
    page = html.render(compose.compose(compose.source_of(agreement(**changes), language)))
    return " ".join(unescape(re.sub(r"<[^>]+>", "", page)).replace("\u00a0", " ").split())


@pytest.mark.parametrize(
    ("more", "english", "indonesian"),
    [
        ({"due": "2026-09-30", "remind": "P14D"}, "A drill, by 30 September 2026. A reminder is sent 14 days ahead.",
         "Latihan, paling lambat 30 September 2026. Pengingat dikirim 14 hari sebelumnya."),
        ({"rrule": "FREQ=MONTHLY;BYDAY=1MO", "first": "2026-01-05"},
         "every month, on the first Monday, from 5 January 2026 on",
         "setiap bulan, pada Senin pertama, mulai 5 Januari 2026"),
        ({"within": "PT2H", "trigger": {"event": "incident-opened", "priorities": ["P1", "P2"]}, "calendar": "office"},
         "within 2 hours, counted from the opening of an incident of priority P1 and P2, by the calendar “office”",
         "terhitung sejak dibukanya insiden berprioritas P1 dan P2, menurut kalender “office”"),
        ({"within": "P5D", "trigger": {"event": "target-missed"}}, "within 5 days, counted from a missed target",
         "terhitung sejak tidak terpenuhinya suatu target"),
        ({"every": "P1M", "unmet": {"improvementPlan": {"misses": 2, "within": "P6M", "draftWithin": "P5D"},
                                    "termination": {"misses": 4, "within": "P1Y", "notice": "P30D"}}},
         "Missed 2 times within 6 months, it demands an improvement plan. The plan is due within 5 days. Missed 4 "
         "times within 1 year, it permits the other party to terminate this agreement. Notice is given 30 days before "
         "the last day.", "Apabila 4 kali tidak dipenuhi dalam 1 tahun, pihak lain berhak mengakhiri perjanjian ini."),
    ],
)  # fmt: skip
def test_when_it_is_due_and_what_follows_is_said_in_both_languages(
    more: dict[str, object], english: str, indonesian: str
) -> None:
    changes = {"obligations": [{"id": "drill", **OWED, **more}], "calendars": [OFFICE]}
    assert english in said("en", **changes)
    assert indonesian in said("id", **changes)


def test_remedies_and_what_it_rests_on_are_said() -> None:
    remedies = {"improvementPlan": {"misses": 2, "within": "P6M"}, "counted": "each",
                "termination": {"misses": 4, "within": "P12M", "exerciseWithin": "P90D"}}  # fmt: skip
    links = [{"agreement": "hosting", "objectives": ["availability"], "by": ["uptime"]}, {"agreement": "payments"}]
    page = said("en", remedies=remedies, underpinning=links)
    assert "may terminate this agreement. The right is exercised within 90 days." in page
    assert "The misses of each service level are counted by themselves." in page
    assert "hosting (uptime), for Availability per month" in page and "payments" in page
    assert "Hak itu digunakan dalam waktu 90 hari." in said("id", remedies=remedies)
