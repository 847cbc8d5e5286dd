"""`sepakat incidents`: what went wrong, and who took it up."""

from typing import Annotated, Any

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.commands.incident_rows import details, shown_fields
from sepakat_cli.commands.keys import instant
from sepakat_cli.output import AsJson, explained, none_yet, print_json, print_line, print_table, say

incidents = typer.Typer(
    no_args_is_help=True,
    help=explained(
        "Incidents: what went wrong, who took it up, and when it was over.",
        "sepakat incidents list --status open",
        "sepakat incidents ack INCIDENT --api-key-file nusantara.key",
    ),
)
_WAITING = "waiting-for-customer"
Id = Annotated[str, typer.Argument(help="the incident's id, as `sepakat incidents list` shows it")]


@incidents.command("list")
def list_incidents(
    agreement: Annotated[str | None, typer.Option(help="only this agreement's")] = None,
    status: Annotated[str | None, typer.Option(help="only those that are open, acknowledged, resolved …")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """List incidents, the latest first.

    **Example**

      sepakat incidents list --agreement toko-checkout --status open
    """
    with Client.of(url, api_key_file) as client:
        items = list(client.items("incidents", "/v1/incidents", agreement=agreement, status=status))
    if as_json:
        print_json({"items": items})
        return
    columns = ("id", "priority", "status", "agreement", "service", "opened_at", "acknowledged_by")
    print_table(
        columns, ([each.get(name) for name in columns] for each in items), none_yet("incidents", agreement, status)
    )


@incidents.command("show")
def show(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Show an incident and all that happened, in order.

    **Example**

      sepakat incidents show $(sepakat incidents list --json | jq -r '.items[0].id')
    """
    with Client.of(url, api_key_file) as client:
        incident = client.get("incidents", f"/v1/incidents/{segment(id)}")
        told = client.get("incidents", f"/v1/incidents/{segment(id)}/timeline")
    timeline, intact = told["items"], told.get("intact")
    if as_json:
        print_json({**incident, "timeline": timeline, "intact": intact})
        return
    print_table(("field", "value"), shown_fields(incident), "")
    typer.echo()
    print_table(
        ("at", "what", "by", "details"),
        ((each["at"], each["what"], each["by"], details(each)) for each in timeline),
        "nothing has happened yet",
    )
    if intact is False:
        say("What is recorded of it was changed after it was written: its chain of hashes is broken.")
    elif intact:
        print_line("What is recorded of it is as it was written: its chain of hashes is whole.")


@incidents.command("ack")
def acknowledge(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Take an incident up: the responsible party's acknowledgement stops the escalation.

    It is the acknowledgement of the party that the API key acts for; an operator's key acts for none.

    **Example**

      sepakat incidents ack INCIDENT --api-key-file nusantara.key
    """
    after = act(id, "acknowledge", None, url, api_key_file, as_json)
    tally = after.get("acknowledgements", {"given": 0, "needed": 0})
    if after["status"] == "open" and tally["given"]:
        say(f"noted; this level needs {tally['needed']} acknowledgements, and has {tally['given']}")
    elif after["status"] == "open":
        say(f"noted on the timeline; only an acknowledgement of {after.get('responsible')} stops the escalation")


@incidents.command("resolve")
def resolve(
    id: Id,
    note: Annotated[str | None, typer.Option(help="how it was ended; goes on the timeline")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Say that the impact of an incident is over.

    **Example**

      sepakat incidents resolve INCIDENT --note "rolled back to 4.2"
    """
    act(id, "resolve", {"note": note}, url, api_key_file, as_json)


@incidents.command("close")
def close(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Close the record of an incident that is resolved, before its time does.

    **Example**

      sepakat incidents close INCIDENT
    """
    act(id, "close", None, url, api_key_file, as_json)


Note = Annotated[str | None, typer.Option(help="goes on the timeline, and to those who are told")]


@incidents.command("note")
def note(
    id: Id,
    text: Annotated[str, typer.Argument(help="how it goes")],
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Tell how it goes: the other party is told, and the agreed cadence of notes begins anew.

    **Example**

      sepakat incidents note INCIDENT "half of the shops can sell again"
    """
    act(id, "updates", {"note": text}, url, api_key_file, as_json)
    say("the note is on the timeline, and the other party is told")


@incidents.command("pause")
def pause(
    id: Id,
    reason: Annotated[str, typer.Option(help="one for which the agreement lets clocks stand still")] = _WAITING,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Let the clocks stand still while something is waited for.

    **Example**

      sepakat incidents pause INCIDENT --reason waiting-for-customer
    """
    act(id, "pause", {"reason": reason}, url, api_key_file, as_json)


@incidents.command("resume")
def resume(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Let the clocks go on.

    **Example**

      sepakat incidents resume INCIDENT
    """
    act(id, "resume", None, url, api_key_file, as_json)


@incidents.command("ask-pause")
def ask_pause(
    id: Id,
    start: Annotated[str, typer.Option("--from", help="when the waiting began, RFC 3339")],
    until: Annotated[str, typer.Option(help="when it ended, RFC 3339")],
    reason: Annotated[str, typer.Option(help="what was waited for")] = _WAITING,
    note: Note = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Ask the other party to agree that the clocks stood still for a time that is past.

    **Example**

      sepakat incidents ask-pause INCIDENT --from 2026-11-24T08:00:00Z --until 2026-11-24T08:30:00Z
    """
    body = {"start": instant(start, "--from").isoformat(), "end": instant(until, "--until").isoformat(),
            "reason": reason, "note": note}  # fmt: skip
    act(id, "pause-requests", body, url, api_key_file, as_json)


@incidents.command("answer-pause")
def answer_pause(
    id: Id,
    request: Annotated[str, typer.Argument(help="the request's number, as `sepakat incidents show` tells it")],
    granted: Annotated[bool, typer.Option("--agree/--refuse", help="whether the clocks stood still")],
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Agree that the clocks stood still when the other party says so, or refuse it.

    **Example**

      sepakat incidents answer-pause INCIDENT 1 --agree
    """
    act(id, f"pause-requests/{segment(request)}/answer", {"granted": granted}, url, api_key_file, as_json)


@incidents.command("priority")
def priority(
    id: Id,
    wanted: Annotated[str, typer.Argument(help="P1 to P5")],
    reason: Annotated[str, typer.Option(help="why it is more, or less, urgent")],
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Handle an incident as more, or less, urgent: other limits and another ladder hold from its opening on.

    **Example**

      sepakat incidents priority INCIDENT P1 --reason "campaign week"
    """
    act(id, "priority", {"priority": wanted, "reason": reason}, url, api_key_file, as_json)


@incidents.command("escalate")
def escalate(
    id: Id, note: Note = None, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False
) -> None:
    """Tell the next level now; whoever had it in hand has it no longer.

    **Example**

      sepakat incidents escalate INCIDENT --note "it spreads to the other shops"
    """
    act(id, "escalate", {"note": note}, url, api_key_file, as_json)


@incidents.command("hand-over")
def hand_over(
    id: Id,
    to: Annotated[str, typer.Argument(help="a contact of the responsible party, or one of its rotations")],
    note: Note = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Ask somebody else to go on with it; if they don't in time, the ladder does.

    **Example**

      sepakat incidents hand-over INCIDENT rina --note "the database is hers"
    """
    act(id, "hand-over", {"to": to, "note": note}, url, api_key_file, as_json)


@incidents.command("unack")
def unacknowledge(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Give it back: the escalation begins again at its foot.

    **Example**

      sepakat incidents unack INCIDENT
    """
    act(id, "unacknowledge", None, url, api_key_file, as_json)


@incidents.command("snooze")
def snooze(
    id: Id,
    time: Annotated[str, typer.Argument(help="for how long, from now on: PT30M")],
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Call nobody for a while, as long as the agreement lets the responsible party.

    Then whoever was asked is asked again.

    **Example**

      sepakat incidents snooze INCIDENT PT30M
    """
    act(id, "snooze", {"time": time}, url, api_key_file, as_json)


@incidents.command("join")
def join(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Say that you work on an incident too: it goes on its timeline, and the escalation goes on.

    **Example**

      sepakat incidents join INCIDENT
    """
    act(id, "join", None, url, api_key_file, as_json)


def act(id: str, what: str, body: object, url: Urls, api_key_file: ApiKeyFile, as_json: bool) -> dict[str, Any]:
    """Do that to an incident, and tell how it is after it."""
    with Client.of(url, api_key_file) as client:
        after: dict[str, Any] = client.post("incidents", f"/v1/incidents/{segment(id)}/{what}", body)
    tell(after, as_json)
    return after


def tell(incident: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(incident)
    else:
        print_line(f"{incident['id']}: {incident['status']}")
