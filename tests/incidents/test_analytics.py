"""MTTA, MTTR, MTBF and what disputes came to, by hand-made incidents; and the rows to take away."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sepakat_incidents import analytics, analytics_api
from sepakat_incidents.analytics import Took
from sepakat_incidents.discussion import Tally
from sepakat_incidents.escalation import Ladder
from sepakat_incidents.incident import About, Incident, Status
from sepakat_shared import web
from sepakat_shared.auth import Principal
from sepakat_shared.clock import ManualClock

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def incident(n: int, opened: datetime, **changes: Any) -> Incident:
    made = Incident(
        f"toko.checkout.{n:04d}", f"CHECKOUT-{n:04d}", About("toko", "checkout", "nusantara", "toko-maju"), "P1",
        {"en": "Checkout is down"}, opened, opened - 5 * MINUTE, Ladder(), cause="impairment",
    )  # fmt: skip
    return replace(made, **changes)


def over(n: int, opened: datetime, acknowledged: int, restored: int, **changes: Any) -> Incident:
    """One that was acknowledged and restored so many minutes after its opening."""
    return incident(
        n, opened, status=Status.CLOSED, acknowledged_at=opened + acknowledged * MINUTE,
        impact_ended_at=opened + restored * MINUTE, resolved_at=opened + restored * MINUTE, **changes,
    )  # fmt: skip


FOUND = [
    over(1, NOW - 10 * DAY, 5, 25, level=1),
    over(2, NOW - 5 * DAY, 15, 55, level=3, round=2, priority="P2", title={"en": "=cmd|' /C calc'!A0"}),
    # Within the impact of the one before: time that was lost once.
    over(3, NOW - 5 * DAY + 10 * MINUTE, 10, 20, level=1),
    incident(4, NOW - timedelta(hours=1), level=2, cause="breach"),
]


def test_times_are_from_the_opening_and_impact_is_lost_once() -> None:
    found = analytics.handled(FOUND, NOW - 20 * DAY, NOW)
    assert (found.count, found.open, found.repeated, found.levels) == (4, 1, 1, {1: 2, 2: 1, 3: 1})
    assert found.acknowledge == Took(3, 600.0, 600.0, 900.0)
    assert found.restore == Took(3, 2000.0, 1500.0, 3300.0)
    # 30 minutes, 60 minutes, nothing more by the third, and 65 minutes that go on.
    assert found.impact_seconds == (30 + 60 + 65) * 60
    assert found.between_failures == (20 * 86_400 - found.impact_seconds) / 4


def test_the_length_of_the_impact_goes_by_its_own_times_and_not_by_the_record() -> None:
    late = over(5, NOW - 2 * DAY, 1, 2, reopened=2)
    corrected = replace(late, impact_started_at=NOW - 33 * DAY, impact_ended_at=NOW - 33 * DAY + 40 * MINUTE)
    found = analytics.handled([corrected], NOW - 40 * DAY, NOW)
    assert found.impact == Took(1, 2400.0, 2400.0, 2400.0)
    assert (found.impact_seconds, found.reopened, found.restore.mean) == (2400.0, 1, 0.0)
    assert list(analytics.grouped([corrected], "month", NOW - 40 * DAY, NOW)) == ["2026-10"]
    assert analytics.handled([corrected], NOW - 20 * DAY, NOW).count == 0


def test_impact_of_before_lasts_into_the_span_and_each_service_has_its_own_time() -> None:
    elsewhere = replace(FOUND[0], about=About("toko", "search", "nusantara", "toko-maju"), opened_at=NOW - 2 * DAY,
                        impact_started_at=NOW - 2 * DAY, impact_ended_at=NOW - 90 * MINUTE)  # fmt: skip
    found = analytics.handled([*FOUND, elsewhere], NOW - timedelta(hours=2), NOW)
    assert (found.count, found.impact_seconds) == (1, 65 * 60 + 30 * 60)
    assert found.between_failures == 2 * 7200 - found.impact_seconds
    assert analytics.handled([elsewhere], NOW - timedelta(hours=2), NOW).between_failures is None


def test_a_service_has_no_time_before_its_agreement_began_nor_after_it_ended() -> None:
    of_old = replace(FOUND[1], about=About("old", "checkout", "nusantara", "toko-maju"))
    terms = {"toko": (NOW - 6 * DAY, None), "old": (NOW - 90 * DAY, NOW - 5 * DAY + 25 * MINUTE)}
    found = analytics.handled([FOUND[3], of_old], NOW - 90 * DAY, NOW, terms)
    assert found.impact_seconds == (65 + 60) * 60
    # Six days less 65 minutes; 85 days and 25 minutes less the half hour of impact before its end.
    assert found.between_failures == ((6 * 1440 - 65) + (85 * 1440 + 25 - 30)) * 60 / 2
    by = analytics.grouped([FOUND[3], of_old], "agreement", NOW - 90 * DAY, NOW, terms)
    assert by["toko"].between_failures == (6 * 1440 - 65) * 60


def test_nothing_that_happened_has_no_mean_and_no_time_between() -> None:
    found = analytics.handled([], NOW - DAY, NOW)
    assert (found.acknowledge, found.between_failures, found.impact_seconds) == (Took(0, None, None, None), None, 0)


def test_groups_are_those_asked_for_and_add_up() -> None:
    for by, names in (("priority", ["P1", "P2"]), ("cause", ["breach", "impairment"]), ("month", ["2026-11"]),
                      ("service", ["toko/checkout"]), ("agreement", ["toko"])):  # fmt: skip
        groups = analytics.grouped(FOUND, by, NOW - 20 * DAY, NOW)
        assert list(groups) == names
        assert sum(each.count for each in groups.values()) == len(FOUND)
    named = [replace(FOUND[0], about=replace(FOUND[0].about, cause="disk")), *FOUND[1:]]
    by_name = analytics.grouped(named, "named-cause", NOW - 20 * DAY, NOW)
    assert {name: each.count for name, each in by_name.items()} == {"toko/checkout/-": 3, "toko/checkout/disk": 1}
    assert analytics.began_in(FOUND, NOW - 5 * DAY, NOW) == FOUND[2:]
    assert list(analytics.grouped(FOUND, "priority", NOW - DAY, NOW)) == ["P1"]


class Everything:
    """Incidents and disputes as the routes ask for them: what reading is narrowed to is tested with the stores."""

    async def all(self, asking: Principal, agreement: str | None, status: str | None = None) -> list[Incident]:
        return FOUND if asking.sees(["nusantara", "toko-maju"]) else []


class NoDisputes:
    async def all(self, _asking: Principal, _agreement: str | None) -> list[Any]:
        return []


class Agreed:
    """The agreement began ten days ago."""

    async def terms(self, agreements: set[str]) -> dict[str, tuple[datetime, datetime | None]]:
        return dict.fromkeys(agreements, (NOW - 10 * DAY, None))


class Said:
    """The customer has said something for its own eyes, both have said something to each other."""

    async def tallies(self, _asking: Principal, _agreement: str | None) -> dict[str, tuple[Tally, ...]]:
        of_provider = Tally("nusantara", False, 3, NOW - 2 * DAY), Tally("nusantara", True, 1, NOW)
        return {FOUND[0].id: (Tally("toko-maju", True, 2, NOW), Tally("toko-maju", False, 1, NOW - DAY), *of_provider)}


class Keys:
    async def principal(self, secret: str) -> Principal:
        scopes = {"incidents:read", "disputes:read"} if secret == "budi" else {"incidents:read"}
        return Principal(secret, "toko-maju" if secret in ("budi", "rina") else "other", frozenset(), frozenset(scopes))


async def ask(path: str, key: str = "budi", **params: str) -> httpx.Response:
    app = web.application("analytics", "of a test", Keys(), 1 << 20)  # type: ignore[arg-type]
    stored: Any = Everything(), NoDisputes(), Said(), Agreed()
    app.include_router(analytics_api.router(*stored, ManualClock(NOW)))
    transport, headers = httpx.ASGITransport(app), {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://incidents", headers=headers) as http:
        return await http.get(f"/v1/analytics{path}", params=params)


async def test_the_figures_are_answered_with_what_they_are_of() -> None:
    body = (await ask("", by="cause", **{"from": "2026-11-04T08:00:00Z"})).json()
    assert (body["from"], body["until"]) == ("2026-11-04T08:00:00.000Z", "2026-11-24T08:00:00.000Z")
    assert (body["total"]["mtta_seconds"], body["total"]["mttr_seconds"]) == (600.0, 2000.0)
    assert body["total"]["mtbf_seconds"] == (10 * 1440 - 150) * 60 / 4, "ten days, less 150 minutes"
    assert [(each["cause"], each["incidents"]) for each in body["groups"]] == [("breach", 1), ("impairment", 3)]
    assert body["disputes"] == {
        "raised": 0, "open": 0, "results": {}, "took": {"count": 0, "mean": None, "median": None, "longest": None}
    }  # fmt: skip
    assert "disputes" not in (await ask("", key="rina")).json(), "a key without that scope is not told"
    assert (await ask("", key="stranger")).json()["total"]["incidents"] == 0


@pytest.mark.parametrize(
    ("params", "pointer"),
    [({"from": "2026-11-04T08:00:00"}, "/query/from"), ({"from": "2026-11-24T08:00:00Z"}, "/query/from"),
     ({"from": "2026-11-25T08:00:00Z", "until": "2026-11-26T08:00:00Z"}, "/query/from"),
     ({"until": "2026-11-24T08:00:00"}, "/query/until")],
)  # fmt: skip
async def test_a_span_that_is_none_is_refused_by_name(params: dict[str, str], pointer: str) -> None:
    answer = await ask("", **params)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_rows_are_the_same_in_both_formats_and_no_title_is_a_formula() -> None:
    answer = await ask("/incidents")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    lines = [json.loads(line) for line in (await ask("/incidents", format="ndjson")).text.splitlines()]
    assert [row["number"] for row in rows] == [line["number"] for line in lines] == [each.number for each in FOUND]
    assert (rows[1]["title"], lines[1]["title"]) == ("'=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0")
    assert (rows[3]["acknowledged_at"], lines[3]["acknowledged_at"]) == ("", None)
    said = ("provider_comments", "provider_commented_at", "customer_comments", "customer_commented_at")
    assert [lines[0][name] for name in said] == [3, "2026-11-22T08:00:00.000Z", 3, "2026-11-24T08:00:00.000Z"], (
        "what the other party keeps to itself is not counted either"
    )
    assert [rows[1][name] for name in said] == ["0", "", "0", ""] and [lines[1][name] for name in said][:2] == [0, None]
    sorted_ = ("named_cause", "impact", "urgency", "owner", "reopened", "merged_into")
    assert [lines[0][name] for name in sorted_] == [None, None, None, None, FOUND[0].reopened, None]
    assert list(rows[0])[-6:] == list(sorted_), "what is new comes behind what readers of before know"
    assert (await ask("/disputes")).text.startswith("id,number,agreement,kind,subject,raised_by")
    assert (await ask("/disputes", key="rina")).status_code == 403
