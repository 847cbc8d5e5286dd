"""`sepakat agreements`: the texts, their versions and what is different between them."""

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.commands.apply import read_documents
from sepakat_cli.commands.keys import instant
from sepakat_cli.commands.negotiation import read_changes
from sepakat_cli.output import AsJson, BadInput, explained, print_json, print_line, print_table, say
from sepakat_shared.contracts import texts

agreements = typer.Typer(
    no_args_is_help=True,
    help=explained(
        "Agreements: texts, versions, amendments.", "sepakat agreements list", "sepakat agreements show toko-checkout"
    ),
)
Agreement = Annotated[str, typer.Argument(help="the agreement's id")]
_COLUMNS = ("version", "status", "effective from", "signed by", "hash")


@agreements.command("list")
def list_agreements(url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """List the agreements of the key's party.

    **Example**

      sepakat agreements list
    """
    with Client.of(url, api_key_file) as client:
        items = list(client.items("agreements", "/v1/agreements"))
    if as_json:
        print_json({"items": items})
        return
    columns = ("id", "provider", "customer", *_COLUMNS)
    rows = ((each["id"], each["provider"], each["customer"], *_row(each)) for each in items)
    print_table(columns, rows, "there is no agreement yet")


@agreements.command("show")
def show(
    agreement: Agreement,
    version: Annotated[int | None, typer.Option(help="this version; else the one in force")] = None,
    as_of: Annotated[str | None, typer.Option(help="the version in force at that instant (RFC 3339)")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Print a text as YAML: the one in force, or another version of it.

    **Example**

      sepakat agreements show toko-checkout --as-of 2026-03-01T00:00:00Z
    """
    if version is not None and as_of is not None:
        raise BadInput("name one of --version and --as-of")
    path = f"/v1/agreements/{segment(agreement)}" + (f"/versions/{version}" if version is not None else "")
    at = {"as-of": instant(as_of, "--as-of").isoformat()} if as_of is not None else {}
    with Client.of(url, api_key_file) as client:
        found = client.get("agreements", path, **at)
    if as_json:
        print_json(found)
        return
    say(f"version {found['version']} ({found['status']}), {found['hash']}")
    typer.echo(yaml.safe_dump(found["text"], allow_unicode=True, sort_keys=False), nl=False)


@agreements.command("versions")
def versions(agreement: Agreement, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """List every version: superseded, in force, signed for a later day, being written.

    **Example**

      sepakat agreements versions toko-checkout
    """
    with Client.of(url, api_key_file) as client:
        found = client.get("agreements", f"/v1/agreements/{segment(agreement)}/versions")
    if as_json:
        print_json(found)
    else:
        print_table(_COLUMNS, (_row(each) for each in found["items"]), "")


@agreements.command("diff")
def diff(
    agreement: Agreement,
    from_: Annotated[int | None, typer.Option("--from", help="else the version before")] = None,
    to: Annotated[int | None, typer.Option(help="else the last version")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Say in words what is different between two versions.

    **Example**

      sepakat agreements diff toko-checkout --from 1 --to 2
    """
    with Client.of(url, api_key_file) as client:
        found = client.get("agreements", f"/v1/agreements/{segment(agreement)}/diff", **{"from": from_, "to": to})
    if as_json:
        print_json(found)
        return
    say(f"from version {found['from']} to version {found['to']}")
    _print_words(found)


@agreements.command("amend")
def amend(
    agreement: Agreement,
    merge: Annotated[
        list[str] | None, typer.Option(metavar="CLAUSE=JSON", help="JSON Merge Patch (RFC 7396); null removes it")
    ] = None,
    patch: Annotated[list[str] | None, typer.Option(metavar="CLAUSE=JSON", help="JSON Patch (RFC 6902)")] = None,
    changes: Annotated[
        Path | None, typer.Option(help='JSON: [{"clause": …, "merge" or "patch": …}]; - for standard input')
    ] = None,
    text: Annotated[Path | None, typer.Option(help="the whole next text, as YAML or JSON")] = None,
    effective_from: Annotated[str | None, typer.Option(help="first day (ISO 8601); else the last signature")] = None,
    at_once: Annotated[
        bool, typer.Option(help="split running periods; else new terms begin with the next ones")
    ] = False,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Begin the next version of an agreement; it is negotiated and signed like the first one.

    **Example**

      sepakat agreements amend toko-checkout --merge 'objectives/availability={"target": "99.95"}'
      --effective-from 2026-12-15 --at-once
    """
    how = {**({"effectiveFrom": effective_from} if effective_from else {}),
           **({"takesEffect": "at-once"} if at_once else {})}  # fmt: skip
    wanted = read_changes(merge, patch, changes)
    if (text is None) == (not wanted):
        raise BadInput(
            "say what changes: --merge CLAUSE=JSON, --patch CLAUSE=JSON, --changes FILE, or the whole --text"
        )
    if text is not None:
        body: dict[str, Any] = {"text": {**_text(text), **({"amendment": how} if how else {})}}
    else:
        body = {"changes": [*wanted, *([{"clause": "amendment", "merge": how}] if how else [])]}
    with Client.of(url, api_key_file) as client:
        found = client.post("agreements", f"/v1/agreements/{segment(agreement)}/amendments", body)
    if as_json:
        print_json(found)
        return
    print_line(f"{agreement}: version {found['version']}: {found['status']}, {found['hash']}")
    _print_words(found)


@agreements.command("term")
def term(agreement: Agreement, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Show until when an agreement lasts, whether notice was given, and which dates are ahead.

    **Example**

      sepakat agreements term toko-checkout
    """
    with Client.of(url, api_key_file) as client:
        found = client.get("agreements", f"/v1/agreements/{segment(agreement)}/term")
    _print_term(found, as_json)


@agreements.command("terminate")
def terminate(
    agreement: Agreement,
    last_day: Annotated[str, typer.Option(help="it ends with that day (ISO 8601)")],
    reason: Annotated[str, typer.Option(help="in words")],
    cause: Annotated[bool, typer.Option(help="for a cause, where no notice has to be kept")] = False,
    right: Annotated[
        str | None, typer.Option(help="for the cause that repeated misses gave: the right, as `sepakat plans` shows it")
    ] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Give notice of termination, with your party's key. Whether the agreed notice was kept is recorded beside it.

    **Example**

      sepakat agreements terminate toko-checkout --last-day 2026-12-31 --reason "another provider"
    """
    body = {"last_day": last_day, "ground": "cause" if cause or right else "notice", "reason": reason}
    body |= {"right": right} if right else {}
    with Client.of(url, api_key_file) as client:
        found = client.post("agreements", f"/v1/agreements/{segment(agreement)}/termination", body)
    _print_term(found, as_json)


@agreements.command("keep")
def keep(
    agreement: Agreement,
    reason: Annotated[str | None, typer.Option(help="in words")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Take your own notice of termination back, before the agreement has ended.

    **Example**

      sepakat agreements keep toko-checkout --reason "we found another way"
    """
    with Client.of(url, api_key_file) as client:
        path = f"/v1/agreements/{segment(agreement)}/termination/withdraw"
        found = client.post("agreements", path, {"reason": reason})
    _print_term(found, as_json)


def _print_term(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    ended, given = found["ended_at"], found["termination"]
    until = f"ended {ended}" if ended else f"until {found['last_day']}" + (" (renewed)" if found["renewed"] else "")
    print_line(f"{found['agreement']}: {found['status']}, {until}")
    if given is not None:
        kept = {True: "notice was kept", False: "notice was not kept", None: "no notice had to be kept"}
        say(f"{given['party']} gave notice on {given['at']}: {given['reason']} ({kept[given['honoured']]})")
    words = {"notice": "last instant for notice", "renewal": "it is renewed", "expiry": "it expires",
             "termination": "it ends", "amendment": "the next version begins"}  # fmt: skip
    for each in found["ahead"]:
        say(f"{each['at']}: {words[each['what']]}")


def _text(file: Path) -> dict[str, Any]:
    found = [each for each in read_documents(file) if isinstance(each, texts.Agreement)]
    if len(found) != 1:
        raise BadInput(f"{file} must hold exactly one document of kind Agreement; it holds {len(found)}")
    return texts.as_text(found[0])


def _row(version: dict[str, Any]) -> tuple[Any, ...]:
    signers = " ".join(each["party"] for each in version["signatures"])
    return version["version"], version["status"], version["effective_from"] or "-", signers or "-", version["hash"]


def _print_words(found: dict[str, Any]) -> None:
    for each in found["differences"]:
        print_line(each["words"])
    if not found["differences"]:
        say("nothing is different")
