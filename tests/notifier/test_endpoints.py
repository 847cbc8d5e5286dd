"""Endpoints that hang, fail, come back and want their order: on a real database, over real connections."""

import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from notifying import OK, VAULT, Post, Receiver, received
from standardwebhooks import Webhook, WebhookVerificationError

from sepakat_cli.backends import Backend
from sepakat_cli.demo.telling import until
from sepakat_notifier import endpoint as domain
from sepakat_notifier.endpoint import FailedOn, Faltered
from sepakat_notifier.endpoints import new_secret
from sepakat_notifier.replays import Replays
from sepakat_notifier.sending import fail
from sepakat_shared import mongo
from sepakat_shared.clock import SystemClock
from sepakat_shared.contracts.agreements import ContactRecorded
from sepakat_shared.messages import Envelope
from sepakat_shared.mongo import Database
from sepakat_shared.settings import ServiceSettings

pytestmark = pytest.mark.servers
BUSY = b"HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n"
CAUSE = Envelope("e", "/test", "t", None, None, b"")


@pytest.fixture
async def db(backend: Backend) -> AsyncIterator[Database]:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    yield client[f"endpoints_{uuid.uuid4().hex[:8]}"]
    await mongo.close_client(client)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with received() as receiver:
        yield receiver


async def test_endpoints_that_hang_take_no_place_from_others(db: Database, receiver: Receiver) -> None:
    async with received() as hanging:
        hanging.answer = b""
        post = Post(db, notifier_concurrency=2, notifier_attempt_timeout="PT2M")
        for n in range(4):
            await post.add(f"hangs{n}", hanging.url)
        await post.add("well", receiver.url)
        slow = [await post.plan(f"hangs{n}", f"e{m}") for n in range(4) for m in range(5)]
        async with post.running():
            quick = [await post.plan("well", f"e{n}") for n in range(20)]
            done = await post.ended(*quick)
        assert {each.status for each in done} == {"delivered"}
        assert len(hanging.requests) <= 4, "one attempt at a time, while nothing shows that it works"
        assert {(await post.state(id)).status for id in slow} == {"pending"}


async def test_one_that_fails_is_left_alone_and_gets_everything_when_it_is_back(
    db: Database, receiver: Receiver
) -> None:
    receiver.answer = BUSY
    post = Post(
        db, notifier_circuit_pause="PT0.3S", notifier_longest_retry="PT0.3S", notifier_circuit_failures=3,
        notifier_attempt_timeout="PT3S",
    )  # fmt: skip
    await post.add("hook", receiver.url)
    async with post.running():
        planned = [await post.plan("hook", f"e{n}") for n in range(12)]

        async def left_alone() -> bool:
            return post.deliveries.circuit("hook") is not None

        await until("the endpoint being left alone", left_alone)
        assert (await post.endpoints.all.get("hook")).state.status == "failing"
        receiver.answer = OK
        done = await post.ended(*planned)
    assert {each.status for each in done} == {"delivered"}
    assert set(receiver.ids) == set(planned)
    assert (await post.endpoints.all.get("hook")).state.status == "working"


async def test_what_waits_for_one_that_stays_away_is_given_up_in_time_and_counted(
    db: Database, receiver: Receiver
) -> None:
    receiver.answer = BUSY
    post = Post(
        db, notifier_circuit_pause="PT1M", notifier_longest_retry="PT1M", notifier_circuit_failures=2,
        notifier_give_up_after="PT2S", notifier_attempt_timeout="PT2S",
    )  # fmt: skip
    await post.add("hook", receiver.url)
    async with post.running():
        planned = [await post.plan("hook", f"e{n}") for n in range(12)]
        done = await post.ended(*planned)
    assert {each.status for each in done} == {"given_up"}
    assert len(receiver.requests) < len(planned), "it was left alone"
    assert all(each.reason for each in done)
    counted = await post.notifications.all.states.count_documents({"status": "given_up"})
    assert counted == len(planned)


async def test_an_endpoint_that_wants_its_order_gets_it_also_when_the_first_fails(
    db: Database, receiver: Receiver
) -> None:
    receiver.answer = BUSY
    post = Post(db, notifier_attempt_timeout="PT3S")
    await post.add("hook", receiver.url, ordered=True)
    async with post.running():
        planned = [await post.plan("hook", f"e{n}", ordered=True) for n in range(6)]

        async def tried_twice() -> bool:
            return len(receiver.requests) >= 2

        await until("two attempts", tried_twice)
        assert set(receiver.ids) == {planned[0]}, "the others wait for it"
        receiver.answer = OK
        await post.ended(*planned)
    came = list(dict.fromkeys(receiver.ids))
    assert came == planned


async def test_what_was_missed_while_it_was_disabled_is_replayed_under_the_same_ids(
    db: Database, receiver: Receiver
) -> None:
    post = Post(db)
    await post.notifications.create_indexes()
    await post.add("hook", receiver.url, ordered=True)
    replays = Replays(post.notifications)
    async with post.running():
        before = await post.plan("hook", "before", ordered=True)
        await post.ended(before)
        since = SystemClock().now()
        await post.endpoints.execute("hook", lambda known, now: domain.disable(known, "budi", now), "test")
        missed = [await post.plan("hook", f"e{n}", ordered=True) for n in range(3)]
        done = await post.ended(*missed)
        assert {each.status for each in done} == {"suppressed"} and "disabled" in (done[0].reason or "")
        await post.endpoints.execute("hook", domain.enable, "test")
        assert await replays.replay("hook", since, "budi") == 3
        post.deliveries.try_again("hook")
        assert {each.status for each in await post.ended(*missed)} == {"delivered"}
    assert receiver.ids == [before, *missed]
    assert await post.hear() and not post.mails.sent, "who disabled it knows"


