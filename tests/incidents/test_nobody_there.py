"""A ladder that names people who were never contacts, or have left: nobody's answer is waited for in vain."""

from typing import Any

import pytest
from handled import Handled, opened
from samples import agreement

from sepakat_cli.backends import Backend
from sepakat_incidents import ladder_api
from sepakat_shared.contracts.incidents import IncidentEscalated
from sepakat_shared.contracts.notifications import NotificationGivenUp, NotificationSuppressed
from sepakat_shared.reacting import Erased

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

POLICY: dict[str, Any] = {
    "levels": [
        {"notify": ["ghost"], "acknowledgeWithin": "PT1H"},
        {"notify": ["rudi", "gone"], "acknowledgeWithin": "PT1H"},
        {"notify": ["rina"], "acknowledgeWithin": "PT1H"},
    ],
}  # fmt: skip
TEXT = agreement(priorities={"P1": {"escalation": "critical"}}, escalation={"critical": POLICY})


async def hear_itself(handled: Handled) -> None:
    """The service reads every level that it has told."""
    commits = await handled.commits.collection.find({}).sort("committed_at", 1).to_list(None)
    told = [each for commit in commits for each in commit["messages"] if each["type"] == IncidentEscalated.type]
    for each in told:
        await handled.reactions.on_asked(IncidentEscalated.model_validate(each["data"]), handled.cause())


async def test_a_level_that_reaches_nobody_is_over_at_once_and_the_timeline_says_why(backend: Backend) -> None:
    async with opened(backend, TEXT) as handled:
        await handled.contact("nusantara", "rina")
        # One contact is left of the second level, until they leave too.
        await handled.contact("toko-maju", "rudi")
        await handled.contact("nusantara", "gone")
        await handled.reactions.on_erased(Erased(key="nusantara/gone"), handled.cause())
        id = await handled.impaired()
        await hear_itself(handled)
        assert (await handled.get(id))["asked"] == ["rudi", "gone"]
        await hear_itself(handled)
        assert (await handled.get(id))["asked"] == ["rudi", "gone"], "somebody is there still"
        await handled.reactions.on_erased(Erased(key="toko-maju/rudi"), handled.cause())
        await hear_itself(handled)
        await hear_itself(handled)
        assert (await handled.get(id))["asked"] == ["rina"]
        unreached = [(e["contact"], e["reason"]) for e in await handled.timeline(id) if e["what"] == "Unreached"]
        assert unreached == [
            ("ghost", "no contact of nusantara or toko-maju"), ("gone", "the contact has left"),
            ("rudi", "the contact has left"),
        ]  # fmt: skip


async def test_a_level_of_the_time_left_that_reaches_nobody_is_on_the_timeline(backend: Backend) -> None:
    levels = [
        {"notify": ["rina"], "acknowledgeWithin": "PT9H"},
        {"notify": ["ghost"], "acknowledgeWithin": "PT1H", "whenLeft": {"clock": "restore", "percent": "50"}},
        {"notify": ["rudi"], "acknowledgeWithin": "PT1H"},
    ]
    text = agreement(
        priorities={"P1": {"escalation": "critical", "restore": "PT4H"}}, escalation={"critical": {"levels": levels}}
    )
    async with opened(backend, text) as handled:
        await handled.contact("nusantara", "rina")
        await handled.contact("toko-maju", "rudi")
        id = await handled.impaired()
        await handled.after(hours=2)
        await hear_itself(handled)
        await hear_itself(handled)
        happened = [each for each in await handled.timeline(id) if each["what"] in ("Escalated", "Unreached")]
        assert [(each["what"], each["level"], each["reason"]) for each in happened] == [
            ("Escalated", 1, "delay"), ("Escalated", 2, "time-left"),
            ("Unreached", 2, "no contact of nusantara or toko-maju"), ("Escalated", 3, "time-left"),
        ]  # fmt: skip
        assert (await handled.get(id))["level"] == 1, "the ladder stands where it stood"


