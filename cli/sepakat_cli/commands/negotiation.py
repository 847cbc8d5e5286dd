"""`sepakat negotiate`: change a text clause by clause, with the other party, until both sign it."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.commands.keys import instant
from sepakat_cli.files import text_of
from sepakat_cli.output import AsJson, BadInput, explained, print_json, print_line, print_table, say

negotiate = typer.Typer(
    no_args_is_help=True,
    help=explained(
        "Negotiate: proposals about clauses, answered by the other party.",
        "sepakat negotiate clauses toko-checkout",
        'sepakat negotiate propose toko-checkout --merge \'objectives/availability={"target": "99.95"}\'',
    ),
)
Agreement = Annotated[str, typer.Argument(help="the agreement's id")]
Number = Annotated[int, typer.Argument(help="the proposal's number")]
Reason = Annotated[str | None, typer.Option(help="in words")]


@negotiate.command("clauses")
def clauses(
    agreement: Agreement,
    clause: Annotated[str | None, typer.Option(help="only this one, whole")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """List the clauses of a text by their addresses.

    **Example**

      sepakat negotiate clauses toko-checkout --clause objectives/availability
    """
    with Client.of(url, api_key_file) as client:
        found = client.get("agreements", f"/v1/agreements/{segment(agreement)}/clauses")
    items = [each for each in found["items"] if clause in (None, each["clause"])]
    if clause is not None and not items:
        raise BadInput(f"there is no clause {clause!r}; `sepakat negotiate clauses {agreement}` lists them")
    if as_json or clause is not None:
        print_json({**found, "items": items} if as_json else items[0]["content"])
        return
    print_table(("clause", "content"), ((each["clause"], _short(each["content"])) for each in items), "no clause")


@negotiate.command("propose")
def propose(
    agreement: Agreement,
    merge: Annotated[
        list[str] | None, typer.Option(metavar="CLAUSE=JSON", help="JSON Merge Patch (RFC 7396); null removes it")
    ] = None,
    patch: Annotated[list[str] | None, typer.Option(metavar="CLAUSE=JSON", help="JSON Patch (RFC 6902)")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help='JSON: [{"clause": …, "merge" or "patch": …}]; - for input')
    ] = None,
    reason: Reason = None,
    answer_by: Annotated[str | None, typer.Option(help="RFC 3339; 14 days, where nothing is said")] = None,
    counters: Annotated[int | None, typer.Option(help="the other party's proposal that this one is instead of")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Propose changes of clauses to the other party, or counter its proposal by another one.

    **Examples**

      sepakat negotiate propose toko-checkout --merge 'objectives/availability={"target": "99.95"}'

      sepakat negotiate propose toko-checkout --counters 1 --merge 'objectives/availability={"target": "99.9"}'
    """
    changes = read_changes(merge, patch, file)
    if not changes:
        raise BadInput("say what changes: --merge CLAUSE=JSON, --patch CLAUSE=JSON or --file")
    body = {
        "changes": changes, "reason": reason, "counters": counters,
        "answer_by": instant(answer_by, "--answer-by").isoformat() if answer_by else None,
    }  # fmt: skip
    with Client.of(url, api_key_file) as client:
        found = client.post("agreements", f"/v1/agreements/{segment(agreement)}/proposals", body)
    _print(found, as_json, found["proposals"][-1]["number"])


