"""What the demo takes for its own, beside what an interrupted run before it has left."""

from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sepakat_cli.demo.desk import Desk, Hook, Mail
from sepakat_cli.demo.story import Story

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def mail(about: str) -> Mail:
    message = EmailMessage()
    message["To"] = "Rina <rina@nusantara.example>"
    message["Subject"] = f"[P1] Mohon ditangani: {about}"
    message["References"] = f"<{about}@demo.example>"
    return Mail(NOW, message)


def breach(agreement: str) -> Hook:
    data = {"agreement": agreement, "objective": "availability-day"}
    return Hook(NOW, True, None, {"type": "sepakat.objective.breached.v1", "data": data})


async def test_mails_and_breaches_of_an_earlier_run_are_not_those_of_this_one(tmp_path: Path) -> None:
    desk, nothing = Desk(tmp_path, 0, ""), Any
    cluster: Any = SimpleNamespace(urls={})
    story = Story(cluster, desk, nothing, "spk", nothing, tmp_path, by_itself=True)  # type: ignore[arg-type]
    story.agreement = "toko-shop-1"
    desk.mails += [mail("toko-shop-10.shop.0001"), mail("toko-shop-2.shop.0001"), mail("toko-shop-1.shop.0001")]
    found = await story._came("the mail to level 2", "rina@", "Mohon ditangani")
    assert found.subject.endswith("toko-shop-1.shop.0001")
    assert [story._is_breach(breach(f"toko-shop-{n}")) for n in (10, 2, 1)] == [False, False, True]