async def test_a_webhook_that_is_no_endpoint_keeps_no_level_waiting(backend: Backend) -> None:
    levels = [
        {"notify": ["ghost"], "webhooks": ["hook1"], "acknowledgeWithin": "PT1H"},
        {"notify": ["rina"], "acknowledgeWithin": "PT1H"},
    ]
    text = agreement(priorities={"P1": {"escalation": "critical"}}, escalation={"critical": {"levels": levels}})
    async with opened(backend, text) as handled:
        await handled.contact("nusantara", "rina")
        await handled.contact("toko-maju", "rudi")
        id = await handled.impaired()
        await hear_itself(handled)
        assert (await handled.get(id))["level"] == 1
        fact = NotificationSuppressed(
            notification="n", channel="webhook", recipient="hook1", about=id, about_type="incident",
            at=handled.clock.now(), reason="no endpoint of nusantara or toko-maju",
        )  # fmt: skip
        for _ in range(2):
            await handled.reactions.on_undelivered(fact, handled.cause())
        assert (await handled.get(id))["asked"] == ["rina"]
        hooks = [each for each in await handled.timeline(id) if each["what"] == "Unreached" and each["webhook"]]
        assert [(each["contact"], each["reason"]) for each in hooks] == [
            ("hook1", "no endpoint of nusantara or toko-maju")
        ]  # fmt: skip


async def test_what_does_not_reach_the_customers_contact_says_nothing_of_the_providers_of_the_same_id(
    backend: Backend,
) -> None:
    """Those who signed for the customer are told of what opens, the provider's people are asked to take it up."""
    level = {"notify": ["oncall"], "acknowledgeWithin": "PT1H"}
    text = agreement(priorities={"P1": {"escalation": "critical"}}, escalation={"critical": {"levels": [level, level]}})
    async with opened(backend, text) as handled:
        for party in ("nusantara", "toko-maju"):
            await handled.contact(party, "oncall")
        id = await handled.impaired()

        async def given_up(party: str | None) -> int:
            about: dict[str, Any] = {"notification": "n", "channel": "email", "recipient": "oncall", "about": id,
                                     "about_type": "incident", "party": party}  # fmt: skip
            fact = NotificationGivenUp(**about, at=handled.clock.now(), attempts=3, reason="550 no such user")
            await handled.reactions.on_undelivered(fact, handled.cause())
            return int((await handled.get(id))["level"])

        assert await given_up("toko-maju") == 1
        assert [each for each in await handled.timeline(id) if each["what"] == "Unreached"] == []
        assert await given_up("nusantara") == 2
        await handled.reactions.on_erased(Erased(key="nusantara/oncall"), handled.cause())
        # Now it is the customer's who is asked, since nobody else has that id.
        await given_up("toko-maju")
        assert len([each for each in await handled.timeline(id) if each["what"] == "Unreached"]) == 2


async def test_people_whose_names_have_not_come_yet_are_not_called_unknown(backend: Backend) -> None:
    """A new copy of the service hears of incidents before it has heard of everybody."""
    async with opened(backend, TEXT) as handled:
        await handled.contact("toko-maju", "rudi")
        id = await handled.impaired()
        await hear_itself(handled)
        assert (await handled.get(id))["asked"] == ["ghost"]
        assert [e for e in await handled.timeline(id) if e["what"] == "Unreached"] == []


async def test_a_level_that_a_graver_ladder_had_and_another_priority_has_not_is_as_its_last(backend: Backend) -> None:
    short = {"levels": POLICY["levels"][2:]}
    text = agreement(
        priorities={"P1": {"escalation": "critical"}, "P2": {"escalation": "short"}},
        escalation={"critical": POLICY, "short": short},
    )

    def handing_over(it: Handled) -> None:
        it.app.include_router(ladder_api.router(it.incidents, it.contacts, it.posts, it.clock))

    async with opened(backend, text, more=handing_over) as handled:
        for each in ("rina", "ghost"):
            await handled.contact("nusantara", each)
        id = await handled.impaired()
        await handled.contact("toko-maju", "rudi")
        await handled.after(hours=1)
        await handled.after(hours=1)
        assert (await handled.get(id))["level"] == 3
        await handled.post("nusantara", id, "acknowledge")
        await handled.post("toko-maju", id, "priority", priority="P2", reason="it is less")
        assert (await handled.post("nusantara", id, "hand-over", to="rina"))["asked"] == ["rina"]
