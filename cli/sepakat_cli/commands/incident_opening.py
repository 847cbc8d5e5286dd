"""`sepakat incidents open`: a party opens an incident itself."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls
from sepakat_cli.commands.keys import instant
from sepakat_cli.output import AsJson, print_json, print_line, say


class Degree(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


def open_incident(
    agreement: Annotated[str, typer.Argument(help="the agreement's id")],
    service: Annotated[str, typer.Argument(help="the service of it that something is wrong with")],
    title: Annotated[str, typer.Argument(help="what is wrong, in one line")],
    impact: Annotated[Degree, typer.Option(help="how much is hit")],
    urgency: Annotated[Degree, typer.Option(help="how soon it hurts")],
    description: Annotated[str, typer.Option(help="what is known so far; both parties read it")] = "",
    since: Annotated[str | None, typer.Option(help="when the impact began, RFC 3339; now if it is not said")] = None,
    cause: Annotated[
        str | None, typer.Option(help="an id of your own: each cause of a service has an incident of its own")
    ] = None,
    idempotency_key: Annotated[
        str | None, typer.Option(help="a word of your own: the same command with it again, within a day, does nothing")
    ] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Open an incident, or join the one that is open for the same service and cause.

    Either party may; `sepakat reports file` is for people who want to be told by mail how it goes. Impact and urgency
    make the priority, by the agreement's matrix; the priority says who is called, and how much time they have. Nothing
    that is measured ends an incident that was opened like this: `sepakat incidents resolve` does.

    **Examples**

      sepakat incidents open toko-checkout checkout "orders are lost" --impact high --urgency high

      sepakat incidents open toko-checkout checkout "the disk is nearly full" --impact low --urgency medium --cause disk

      sepakat incidents open toko-checkout checkout "slow" --impact medium --urgency low --since 2026-11-24T08:02:00Z
    """
    body: dict[str, Any] = {
        "agreement": agreement, "service": service, "title": title, "description": description,
        "impact": impact.value, "urgency": urgency.value,
    }  # fmt: skip
    if since is not None:
        body["impact_started_at"] = instant(since, "--since").isoformat()
    if cause is not None:
        body["cause"] = cause
    headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
    with Client.of(url, api_key_file) as client:
        found: dict[str, Any] = client.ask("POST", "incidents", "/v1/incidents", json=body, headers=headers).json()
    if as_json:
        print_json(found)
        return
    print_line(f"{found['id']}: {found['status']}, {found['priority']}")
    if found["became"] == "attached":
        say(f"it joined {found['number']}, which is open since {found['opened_at']}; your words are on its timeline")
