"""`sepakat reviews`: looking back together, from the pack to decisions and the draft that one becomes."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.output import AsJson, BadInput, explained, print_json, print_line, print_table, say

reviews = typer.Typer(
    no_args_is_help=True,
    help=explained(
        "Reviews: the pack, what is said and decided, and what becomes of it.",
        "sepakat reviews list toko-checkout",
        "sepakat reviews document toko-checkout 1 -o review.pdf",
    ),
)
Agreement = Annotated[str, typer.Argument(help="the agreement's id")]
Number = Annotated[int, typer.Argument(min=1, help="the review's number")]
OutputFile = Annotated[Path, typer.Option("-o", "--output", help="the file, .pdf or .html")]
Language = Annotated[Literal["en", "id"] | None, typer.Option(help="else the authoritative language")]


@reviews.command("list")
def list_reviews(
    agreement: Agreement, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False
) -> None:
    """List an agreement's reviews, and say when the cadence's next one opens.

    **Example**

      sepakat reviews list toko-checkout
    """
    path = f"/v1/agreements/{segment(agreement)}/reviews"
    with Client.of(url, api_key_file) as client:
        items = list(client.items("agreements", path))
        calendar = client.get("agreements", f"{path}/calendar")
    if as_json:
        print_json({"items": items, "calendar": calendar})
        return
    columns = ("review", "state", "meeting", "since", "until", "why")
    print_table(columns, (_row(each) for each in items), "there was no review yet")
    if calendar["meeting"]:
        say(f"the next one is held on {calendar['meeting']} and opens at {calendar['opens_at']}")


@reviews.command("show")
def show(
    agreement: Agreement, number: Number, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False
) -> None:
    """Show what was said and decided in a review.

    **Example**

      sepakat reviews show toko-checkout 1
    """
    with Client.of(url, api_key_file) as client:
        _tell(client.get("agreements", _path(agreement, number)), as_json)


@reviews.command("open")
def open_review(
    agreement: Agreement,
    meeting: Annotated[
        str | None, typer.Option(help="the day it is held on (2026-05-04); else 14 days from now")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="why, in words")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Open a review besides those of the cadence, while none is open.

    **Example**

      sepakat reviews open toko-checkout --meeting 2026-12-04 --reason "before the campaign"
    """
    body = {name: value for name, value in (("meeting", meeting), ("reason", reason)) if value}
    with Client.of(url, api_key_file) as client:
        _tell(client.post("agreements", f"/v1/agreements/{segment(agreement)}/reviews", body), as_json)


