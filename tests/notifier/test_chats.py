"""Chats end to end: registered over HTTP, told over real HTTP, chosen by people; on a real database."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from chatting import Chat, chat, slack
from correspondence import Inbox, Instance, database, inbox
from facts import NOW, incident, objective
from notifying import LOOPBACK, VAULT

from sepakat_cli.backends import Backend
from sepakat_notifier import chat_api, preference_api
from sepakat_notifier.endpoint import Added, Endpoint
from sepakat_notifier.settings import NotifierSettings
from sepakat_notifier.subscription import Subscription
from sepakat_shared import web
from sepakat_shared.auth import KnownKeys, digest
from sepakat_shared.clock import ManualClock
from sepakat_shared.contracts import incidents
from sepakat_shared.contracts.agreements import KeyIssued
from sepakat_shared.idempotency import IdempotentPosts

pytestmark = pytest.mark.servers


@pytest.fixture
def mail() -> Iterator[Inbox]:
    with inbox() as server:
        yield server


@pytest.fixture
async def room() -> AsyncIterator[Chat]:
    async with chat() as listening:
        yield listening


@pytest.fixture
async def notifier(backend: Backend, mail: Inbox) -> AsyncIterator[Instance]:
    async with database(backend) as (db, given):
        more = {"notifier_smtp_host": "127.0.0.1", "notifier_smtp_port": mail.port, "notifier_fallback_after": 1}
        settings = NotifierSettings.model_validate(given | more | {"notifier_allow_networks": "127.0.0.0/8"})
        yield Instance(db, ManualClock(NOW), settings, allowed=LOOPBACK)


async def add(to: Instance, id: str, service: str, address: str, *types: str, **more: Any) -> None:
    room = Endpoint(
        id, "toko-maju", "", types, VAULT.seal_address(address), NOW - timedelta(days=1), kind="chat", service=service,
        **more,
    )  # fmt: skip
    await to.endpoints.execute(id, lambda *_: [Added(room)], "test")


async def test_slack_gets_blocks_and_teams_a_card_of_what_their_types_name(notifier: Instance, room: Chat) -> None:
    await notifier.introduce(("toko-maju", "budi"))
    await add(notifier, "ops", "slack", f"{room.url}/slack", "sepakat.incident.*", language="id")
    await add(notifier, "board", "teams", f"{room.url}/teams", "sepakat.objective.*")
    await add(notifier, "silent", "slack", f"{room.url}/silent")
    async with notifier.sending() as at:
        await notifier.hear(incident(incidents.IncidentOpened), "e1")
        await notifier.hear(incident(incidents.ClockStarted), "e2")
        await notifier.hear(objective(), "e3")
        await at(NOW + timedelta(seconds=1))
    said = {asked.path: asked.json for asked in room.asked}
    assert set(said) == {"/slack", "/teams"} and len(room.asked) == 2, "there are no words about a clock that starts"
    assert said["/slack"]["blocks"][0]["text"]["text"] == "🔴 [P1] Kasir mati"
    card = said["/teams"]["attachments"][0]["content"]
    assert card["type"] == "AdaptiveCard" and "availability" in card["fallbackText"].lower()
    ended = {each.recipient: each.status.value for each in await notifier.all() if each.channel == "chat"}
    assert ended == {"ops": "delivered", "board": "delivered"}


async def test_a_bot_of_slack_changes_one_message_and_replies_with_what_is_owed(notifier: Instance, room: Chat) -> None:
    room.answer = slack()
    await notifier.introduce(("toko-maju", "budi"), ("nusantara", "oncall"))
    await add(notifier, "ops", "slack-bot", f"slack://xoxb-1/C1?api={room.url}/api", "sepakat.incident.*")
    async with notifier.sending() as at:
        for n, kind in enumerate((incidents.IncidentOpened, incidents.IncidentUpdated, incidents.IncidentEscalated,
                                  incidents.IncidentResolved)):  # fmt: skip
            await notifier.hear(incident(kind), f"e{n}")
            await at(NOW + timedelta(seconds=n + 1))
    calls = [(each.path, each.json.get("ts") or each.json.get("thread_ts")) for each in room.asked]
    assert calls == [
        ("/api/chat.postMessage", None), ("/api/chat.update", "1.0001"), ("/api/chat.postMessage", "1.0001"),
        ("/api/chat.update", "1.0001"),
    ]  # fmt: skip
    assert room.asked[0].headers["authorization"] == "Bearer xoxb-1"
    history = room.asked[3].json["blocks"][-3]["text"]["text"]
    assert history.startswith("*Before*") and "[P1] Checkout is down" in history, "what it takes the place of"
    assert {each.status.value for each in await notifier.all() if each.channel == "chat"} == {"delivered"}


async def test_who_is_asked_in_a_room_with_an_owner_can_answer_there_until_somebody_has(
    notifier: Instance, room: Chat
) -> None:
    room.answer = slack()
    await notifier.introduce(("toko-maju", "budi"))
    await add(notifier, "ops", "slack-bot", f"slack://xoxb-1/C1?api={room.url}/api", "*", owner="budi")
    await add(notifier, "board", "teams", f"{room.url}/teams", "*", owner="budi")
    await add(notifier, "phone", "ntfy", f"ntfy://127.0.0.1:{room.port}/shop", "*", owner="budi")
    await add(notifier, "hook", "slack", f"{room.url}/hook", "*")
    async with notifier.sending() as at:
        for n, kind in enumerate((incidents.IncidentOpened, incidents.IncidentEscalated, incidents.IncidentUpdated,
                                  incidents.IncidentAcknowledged)):  # fmt: skip
            await notifier.hear(incident(kind, responsible="toko-maju", may_snooze_seconds="3600.000"), f"e{n}")
            await at(NOW + timedelta(seconds=n + 1))

    def buttons(path: str) -> list[list[str]]:
        said = [each.json for each in room.asked if each.path.startswith(path)]
        found = [[block for block in each["blocks"] if block["type"] == "actions"] for each in said]
        return [[each["text"]["text"] for each in of[0]["elements"]] if of else [] for of in found]

    four = ["I take care of it", "I help with it", "Put it off", "It is over"]
    assert buttons("/api") == [[], four, four, []], "while it is asked, also in what takes the place of other news"
    assert buttons("/hook") == [[], [], [], []], "nobody answers for that room"
    cards = [each.json["attachments"][0]["content"] for each in room.asked if each.path == "/teams"]
    assert [[action["title"] for action in each.get("actions", [])] for each in cards] == [[], four, [], []]
    told = [each.json["message"] for each in room.asked if each.path == "/"]
    assert [each.count("https://sla.example/") for each in told] == [0, 4, 0, 0]
    assert "in the name of Budi" in told[1]


async def test_what_was_deleted_in_slack_is_said_anew(notifier: Instance, room: Chat) -> None:
    room.answer = slack()
    await notifier.introduce(("toko-maju", "budi"))
    await add(notifier, "ops", "slack-bot", f"slack://xoxb-1/C1?api={room.url}/api", "sepakat.incident.*")
    async with notifier.sending() as at:
        await notifier.hear(incident(incidents.IncidentOpened), "e1")
        await at(NOW + timedelta(seconds=1))
        room.answer = slack()  # it knows nothing of what was posted before
        await notifier.hear(incident(incidents.IncidentResolved), "e2")
        await at(NOW + timedelta(seconds=2))
    assert [each.path.rpartition(".")[2] for each in room.asked] == ["postMessage", "update", "postMessage"]


async def test_by_apprise_a_storm_is_a_few_messages_and_one_that_sums_up(notifier: Instance, room: Chat) -> None:
    await notifier.introduce(("toko-maju", "budi"))
    await add(notifier, "phone", "ntfy", f"ntfy://127.0.0.1:{room.port}/shop", "sepakat.incident.*")
    async with notifier.sending() as at:
        for n in range(20):
            await notifier.hear(incident(incidents.IncidentUpdated, note=f"step {n}"), f"e{n}")
        await at(NOW + timedelta(seconds=1))
        await at(NOW + timedelta(minutes=3))
    assert len(room.asked) == 6
    assert room.asked[-1].json["topic"] == "shop" and "15 updates" in room.asked[-1].json["title"]
    said = [each for each in await notifier.all() if each.occasion.id.startswith("e") and each.channel == "chat"]
    assert len(said) == 20 and {each.status.value for each in said} == {"delivered"}


async def test_nothing_inside_is_reached_unless_the_operator_allows_it(notifier: Instance, room: Chat) -> None:
    strict = notifier.chats(())
    for service, address in (
        ("slack", f"{room.url}/hook"), ("teams", f"{room.url}/hook"), ("ntfy", f"ntfy://127.0.0.1:{room.port}/t"),
        ("slack-bot", f"slack://xoxb-1/C1?api={room.url}"),
    ):  # fmt: skip
        await add(notifier, service, service, address, "*")
        endpoint = await notifier.endpoints.of(service)
        assert endpoint is not None
        with pytest.raises(Exception, match="not a public address"):
            await strict.say(endpoint, chat_api._TRIAL["en"])
    assert room.asked == []


# -- by choice ---------------------------------------------------------------------------------------------------------


async def test_who_reads_news_in_a_chat_gets_no_mail_of_them_but_of_what_is_owed(
    notifier: Instance, room: Chat, mail: Inbox
) -> None:
    await notifier.introduce(("toko-maju", "budi"), ("nusantara", "rina"))
    await add(notifier, "ops", "slack", f"{room.url}/slack")
    await notifier.choose("toko-maju", "budi", subscriptions=(Subscription(ways=("ops",)),))
    await notifier.choose(
        "nusantara", "rina", subscriptions=(Subscription(ways=("ops",)),)
    )  # fmt: skip
    async with notifier.sending() as at:
        await notifier.hear(incident(incidents.IncidentOpened), "e1")
        await notifier.hear(objective(), "e2")
        await notifier.hear(incident(incidents.IncidentResolved), "e3")
        await at(NOW + timedelta(seconds=1))
    assert len(room.asked) == 3
    mailed = sorted(each["To"].addresses[0].username for each in mail.mails())
    assert mailed == ["budi", "rina"], "of what is owed; whoever is of another party reads nothing there"
    left_out = [each for each in await notifier.all() if each.status.value == "suppressed"]
    assert {each.reason for each in left_out} == {"is told by chat instead: ops"}
    assert all(each.by_choice for each in left_out)


async def test_what_a_chat_does_not_take_is_mailed_to_whoever_reads_it_there(
    notifier: Instance, room: Chat, mail: Inbox
) -> None:
    room.answer = lambda _asked: (500, {})
    await notifier.introduce(("toko-maju", "budi"))
    await add(notifier, "ops", "slack", f"{room.url}/slack")
    await notifier.choose("toko-maju", "budi", subscriptions=(Subscription(ways=("ops",)),))
    async with notifier.sending() as at:
        await notifier.hear(incident(incidents.IncidentOpened), "e1")
        for second in range(1, 40):
            await at(NOW + timedelta(seconds=second))
            if mail.received:
                break
    [sent] = mail.mails()
    assert sent["Subject"] == "[P1] Checkout is down"
    [mailed] = [each for each in await notifier.all() if each.channel == "email"]
    assert mailed.status.value == "delivered"


# -- over HTTP ---------------------------------------------------------------------------------------------------------


async def asking(of: Instance, party: str) -> httpx.AsyncClient:
    keys = KnownKeys(of.db, of.clock)
    issued = KeyIssued(
        key=party, digest=digest(f"spk_{party}"), party=party, roles=("customer",),
        scopes=("notifications:read", "notifications:write"),
    )  # fmt: skip
    await keys.on_issued(issued)
    app = web.application("t", "t", keys, 1_000_000)
    rooms = chat_api.Rooms(
        of.endpoints, of.deliveries, of.chats(LOOPBACK), of.directory, VAULT, of.settings, of.clock
    )  # fmt: skip
    app.include_router(chat_api.router(rooms, IdempotentPosts(of.db)))
    app.include_router(preference_api.router(of.preferences, of.directory, of.endpoints))
    headers = {"Authorization": f"Bearer spk_{party}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t", headers=headers)


async def test_an_address_is_shown_nowhere_again(notifier: Instance, room: Chat) -> None:
    async with await asking(notifier, "toko-maju") as http:
        given = {"party": "toko-maju", "address": f"{room.url}/hush-hush", "service": "teams", "language": "id"}
        refused = await http.post("/v1/chat-endpoints", json=given | {"owner": "stranger"})
        assert [each["pointer"] for each in refused.json()["errors"]] == ["/owner"]
        await notifier.introduce(("toko-maju", "budi"))
        made = await http.post("/v1/chat-endpoints", json=given | {"owner": "budi"})
        assert made.json()["owner"] == "budi"
        assert made.status_code == 201 and made.json()["service"] == "teams"
        path = f"/v1/chat-endpoints/{made.json()['id']}"
        tried = await http.post(f"{path}/test")
        assert tried.json()["delivered"] is True and "Percobaan" in room.asked[0].body.decode()
        edit = {"address": f"ntfy://127.0.0.1:{room.port}/hush-hush", "types": ["sepakat.incident.*"]}
        changed = await http.put(path, json=edit, headers={"If-Match": made.headers["etag"]})
        assert changed.json()["service"] == "ntfy"
        assert (await http.post(f"{path}/test")).json()["delivered"] is True
        kept = await http.put(path, json={"language": "en"}, headers={"If-Match": changed.headers["etag"]})
        assert kept.json()["service"] == "ntfy", "without an address, it stays where it is"
        listed = await http.get("/v1/chat-endpoints")
        for answer in (made, tried, changed, kept, listed, await http.get(path)):
            assert "hush" not in answer.text
    for name in await notifier.db.list_collection_names():
        assert "hush" not in str(await notifier.db[name].find({}).to_list(None)), name
    async with await asking(notifier, "stranger") as http:
        assert (await http.get(path)).status_code == 404
        assert (await http.get("/v1/chat-endpoints")).json()["items"] == []


async def test_what_breaks_a_rule_is_named_all_at_once(notifier: Instance) -> None:
    async with await asking(notifier, "toko-maju") as http:
        given = {"party": "toko-maju", "address": "mailto://a:hush@b.example", "types": ["sepakat.nothing.*"]}
        refused = await http.post("/v1/chat-endpoints", json=given)
        assert refused.status_code == 422 and "hush" not in refused.text
        assert [each["pointer"] for each in refused.json()["errors"]] == ["/address", "/types/0"]
        private = await http.post(
            "/v1/chat-endpoints", json=given | {"address": "http://10.0.0.1/", "service": "slack"}
        )
        assert "not a public address" in private.json()["errors"][0]["detail"]


async def test_a_preference_names_chats_of_its_own_party(notifier: Instance, room: Chat) -> None:
    await notifier.introduce(("toko-maju", "budi"))
    await add(notifier, "ops", "slack", f"{room.url}/slack")
    async with await asking(notifier, "toko-maju") as http:
        path = "/v1/preferences/toko-maju/budi"
        digest = {"every": "week", "on": "friday", "at": "16:30", "time_zone": "Asia/Jakarta"}
        subscriptions = [
            {"kinds": ["incidents"], "priorities": ["P3", "P4"], "ways": ["mail"], "digest": digest},
            {"ways": ["ops", "elsewhere"]},
        ]
        refused = await http.put(path, json={"subscriptions": subscriptions}, headers={"If-Match": '"0"'})
        assert [each["pointer"] for each in refused.json()["errors"]] == ["/subscriptions/1/ways/1"]
        subscriptions[1]["ways"] = ["ops"]
        said = await http.put(path, json={"subscriptions": subscriptions}, headers={"If-Match": '"0"'})
        assert said.status_code == 200
        shown = (await http.get(path)).json()["subscriptions"]
        assert shown[0]["digest"] == digest and shown[1]["ways"] == ["ops"]
        wrong = [{"digest": {"every": "day", "at": "08:00+07:00", "time_zone": "Jakarta"}, "priorities": ["urgent"]}]
        refused = await http.put(path, json={"subscriptions": wrong}, headers={"If-Match": said.headers["etag"]})
        assert len(refused.json()["errors"]) == 3
