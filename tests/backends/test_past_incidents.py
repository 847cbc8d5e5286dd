"""What many incidents have followed is in documents of its own: found and listed as before, and changed no more."""

import pytest
from handled import opened
from pymongo.errors import AutoReconnect
from samples import agreement

from sepakat_cli.backends import Backend
from sepakat_incidents import line as domain

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]


async def test_incidents_that_leave_their_line_are_read_as_those_that_it_has(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(domain, "KEPT_PAST", 2)
    async with opened(backend, agreement()) as it:
        ids = []
        for _ in range(5):
            ids.append(await it.impaired())
            await it.after(minutes=10)
            await it.mended()
            await it.after(hours=1)
            if len(ids) == 2:
                await it.post("toko-maju", ids[0], "links", 201, kind="related", to=ids[1])
        loaded = await it.incidents.lines.get("toko-checkout.checkout")
        assert list(loaded.state.past) == ids[2:4] and not loaded.state.leaving
        stored = await it.db["past_incidents"].distinct("_id")
        assert stored == ids[:2]
        listed = (await it.ask("toko-maju", "GET", "/v1/incidents"))["items"]
        assert [each["id"] for each in listed] == ids[::-1]
        assert (await it.ask("stranger", "GET", "/v1/incidents"))["items"] == []
        first = await it.get(ids[0])
        assert (first["status"], first["links"][0]["incident"]) == ("closed", ids[1])
        await it.ask("stranger", "GET", f"/v1/incidents/{ids[0]}", 404)
        for id in (ids[0], ids[4]):
            happened = [each["what"] for each in await it.timeline(id)]
            assert happened[0] == "Opened" and "Resolved" in happened and not {"Leaving", "LetGo"} & set(happened)
        assert [each["kind"] for each in (await it.get(ids[1]))["links"]] == ["related"]
        refused = await it.post("toko-maju", ids[0], "links", 409, kind="related", to=ids[4])
        assert "have followed" in refused["detail"]
        [line] = await it.incidents.lines_of("toko-checkout")
        await it.incidents.execute(line, lambda known, now: domain.note(known, ids[0], "disputed", None, now), "test")
        assert (await it.timeline(ids[0]))[-1]["note"] == "disputed"
        old = await it.incidents.find(ids[0])
        assert old is not None and await it.incidents.caused_by(line, old.causes[0]) == old
        # The database goes away before the documents are written: until what comes next writes them, the line has them.
        with monkeypatch.context() as broken:
            broken.setattr(it.incidents, "let_go", _away)
            with pytest.raises(AutoReconnect):
                await it.impaired()
        for leaving in (1, 0):
            found = (await it.incidents.lines.get(line)).state
            assert len(found.leaving) == leaving
            assert len((await it.ask("toko-maju", "GET", "/v1/incidents"))["items"]) == 6
            await it.impaired()
        assert await it.db["past_incidents"].count_documents({}) == 3


async def _away(*_: object) -> None:
    raise AutoReconnect("the database is away")
