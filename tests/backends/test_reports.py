"""Reports through their routes and pages, on a real database; events come back as the bus brings them."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest
from reporting import FIRST, MAIN, OTHER, SENT, opened, reopen, showing

from sepakat_cli.backends import Backend
from sepakat_incidents import answers, reopening
from sepakat_incidents import line as domain
from sepakat_incidents.store import line_of
from sepakat_shared.commits import verify_chain
from sepakat_shared.contracts import topics

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]


# -- over the API ------------------------------------------------------------------------------------------------------


async def test_a_report_opens_an_incident_and_its_reporter_is_told_each_step(backend: Backend) -> None:
    async with opened(backend) as desk:
        world = desk.world
        filed = await desk.file(impact="high", urgency="high", details="at the till")
        assert re.fullmatch(r"R-[A-Z2-7]{4}-[A-Z2-7]{4}", filed["number"])
        await world.bring(times=2)
        seen = (await desk.ask("rina", "GET", f"reports/{filed['id']}")).json()
        assert (seen["incident"], seen["incident_number"], seen["stage"]) == (MAIN, "CHECKOUT-0001", "received")
        assert seen["reporter"] is None, "who it was is for the party that it came by"
        incident = (await desk.ask("rina", "GET", f"incidents/{MAIN}")).json()
        assert (incident["priority"], incident["title"]["en"], incident["level"]) == (
            "P1", "Checkout: a problem is reported", 1,
        )  # fmt: skip
        await world.do(MAIN, answers.acknowledge, "rina", "nusantara")
        await world.bring(times=2)
        await world.do(MAIN, answers.update, "rina", "nusantara", "the vendor has no idea")
        await world.bring(times=2)
        said = {"body": "Cards work again in shop 12.", "visibility": "reporters"}
        await desk.ask("rina", "POST", f"incidents/{MAIN}/comments", json=said)
        await world.bring(times=2)
        await world.incidents.execute(
            line_of(MAIN), lambda line, now: domain.resolve(line, MAIN, "rina", None, now, timedelta(days=1)), "rina"
        )
        await world.bring(times=2)
        await world.incidents.execute(
            line_of(MAIN),
            lambda line, now: reopening.reopen(line, MAIN, "budi", "toko-maju", "again", timedelta(days=1), now),
            "budi",
        )  # fmt: skip
        await world.bring(times=2)
        again = (await desk.look(filed["status_url"])).text
        await world.incidents.execute(
            line_of(MAIN), lambda line, now: domain.resolve(line, MAIN, "rina", None, now, timedelta(days=1)), "rina"
        )
        await world.bring(times=2)
        assert world.mails() == [("filed", True), ("taken-up", True), ("update", True), ("update", True),
                                 ("resolved", True), ("reopened", True), ("resolved", True)]  # fmt: skip
        assert "Masalahnya muncul lagi" in again
        page = (await desk.look(filed["status_url"])).text
        timeline = (await desk.ask("budi", "GET", f"incidents/{MAIN}/timeline")).json()["items"]
    assert 'lang="id"' in page and "Masalahnya sudah teratasi." in page and "Cards work again in shop 12." in page
    # The nonce of its style is random, and two letters of it may be these as well.
    shown = re.sub(r'nonce="[^"]+"', "", page)
    assert "vendor" not in shown and "P1" not in shown and "rina" not in shown
    assert [each["summary"] for each in timeline if each["what"] == "Reported"] == ["Cards are refused"]


async def test_what_is_filed_while_one_is_open_belongs_to_it_and_something_else_has_one_of_its_own(
    backend: Backend,
) -> None:
    async with opened(backend) as desk:
        world = desk.world
        filed = [await desk.file()]
        await world.bring()
        filed += [await desk.file(something_else=other) for other in (False, True, True)]
        filed.append(await desk.file(impact="high", urgency="high"))
        await world.bring()
        found = [(await desk.ask("budi", "GET", f"reports/{each['id']}")).json()["incident"] for each in filed]
        assert found == [MAIN, MAIN, OTHER, OTHER, MAIN]
        numbers = {each["number"]: each["priority"]
                   for each in (await desk.ask("budi", "GET", "incidents")).json()["items"]}  # fmt: skip
        assert numbers == {"CHECKOUT-0001": "P1", "CHECKOUT~OTHER-0001": "P3"}
        of_one = (await desk.ask("rina", "GET", "reports", params={"incident": OTHER, "limit": 1})).json()
        assert len(of_one["items"]) == 1 and "next" in of_one
        await world.do(MAIN, answers.acknowledge, "rina", "nusantara")
        await world.bring()
        # One address, one person: of several reports about one incident the first is told how it goes.
        assert world.mails().count(("taken-up", True)) == 1
        assert world.mails().count(("taken-up", False)) == 2


async def test_a_report_that_is_linked_late_is_told_what_happened_meanwhile(backend: Backend) -> None:
    async with opened(backend) as desk:
        world = desk.world
        await desk.file()
        await world.bring()
        late = await desk.file(reporter={"name": "Dewi", "email": "dewi@toko.example"})
        await world.do(MAIN, answers.acknowledge, "rina", "nusantara")
        await world.bring()
        seen = (await desk.ask("budi", "GET", f"reports/{late['id']}")).json()
    assert [each["step"] for each in seen["steps"]] == ["taken-up"]


# -- of duplicates -----------------------------------------------------------------------------------------------------


async def test_who_reported_a_duplicate_is_told_how_the_incident_goes_that_was_kept(backend: Backend) -> None:
    async with opened(backend) as desk:
        world = desk.world
        await world.begin_first()
        filed = await desk.file()
        await world.bring()
        await world.do(FIRST, answers.acknowledge, "rina", "nusantara")
        await world.bring()
        assert world.mails() == [("filed", True)]
        await world.merge()
        await world.bring(times=2)
        assert world.mails()[1:] == [("taken-up", True)], "it was taken up already, and the merge has solved nothing"
        await world.do(FIRST, answers.update, "rina", "nusantara", "the vendor has no idea")
        await world.bring(times=2)
        said = {"body": "Cards work again in shop 12.", "visibility": "reporters"}
        await desk.ask("rina", "POST", f"incidents/{FIRST}/comments", json=said)
        await world.bring(times=2)
        await world.resolve(FIRST)
        await world.bring(times=2)
        await world.do(FIRST, reopen)
        await world.bring(times=2)
        assert world.mails()[2:] == [("update", True), ("update", True), ("resolved", True), ("reopened", True)]
        for incident in (FIRST, MAIN):
            timeline = (await desk.ask("budi", "GET", f"incidents/{incident}/timeline")).json()["items"]
            assert [each["number"] for each in timeline if each["what"] == "Reported"] == [filed["number"]]
            about = (await desk.ask("rina", "GET", "reports", params={"incident": incident})).json()["items"]
            assert [each["id"] for each in about] == [filed["id"]]
        stranger = (await desk.ask("stranger", "GET", "reports", params={"incident": FIRST})).json()["items"]
    assert stranger == []


async def test_a_report_that_comes_again_after_the_merge_is_not_told_that_it_is_solved(backend: Backend) -> None:
    async with opened(backend) as desk:
        world = desk.world
        await world.begin_first()
        filed = await desk.file()
        await world.bring()
        await world.merge()
        for steps in ([], ["resolved"]):
            world.forget()
            await world.bring()
            seen = (await desk.ask("budi", "GET", f"reports/{filed['id']}")).json()
            assert [each["step"] for each in seen["steps"]] == steps and seen["incident"] == MAIN
            await world.resolve(FIRST)


async def test_what_is_filed_after_the_merge_belongs_to_the_incident_that_was_kept_while_it_is_open(
    backend: Backend,
) -> None:
    async with opened(backend) as desk:
        world = desk.world
        form = await desk.form()
        await world.begin_first()
        await desk.file()
        await world.bring()
        await world.merge()
        await world.bring()
        assert "We have known of a problem with Checkout since" in (await desk.look(form["url"])).text
        dewi = {"name": "Dewi", "email": "dewi@toko.example"}
        filed = [await desk.file(), await desk.file(impact="high", urgency="high", reporter=dewi)]
        filed.append(await desk.file(something_else=True))
        await world.bring(times=2)
        found = [(await desk.ask("budi", "GET", f"reports/{each['id']}")).json()["incident"] for each in filed]
        assert found == [FIRST, FIRST, OTHER]
        standing = {each["id"]: (each["priority"], each["status"])
                    for each in (await desk.ask("budi", "GET", "incidents")).json()["items"]}  # fmt: skip
        assert standing == {FIRST: ("P1", "open"), MAIN: ("P3", "closed"), OTHER: ("P3", "open")}
        await world.do(FIRST, answers.acknowledge, "rina", "nusantara")
        await world.bring()
        # Siti reported the duplicate, too, and is told by that report; Dewi by hers.
        assert world.mails().count(("taken-up", True)) == 2 and world.mails().count(("taken-up", False)) == 1
        await world.resolve(FIRST)
        await world.bring()
        assert "We have known of a problem" not in (await desk.look(form["url"])).text
        late = await desk.file()
        await world.bring()
        seen = (await desk.ask("budi", "GET", f"reports/{late['id']}")).json()
    assert seen["incident"] == "toko-checkout.checkout.0002"


async def test_the_party_that_a_report_came_by_has_its_page_from_it_later_too(backend: Backend) -> None:
    async with opened(backend) as desk:
        filed = await desk.file()
        again = (await desk.ask("budi", "GET", f"reports/{filed['id']}")).json()
        assert (await desk.look(again["status_url"])).status_code == 200
        assert filed["number"] in (await desk.look(again["status_url"])).text
        assert "status_url" not in (await desk.ask("rina", "GET", f"reports/{filed['id']}")).json()


async def test_who_may_report_what(backend: Backend) -> None:
    async with opened(backend) as desk:
        for changes, pointer in (
            ({"summary": None}, "/summary"), ({"summary": ""}, "/summary"), ({"service": "search"}, "/service"),
            ({"reporter": {"name": "Siti", "email": "siti@toko.example\nBcc: x@y.example"}}, "/reporter/email"),
            ({"reporter": {"name": "", "email": "siti@toko.example"}}, "/reporter/name"),
            ({"reporter": {"name": "Siti"}}, "/reporter/email"), ({"impact": "huge"}, "/impact"), ({"x": 1}, "/x"),
        ):  # fmt: skip
            body = await desk.file(status=422, **changes)
            assert [each["pointer"] for each in body["errors"]] == [pointer]
        await desk.file("stranger", 404)
        await desk.file(status=404, agreement="another")
        await desk.file("reader", 403)
        await desk.file("operator", 403)
        filed = await desk.file("rina", reporter=None)
        assert (await desk.ask("stranger", "GET", f"reports/{filed['id']}")).status_code == 404
        assert (await desk.ask("stranger", "GET", "reports")).json()["items"] == []
        wanted = {"agreement": "toko-checkout", "service": "checkout"}
        assert (await desk.ask("stranger", "POST", "report-forms", json=wanted)).status_code == 404


async def test_who_reported_is_forgotten_and_every_hash_stays_valid(backend: Backend) -> None:
    async with opened(backend) as desk:
        world = desk.world
        filed = await desk.file()
        await world.bring()
        path = f"reports/{filed['id']}"
        assert (await desk.ask("budi", "GET", path)).json()["reporter"]["name"] == "Siti"
        assert (await desk.ask("rina", "DELETE", f"{path}/reporter")).status_code == 403
        assert (await desk.ask("budi", "DELETE", f"{path}/reporter")).status_code == 204
        assert (await desk.ask("budi", "GET", path)).json()["reporter"] is None
        kept = await world.commits.collection.find().to_list(None)
        of_report = sorted((each for each in kept if each["aggregate"].startswith("report/")), key=lambda e: e["n"])
        verify_chain(of_report)
        everything = [await world.db[name].find().to_list(None) for name in await world.db.list_collection_names()]
        assert "siti@toko.example" not in str(everything) and "Siti" not in str(everything)
        tombstone = of_report[-1]["messages"][0]
    assert (tombstone["topic"], tombstone["key"], tombstone["data"]) == (topics.REPORTERS, filed["id"], None)


async def test_a_flood_makes_one_incident_loses_nothing_and_writes_few_mails(backend: Backend) -> None:
    async with opened(backend) as desk:
        world = desk.world
        half = 40 if backend.name == "embedded" else 20  # FerretDB takes minutes for more
        one_person = [desk.file() for _ in range(half)]
        many = [desk.file(impact="high", urgency="high", reporter={"name": "N", "email": f"n{i}@toko.example"})
                for i in range(half)]  # fmt: skip
        filed = await asyncio.gather(*one_person, *many)
        assert len({each["number"] for each in filed}) == 2 * half, "each is answered with a number of its own"
        await world.bring()
        await world.do(MAIN, answers.acknowledge, "rina", "nusantara")
        await world.bring()
        incidents = (await desk.ask("budi", "GET", "incidents")).json()["items"]
        reports = await world.db["report"].find().to_list(None)
        line = await world.commits.collection.count_documents({"aggregate": f"line/{line_of(MAIN)}"})
    assert [each["id"] for each in incidents] == [MAIN]
    assert {each["incident"] for each in reports} == {MAIN} and len(reports) == 2 * half
    assert all(each["state"]["stage"] == "taken-up" for each in reports)
    # One person gets five numbers by mail and one message a step; each of the others gets one of both.
    assert (world.mails().count(("filed", True)), world.mails().count(("taken-up", True))) == (half + 5, half + 1)
    told = [type for type, _ in world.told]
    assert told.count("sepakat.incident.opened.v1") == 1 and told.count("sepakat.incident.raised.v1") <= 1
    assert told.count("sepakat.incident.cause_attached.v1") <= 1 and line <= 3


# -- the form ----------------------------------------------------------------------------------------------------------


async def test_a_form_is_sent_once_and_leads_to_the_page_of_its_report(backend: Backend) -> None:
    async with opened(backend) as desk:
        form = await desk.form(label="on the shop's help page")
        shown = await desk.look(form["url"], headers={"Accept-Language": "id,en;q=0.5"})
        assert 'lang="id"' in shown.text and "Laporkan masalah pada Checkout" in shown.text
        policy = shown.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "form-action 'self'" in policy and "script" not in policy
        assert (shown.headers["cache-control"], shown.headers["referrer-policy"]) == ("no-store", "no-referrer")
        assert (await desk.ask("budi", "GET", "reports")).json()["items"] == [], "looking changes nothing"
        sent = await desk.send(form["url"])
        page = await desk.look(sent.headers["location"].replace("../", "/"))
        (report,) = (await desk.ask("budi", "GET", "reports")).json()["items"]
        assert report["number"] in page.text and "Your report has been received." in page.text
        assert (report["via"], report["form"], report["details"]) == ("form", form["id"], "since\nnine")
        assert (report["impact"], report["urgency"], report["party"]) == ("high", "low", "toko-maju")
        again = showing((await desk.look(form["url"])).text)
        places = {(await desk.send(form["url"], showing=again)).headers["location"] for _ in range(3)}
        await asyncio.gather(*[desk.send(form["url"], showing=again, summary=f"other words {i}") for i in range(5)])
        assert len(places) == 3 and len((await desk.ask("budi", "GET", "reports")).json()["items"]) == 2


async def test_a_form_tells_that_a_problem_is_known_and_takes_something_else(backend: Backend) -> None:
    async with opened(backend) as desk:
        form = await desk.form()
        assert "Mine is something else" not in (await desk.look(form["url"])).text
        await desk.send(form["url"])
        await desk.world.bring()
        known = (await desk.look(form["url"])).text
        assert "We have known of a problem" in known and "being worked on" not in known
        in_indonesian = (await desk.look(form["url"], headers={"Accept-Language": "id"})).text
        assert "Kami sudah mengetahui adanya masalah" in in_indonesian and "menanganinya" not in in_indonesian
        await desk.world.do(MAIN, answers.acknowledge, "rina", "nusantara")
        assert "being worked on" in (await desk.look(form["url"])).text
        assert "We have known of a problem with Checkout since 24 November 2026, 16:00 WIB" in known
        await desk.send(form["url"], other="yes")
        await desk.world.bring()
        found = {each["incident"] for each in (await desk.ask("budi", "GET", "reports")).json()["items"]}
    assert found == {MAIN, OTHER}


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"name": ""}, "name"), ({"email": "siti@toko.example\nBcc: a@b.example"}, "email"), ({"email": None}, "email"),
     ({"summary": None}, "summary"), ({"severity": None}, "severity"), ({"severity": "worst"}, "severity"),
     ({"website": "http://spam.example"}, "website"), ({"details": "\x1b[31m"}, "details"),
     ({"details": "y" * 200_000}, "details")],
)  # fmt: skip
async def test_what_is_wrong_is_said_beside_its_field_and_what_was_written_stays(
    backend: Backend, changes: dict[str, Any], field: str
) -> None:
    async with opened(backend) as desk:
        form = await desk.form()
        page = (await desk.send(form["url"], 422, **changes)).text
        assert (await desk.ask("budi", "GET", "reports")).json()["items"] == []
    assert 'role="alert"' in page and f'href="#{field}"' in page
    if "details" not in changes:
        assert "since\r\nnine" in page or "since\nnine" in page
    assert changes.get("details") is None or changes["details"] in page, "nothing is shortened"


async def test_what_people_write_cannot_become_markup_and_any_script_is_shown_as_it_runs(backend: Backend) -> None:
    async with opened(backend) as desk:
        form = await desk.form()
        name, markup = "عبد الله", '"><script>alert(1)</script>'
        page = (await desk.send(form["url"], 422, name=name, summary=markup, severity=None)).text
        assert name in page and "<script>" not in page and "&lt;script&gt;" in page
        sent = await desk.send(form["url"], name=name, summary=markup)
        status = await desk.look(sent.headers["location"].replace("../", "/"))
        (report,) = (await desk.ask("budi", "GET", "reports")).json()["items"]
    assert report["reporter"]["name"] == name
    assert "<script>" not in status.text and '<bdi dir="auto">' in status.text


async def test_a_link_that_is_forged_expired_or_taken_back_takes_nothing(backend: Backend) -> None:
    async with opened(backend) as desk:
        form, other = await desk.form(expires_at="2026-11-25T09:00:00Z"), await desk.form()
        path = form["url"].replace("https://sla.example", "")
        forged = path[:40] + ("A" if path[40] != "A" else "B") + path[41:]
        assert (await desk.look(forged)).status_code == 404
        sent = await desk.send(form["url"])
        assert (await desk.look(sent.headers["location"].replace("../s/", "/r/"))).status_code == 404
        assert (await desk.look(form["url"].replace("/r/", "/s/"))).status_code == 404
        foreign = showing((await desk.look(other["url"])).text)
        for wrong in (foreign, "x", None):
            back = (await desk.send(form["url"], 422, showing=wrong)).text
            assert "not shown did not come along" in back and SENT["summary"] in back and showing(back) != wrong
        old = showing((await desk.look(other["url"])).text)
        desk.world.clock.advance(timedelta(days=1))
        assert "open for too long" in (await desk.send(other["url"], 409, showing=old)).text
        assert (await desk.look(form["url"])).status_code == 410
        assert (await desk.ask("rina", "POST", f"report-forms/{other['id']}/revoke")).status_code == 404
        assert (await desk.ask("budi", "POST", f"report-forms/{other['id']}/revoke")).json()["revoked_at"]
        revoked = await desk.look(other["url"], headers={"Accept-Language": "id"})
        assert (revoked.status_code, "sudah tidak berlaku" in revoked.text) == (410, True)
        assert len((await desk.ask("budi", "GET", "reports")).json()["items"]) == 1
        assert [each["id"] for each in (await desk.ask("rina", "GET", "report-forms")).json()["items"]] == []


async def test_a_form_takes_so_many_an_hour_and_says_when_to_come_again(backend: Backend) -> None:
    async with opened(backend) as desk:
        form = await desk.form(per_hour=3)
        shown = [showing((await desk.look(form["url"])).text) for _ in range(10)]
        path = form["url"].replace("https://sla.example", "")
        answers_ = await asyncio.gather(*[desk._http.post(path, data={**SENT, "showing": each}) for each in shown])
        assert sorted(each.status_code for each in answers_) == [303] * 3 + [429] * 7
        refused = next(each for each in answers_ if each.status_code == 429)
        assert refused.headers["retry-after"] == "3600" and "try again later" in refused.text
        desk.world.clock.advance(timedelta(hours=1))
        await desk.send(form["url"])
        too_long = await desk._http.post(path, content=b"summary=" + b"x" * 1_048_577)
        assert too_long.status_code == 413
