"""A person at a till reports a problem by a form: a number, each step in their own words, and at last forgotten."""

import re

import pytest
from reporting import LATER, MAIN, opened

from sepakat_cli.backends import Backend
from sepakat_incidents import answers, reopening

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]


async def test_a_report_to_its_end(backend: Backend) -> None:
    async with opened(backend) as desk:
        world = desk.world
        form = await desk.form(per_hour=2)
        sent = await desk.send(form["url"] + "?lang=id", severity="all")
        status = sent.headers["location"].removeprefix("..")
        await world.bring(times=2)
        [report] = (await desk.ask("budi", "GET", "reports")).json()["items"]
        assert re.fullmatch(r"R-[A-Z2-7]{4}-[A-Z2-7]{4}", report["number"]) and report["incident"] == MAIN
        # Another shop reports the same by a key: one incident, and each is told by its own number.
        other = await desk.file(reporter={"name": "Dewi", "email": "dewi@toko.example", "language": "en"})
        await world.bring(times=2)
        assert (await desk.ask("rina", "GET", f"reports/{other['id']}")).json()["incident"] == MAIN
        assert (await desk.ask("stranger", "GET", f"reports/{other['id']}")).status_code == 404
        refused = await desk.ask("stranger", "POST", "reports", json={"agreement": "toko-checkout",
                                 "service": "checkout", "summary": "mine?"})  # fmt: skip
        assert refused.status_code == 404, "an agreement that one has no part in is none"

        await world.do(MAIN, answers.acknowledge, "rina", "nusantara")
        await world.bring(times=2)
        said = {"body": "Kartu diterima lagi di kasir 12.", "visibility": "reporters"}
        await desk.ask("rina", "POST", f"incidents/{MAIN}/comments", json=said)
        await desk.ask("rina", "POST", f"incidents/{MAIN}/comments", json={"body": "the vendor pays"})
        await world.bring(times=2)
        await world.resolve(MAIN)
        await world.bring(times=2)
        await world.do(MAIN, lambda line, id, now: reopening.reopen(line, id, "budi", "toko-maju", "again", LATER, now))
        await world.bring(times=2)
        await world.resolve(MAIN)
        await world.bring(times=2)
        page = (await desk.look(status)).text
        for words in (report["number"], "Laporan Anda sudah diterima.", said["body"], "Masalahnya sudah teratasi."):
            assert words in page, words
        assert "vendor" not in page and "nusantara" not in page
        steps = [[each["step"] for each in (await desk.ask("budi", "GET", f"reports/{id}")).json()["steps"]]
                 for id in (report["id"], other["id"])]  # fmt: skip
        assert steps == [["taken-up", "update", "resolved", "reopened", "resolved"]] * 2

        # A flood by the form is answered with when to come again, and a forged link with nothing.
        await desk.send(form["url"], email="b@toko.example")
        flooded = await desk.send(form["url"], 429, email="c@toko.example")
        assert int(flooded.headers["retry-after"]) > 0
        assert (await desk.look(form["url"][:-4] + "AAAA")).status_code == 404
        assert (await desk.ask("budi", "DELETE", f"reports/{report['id']}/reporter")).status_code == 204
        assert (await desk.ask("budi", "GET", f"reports/{report['id']}")).json()["reporter"] is None