@reviews.command("comment")
def comment(
    agreement: Agreement,
    number: Number,
    text: Annotated[str, typer.Argument(help="what you have to say")],
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Say something for both parties to read.

    **Example**

      sepakat reviews comment toko-checkout 1 "February hurt"
    """
    with Client.of(url, api_key_file) as client:
        _tell(client.post("agreements", f"{_path(agreement, number)}/comments", {"text": text}), as_json)


@reviews.command("feedback")
def feedback(
    agreement: Agreement,
    number: Number,
    csat: Annotated[list[str] | None, typer.Option(help="SERVICE=1…5, once for each service")] = None,
    nps: Annotated[int | None, typer.Option(min=0, max=10, help="how likely you are to recommend it")] = None,
    words: Annotated[str | None, typer.Option(help="in your words")] = None,
    met: Annotated[list[str] | None, typer.Option(help="a need that is met")] = None,
    unmet: Annotated[list[str] | None, typer.Option(help="a need that is not met")] = None,
    contact: Annotated[str | None, typer.Option(help="who answers, a contact of the customer")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Say what you think of the service, with the customer's key.

    **Example**

      sepakat reviews feedback toko-checkout 1 --csat checkout=4 --nps 8 --unmet sell-all-day --contact budi
    """
    needs = [{"need": id, "met": is_met} for ids, is_met in ((met, True), (unmet, False)) for id in ids or ()]
    body = {"csat": dict(_mark(each) for each in csat or ()), "nps": nps, "words": words, "needs": needs,
            "contact": contact}  # fmt: skip
    with Client.of(url, api_key_file) as client:
        _tell(client.post("agreements", f"{_path(agreement, number)}/feedback", body), as_json)


@reviews.command("suggest")
def suggest(
    agreement: Agreement,
    number: Number,
    ask: Annotated[bool, typer.Option("--ask", help="hold the text in force against the last year anew")] = False,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Show which targets the last year suggests; ask for that first, and look again when it is answered.

    **Example**

      sepakat reviews suggest toko-checkout 1 --ask
    """
    path = f"{_path(agreement, number)}/suggestions"
    with Client.of(url, api_key_file) as client:
        found = client.post("agreements", path) if ask else client.get("agreements", path)
    if as_json:
        print_json(found)
        return
    columns = ("objective", "target", "suggested", "how", "judged", "missed", "would miss")
    rows = (
        (each["objective"], each["target"], each["suggested"], each["how"] or each["reason"], each["judged"],
         each["missed"], each["would_miss"])
        for each in found["items"]
    )  # fmt: skip
    print_table(columns, rows, f"back-test: {found['state']}")


@reviews.command("decide")
def decide(
    agreement: Agreement,
    number: Number,
    text: Annotated[str, typer.Argument(help="what was decided")],
    owner: Annotated[str, typer.Option(help="who sees to it: a contact of either party")],
    due: Annotated[str, typer.Option(help="until the end of which day (2026-05-01)")],
    tighten: Annotated[list[str] | None, typer.Option(help="OBJECTIVE, or OBJECTIVE=TARGET")] = None,
    loosen: Annotated[list[str] | None, typer.Option(help="OBJECTIVE, or OBJECTIVE=TARGET")] = None,
    retire: Annotated[list[str] | None, typer.Option(help="OBJECTIVE")] = None,
    effective_from: Annotated[str | None, typer.Option(help="the first day on which that holds")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Record a decision, and what it changes of the agreement: by the suggested target, or the one that you give.

    **Example**

      sepakat reviews decide toko-checkout 1 "A harder target" --owner rina --due 2026-05-01 --tighten availability
    """
    moves = (("tighten", tighten), ("loosen", loosen), ("retire", retire))
    objectives = [_objective(how, each) for how, given in moves for each in given or ()]
    body: dict[str, Any] = {"text": text, "owner": owner, "due": due}
    if objectives:
        body["amendment"] = {"objectives": objectives, "effective_from": effective_from}
    with Client.of(url, api_key_file) as client:
        _tell(client.post("agreements", f"{_path(agreement, number)}/decisions", body), as_json)


@reviews.command("draft")
def draft(
    agreement: Agreement,
    number: Number,
    decision: Annotated[int, typer.Argument(min=1, help="the decision's number")],
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Let a decision become the draft of the next version, or a proposal about the one that is being written.

    **Example**

      sepakat reviews draft toko-checkout 1 1
    """
    with Client.of(url, api_key_file) as client:
        found = client.post("agreements", f"{_path(agreement, number)}/decisions/{decision}/amendment")
    if as_json:
        print_json(found)
        return
    became = found["decisions"][decision - 1]["amendment"]
    proposal = f", proposal {became['proposal']}" if became["proposal"] else ""
    print_line(f"{agreement}: version {became['version']}{proposal}")


@reviews.command("close")
def close(
    agreement: Agreement,
    number: Number,
    conclusion: Annotated[str | None, typer.Option(help="in words")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Close a review: it never changes from there on.

    **Example**

      sepakat reviews close toko-checkout 1 --conclusion "we go on"
    """
    with Client.of(url, api_key_file) as client:
        _tell(client.post("agreements", f"{_path(agreement, number)}/close", {"conclusion": conclusion}), as_json)


@reviews.command("document")
def document(
    agreement: Agreement,
    number: Number,
    output: OutputFile,
    lang: Language = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
) -> None:
    """Write a review with its charts to a file.

    **Example**

      sepakat reviews document toko-checkout 1 -o review.pdf --lang id
    """
    params = {"format": form_of(output)} | ({"lang": lang} if lang else {})
    with Client.of(url, api_key_file) as client:
        answer = client.ask("GET", "agreements", f"{_path(agreement, number)}/document", params=params)
    output.write_bytes(answer.content)
    say(f"{output}: {len(answer.content)} bytes")


def form_of(output: Path) -> str:
    """What the name of the file asks for. Raises BadInput."""
    form = output.suffix.removeprefix(".")
    if form not in ("pdf", "html"):
        raise BadInput(f"{output}: must end in .pdf or .html")
    return form


def _path(agreement: str, number: int) -> str:
    return f"/v1/agreements/{segment(agreement)}/reviews/{number}"


def _mark(given: str) -> tuple[str, int]:
    service, _, mark = given.partition("=")
    if not mark.isdigit():
        raise BadInput(f"--csat {given}: must be SERVICE=1…5")
    return service, int(mark)


def _objective(how: str, given: str) -> dict[str, str]:
    objective, _, target = given.partition("=")
    return {"objective": objective, "how": how} | ({"target": target} if target else {})


def _row(review: dict[str, Any]) -> tuple[object, ...]:
    return tuple(review[name] for name in ("review", "state", "meeting", "since", "until", "because"))


def _heard(feedback: dict[str, Any]) -> list[tuple[str, str]]:
    """What the customer's people say, all of them together."""
    said = [(f"csat {each['service']}", f"{each['mean']} of 5, by {each['count']}") for each in feedback["csat"]]
    if feedback["nps"]:
        said.append(("nps", f"{feedback['nps']['score']}, by {feedback['nps']['count']}"))
    return said + [
        (f"need {each['need']}", f"met {each['met']}, unmet {each['unmet']}") for each in feedback["needs"]
    ]  # fmt: skip


def _tell(review: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(review)
        return
    names = ("state", "meeting", "since", "until", "chair", "conclusion")
    facts = [(name, review[name]) for name in names if review[name]] + _heard(review["feedback"])
    print_table(("field", "value"), facts, "")
    said = [
        *(("comment", each["number"], each["party"], each["text"]) for each in review["comments"]),
        *(("decision", each["number"], each["owner"], f"{each['text']} (until {each['due']})")
          for each in review["decisions"]),
        *(("change", each["number"], "", words) for each in review["decisions"] if each["amendment"]
          for words in each["amendment"]["words"]),
    ]  # fmt: skip
    if said:
        typer.echo()
        print_table(("", "no.", "who", "what"), said, "")
