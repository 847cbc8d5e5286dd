"""`sepakat needs`: what the customer's business needs, what the provider answers, and what serves it."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.output import AsJson, BadInput, explained, print_json, print_line, print_table, say

needs = typer.Typer(
    no_args_is_help=True,
    help=explained(
        "Needs: what the customer's business needs, and what serves it.", "sepakat needs trace toko-checkout"
    ),
)
Id = Annotated[str, typer.Argument(help="the need's id, as `sepakat needs list` shows it")]
Reason = Annotated[str | None, typer.Option(help="in words")]


class Priority(StrEnum):
    MUST = "must"
    SHOULD = "should"
    COULD = "could"


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    ADJUSTED = "adjusted"
    DECLINED = "declined"


@needs.command("list")
def list_needs(
    agreement: Annotated[str | None, typer.Option(help="only this agreement's")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """List needs with their answers.

    **Example**

      sepakat needs list --agreement toko-checkout
    """
    with Client.of(url, api_key_file) as client:
        items = list(client.items("agreements", "/v1/needs", agreement=agreement))
    if as_json:
        print_json({"items": items})
        return
    print_table(("id", "priority", "service", "statement", "answer"), (_row(each) for each in items), "no such need")


@needs.command("show")
def show(id: Id, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Show a need, and how it was stated and answered, in order.

    **Example**

      sepakat needs show toko-checkout.toko-maju.sell-all-day
    """
    with Client.of(url, api_key_file) as client:
        need = client.get("agreements", f"/v1/needs/{segment(id)}")
        history = client.get("agreements", f"/v1/needs/{segment(id)}/history")["items"]
    if as_json:
        print_json({**need, "history": history})
        return
    shown = ("id", "revision", "provider", "customer", "service", "priority", "withdrawn_at")
    rows = [(name, "-" if need[name] is None else need[name]) for name in shown]
    rows += [(name, _words(need[name])) for name in ("statement", "goal", "success")]
    impact = need["impact"]
    rows += [("impact", f"{impact['cost']} {impact['currency']} per {impact['per']}" if impact else "-")]
    print_table(("field", "value"), [*rows, ("answer", _answer(need))], "")
    typer.echo()
    print_table(
        ("at", "what", "by", "said"),
        (
            (each["at"], each["what"], each["by"], each.get("reason") or _words(each.get("statement")))
            for each in history
        ),
        "nothing has happened yet",
    )


