"""A real Alertmanager, set up as docs/incidents.md says: what fires there is an incident, and is over with it."""

import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from world import World

from sepakat_cli.backends.base import free_port
from sepakat_cli.children import Child
from sepakat_cli.demo.telling import until

PROGRAM = shutil.which(os.environ.get("SEPAKAT_TEST_ALERTMANAGER", "alertmanager"))
pytestmark = [
    pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="package"),
    pytest.mark.skipif(
        PROGRAM is None, reason="there is no alertmanager on the PATH, and SEPAKAT_TEST_ALERTMANAGER names none"
    ),
]  # fmt: skip
DOCUMENTED = Path(__file__).parents[2] / "docs" / "incidents.md"
ALERTS = 120


@asynccontextmanager
async def alertmanager(url: str, key: str, data: Path) -> AsyncIterator[httpx.AsyncClient]:
    """It runs with the configuration of the document, but for the addresses and for waiting less."""
    block = re.search(r"```yaml\n(route:.*?)```", DOCUMENTED.read_text(), re.DOTALL)
    assert block is not None
    settings = yaml.safe_load(block[1])
    settings["route"] |= {"group_wait": "1s", "group_interval": "1s"}
    (hook,) = settings["receivers"][0]["webhook_configs"]
    hook["url"] = f"{url}/v1/alertmanager"
    secret, file = data / "sepakat.key", data / "alertmanager.yml"
    secret.write_text(key)
    hook["http_config"]["authorization"]["credentials_file"] = str(secret)
    file.write_text(yaml.safe_dump(settings))
    address = f"127.0.0.1:{free_port()}"
    assert PROGRAM is not None
    command = [PROGRAM, f"--config.file={file}", f"--storage.path={data / 'kept'}", f"--web.listen-address={address}",
               "--cluster.listen-address="]  # fmt: skip
    child = Child(command, data / "alertmanager.log")
    try:
        async with httpx.AsyncClient(base_url=f"http://{address}", timeout=30) as http:

            async def ready() -> bool:
                assert child.running, child.log_tail()
                try:
                    return (await http.get("/-/ready")).is_success
                except httpx.TransportError:
                    return False

            await until("Alertmanager to be ready", ready)
            yield http
    finally:
        child.stop()


def alerts(world: World, since: datetime, ended: datetime | None = None) -> list[dict[str, Any]]:
    """As Prometheus posts them."""
    ends = {} if ended is None else {"endsAt": ended.isoformat()}
    labels = {"alertname": "CheckoutDown", "severity": "critical", "sepakat_agreement": world.agreement,
              "sepakat_service": "checkout"}  # fmt: skip
    return [
        {"labels": {**labels, "instance": f"shop-{n}"}, "startsAt": since.isoformat(), **ends,
         "annotations": {"summary": "Checkout does not answer"}, "generatorURL": "http://prometheus.example/graph"}
        for n in range(ALERTS)
    ]  # fmt: skip


async def test_what_fires_in_alertmanager_is_one_incident_until_it_is_over(world: World, tmp_path: Path) -> None:
    await world.agree()
    key = await world.key_of("nusantara", "alerts:write")
    since = datetime.now(UTC) - timedelta(minutes=1)
    async with alertmanager(world.cluster.urls["incidents"], key, tmp_path) as http:
        (await http.post("/api/v2/alerts", json=alerts(world, since))).raise_for_status()

        async def counted() -> bool:
            return [each["alerts"]["count"] for each in await world.incidents()] == [ALERTS]

        await until("every alert on one incident", counted, within=60)
        (incident,) = await world.incidents()
        assert (incident["status"], incident["priority"]) == ("open", "P1")
        ended = datetime.now(UTC)
        (await http.post("/api/v2/alerts", json=alerts(world, since, ended))).raise_for_status()

        async def over() -> bool:
            return [each["status"] for each in await world.incidents()] == ["resolved"]

        await until("the incident to be over", over, within=60)
    (incident,) = await world.incidents()
    assert incident["alerts"]["count"] == ALERTS
    assert (await world.all_told("incidents")).count("sepakat.incident.opened.v1") == 1
