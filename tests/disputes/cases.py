"""Disputes that tests start from."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

from sepakat_incidents import settling
from sepakat_incidents.dispute import About, Dispute, Event, Statement, Subject, apply
from sepakat_incidents.procedure import Procedure, Step
from sepakat_incidents.remedy import Adjustment, Bounds, Remedy

NOW = datetime(2026, 12, 2, 2, tzinfo=UTC)
DAY = timedelta(days=1)
PERIOD = (datetime(2026, 10, 31, 17, tzinfo=UTC), datetime(2026, 11, 30, 17, tzinfo=UTC))
PROVIDER, CUSTOMER = "nusantara", "toko-maju"
SUBJECT = Subject(
    "verdict", "availability/2026-10-31T17:00:00.000Z", Bounds("availability", None, PERIOD), "availability",
    {"en": "Availability per month", "id": "Ketersediaan per bulan"}, "checkout", {"en": "Checkout", "id": "Kasir"},
)  # fmt: skip
PROCEDURE = Procedure(
    "P30D", "Asia/Jakarta",
    (
        Step("provider", "answer", "P5D", "upheld"),
        Step("both", "settle", "P10D", "next"),
        Step("mediator", "decide", "P20D", "forum", "mediator"),
    ),
    "BANI",
)  # fmt: skip
MEASURED: dict[str, Any] = {"attainment": "99.8990", "met": False, "state": "breached", "credit_percent": "10"}
WORDS = Statement("the probe itself was down")


def at(day: int, hour: int = 10) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def excluded(start: datetime, end: datetime) -> Remedy:
    return Remedy((Adjustment("exclusion", ("availability",), start, end),))


def down(start: datetime, end: datetime) -> Remedy:
    return Remedy((Adjustment("downtime", ("availability",), start, end),))


ASKED = down(at(10), at(10, 12))
PART = down(at(10), at(10, 11))


def about(raised_by: str = CUSTOMER, subject: Subject = SUBJECT) -> About:
    return About("toko", 1, PROVIDER, CUSTOMER, subject, raised_by, {"en": "Checkout platform", "id": "Platform kasir"})


def after(dispute: Dispute | None, events: Iterable[Event]) -> Dispute:
    found = reduce(apply, events, dispute)  # type: ignore[arg-type]
    assert isinstance(found, Dispute)
    return found


def raised(by: str = CUSTOMER, asked: Remedy = ASKED, procedure: Procedure = PROCEDURE, **changes: Any) -> Dispute:
    made = settling.raise_(
        None, "d.0001", "D-1", about(by), procedure, asked, WORDS, MEASURED, f"{by}-key", NOW
    )  # fmt: skip
    return replace(after(None, made), **changes)


def answered(offered: Remedy | None = None) -> Dispute:
    before = raised()
    return after(before, settling.answer(before, PROVIDER, WORDS, offered, "rina", NOW + DAY))