@needs.command("state")
def state(
    need: Annotated[str, typer.Argument(help="its id within the agreement: small letters, digits, hyphens")],
    agreement: Annotated[str, typer.Option(help="the agreement that shall serve it; it need not be written yet")],
    provider: Annotated[str, typer.Option(help="the party that shall answer")],
    service: Annotated[str, typer.Option(help="the service that it is about")],
    statement: Annotated[list[str], typer.Option(metavar="[LANGUAGE:]WORDS", help="en: or id:; may be repeated")],
    priority: Annotated[Priority, typer.Option(help="how much depends on it")] = Priority.SHOULD,
    goal: Annotated[list[str] | None, typer.Option(metavar="[LANGUAGE:]WORDS", help="what it is for")] = None,
    success: Annotated[
        list[str] | None, typer.Option(metavar="[LANGUAGE:]WORDS", help="how you would know that it is met")
    ] = None,
    impact: Annotated[
        str | None, typer.Option(metavar="COST/CURRENCY/PER", help="while it is unmet, as 40000000/IDR/PT1H")
    ] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """State what your business needs, with the customer's key; or state it anew, which voids the answer to it.

    **Example**

      sepakat needs state sell-all-day --agreement toko-checkout --provider nusantara --service checkout
      --priority must --statement "Shoppers can pay at any time" --statement "id:Pembeli dapat membayar kapan saja"
    """
    body = {
        "agreement": agreement, "need": need, "provider": provider, "service": service, "priority": priority.value,
        "statement": _spoken(statement), "goal": _spoken(goal), "success": _spoken(success), "impact": _impact(impact),
    }  # fmt: skip
    _changed(url, api_key_file, as_json, "/v1/needs", body)


@needs.command("answer")
def answer(
    id: Id,
    verdict: Annotated[Verdict, typer.Option(help="what becomes of it")],
    revision: Annotated[int, typer.Option(help="of the need as you read it")],
    served_by: Annotated[list[str] | None, typer.Option(help="an objective or obligation; may be repeated")] = None,
    reason: Reason = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Answer a need, with the provider's key: what serves it, what is adjusted, or why it is declined.

    **Example**

      sepakat needs answer toko-checkout.toko-maju.sell-all-day --verdict accepted --revision 1 --served-by availability
    """
    body = {"verdict": verdict.value, "served_by": served_by or [], "reason": reason, "revision": revision}
    _changed(url, api_key_file, as_json, f"/v1/needs/{segment(id)}/answer", body)


@needs.command("withdraw")
def withdraw(
    id: Id, reason: Reason = None, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False
) -> None:
    """Say that it is needed no longer, with the customer's key.

    **Example**

      sepakat needs withdraw toko-checkout.toko-maju.sell-all-day --reason "the shop closes at night"
    """
    _changed(url, api_key_file, as_json, f"/v1/needs/{segment(id)}/withdraw", {"reason": reason})


@needs.command("waive")
def waive(
    agreement: Annotated[str, typer.Argument(help="the agreement's id")],
    need: Annotated[str, typer.Option(help="the need's id within the agreement")],
    statement: Annotated[str, typer.Option(help="why it may stay uncovered")],
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Say in writing that a need may stay uncovered. What must be met hinders signing until both parties have.

    **Example**

      sepakat needs waive toko-checkout --need sell-all-day --statement "we sell by day"
    """
    with Client.of(url, api_key_file) as client:
        traced = client.post(
            "agreements", f"/v1/agreements/{segment(agreement)}/waivers", {"need": need, "statement": statement}
        )
    _print_trace(traced, as_json)


@needs.command("trace")
def trace(
    agreement: Annotated[str, typer.Argument(help="the agreement's id")],
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Show which needs are served by what, and what serves none.

    **Example**

      sepakat needs trace toko-checkout
    """
    with Client.of(url, api_key_file) as client:
        traced = client.get("agreements", f"/v1/agreements/{segment(agreement)}/traceability")
    _print_trace(traced, as_json)


def _print_trace(traced: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(traced)
        return
    print_table(
        ("need", "priority", "covered", "served by", "waived by"),
        (
            (each["id"], each["priority"], "yes" if each["covered"] else "no", " ".join(each["served_by"]),
             " ".join(waiver["party"] for waiver in each["waivers"]))
            for each in traced["needs"]
        ),
        "no need was stated",
    )  # fmt: skip
    for name, words in (
        ("objectives_without_need", "serves no need"), ("obligations_without_owner", "has no owner"),
        ("hinders_signing", "must be met, and hinders signing"),
    ):  # fmt: skip
        for each in traced[name]:
            say(f"{each} {words}")
    for each in traced.get("underpinning", {}).get("warnings", ()):
        say(f"{each['pointer']} {each['rule']}")


def _changed(url: list[str] | None, key: Any, as_json: bool, path: str, body: dict[str, Any]) -> None:
    with Client.of(url, key) as client:
        need = client.post("agreements", path, body)
    if as_json:
        print_json(need)
    else:
        print_line(f"{need['id']} (revision {need['revision']}): {_answer(need)}")


def _row(need: dict[str, Any]) -> tuple[Any, ...]:
    return need["id"], need["priority"], need["service"], _words(need["statement"]), _answer(need)


def _answer(need: dict[str, Any]) -> str:
    if need["withdrawn_at"]:
        return "withdrawn"
    answer = need["answer"]
    if answer is None:
        return "not answered yet"
    served = f" ({', '.join(answer['served_by'])})" if answer["served_by"] else ""
    return f"{answer['verdict']}{served}" + (f": {answer['reason']}" if answer["reason"] else "")


def _words(words: dict[str, str] | None) -> str:
    return "-" if not words else words.get("en") or words.get("id") or "-"


def _spoken(given: list[str] | None) -> dict[str, str] | None:
    """Words by language; English, where none is said."""
    found = {}
    for each in given or ():
        language, colon, words = each.partition(":")
        known = bool(colon) and language in ("en", "id")
        found[language if known else "en"] = words.strip() if known else each
    return found or None


def _impact(given: str | None) -> dict[str, str] | None:
    if given is None:
        return None
    parts = given.split("/")
    if len(parts) != 3:
        raise BadInput(f"--impact: {given!r} is not COST/CURRENCY/PER, as 40000000/IDR/PT1H")
    return dict(zip(("cost", "currency", "per"), parts, strict=True))
