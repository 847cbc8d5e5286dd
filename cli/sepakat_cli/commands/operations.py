"""What an operator does: look at deliveries and dead letters, and put back what did not pass."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import httpx
import typer

from sepakat_cli.client import SERVICES, ApiKeyFile, Client, Urls, segment
from sepakat_cli.commands.keys import instant
from sepakat_cli.output import (
    AsJson,
    BadInput,
    CommandFailed,
    InPart,
    Refused,
    Unreachable,
    explained,
    print_json,
    print_line,
    print_table,
    say,
)

deliveries = typer.Typer(
    no_args_is_help=True,
    help=explained(
        "Notifications: what was sent to whom, and what became of it.", "sepakat deliveries list --about INCIDENT"
    ),
)
dlq = typer.Typer(
    no_args_is_help=True,
    help=explained("Dead letters: events that a service could not process.", "sepakat dlq list --service metrics"),
)
OneService = Annotated[str | None, typer.Option("--service", help=f"only this one of {', '.join(SERVICES)}")]


# -- deliveries --------------------------------------------------------------------------------------------------------


@deliveries.command("list")
def list_deliveries(
    status: Annotated[str | None, typer.Option(help="only those in this state")] = None,
    about: Annotated[str | None, typer.Option(help="only those about this incident or objective")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """List notifications with their recipient, channel, state and the reason where one did not arrive.

    **Example**

      sepakat deliveries list --about INCIDENT --json
    """
    with Client.of(url, api_key_file) as client:
        items = list(client.items("notifier", "/v1/deliveries", status=status, about=about))
    if as_json:
        print_json({"items": items})
        return
    columns = ("id", "status", "channel", "recipient", "about", "attempts", "reason")
    nothing = "there is none like that" if status or about else "nothing was sent yet"
    print_table(columns, ([each.get(name) for name in columns] for each in items), nothing)


@deliveries.command("retry")
def retry_delivery(
    id: Annotated[str, typer.Argument(help="the delivery's id")],
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Try again what was given up or suppressed.

    **Example**

      sepakat deliveries retry 0d4c9c3e6f0a4f0b8f0e5c4a1d2b3c4d
    """
    with Client.of(url, api_key_file) as client:
        tried = client.post("notifier", f"/v1/deliveries/{segment(id)}/retry")
    if as_json:
        print_json(tried)
    else:
        print_table(("field", "value"), tried.items(), "")


# -- dead letters ------------------------------------------------------------------------------------------------------


@dlq.command("list")
def list_letters(
    service: OneService = None, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False
) -> None:
    """List what waits, oldest first, with the reason; of every service that runs.

    **Example**

      sepakat dlq list --service metrics
    """
    with Client.of(url, api_key_file) as client:
        answers, away = _of_each(client, service, lambda name: client.get(name, "/v1/operations/dead-letters"))
    items = [{"service": name, **each} for name, answer in answers.items() for each in answer["items"]]
    waiting = {name: answer["waiting"] for name, answer in answers.items()}
    if as_json:
        print_json({"items": items, "waiting": waiting})
    else:
        columns = ("service", "id", "topic", "key", "at", "reason")
        print_table(columns, ([each[name] for name in columns] for each in items), "no dead letter waits")
        if sum(waiting.values()) > len(items):
            say(f"{sum(waiting.values())} wait in all; the oldest are shown")
    _end_of_each(away)


@dlq.command("show")
def show_letter(
    id: Annotated[str, typer.Argument(help="the dead letter's id")],
    service: OneService = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Show a dead letter with its bytes and headers.

    **Example**

      sepakat dlq show 5f0c…
    """
    with Client.of(url, api_key_file) as client:
        holder, letter = _letter(client, id, service)
    shown = {"service": holder, **letter}
    if as_json:
        print_json(shown)
    else:
        print_table(("field", "value"), shown.items(), "")


@dlq.command("replay")
def replay_letters(
    id: Annotated[
        str | None, typer.Argument(help="the dead letter to process again, with those that wait behind it")
    ] = None,
    all_of_them: Annotated[bool, typer.Option("--all", help="every dead letter instead of one")] = False,
    service: OneService = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Process dead letters again, in their order, once the reason is gone.

    Exit code 4: some passed and some wait still; 1: none passed.

    **Examples**

      sepakat dlq replay 5f0c…

      sepakat dlq replay --all --service metrics
    """
    if (id is None) == (not all_of_them):
        raise BadInput("name one dead letter, or give --all")
    path = "/v1/operations/dead-letters/replay"
    with Client.of(url, api_key_file) as client:
        away: dict[str, str] = {}
        if id is not None:
            holder, _ = _letter(client, id, service)
            answers = {holder: client.post(holder, path, {"id": id})}
        else:
            answers, away = _of_each(client, service, lambda name: client.post(name, path, {}))
    replayed = sum(answer["replayed"] for answer in answers.values())
    waiting = [{"service": name, **each} for name, answer in answers.items() for each in answer["waiting"]]
    if as_json:
        print_json({"replayed": replayed, "waiting": waiting})
    else:
        print_line(f"{replayed} replayed, {len(waiting)} failed again")
        for each in waiting:
            print_line(f"{each['service']} {each['id']}: {each['reason']}")
    _end_of_each(away)
    if waiting:
        raise (InPart if replayed else CommandFailed)("not all dead letters pass yet; their reasons are above")


def _letter(client: Client, id: str, service: str | None) -> tuple[str, dict[str, Any]]:
    """The service that holds a dead letter, and the letter."""

    def ask(name: str) -> dict[str, Any] | None:
        found = client.find(name, f"/v1/operations/dead-letters/{segment(id)}")
        return None if found is None else found.json()

    answers, away = _of_each(client, service, ask)
    for name, letter in answers.items():
        if letter is not None:
            return name, letter
    _end_of_each(away)
    raise Refused(f"no service has a dead letter {id!r}", httpx.codes.NOT_FOUND)


def _of_each(client: Client, service: str | None, ask: Callable[[str], Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The answers of `service`, or of all that there are; and those that can't be reached, with why."""
    if service is not None and service not in SERVICES:
        raise BadInput(f"--service: {service!r} is not a service; there are {', '.join(SERVICES)}")
    asked: Sequence[str] = [service] if service else ([name for name in SERVICES if name in client.urls] or SERVICES)
    answers: dict[str, Any] = {}
    away: dict[str, str] = {}
    for name in asked:
        try:
            answers[name] = ask(name)
        except Unreachable as error:
            away[name] = str(error)
    if not answers:
        raise Unreachable("\n  ".join(away.values()))
    return answers, away


def _end_of_each(away: dict[str, str]) -> None:
    if away:
        raise InPart("not every service answered:\n  " + "\n  ".join(away.values()))


# -- replay ------------------------------------------------------------------------------------------------------------


def replay(
    service: Annotated[str, typer.Option(help=f"whose events: one of {', '.join(SERVICES)}")],
    since: Annotated[str | None, typer.Option(help="only those from this instant on (RFC 3339)")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Publish a service's events again, from its commits. Who has applied them already drops them.

    For a broker that lost its records, or a consumer that starts anew.

    **Example**

      sepakat replay --service agreements --since 2026-11-01T00:00:00Z
    """
    if service not in SERVICES:
        raise BadInput(f"--service: {service!r} is not a service; there are {', '.join(SERVICES)}")
    body = {"since": instant(since, "--since").isoformat() if since else None}
    with Client.of(url, api_key_file) as client:
        answer = client.post(service, "/v1/operations/replay", body)
    if as_json:
        print_json(answer)
    else:
        print_line(f"{service}: {answer['republished']} commits published again")
