"""`sepakat incidents`, as far as the record goes: sorting, joining, opening again, correcting."""

from typing import Annotated

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.commands.incidents import Id, act, incidents, tell
from sepakat_cli.commands.keys import instant
from sepakat_cli.output import AsJson, BadInput, say


@incidents.command("triage")
def triage(
    id: Id,
    impact: Annotated[str | None, typer.Option(help="how much is hit: high, medium or low")] = None,
    urgency: Annotated[str | None, typer.Option(help="how soon it hurts: high, medium or low")] = None,
    owner: Annotated[str | None, typer.Option(help="the contact of the responsible party who sees to it")] = None,
    no_owner: Annotated[bool, typer.Option("--no-owner", help="take the owner away")] = False,
    reason: Annotated[str | None, typer.Option(help="goes on the timeline")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Sort an incident: its priority follows from impact and urgency, by the agreement's matrix.

    **Example**

      sepakat incidents triage INCIDENT --impact high --urgency low --owner rina
    """
    if owner is not None and no_owner:
        raise BadInput("--owner and --no-owner say the opposite; give one of them")
    given = {"impact": impact, "urgency": urgency, "owner": owner, "reason": reason}
    body: dict[str, str | None] = {name: value for name, value in given.items() if value is not None}
    after = act(id, "triage", body | ({"owner": None} if no_owner else {}), url, api_key_file, as_json)
    sorted_by = ", ".join(f"{name} {after[name]}" for name in ("impact", "urgency", "owner") if after.get(name))
    say(f"its priority is {after.get('priority')} ({sorted_by or 'not sorted yet'})")


@incidents.command("reopen")
def reopen(
    id: Id,
    reason: Annotated[str, typer.Option(help="why it is not over")],
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Say that an incident is not over: its escalation begins again, and its clocks go on.

    **Example**

      sepakat incidents reopen INCIDENT --reason "it is down again"
    """
    act(id, "reopen", {"reason": reason}, url, api_key_file, as_json)


@incidents.command("impact")
def impact(
    id: Id,
    reason: Annotated[str, typer.Option(help="how that is known")],
    start: Annotated[str | None, typer.Option("--from", help="when the impact began, RFC 3339")] = None,
    until: Annotated[str | None, typer.Option(help="when it ended, RFC 3339")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Correct when the impact of an incident began or ended; the other party is told.

    **Example**

      sepakat incidents impact INCIDENT --from 2026-11-24T08:02:00Z --reason "by the logs of the load balancer"
    """
    body = {"reason": reason}
    if start is not None:
        body["started_at"] = instant(start, "--from").isoformat()
    if until is not None:
        body["ended_at"] = instant(until, "--until").isoformat()
    act(id, "impact", body, url, api_key_file, as_json)


@incidents.command("merge")
def merge(
    id: Id,
    into: Annotated[str, typer.Option(help="the incident that it is a duplicate of, and that opened before it")],
    reason: Annotated[str | None, typer.Option(help="goes on both timelines")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Say that an incident is a duplicate: what it is about goes on as part of the other one.

    **Example**

      sepakat incidents merge DUPLICATE --into INCIDENT --reason "the same disk"
    """
    act(id, "merge", {"into": into, "reason": reason}, url, api_key_file, as_json)


Kind = Annotated[str, typer.Argument(help="related, caused-by or duplicates")]
Other = Annotated[str, typer.Argument(help="the other incident's id")]


@incidents.command("link")
def link(
    id: Id, kind: Kind, other: Other, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False
) -> None:
    """Say how an incident stands to another one; both show it.

    **Example**

      sepakat incidents link INCIDENT caused-by OTHER
    """
    act(id, "links", {"kind": kind, "to": other}, url, api_key_file, as_json)


@incidents.command("unlink")
def unlink(
    id: Id, kind: Kind, other: Other, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False
) -> None:
    """Take a link back.

    **Example**

      sepakat incidents unlink INCIDENT caused-by OTHER
    """
    with Client.of(url, api_key_file) as client:
        path = f"/v1/incidents/{segment(id)}/links/{segment(kind)}/{segment(other)}"
        tell(client.ask("DELETE", "incidents", path).json(), as_json)


__all__ = ["incidents"]