async def test_a_party_and_the_operator_are_told_when_an_endpoint_is_disabled_for_its_failures(
    db: Database, receiver: Receiver
) -> None:
    receiver.answer = BUSY
    post = Post(db, notifier_give_up_after="PT0S")
    known = ContactRecorded(party="toko-maju", contact="budi", name="Budi", language="id")
    await post.directory.on_contact(known, CAUSE)
    await post.add("hook", receiver.url)
    failed = [SystemClock().now() - timedelta(days=7), SystemClock().now() - timedelta(hours=2)]
    await post.endpoints.execute("hook", lambda *_: [Faltered("answered 503", failed[0])], "test")
    await post.endpoints.execute("hook", lambda *_: [FailedOn("answered 503", failed[1])], "test")
    async with post.running():
        await post.ended(await post.plan("hook", "e1"))

        async def disabled() -> bool:
            return (await post.endpoints.all.get("hook")).state.status == "disabled"

        await until("the endpoint being disabled", disabled)
        told = await post.hear()

        async def mailed() -> bool:
            return len(post.mails.sent) == 2

        await until("two mails", mailed)
    assert told.count("sepakat.endpoint.disabled.v1") == 1
    mails = {(each.recipient, each.occasion.type) for each in post.mails.sent}
    assert mails == {(each, "sepakat.endpoint.disabled.v1") for each in ("budi", "operator")}


async def test_a_success_is_kept_also_where_another_instance_noted_the_failure_just_before(
    db: Database, receiver: Receiver
) -> None:
    one, other = Post(db), Post(db)
    await other.add("hook", receiver.url)
    id = await one.plan("hook", "e1")
    assert await other.endpoints.of("hook"), "read as it is now, and not again for a while"
    now = SystemClock().now()
    await one.notifications.execute(id, lambda known, _: fail(known, "answered 503", now, now, now), "test")
    await one.endpoints.execute("hook", lambda *_: [Faltered("answered 503", now)], "test")
    async with other.running():
        await other.ended(id)

        async def well() -> bool:
            return (await one.endpoints.all.get("hook")).state.status == "working"

        await until("the endpoint working", well)


async def test_an_endpoint_that_fails_has_its_events_mailed_to_the_contact_it_names(
    db: Database, receiver: Receiver
) -> None:
    receiver.answer = BUSY
    post = Post(db, notifier_fallback_after=2, notifier_circuit_failures=10)
    await post.add("hook", receiver.url, fallback="budi")
    async with post.running():
        id = await post.plan("hook", "e1")

        async def heard() -> bool:
            return "sepakat.notification.failing.v1" in await post.hear() and bool(post.mails.sent)

        await until("the mail instead", heard)
        assert (await post.state(id)).status == "pending", "it is tried on"
    [mail] = post.mails.sent
    assert (mail.recipient, mail.party, mail.occasion.id) == ("budi", "toko-maju", "e1")


async def test_the_operator_gets_one_mail_about_many_that_were_given_up_and_none_about_that_mail(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sepakat_notifier.own_reactions.GATHERED_FOR", timedelta(0))
    post = Post(db)
    post.mails.refuse = {"budi", "operator"}
    async with post.running():
        lost = [await post.plan("budi", f"e{n}", channel="email") for n in range(5)]
        assert {each.status for each in await post.ended(*lost)} == {"given_up"}
        await post.hear()
        query = {"recipient": "operator"}
        states = post.notifications.all.states

        async def planned() -> Any:
            return await states.find_one(query | {"status": "given_up"})

        await until("the operator's mail", planned)
        await post.hear()
    assert await states.count_documents(query) == 1
    latest, count = await post.notifications.given_up_since(SystemClock().now() - timedelta(hours=1), 2)
    assert (len(latest), count) == (2, 5)


async def test_while_a_secret_is_replaced_both_verify_and_then_the_new_one_alone(
    db: Database, receiver: Receiver
) -> None:
    post = Post(db)
    old = await post.add("hook", receiver.url)
    new, newest = new_secret(), new_secret()

    async def rotate(secret: str, overlap: timedelta) -> None:
        sealed = VAULT.seal(secret)
        await post.endpoints.execute("hook", lambda known, now: domain.rotate(known, sealed, overlap, now), "test")

    async with post.running():
        await rotate(new, timedelta(hours=1))
        await post.ended(await post.plan("hook", "e1"))
        await rotate(newest, timedelta(0))
        await post.ended(await post.plan("hook", "e2"))
    headers, body = receiver.requests[0]
    assert Webhook(old).verify(body, headers) == Webhook(new).verify(body, headers)
    headers, body = receiver.requests[1]
    assert Webhook(newest).verify(body, headers) and len(headers["webhook-signature"].split()) == 1
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(body, headers)