@negotiate.command("show")
def show(
    agreement: Agreement,
    proposal: Annotated[int | None, typer.Argument(help="one proposal, with the text that would follow")] = None,
    version: Annotated[int | None, typer.Option(help="else the one that is negotiated, or in force")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Show who moved what and when; with a number, what accepting that proposal would change now.

    **Example**

      sepakat negotiate show toko-checkout 2
    """
    path = f"/v1/agreements/{segment(agreement)}"
    with Client.of(url, api_key_file) as client:
        if proposal is None:
            found = client.get("agreements", f"{path}/negotiation", version=version)
        else:
            found = client.get("agreements", f"{path}/proposals/{proposal}", version=version)
    if as_json:
        print_json(found)
    elif proposal is None:
        say(f"version {found['version']} ({found['status']}), {found['hash']}")
        columns = ("number", "party", "at", "changes", "answer by", "state")
        print_table(columns, (_row(each) for each in found["proposals"]), "nothing was proposed yet")
    else:
        _print_one(found)


@negotiate.command("accept")
def accept(
    agreement: Agreement,
    proposal: Number,
    text_hash: Annotated[
        str | None, typer.Option("--hash", help="of the text that follows; else it is read and shown first")
    ] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Let the other party's proposal become part of the text: that voids every signature given so far.

    **Example**

      sepakat negotiate accept toko-checkout 2
    """
    path = f"/v1/agreements/{segment(agreement)}/proposals/{proposal}"
    with Client.of(url, api_key_file) as client:
        if text_hash is None:
            following = client.get("agreements", path)["following"]
            for each in (following or {}).get("differences", ()):
                say(each["words"])
            text_hash = (following or {}).get("hash") or ""
        found = client.post("agreements", f"{path}/accept", {"hash": text_hash})
    _print(found, as_json, proposal)


@negotiate.command("reject")
def reject(
    agreement: Agreement, proposal: Number, reason: Reason = None, url: Urls = None, api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Say no to the other party's proposal.

    **Example**

      sepakat negotiate reject toko-checkout 2 --reason "not before the new data centre"
    """
    _move(url, api_key_file, as_json, agreement, proposal, "reject", {"reason": reason})


@negotiate.command("withdraw")
def withdraw(
    agreement: Agreement, proposal: Number, reason: Reason = None, url: Urls = None, api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Take back your own proposal.

    **Example**

      sepakat negotiate withdraw toko-checkout 1
    """
    _move(url, api_key_file, as_json, agreement, proposal, "withdraw", {"reason": reason})


@negotiate.command("comment")
def comment(
    agreement: Agreement,
    proposal: Number,
    text: Annotated[str, typer.Argument(help="what you want to say")],
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Say something about a proposal.

    **Example**

      sepakat negotiate comment toko-checkout 2 "from which month on?"
    """
    _move(url, api_key_file, as_json, agreement, proposal, "comments", {"text": text})


def _move(
    url: list[str] | None, key: Path | None, as_json: bool, agreement: str, proposal: int, what: str,
    body: dict[str, Any],
) -> None:  # fmt: skip
    with Client.of(url, key) as client:
        found = client.post("agreements", f"/v1/agreements/{segment(agreement)}/proposals/{proposal}/{what}", body)
    _print(found, as_json, proposal)


def read_changes(merge: list[str] | None, patch: list[str] | None, file: Path | None) -> list[dict[str, Any]]:
    """The changes that options and a file name. Raises BadInput."""
    return [*_changes(merge, "merge"), *_changes(patch, "patch"), *(_read(file) if file else [])]


def _changes(given: list[str] | None, how: str) -> list[dict[str, Any]]:
    found = []
    for each in given or ():
        clause, equals, content = each.partition("=")
        try:
            if not equals:
                raise ValueError("it has no =")
            found.append({"clause": clause, how: json.loads(content)})
        except ValueError as error:
            raise BadInput(f"--{how}: {each!r} is not CLAUSE=JSON ({error})") from error
    return found


def _read(file: Path) -> list[dict[str, Any]]:
    try:
        changes = json.loads(text_of(file))
    except ValueError as error:
        raise BadInput(f"{file} is not JSON: {error}") from error
    if not isinstance(changes, list):
        raise BadInput(f"{file} must hold a list of changes")
    return changes


def _print(found: dict[str, Any], as_json: bool, number: int) -> None:
    if as_json:
        print_json(found)
        return
    proposal = next(each for each in found["proposals"] if each["number"] == number)
    print_line(f"{found['agreement']}: proposal {number} of {proposal['party']}: {_state(proposal)}")
    say(f"version {found['version']} ({found['status']}), {found['hash']}")


def _print_one(proposal: dict[str, Any]) -> None:
    rows = [("by", f"{proposal['by']} ({proposal['party']}), {proposal['at']}"), ("state", _state(proposal))]
    rows += [("reason", proposal["reason"])] if proposal["reason"] else []
    rows += [("proposed", each["words"]) for each in proposal["differences"]]
    following = proposal["following"]
    if following is not None:
        rows += [("would change", each["words"]) for each in following["differences"]]
        rows.append(("hash then", following["hash"] or following["hindered_by"]))
    rows += [("comment", f"{each['by']} ({each['party']}), {each['at']}: {each['text']}")
             for each in proposal["comments"]]  # fmt: skip
    print_table(("field", "value"), rows, "")


def _row(proposal: dict[str, Any]) -> tuple[Any, ...]:
    words = "; ".join(each["words"] for each in proposal["differences"])
    return (
        proposal["number"], proposal["party"], proposal["at"], words, proposal["answer_by"], _state(proposal)
    )  # fmt: skip


def _state(proposal: dict[str, Any]) -> str:
    closed = proposal["closed"]
    if closed is None:
        return f"waits for an answer until {proposal['answer_by']}"
    who = f" by {closed['party']}" if closed["party"] else ""
    return f"{closed['outcome']}{who}" + (f": {closed['reason']}" if closed["reason"] else "")


def _short(content: Any) -> str:
    text = json.dumps(content, ensure_ascii=False)
    return text if len(text) <= 100 else text[:99] + "…"
