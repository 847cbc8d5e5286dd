"""One problem from every side: measured, alerted, sorted, a duplicate, over, not over, explained, and its record."""

from typing import Any

import pytest
from alerting import alert, group
from handled import Handled, opened
from samples import agreement

from sepakat_cli.backends import Backend
from sepakat_incidents import comment_api, postmortem_api
from sepakat_incidents.discussions import Discussions
from sepakat_incidents.postmortems import Postmortems
from sepakat_shared.commits import verify_chain
from sepakat_shared.contracts import compliance

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

TEXT = agreement(
    services=[{"id": each, "description": {"en": each.title(), "id": each.title()}} for each in ("checkout", "search")],
    priorities={"matrix": {"high-medium": "P2"}, "P1": {"escalation": "critical"}, "P2": {"escalation": "critical"},
                "reopenWithin": "PT24H"},
)  # fmt: skip
NOTE = {"what_happened": "The disk was full.", "why": "Nobody watched it.", "what_will_change": "Somebody does.",
        "follow_ups": [{"text": "An alert at 80 percent", "owner": "rina", "due": "2026-12-01"}]}  # fmt: skip
LOG = {
    "name": "app.log",
    "media_type": "text/plain",
    "size": 12,
    "sha256": "0" * 64,
    "url": "https://f.example/app.log",
}


def with_words(it: Handled) -> None:
    discussions, postmortems = Discussions(it.commits), Postmortems(it.commits)
    it.app.include_router(comment_api.router(it.incidents, discussions, it.posts, it.clock))
    it.app.include_router(postmortem_api.router(it.incidents, postmortems, it.wordings, it.posts, it.clock))


async def breached(it: Handled, late: bool | None = None) -> None:
    """The month's budget is spent, while the outage goes on; or a month of long ago was missed, as is found out now."""
    at = it.clock.now()
    fact = compliance.ObjectiveBreached(
        agreement="toko-checkout", version=1, objective="availability", service="checkout", provider="nusantara",
        customer="toko-maju", indicator="nusantara/checkout", at=at, cause="x", state="breached", target="99.9",
        period=compliance.PeriodSpan(start=at, end=at), episode="toko-checkout/availability/2026-11",
        late=late,
    )  # fmt: skip
    cause = it.cause("toko-checkout.availability")
    for _ in range(2):
        await it.reactions.on_breach(fact, cause)


async def test_a_day_of_incidents(backend: Backend) -> None:
    async with opened(backend, TEXT, more=with_words) as it:
        await it.contact("nusantara", "rina")
        await it.key("alertmanager", "nusantara", "alerts:write")
        await breached(it, late=True)
        assert (await it.ask("operator", "GET", "/v1/incidents"))["items"] == [], "nobody is called for what is over"
        id = await it.impaired()
        await it.after(minutes=5)
        await breached(it)
        of_storm = [alert(n) for n in range(40)]
        await it.ask("alertmanager", "POST", "/v1/alertmanager", json=group(*of_storm))
        known = await it.get(id)
        assert (known["priority"], known["causes"], known["alerts"]["count"]) == ("P1", 3, 40)
        assert len((await it.ask("operator", "GET", "/v1/incidents"))["items"]) == 1, "one episode, one incident"

        # The search is down by the same fault: what opened later is its duplicate, never the other way round.
        duplicate = await it.impaired(service="search")
        await it.post("nusantara", id, "merge", 422, into=duplicate)
        assert (await it.post("nusantara", duplicate, "merge", into=id))["merged_into"] == id
        sorted_ = await it.post("toko-maju", id, "triage", impact="high", urgency="medium", reason="half of the tills")
        assert (sorted_["priority"], sorted_["impact"], sorted_["urgency"]) == ("P2", "high", "medium")
        assert (await it.post("nusantara", id, "triage", owner="rina"))["owner"] == "rina"
        assert (await it.post("nusantara", id, "triage", 422, owner="gone"))["errors"][0]["pointer"] == "/owner"

        await it.post("nusantara", id, "comments", 201, body="the vendor is late again")
        await it.post("nusantara", id, "comments", 201, body="see the log", visibility="shared", attachments=[LOG])
        script = LOG | {"name": "fix.ps1", "url": "https://f.example/fix.ps1"}
        refused = await it.post("nusantara", id, "comments", 422, body="run it", attachments=[script])
        assert {each["pointer"] for each in refused["errors"]} == {"/attachments/0/name", "/attachments/0/url"}
        read = (await it.ask("toko-maju", "GET", f"/v1/incidents/{id}/comments"))["items"]
        assert [each["body"] for each in read] == ["see the log"]

        # It is over with the last of what it waits for, its duplicate's causes among that.
        await it.after(minutes=25)
        over = [alert(n, "resolved", ends="2026-11-24T09:28:00Z") for n in range(40)]
        await it.ask("alertmanager", "POST", "/v1/alertmanager", json=group(*over))
        await it.mended()
        assert (await it.get(id))["status"] == "open"
        await it.mended(service="search")
        resolved = await it.get(id)
        assert (resolved["status"], resolved["impact_ended_at"]) == ("resolved", "2026-11-24T09:30:00.000Z")
        before = [each for each in await it.timeline(id) if each["what"] != "Commented"]

        corrected = await it.post("nusantara", id, "impact", started_at="2026-11-24T08:40:00Z", reason="by the logs")
        assert (corrected["impact_started_at"], corrected["opened_at"]) == (
            "2026-11-24T08:40:00.000Z", "2026-11-24T09:00:00.000Z",
        )  # fmt: skip
        assert (await it.post("toko-maju", id, "reopen", reason="not at the tills"))["status"] == "open"
        await it.post("nusantara", id, "resolve", note="now it is")
        path = f"/v1/incidents/{id}/postmortem"
        await it.ask("nusantara", "PUT", f"{path}/draft", json=NOTE)
        published = await it.ask("nusantara", "POST", f"{path}/publish", json={})
        assert published["content"]["why"] == NOTE["why"]
        promised = (await it.ask("toko-maju", "GET", "/v1/follow-ups"))["items"]
        assert [(each["owner"], each["status"]) for each in promised] == [("rina", "open")]

        later = await it.impaired()
        assert later.endswith(".0002")
        await it.post("nusantara", later, "links", 201, kind="caused-by", to=id)
        await it.post("nusantara", id, "links", 409, kind="caused-by", to=later)
        after = [each for each in await it.timeline(id) if each["what"] != "Commented"]
        assert after[: len(before)] == before, "what is on the timeline stays, and what comes is behind it"
        assert {"Absorbed", "ImpactCorrected", "Reopened"} <= {each["what"] for each in after}
        verify_chain(await it.commits.of("line/toko-checkout.checkout"))
        path = f"/v1/incidents/{id}/timeline"
        assert (await it.ask("toko-maju", "GET", path))["intact"]
        first = {"aggregate": "line/toko-checkout.checkout", "n": 1}
        await it.commits.collection.update_one(first, {"$set": {"by": "somebody"}})
        assert not (await it.ask("toko-maju", "GET", path))["intact"], "somebody has changed whose doing it was"


async def test_nobody_else_sees_any_of_it(backend: Backend) -> None:
    async with opened(backend, TEXT) as it:
        id = await it.impaired()
        refused: dict[str, Any] = await it.post("stranger", id, "acknowledge", 404)
        assert id in refused["detail"]
        await it.ask("stranger", "GET", f"/v1/incidents/{id}/timeline", 404)
        assert (await it.ask("stranger", "GET", "/v1/incidents"))["items"] == []
