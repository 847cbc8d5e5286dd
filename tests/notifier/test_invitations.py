"""Announced maintenance beside a mail, as a calendar program takes it."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import icalendar
import pytest
from facts import agreed

from sepakat_notifier.invitations import Stage, Work, as_icalendar, attach, method, work_of
from sepakat_shared.contracts.fact import PeriodSpan
from sepakat_shared.contracts.maintenance import MaintenanceMoved

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
FIRST, SECOND = NOW + timedelta(days=7), NOW + timedelta(days=14)
HOUR = timedelta(hours=2)


def work(**changes: Any) -> Work:
    base: dict[str, Any] = {
        "id": "toko/m1", "revision": 1, "summary": "Pemeliharaan: Kasir; jalur, dua", "description": "Disk baru\nRak 4",
        "times": [(FIRST, FIRST + HOUR), (SECOND, SECOND + HOUR)],
    }  # fmt: skip
    return Work(**{**base, **changes})


def events(work: Work) -> list[Any]:
    calendar: Any = icalendar.Calendar.from_ical(as_icalendar(work, NOW))
    assert calendar["METHOD"] == method(work)
    return list(calendar.walk("VEVENT"))


def test_each_time_is_an_event_that_a_later_file_takes_the_place_of() -> None:
    announced, moved = events(work()), events(work(revision=2, times=[(SECOND, SECOND + HOUR)] * 2))
    assert [each["UID"] for each in announced] == ["toko.m1-0@sepakat", "toko.m1-1@sepakat"]
    assert [each["UID"] for each in moved] == [each["UID"] for each in announced]
    assert [int(each["SEQUENCE"]) for each in (*announced, *moved)] == [1, 1, 2, 2]
    assert (announced[0]["DTSTART"].dt, announced[0]["DTEND"].dt) == (FIRST, FIRST + HOUR)
    assert announced[0]["SUMMARY"] == "Pemeliharaan: Kasir; jalur, dua"
    assert announced[0]["DESCRIPTION"] == "Disk baru\nRak 4"


@pytest.mark.parametrize(("stage", "status", "method"), [
    ("confirmed", "CONFIRMED", "PUBLISH"), ("tentative", "TENTATIVE", "PUBLISH"), ("cancelled", "CANCELLED", "CANCEL"),
])  # fmt: skip
def test_what_is_awaited_or_cancelled_says_so(stage: Stage, status: str, method: str) -> None:
    planned = work(stage=stage)
    assert {str(each["STATUS"]) for each in events(planned)} == {status}
    assert f"METHOD:{method}" in as_icalendar(planned, NOW).decode()


def test_times_that_are_no_longer_there_are_cancelled() -> None:
    fewer = events(work(revision=3, times=[(FIRST, FIRST + HOUR)], before=work().times))
    assert [str(each["STATUS"]) for each in fewer] == ["CONFIRMED", "CANCELLED"]


def test_of_one_time_that_is_taken_out_no_place_is_left_over() -> None:
    weeks = [
        PeriodSpan(start=NOW + timedelta(days=7 * n), end=NOW + timedelta(days=7 * n) + HOUR) for n in range(-1, 3)
    ]
    gone = weeks.pop(2)
    fact = agreed(MaintenanceMoved, occurrences=weeks, previous=[gone, weeks[-1]], taken_out=gone, revision=2)
    found = [(each["DTSTART"].dt, str(each["STATUS"])) for each in events(work_of(fact, "Maintenance"))]
    assert found == [
        *((each.start, "CONFIRMED") for each in weeks), (weeks[-1].start, "CANCELLED"),
    ]  # fmt: skip
    assert [each["UID"] for each in events(work_of(fact, "Maintenance"))][3] == "toko.m1-3@sepakat"


def test_what_somebody_wrote_adds_no_line_to_the_file() -> None:
    (event, *_) = events(work(summary="x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:evil"))
    assert len(events(work(summary="x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:evil"))) == 2
    assert event["UID"] == "toko.m1-0@sepakat"


def test_it_lies_beside_both_texts_of_a_mail() -> None:
    mail = EmailMessage()
    mail["Subject"] = "Maintenance"
    mail.set_content("plain")
    mail.add_alternative("<p>html</p>", subtype="html")
    attach(mail, work(), NOW)
    read: Any = message_from_bytes(mail.as_bytes(policy=policy.SMTP), policy=policy.default)
    (file,) = read.iter_attachments()
    assert (file.get_content_type(), file.get_param("method"), file.get_filename()) == (
        "text/calendar", "PUBLISH", "maintenance.ics",
    )  # fmt: skip
    assert len(icalendar.Calendar.from_ical(file.get_content()).walk("VEVENT")) == 2
    assert read.get_body(("plain",)).get_content().strip() == "plain"
