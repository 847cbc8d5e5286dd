"""`sepakat plans`: improvement plans that repeated misses demand, drafted, agreed, kept track of, judged."""

from typing import Annotated, Any

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.output import AsJson, BadInput, explained, print_json, print_line, print_table

plans = typer.Typer(
    no_args_is_help=True,
    help=explained(
        "What repeated misses lead to: improvement plans, rights to terminate.", "sepakat plans standing toko-checkout"
    ),
)
Id = Annotated[str, typer.Argument(help="the plan's id, as `sepakat plans list` shows it")]


@plans.command("standing")
def standing(
    agreement: Annotated[str, typer.Argument(help="the agreement's id")],
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Show what was missed under an agreement, and the plans and rights that follow.

    **Example**

      sepakat plans standing toko-checkout
    """
    with Client.of(url, api_key_file) as client:
        found = client.get("agreements", f"/v1/agreements/{segment(agreement)}/standing")
    if as_json:
        print_json(found)
        return
    missed = ((each["at"], each["party"], each["kind"], each["subject"]) for each in found["misses"])
    print_table(("missed", "by", "kind", "what"), missed, "nothing was missed that the text says anything of")
    for each in found["plans"]:
        print_line(f"plan {each['id']} of {each['party']}: {each['status']}")
    for each in found["rights"]:
        until = "" if each["until"] is None else f", until {each['until']}"
        print_line(
            f"right {each['id']} of {each['party']} to terminate: {'stands' if each['stands'] else 'lapsed'}{until}"
        )


@plans.command("list")
def list_plans(
    agreement: Annotated[str | None, typer.Option(help="only this agreement's")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """List improvement plans.

    **Example**

      sepakat plans list --agreement toko-checkout
    """
    with Client.of(url, api_key_file) as client:
        items = client.get("agreements", "/v1/improvement-plans", agreement=agreement)["items"]
    if as_json:
        print_json({"items": items})
        return
    rows = ((each["id"], each["status"], each["party"], each["owner"] or "-", each["draft_by"]) for each in items)
    print_table(("id", "status", "owed by", "owner", "draft by"), rows, "no improvement plan is owed")


@plans.command("show")
def show(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Show a plan: its measures, how it goes, and what happened to it, in order.

    **Example**

      sepakat plans show toko-checkout.001
    """
    with Client.of(url, api_key_file) as client:
        plan = client.get("agreements", f"/v1/improvement-plans/{segment(id)}")
        history = client.get("agreements", f"/v1/improvement-plans/{segment(id)}/history")["items"]
    if as_json:
        print_json({**plan, "history": history})
        return
    print_line(f"{plan['id']}: {plan['status']}, owed by {plan['party']} ({plan['owner'] or 'no owner yet'})")
    measures = ((each["id"], each["text"], each["due_at"], each["done_at"] or "-") for each in plan["measures"])
    print_table(("measure", "what", "due by", "done"), measures, "no measure is planned yet")
    typer.echo()
    print_table(("at", "what", "by"), ((each["at"], each["what"], each["by"]) for each in history), "nothing yet")


@plans.command("draft")
def draft(
    id: Id,
    owner: Annotated[str, typer.Option(help="who is answerable: a contact of your party")],
    measure: Annotated[list[str], typer.Option(metavar="TEXT@INSTANT", help="what is done by when; may be repeated")],
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Put your party's plan before the other one.

    **Example**

      sepakat plans draft toko-checkout.001 --owner rina --measure "a second site@2026-04-01T00:00:00+07:00"
    """
    _act(id, "draft", {"owner": owner, "measures": [_measure(each) for each in measure]}, url, api_key_file, as_json)


@plans.command("agree")
def agree(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Agree to the other party's draft.

    **Example**

      sepakat plans agree toko-checkout.001
    """
    with Client.of(url, api_key_file) as client:
        _print(client.post_as_read("agreements", f"/v1/improvement-plans/{segment(id)}", "agree"), as_json)


@plans.command("return")
def return_(
    id: Id,
    reason: Annotated[str, typer.Option(help="in words")],
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Return the other party's draft: another one is awaited.

    **Example**

      sepakat plans return toko-checkout.001 --reason "and a drill?"
    """
    _act(id, "return", {"reason": reason}, url, api_key_file, as_json)


@plans.command("progress")
def progress(
    id: Id,
    note: Annotated[str, typer.Option(help="how it goes")],
    done: Annotated[list[str] | None, typer.Option(help="a measure that is done by now; may be repeated")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Tell how your party's plan goes.

    **Example**

      sepakat plans progress toko-checkout.001 --note "the site is bought" --done 1
    """
    _act(id, "progress", {"note": note, "done": done or []}, url, api_key_file, as_json)


@plans.command("close")
def close(
    id: Id,
    conclusion: Annotated[str, typer.Option(help="in words")],
    ineffective: Annotated[bool, typer.Option("--ineffective", help="it has not helped")] = False,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Say whether the other party's plan has helped: it is closed with that.

    **Example**

      sepakat plans close toko-checkout.001 --conclusion "no miss since"
    """
    result = "ineffective" if ineffective else "effective"
    _act(id, "close", {"result": result, "conclusion": conclusion}, url, api_key_file, as_json)


def _measure(given: str) -> dict[str, Any]:
    text, at, due_at = given.rpartition("@")
    if not at or not text:
        raise BadInput(f"--measure: {given!r} is not TEXT@INSTANT, such as 'a drill@2026-04-01T00:00:00+07:00'")
    return {"text": text, "due_at": due_at}


def _act(id: str, what: str, body: object, url: Urls, api_key_file: ApiKeyFile, as_json: bool) -> None:
    with Client.of(url, api_key_file) as client:
        plan = client.post("agreements", f"/v1/improvement-plans/{segment(id)}/{what}", body)
    _print(plan, as_json)


def _print(plan: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(plan)
    else:
        print_line(f"{plan['id']}: {plan['status']}")
