"""The report of a month: which months have one, when, for whom, and once."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import AsyncMock, MagicMock

import pytest
from agreeing import PATH, day
from reviewing import REVIEW, opened
from samples import agreement_dict

from sepakat_agreements import monthly
from sepakat_agreements.agreement import Agreement, Status
from sepakat_agreements.figure import Figure
from sepakat_agreements.monthly import Schedule
from sepakat_agreements.monthly_store import MonthlyReports
from sepakat_agreements.pack import freeze
from sepakat_cli.backends import Backend
from sepakat_document.pack import Pack, Verdict
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import digest
from sepakat_shared.clock import ManualClock
from sepakat_shared.commits import Commits

MONTHLY = {**REVIEW, "monthlyReport": "P5D"}
BEGAN = day(2025, 12, 31, 17)
"""The first instant of 2026 in Jakarta."""
JANUARY_ENDS = day(2026, 1, 31, 17)
AT = JANUARY_ENDS + timedelta(hours=25)


def agreement(began: datetime = BEGAN, **changes: Any) -> Agreement:
    text = agreement_dict(**{"review": MONTHLY, **changes})
    return Agreement(
        id="toko-checkout", version=1, text=text, hash="sha256:x", status=Status.ACTIVE, effective_from=began
    )


def planned(known: Schedule | None, of: Agreement, now: datetime, **more: Any) -> Schedule:
    [event] = monthly.plan(known, of, now, **more)
    return event.schedule


def test_the_first_report_is_of_the_month_in_which_the_agreement_began() -> None:
    schedule = planned(None, agreement(), BEGAN)
    assert (schedule.passed, schedule.month, schedule.due_at) == ("2025-12", "2026-01", AT)
    late = planned(None, agreement(day(2026, 1, 20)), day(2026, 1, 20))
    assert late.month == "2026-01"
    assert monthly.plan(schedule, agreement(), AT) == []


def test_months_that_passed_while_nothing_ran_are_made_up_one_after_another() -> None:
    now = day(2026, 4, 3)
    schedule = planned(None, agreement(), now)
    made = []
    while schedule.due_at is not None and schedule.due_at <= now:
        made.append(schedule.month)
        schedule = planned(schedule, agreement(), now, done=schedule.month)
    assert made == ["2026-01", "2026-02", "2026-03"]
    assert (schedule.month, schedule.due_at) == ("2026-04", day(2026, 4, 30, 17) + timedelta(hours=25))
    assert planned(None, agreement(), now, anew=True).month == "2026-04", "nobody kept schedules before"


def test_a_text_without_reports_has_none_and_one_that_ended_has_that_of_its_last_month() -> None:
    assert planned(None, agreement(review=REVIEW), BEGAN).due_at is None
    ended = replace(agreement(), ended_at=day(2026, 2, 10))
    schedule = planned(None, ended, day(2026, 2, 11))
    february = planned(schedule, ended, day(2026, 2, 11), done="2026-01")
    assert february.month == "2026-02"
    over = planned(february, ended, day(2026, 3, 5), done="2026-02")
    assert (over.month, over.due_at) == (None, None)


def test_a_figure_that_is_late_is_waited_for_until_the_text_wants_the_report() -> None:
    month = monthly.of(agreement(), "2026-01")
    assert month is not None and month.deadline == day(2026, 2, 5, 17)
    assert monthly.is_awaited(month, [])
    verdict = Verdict("99.95", None, None, None, "99.9", True, "met", None)
    figures = [
        Figure("e", "toko-checkout", 1, "nusantara", "toko-maju", "checkout", each["id"], BEGAN, JANUARY_ENDS, AT,
               measured=verdict)
        for each in agreement().text["objectives"]
    ]  # fmt: skip
    assert not monthly.is_awaited(month, figures)
    schedule = planned(None, agreement(), BEGAN)
    [later] = monthly.put_off(schedule, month, AT)
    assert later.schedule.due_at == AT + timedelta(hours=1)
    [last] = monthly.put_off(schedule, month, month.deadline - timedelta(minutes=1))
    assert last.schedule.due_at == month.deadline


async def test_the_link_of_a_report_is_told_and_no_part_of_what_is_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    pack = Pack("toko-checkout", None, 1, "nusantara", "toko-maju", 0, "", BEGAN, JANUARY_ENDS, "UTC", AT)
    report = monthly.Report(
        "toko-checkout.2026-01", "toko-checkout", "2026-01", 1, "nusantara", "toko-maju", None, BEGAN, JANUARY_ENDS,
        ("nusantara/rina",), freeze(pack), digest("a-token"), AT + monthly.READ_FOR, AT,
    )  # fmt: skip
    made: list[dict[str, Any]] = []

    async def insert(_commits: Commits, commit: dict[str, Any]) -> bool:
        made.append(commit)
        return True

    monkeypatch.setattr(Commits, "insert", insert)
    monkeypatch.setattr(Aggregates, "_written", AsyncMock())
    await MonthlyReports(Commits(MagicMock(), ManualClock(AT))).keep(report, "http://x/v1/monthly-reports/a-token")
    [commit] = made
    assert commit["messages"][0]["data"]["url"] == "http://x/v1/monthly-reports/a-token"
    assert "a-token" not in str({**commit, "messages": []})


@pytest.mark.servers
async def test_a_month_is_compiled_once_read_by_both_and_opened_by_the_link_of_its_letter(backend: Backend) -> None:
    async with opened(backend) as world:
        await world.in_force(review=MONTHLY)
        await world.reporting.on_text(world.published(), world.cause())
        await world.tell_incident(1, day(2026, 1, 10), 50)
        await world.tell_incident(2, day(2026, 2, 1), 50)
        await world.pass_to(AT)
        assert (await world.get("/monthly-reports"))["items"] == [], "the figure of the month is waited for"
        await world.tell_figure(world.closed(1, "99.8000", met=False))
        await world.pass_to(AT + timedelta(hours=1))
        await world.pass_to(AT + timedelta(days=20))
        [listed] = (await world.get("/monthly-reports"))["items"]
        assert (listed["month"], listed["recipients"]) == ("2026-01", ["nusantara/rina", "toko-maju/budi"])
        [told] = [data for type, data in await world.told() if type == "sepakat.monthly_report.compiled.v1"]
        assert (told["month"], told["missed"], told["incidents"]) == ("2026-01", 1, 1)
        assert (told["figures"][0]["figure"], told["figures"][0]["met"]) == ("99.8000", False)
        pack = await world.ask("nusantara", "GET", f"{PATH}/monthly-reports/2026-01/pack")
        assert [each["number"] for each in pack["incidents"]] == ["CHECKOUT-0001"] and pack["month"] == "2026-01"

        path, key = f"{PATH}/monthly-reports/2026-01/document", {"Authorization": "Bearer spk_toko-maju"}
        page = await world.http.get(path, params={"format": "html", "lang": "en"}, headers=key)
        assert "Service report, January 2026" in page.text and "99.8000%" in page.text and "Meeting" not in page.text
        paper = await world.http.get(path, params={"lang": "id"}, headers=key)
        assert paper.content[:8] == b"%PDF-1.7"
        link = told["url"].removeprefix("http://agreements")
        linked = await world.http.get(link, params={"lang": "id"})
        assert linked.status_code == 200 and "Laporan layanan, Januari 2026" in linked.text
        assert (await world.http.get(f"{link}x")).status_code == 404
        assert (await world.http.get(path, headers={"Authorization": "Bearer spk_stranger"})).status_code == 404
        await world.pass_to(AT + timedelta(days=100))
        assert (await world.http.get(link)).status_code == 410
