"""`sepakat disputes`, step by step: raise one, answer, counter, accept, withdraw, decide."""

from enum import StrEnum
from typing import Annotated, Any

import httpx
import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.commands.dispute_options import (
    Credit,
    Down,
    Events,
    EvidenceWords,
    Exclude,
    OptionalWords,
    Packs,
    Seconds,
    Terms,
    Ticket,
    Words,
    evidence_of,
    remedy,
)
from sepakat_cli.commands.dispute_rows import stands, the_only_offer, without_period
from sepakat_cli.commands.disputes import Id, disputes
from sepakat_cli.output import AsJson, BadInput, Refused, print_json, print_line


class IncidentClock(StrEnum):
    RESPONSE = "response"
    RESTORATION = "restoration"
    RESOLUTION = "resolution"
    IMPACT = "impact"


class Result(StrEnum):
    UPHELD = "upheld"
    PARTLY = "partly"
    REJECTED = "rejected"


@disputes.command("raise")
def raise_dispute(
    statement: Words,
    agreement: Annotated[str | None, typer.Option(help="whose; not needed for an incident")] = None,
    verdict: Annotated[str | None, typer.Option(metavar="OBJECTIVE", help="dispute its figure")] = None,
    credit_of: Annotated[str | None, typer.Option(metavar="OBJECTIVE", help="dispute the credit for it")] = None,
    period: Annotated[str | None, typer.Option(help="an instant within the period; else the last one told")] = None,
    incident: Annotated[str | None, typer.Option(help="dispute a clock of this incident")] = None,
    clock: Annotated[IncidentClock, typer.Option(help="which one of it")] = IncidentClock.RESTORATION,
    clause: Annotated[str | None, typer.Option(metavar="SECTION/ID", help="dispute a clause")] = None,
    exclude: Exclude = None,
    down: Down = None,
    events: Events = None,
    ticket: Ticket = None,
    seconds: Seconds = None,
    credit: Credit = None,
    terms: Terms = None,
    evidence: EvidenceWords = None,
    pack: Packs = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Dispute a figure, a credit, an incident's clock or a clause, and say what you ask for.

    It is the dispute of the party that the API key acts for.

    **Example**

      sepakat disputes raise --agreement toko-checkout --verdict availability \\
        --exclude 2026-11-10T10:00:00Z/2026-11-10T11:00:00Z --statement "your firewall was closed" --pack november.json
    """
    subjects: list[dict[str, Any]] = []
    if verdict is not None:
        subjects.append({"kind": "verdict", "objective": verdict, "period": period})
    if credit_of is not None:
        subjects.append({"kind": "credit", "objective": credit_of, "period": period})
    if incident is not None:
        subjects.append({"kind": "clock", "incident": incident, "clock": clock.value})
    if clause is not None:
        subjects.append({"kind": "clause", "clause": clause})
    if len(subjects) != 1:
        raise BadInput("say what is disputed: exactly one of --verdict, --credit-of, --incident and --clause")
    asked = remedy(exclude, down, events, ticket, seconds, credit, terms)
    body = {"agreement": agreement, "subject": subjects[0], "asked": asked or {},
            "statement": statement, "evidence": evidence_of(evidence, pack)}  # fmt: skip
    with Client.of(url, api_key_file) as client:
        try:
            raised = client.post("incidents", "/v1/disputes", body)
        except Refused as refusal:
            objective = verdict or credit_of
            if objective is None or period is not None or refusal.status != httpx.codes.UNPROCESSABLE_ENTITY:
                raise
            told = client.get("incidents", "/v1/disputables", agreement=agreement)["items"]
            raise Refused(f"{refusal}\n  {without_period(told, objective)}", refusal.status) from refusal
    _tell(raised, as_json)


@disputes.command("answer")
def answer(
    id: Id,
    statement: Words,
    exclude: Exclude = None,
    down: Down = None,
    events: Events = None,
    ticket: Ticket = None,
    seconds: Seconds = None,
    credit: Credit = None,
    terms: Terms = None,
    evidence: EvidenceWords = None,
    pack: Packs = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Answer a dispute: with an offer for a part of what is asked, or without one, which refuses it.

    To grant all of it, accept offer 1.

    **Example**

      sepakat disputes answer DISPUTE --statement "half of it" --exclude 2026-11-10T10:00:00Z/2026-11-10T10:30:00Z
    """
    body = {"statement": statement, "evidence": evidence_of(evidence, pack),
            "offer": remedy(exclude, down, events, ticket, seconds, credit, terms)}  # fmt: skip
    _act(id, "answer", body, url, api_key_file, as_json)


@disputes.command("counter")
def counter(
    id: Id,
    statement: Words,
    exclude: Exclude = None,
    down: Down = None,
    events: Events = None,
    ticket: Ticket = None,
    seconds: Seconds = None,
    credit: Credit = None,
    terms: Terms = None,
    evidence: EvidenceWords = None,
    pack: Packs = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Put another offer on the table, in place of your last one.

    **Example**

      sepakat disputes counter DISPUTE --statement "our last word" --exclude 2026-11-10T10:00:00Z/2026-11-10T10:45:00Z
    """
    offer = remedy(exclude, down, events, ticket, seconds, credit, terms)
    if offer is None:
        raise BadInput("say what you offer: --exclude, --down, --events, --seconds, --credit or --terms")
    body = {"statement": statement, "evidence": evidence_of(evidence, pack), "offer": offer}
    _act(id, "counter", body, url, api_key_file, as_json)


@disputes.command("accept")
def accept(
    id: Id,
    offer: Annotated[
        int | None, typer.Option(help="the number of the other party's offer; what is asked is offer 1")
    ] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Settle a dispute for the other party's offer. It binds both.

    Without --offer it is the only one that there is. `sepakat disputes show` lists them with their numbers.

    **Example**

      sepakat disputes accept DISPUTE --offer 2
    """
    with Client.of(url, api_key_file) as client:
        path = f"/v1/disputes/{segment(id)}"
        number = offer if offer is not None else the_only_offer(client.get("incidents", path))
        _tell(client.post("incidents", f"{path}/accept", {"offer": number}), as_json)


@disputes.command("withdraw")
def withdraw(
    id: Id,
    statement: OptionalWords = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Give up a dispute that you raised.

    **Example**

      sepakat disputes withdraw DISPUTE --statement "raised by mistake"
    """
    _act(id, "withdraw", {"statement": statement}, url, api_key_file, as_json)


@disputes.command("decide")
def decide(
    id: Id,
    result: Annotated[Result, typer.Option(help="what was decided")],
    statement: Words,
    exclude: Exclude = None,
    down: Down = None,
    events: Events = None,
    ticket: Ticket = None,
    seconds: Seconds = None,
    credit: Credit = None,
    terms: Terms = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Decide, with the mediator's key; or record what the mediator or the forum decided, with an operator's.

    **Example**

      sepakat disputes decide DISPUTE --result upheld --statement "award of 12 January"
    """
    body = {"result": result.value, "statement": statement,
            "remedy": remedy(exclude, down, events, ticket, seconds, credit, terms)}  # fmt: skip
    _act(id, "decide", body, url, api_key_file, as_json)


def _act(id: str, what: str, body: object, url: Urls, api_key_file: ApiKeyFile, as_json: bool) -> None:
    with Client.of(url, api_key_file) as client:
        _tell(client.post("incidents", f"/v1/disputes/{segment(id)}/{what}", body), as_json)


def _tell(dispute: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(dispute)
        return
    print_line(f"{dispute['id']}: {stands(dispute)}")


__all__ = ["disputes"]
