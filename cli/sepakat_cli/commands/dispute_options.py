"""What a remedy and its evidence are given by on the command line, and what is sent for them."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from sepakat_cli.files import text_of
from sepakat_cli.output import BadInput
from sepakat_shared.messages import NOT_JSON

Words = Annotated[str, typer.Option("--statement", help="what you say to it; goes on record")]
OptionalWords = Annotated[str | None, typer.Option("--statement", help="what you say to it; goes on record")]
EvidenceWords = Annotated[
    list[str] | None, typer.Option("--evidence", help="what shows it, in words or as an address; may be repeated")
]
Packs = Annotated[
    list[Path] | None,
    typer.Option("--pack", help="an evidence pack (`sepakat evidence`): its hash goes on record; may be repeated"),
]
Exclude = Annotated[
    list[str] | None, typer.Option("--exclude", metavar="START/END", help="does not count; may be repeated")
]
Down = Annotated[list[str] | None, typer.Option("--down", metavar="START/END", help="counts as down; may be repeated")]
Events = Annotated[
    list[str] | None,
    typer.Option("--events", metavar="GOOD/TOTAL@INSTANT", help="events to add at an instant; may be repeated"),
]
Ticket = Annotated[str | None, typer.Option("--ticket", help="the ticket of --seconds; else the incident disputed")]
Seconds = Annotated[
    int | None, typer.Option("--seconds", help="to add to the clocks of a ticket; less than 0 takes away")
]
Credit = Annotated[str | None, typer.Option("--credit", metavar="PERCENT", help="of the charge")]
Terms = Annotated[str | None, typer.Option("--terms", help="in words, for what is no figure")]


def remedy(
    exclude: list[str] | None, down: list[str] | None, events: list[str] | None, ticket: str | None,
    seconds: int | None, credit: str | None, terms: str | None,
) -> dict[str, Any] | None:  # fmt: skip
    """The remedy that the options name, or None where they name none. Raises BadInput."""
    adjustments = [{"kind": "exclusion", **_span(each, "--exclude")} for each in exclude or ()]
    adjustments += [{"kind": "downtime", **_span(each, "--down")} for each in down or ()]
    adjustments += [{"kind": "events", **_counted(each)} for each in events or ()]
    if seconds is not None:
        adjustments.append({"kind": "case-time", "seconds": seconds, **({"ticket": ticket} if ticket else {})})
    elif ticket is not None:
        raise BadInput("--ticket needs --seconds: how much to add to its clocks")
    given = {"adjustments": adjustments, "credit_percent": credit, "terms": terms}
    return given if any(given.values()) else None


def _span(text: str, option: str) -> dict[str, Any]:
    start, slash, end = text.partition("/")
    if not slash or not start or not end:
        raise BadInput(f"{option}: {text!r} is not START/END, as 2026-11-10T10:00:00Z/2026-11-10T11:00:00Z")
    return {"start": start, "end": end}


def _counted(text: str) -> dict[str, Any]:
    counts, _, at = text.partition("@")
    good, _, total = counts.partition("/")
    if not (good.isdigit() and total.isdigit() and at):
        raise BadInput(f"--events: {text!r} is not GOOD/TOTAL@INSTANT, as 0/1200@2026-11-10T10:00:00Z")
    return {"start": at, "good": int(good), "total": int(total)}


def evidence_of(words: list[str] | None, packs: list[Path] | None) -> list[dict[str, Any]]:
    """Raises BadInput for a file that is no evidence pack."""
    found: list[dict[str, Any]] = [
        {"description": each, "url": each} if each.startswith(("http://", "https://")) else {"description": each}
        for each in words or ()
    ]
    for path in packs or ():
        text = text_of(path)
        try:
            pack = json.loads(text)
            found.append({"description": f"evidence pack {path.name}", "hash": pack["hash"]})
        except (*NOT_JSON, KeyError, TypeError) as error:
            raise BadInput(f"--pack: {path} is not an evidence pack; `sepakat evidence` gets one") from error
    return found
