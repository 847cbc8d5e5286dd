"""`sepakat maintenance`: announced, consented to, moved and cancelled, and when all of it is."""

from typing import Annotated, Any

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.commands.keys import instant
from sepakat_cli.output import AsJson, explained, print_json, print_line, print_table, say

maintenance = typer.Typer(
    no_args_is_help=True,
    help=explained(
        "Maintenance under an agreement: when it is, and what is agreed.", "sepakat maintenance list toko-checkout"
    ),
)
Agreement = Annotated[str, typer.Argument(help="the agreement's id")]
Work = Annotated[str, typer.Argument(help="the id of what was announced, such as m1")]
Start = Annotated[str, typer.Option("--from", help="when it begins, RFC 3339")]
End = Annotated[str, typer.Option("--until", help="when it ends, RFC 3339")]
Rule = Annotated[str | None, typer.Option(help="again by this rule of RFC 5545, with a COUNT or an UNTIL")]
Reason = Annotated[str, typer.Option(help="why, in words")]
Occurrence = Annotated[
    str | None, typer.Option(help="one time of a series, by its start, RFC 3339; all that is to come if not said")
]
Statement = Annotated[str | None, typer.Option(help="in words")]
_COLUMNS = ("start", "end", "when", "state", "counts", "id", "concerned")


