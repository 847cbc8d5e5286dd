"""A request for a pause in the past is answered by a link of a mail: once, and what comes too late is no error."""

from datetime import timedelta
from typing import Any

import pytest
from handled import NOW, Handled, opened
from samples import agreement

from sepakat_cli.backends import Backend
from sepakat_shared.contracts.notifications import NotificationPauseAnswered

pytestmark = [pytest.mark.servers, pytest.mark.timeout(120)]

TEXT = agreement(priorities={"P1": {"restore": "PT4H"}})
SPAN = {"start": "2026-11-24T09:05:00Z", "end": "2026-11-24T09:25:00Z", "reason": "waiting-for-customer"}


async def press(handled: Handled, id: str, granted: bool, party: str = "toko-maju") -> None:
    about: dict[str, Any] = {"notification": "n", "channel": "email", "recipient": "budi", "about": id,
                             "about_type": "incident", "incident": id}  # fmt: skip
    fact = NotificationPauseAnswered(
        **about, at=handled.clock.now(), party=party, contact="budi", request="1", granted=granted
    )
    await handled.reactions.on_pause_answered(fact, handled.cause())


async def asked(handled: Handled) -> str:
    id = await handled.impaired()
    handled.clock.set(NOW + timedelta(minutes=30))
    await handled.post("nusantara", id, "pause-requests", 201, **SPAN)
    return id


async def test_who_consents_by_a_link_has_consented_and_nobody_can_refuse_it_after_that(backend: Backend) -> None:
    async with opened(backend, TEXT) as handled:
        id = await asked(handled)
        await press(handled, id, True, party="nusantara")
        assert len((await handled.get(id))["pause_requests"]) == 1, "whoever asks does not answer"
        await press(handled, id, True)
        await press(handled, id, False)
        seen = await handled.get(id)
        assert (seen["pause_requests"], seen["clocks"][0]["elapsed_seconds"]) == ([], 600.0)
        [answered] = [each for each in await handled.timeline(id) if each["what"] == "PauseAnswered"]
        assert (answered["by"], answered["granted"]) == ("budi", True)


async def test_a_link_that_is_pressed_after_the_record_was_closed_changes_nothing(backend: Backend) -> None:
    async with opened(backend, TEXT) as handled:
        id = await asked(handled)
        await handled.post("nusantara", id, "resolve")
        await handled.post("nusantara", id, "close")
        await press(handled, id, True)
        whats = [each["what"] for each in await handled.timeline(id)]
        assert whats[-2:] == ["PauseLapsed", "Closed"]
        assert await handled.told(suffix="pause_lapsed.v1") == ["sepakat.incident.pause_lapsed.v1"]
