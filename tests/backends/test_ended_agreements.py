"""An agreement ends: nothing new is drawn from it, and what is open goes on to its own end."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from alerting import alert, group
from handled import Handled
from handled import opened as opened_incidents
from reporting import MAIN, opened
from samples import agreement

from sepakat_cli.backends import Backend
from sepakat_incidents.wordings import Wordings
from sepakat_shared.contracts import compliance
from sepakat_shared.contracts.lasting import AgreementEnded
from sepakat_shared.messages import Envelope

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

TEXT = agreement(priorities={each: {"escalation": "critical"} for each in ("P1", "P2", "P3")})


async def end(wordings: Wordings, at: datetime) -> None:
    fact = AgreementEnded(agreement="toko-checkout", version=1, provider="nusantara", customer="toko-maju", at=at,
                          how="expired", ended_at=at)  # fmt: skip
    for _ in range(2):
        await wordings.on_ended(fact, Envelope("e", "/sepakat/agreements", AgreementEnded.type, None, None, b""))


async def breached(it: Handled, at: datetime) -> list[str]:
    """A breach of that instant is told; the ids of the incidents that there are then."""
    fact = compliance.ObjectiveBreached(
        agreement="toko-checkout", version=1, objective="availability", service="checkout", provider="nusantara",
        customer="toko-maju", indicator="nusantara/checkout", at=at, cause="x", state="breached", target="99.9",
        period=compliance.PeriodSpan(start=at - timedelta(days=30), end=at), attainment="98.0000",
        episode=f"toko-checkout/availability/{at:%Y-%m-%d}",
    )  # fmt: skip
    await it.reactions.on_breach(fact, it.cause("breach"))
    return [each["id"] for each in (await it.ask("operator", "GET", "/v1/incidents"))["items"]]


async def test_what_is_open_when_an_agreement_ends_goes_on_to_its_end_and_nothing_new_begins(backend: Backend) -> None:
    async with opened_incidents(backend, TEXT) as it:
        open_one = await it.impaired()
        await it.after(minutes=5)
        await end(it.wordings, it.clock.now())
        # Its ladder goes on: that is owed for what happened while the agreement was in force.
        await it.after(hours=1)
        told = await it.told(suffix="incident.escalated.v1")
        assert len(told) > 1
        # What is of before the end, and told after it, belongs to it; what is of the end or later does not.
        assert await breached(it, it.clock.now() - timedelta(hours=2)) == [open_one]
        causes = (await it.get(open_one))["causes"]
        assert await breached(it, it.clock.now()) == [open_one]
        assert (await it.get(open_one))["causes"] == causes
        await it.key("alertmanager", "nusantara", "alerts:write")
        answer = await it.ask("alertmanager", "POST", "/v1/alertmanager", 422, json=group(alert(1)))
        assert "ended at 2026-11-24T09:05" in str(answer)
        over = alert(2, "resolved", ends="2026-11-24T09:30:00Z")
        assert (await it.ask("alertmanager", "POST", "/v1/alertmanager", json=group(over)))["resolved"] == 1
        # Whoever has it in hand says how it goes, and that it is over; then it stays so.
        await it.post("nusantara", open_one, "acknowledge")
        await it.post("nusantara", open_one, "updates", 201, note="half of it is back")
        await it.post("nusantara", open_one, "resolve", note="all of it is")
        refused = await it.post("toko-maju", open_one, "reopen", 409, reason="again")
        assert "ended" in refused["detail"]
        await it.impaired()
        assert len((await it.ask("operator", "GET", "/v1/incidents"))["items"]) == 1


async def test_reports_after_the_end_are_refused_and_one_of_before_it_finds_its_incident(backend: Backend) -> None:
    async with opened(backend) as desk:
        form: dict[str, Any] = await desk.form()
        before = await desk.file(impact="high", urgency="high")
        await end(desk.world.wordings, desk.world.clock.now())
        refused = await desk.file(status=409)
        assert "ended at 2026-11-24T09:00" in refused["detail"]
        stranger = await desk.ask("stranger", "POST", "reports", json={"agreement": "toko-checkout",
                                  "service": "checkout", "summary": "x"})  # fmt: skip
        assert stranger.status_code == 404, "that it has ended is for its parties"
        shown = await desk.look(form["url"])
        assert shown.status_code == 410 and "does not work any more" in shown.text
        again = await desk.ask("budi", "POST", "report-forms", json={"agreement": "toko-checkout",
                               "service": "checkout"})  # fmt: skip
        assert again.status_code == 409
        await desk.world.bring(times=2)
        seen = (await desk.ask("budi", "GET", f"reports/{before['id']}")).json()
        assert seen["incident"] == MAIN
        page = await desk.look(before["status_url"])
        assert page.status_code == 200, "who has reported follows it on"