@maintenance.command("list")
def list_occurrences(
    agreement: Agreement,
    since: Annotated[str | None, typer.Option("--from", help="RFC 3339; 30 days ago if not said")] = None,
    until: Annotated[str | None, typer.Option(help="RFC 3339; 120 days later if not said")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """List when maintenance was and will be: the windows of the text and what was announced.

    **Example**

      sepakat maintenance list toko-checkout
    """
    span = {"from": _checked(since, "--from"), "until": _checked(until, "--until")}
    with Client.of(url, api_key_file) as client:
        found = client.get("agreements", _path(agreement), **span)
    if as_json:
        print_json(found)
        return
    print_table(_COLUMNS, (_row(each) for each in found["items"]), "no maintenance is planned in that time")


@maintenance.command("announce")
def announce(
    agreement: Agreement,
    start: Start,
    end: End,
    reason: Reason,
    rrule: Rule = None,
    service: Annotated[list[str] | None, typer.Option(help="a service concerned; all of them if nothing is")] = None,
    objective: Annotated[list[str] | None, typer.Option(help="an objective concerned")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Announce work, with the provider's key; what does not keep the text's rules waits for the customer.

    **Example**

      sepakat maintenance announce toko-checkout --from 2026-12-06T01:00:00+07:00 --until 2026-12-06T03:00:00+07:00
      --reason "a new database" --service checkout
    """
    body = _times(start, end, rrule, reason) | {"services": service or [], "objectives": objective or []}
    _told(_post(agreement, "", body, url, api_key_file), as_json)


@maintenance.command("move")
def move(
    agreement: Agreement, work: Work, start: Start, end: End, reason: Reason, rrule: Rule = None,
    occurrence: Occurrence = None, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Move what is still to come of it: announced anew, by the same rules, with the provider's key.

    One time of a series that is moved alone gets an id of its own, which is said; the others stay as they are.

    **Examples**

      sepakat maintenance move toko-checkout m1 --from 2026-12-13T01:00:00+07:00 --until 2026-12-13T03:00:00+07:00
      --reason "the parts are late"

      sepakat maintenance move toko-checkout m2 --occurrence 2026-12-20T01:00:00+07:00
      --from 2026-12-21T01:00:00+07:00 --until 2026-12-21T03:00:00+07:00 --reason "a market day"
    """
    body = _times(start, end, rrule, reason) | _alone(occurrence)
    _told(_post(agreement, f"/{segment(work)}/move", body, url, api_key_file), as_json)


@maintenance.command("cancel")
def cancel(
    agreement: Agreement, work: Work, reason: Reason, occurrence: Occurrence = None, url: Urls = None,
    api_key_file: ApiKeyFile = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Call off what is still to come of it, or one time alone, with the provider's key; what runs of that ends now.

    **Examples**

      sepakat maintenance cancel toko-checkout m1 --reason "not needed any more"

      sepakat maintenance cancel toko-checkout m2 --occurrence 2026-12-20T01:00:00+07:00 --reason "a market day"
    """
    body = {"reason": reason} | _alone(occurrence)
    _told(_post(agreement, f"/{segment(work)}/cancel", body, url, api_key_file), as_json)


@maintenance.command("consent")
def consent(
    agreement: Agreement, work: Work, statement: Statement = None,
    revision: Annotated[int | None, typer.Option(help="as it was read; if not said, as it is shown now")] = None,
    url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Agree to work that does not keep the text's rules, before it begins, with the customer's key.

    What is agreed to is said first. It is refused where the provider has moved it since.

    **Example**

      sepakat maintenance consent toko-checkout m1 --statement "after closing time"
    """
    if revision is None:
        with Client.of(url, api_key_file) as client:
            read = client.get("agreements", f"{_path(agreement)}/announcements/{segment(work)}")
        revision = read["revision"]
        for each in read["occurrences"]:
            say(f"{work}: {each['start']} to {each['end']}")
    body = {"revision": revision, "statement": statement}
    _told(_post(agreement, f"/{segment(work)}/consent", body, url, api_key_file), as_json)


@maintenance.command("refuse")
def refuse(
    agreement: Agreement, work: Work, statement: Statement = None, url: Urls = None, api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Do not agree to it, with the customer's key: what is done then counts like any other time.

    **Example**

      sepakat maintenance refuse toko-checkout m1 --statement "it is campaign week"
    """
    _told(_post(agreement, f"/{segment(work)}/refuse", {"statement": statement}, url, api_key_file), as_json)


@maintenance.command("ics")
def calendar(agreement: Agreement, url: Urls = None, api_key_file: ApiKeyFile = None) -> None:
    """Print maintenance as iCalendar, from thirty days ago to ninety ahead.

    **Example**

      sepakat maintenance ics toko-checkout > maintenance.ics
    """
    with Client.of(url, api_key_file) as client:
        typer.echo(client.ask("GET", "agreements", f"{_path(agreement)}.ics").text, nl=False)


@maintenance.command("subscribe")
def subscribe(agreement: Agreement, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Make an address that a calendar program can subscribe to; whoever has it can read this calendar.

    It is shown once. `sepakat maintenance unsubscribe` makes it read nothing any more.

    **Example**

      sepakat maintenance subscribe toko-checkout
    """
    made = _post(agreement, "/calendar-links", None, url, api_key_file)
    if as_json:
        print_json(made)
        return
    print_line(made["url"])


@maintenance.command("subscriptions")
def subscriptions(
    agreement: Agreement, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False
) -> None:
    """List the addresses that calendar programs read it by.

    **Example**

      sepakat maintenance subscriptions toko-checkout
    """
    with Client.of(url, api_key_file) as client:
        items = client.get("agreements", f"{_path(agreement)}/calendar-links")["items"]
    if as_json:
        print_json({"items": items})
        return
    rows = ([each[name] for name in ("id", "made_at", "by")] for each in items)
    print_table(("id", "made at", "by"), rows, "no calendar program has an address")


@maintenance.command("unsubscribe")
def unsubscribe(
    agreement: Agreement,
    id: Annotated[str, typer.Argument(help="the address's id, from `sepakat maintenance subscriptions`")],
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
) -> None:
    """Revoke an address: from now on it reads nothing.

    **Example**

      sepakat maintenance unsubscribe toko-checkout 3f2a9c0de1b24a77
    """
    with Client.of(url, api_key_file) as client:
        client.ask("DELETE", "agreements", f"{_path(agreement)}/calendar-links/{segment(id)}")
    say(f"the address {id} reads nothing any more")


def _path(agreement: str) -> str:
    return f"/v1/agreements/{segment(agreement)}/maintenance"


def _post(agreement: str, what: str, body: object, url: Urls, api_key_file: ApiKeyFile) -> Any:
    with Client.of(url, api_key_file) as client:
        return client.post("agreements", _path(agreement) + what, body)


def _times(start: str, end: str, rrule: str | None, reason: str) -> dict[str, Any]:
    return {"start": _checked(start, "--from"), "end": _checked(end, "--until"), "rrule": rrule, "reason": reason}


def _alone(occurrence: str | None) -> dict[str, Any]:
    return {} if occurrence is None else {"occurrence": _checked(occurrence, "--occurrence")}


def _checked(text: str | None, option: str) -> str | None:
    """Raises BadInput for what is no instant."""
    return None if text is None else instant(text, option).isoformat()


def _row(each: dict[str, Any]) -> list[Any]:
    concerned = ", ".join([*each["services"], *each["objectives"]]) or "all"
    return [each["start"], each["end"], each["when"], each["state"], "yes" if each["counts"] else "no", each["id"],
            concerned]  # fmt: skip


def _told(work: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(work)
        return
    print_line(f"{work['id']}: {work['state']}")
    if work["state"] == "awaiting-consent":
        say(f"the customer's consent is needed before {work['answer_by']}: {', '.join(work['needs_consent'])}")
