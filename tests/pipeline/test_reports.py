"""A report through real processes: a form over HTTP, the incident, the mails to whoever sent it, and its page."""

import re
from typing import Any

import httpx
import pytest
from world import World

from sepakat_cli.demo.telling import until

pytestmark = [
    pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="package")
]  # fmt: skip

FIELDS = {"name": "عبد الله", "email": "abdullah@tokomaju.example", "summary": "Cards are refused", "severity": "all",
          "details": "", "website": ""}  # fmt: skip


async def test_a_person_reports_by_a_form_and_is_told_until_it_is_solved(world: World) -> None:
    await world.agree()
    keys = {party: await world.key_of(party, "incidents:read", "incidents:write")
            for party in ("toko-maju", "nusantara")}  # fmt: skip

    async def act(party: str, path: str, **body: Any) -> dict[str, Any] | None:
        async with world.api("incidents", keys[party]) as http:
            answer = await http.post(f"/v1/{path}", json=body)
        assert answer.status_code in (200, 201, 404), answer.text
        return answer.json() if answer.is_success else None

    form = await until(
        "the text to be known",
        lambda: act("toko-maju", "report-forms", agreement=world.agreement, service="checkout"),
    )
    async with httpx.AsyncClient(follow_redirects=True, timeout=60) as browser:
        shown = await browser.get(form["url"], headers={"Accept-Language": "id"})
        showing = re.search(r'name="showing" value="([^"]+)"', shown.text)
        assert showing
        sent = await browser.post(form["url"] + "?lang=id", data={**FIELDS, "showing": showing[1]})
    assert (sent.status_code, sent.request.method) == (200, "GET")
    number = re.search(r"R-[A-Z2-7]{4}-[A-Z2-7]{4}", sent.text)
    assert number and "Laporan Anda sudah diterima." in sent.text

    async def incident() -> dict[str, Any] | None:
        found = await world.incidents()
        return found[0] if found else None

    opened_by_it = await until("the incident", incident)
    assert (opened_by_it["priority"], opened_by_it["title"]["id"]) == ("P1", "Checkout: ada laporan masalah")
    id = opened_by_it["id"]
    await act("nusantara", f"incidents/{id}/acknowledge")
    await act("nusantara", f"incidents/{id}/updates", note="the vendor is blamed")
    await act("nusantara", f"incidents/{id}/comments", body="who is this customer again?", visibility="internal")
    await act("nusantara", f"incidents/{id}/comments", body="Kartu sudah dapat dipakai.", visibility="reporters")
    await act("nusantara", f"incidents/{id}/resolve", note="restarted")

    async def all_told() -> list[tuple[str, str]] | None:
        found = [(each.subject, each.body("plain")) for each in world.desk.mails if each.to == FIELDS["email"]]
        return found if len(found) >= 5 else None

    told = await until("five mails", all_told, within=60)
    assert {subject for subject, _ in told} == {
        f"Laporan {number[0]}: {what}" for what in ("diterima", "sedang ditangani", "kabar baru", "sudah teratasi")
    }
    # A link is a token, in which two letters may stand side by side as well.
    everything = re.sub(r"http\S+", "", "".join(text for _, text in told))
    assert "Kartu sudah dapat dipakai." in everything and FIELDS["name"] in everything
    for between in ("vendor", "customer again", "P1", "CHECKOUT-0001", "Platform checkout"):
        assert between not in everything, between
    link = re.search(r"http://\S+/s/\S+", told[0][1])
    assert link
    async with httpx.AsyncClient(timeout=60) as browser:
        page = (await browser.get(link[0])).text
    assert "Masalahnya sudah teratasi." in page and "vendor" not in page
