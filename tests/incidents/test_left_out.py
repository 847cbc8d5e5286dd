"""Who did not want a message is not somebody whom nothing reaches."""

from typing import Any

import pytest
from handled import opened
from samples import agreement

from sepakat_cli.backends import Backend
from sepakat_shared.contracts.notifications import NotificationSuppressed

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

LEVELS: list[dict[str, Any]] = [{"notify": [each], "acknowledgeWithin": "PT15M"} for each in ("ana", "rina")]
TEXT = agreement(
    priorities={"P1": {"restore": "PT4H", "escalation": "critical"}}, escalation={"critical": {"levels": LEVELS}}
)


async def test_the_ladder_goes_past_whom_nothing_reaches_and_waits_for_whoever_left_news_out(backend: Backend) -> None:
    async with opened(backend, TEXT) as handled:
        id = await handled.impaired()
        await handled.after(seconds=0)

        async def suppressed(by_choice: bool | None) -> int:
            fact = NotificationSuppressed(
                notification="n", channel="email", recipient="ana", about=id, about_type="incident",
                at=handled.clock.now(), reason="x", by_choice=by_choice,
            )  # fmt: skip
            await handled.reactions.on_undelivered(fact, handled.cause())
            return int((await handled.get(id))["level"])

        assert await suppressed(True) == 1
        assert await suppressed(None) == 2
