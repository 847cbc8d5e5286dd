"""`sepakat backtest` and `sepakat agreements backtest`: what a text would have come to, on files or by the services."""

import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.commands.evaluate import BadFile, Folding, opened, read_agreement
from sepakat_cli.commands.keys import instant
from sepakat_cli.commands.status import budget_left, duration
from sepakat_cli.files import require, text_of
from sepakat_cli.output import AsJson, BadInput, CommandFailed, InPart, print_json, print_table, say
from sepakat_metrics import backtesting
from sepakat_metrics.backtesting import Trial
from sepakat_metrics.history import History
from sepakat_metrics.profiles import NotApplicable
from sepakat_metrics.terms import Unsupported
from sepakat_metrics.windows import Interval
from sepakat_shared.calendars import from_ms, to_ms
from sepakat_shared.contracts.compliance import BacktestedObjective
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.contracts.texts import Agreement, Indicator, Objective

_LOOK_EVERY: Final = 0.5
_PERIODS = ("objective", "from", "until", "reached", "target", "state", "budget left", "may be lost", "which costs",
            "credit")  # fmt: skip
_TOTALS = ("objective", "target", "periods", "met", "missed", "unverified", "no data", "credits",
           "met in 95 % with")  # fmt: skip
Wanted = Annotated[list[str] | None, typer.Option("--objective", help="its id, as often as you like; else all")]
Start = Annotated[str | None, typer.Option(help="first instant of the history (RFC 3339)")]
End = Annotated[str | None, typer.Option(help="the history ends before this instant (RFC 3339)")]


def of_files(
    agreement: Annotated[
        Path, typer.Argument(help="YAML or JSON with one Agreement, and its Indicators if you have them")
    ],
    measured: Annotated[
        Path, typer.Argument(metavar="EVENTS", help="CloudEvents in JSON, one a line; - for standard input")
    ],
    objective: Wanted = None,
    start: Start = None,
    end: End = None,
    as_json: AsJson = False,
) -> None:
    """Hold an agreement's targets against a file of metric events: every whole period from its first to its last event.

    **Example**

      sepakat backtest agreement.yaml events.ndjson --start 2026-01-01T00:00:00+07:00 --end 2026-11-01T00:00:00+07:00
    """
    since, until = _span(start, end)
    require([agreement, measured])
    try:
        with opened(measured) as lines:
            result = backtest_files(text_of(agreement), lines, objective or [], since, until)
    except BadFile as error:
        raise BadInput(str(error)) from error
    _print(result, as_json)


def of_agreement(
    agreement: Annotated[str, typer.Argument(help="the agreement's id")],
    version: Annotated[int | None, typer.Option(help="else the one that is negotiated, or the one in force")] = None,
    proposal: Annotated[int | None, typer.Option(help="an open one, as if it had been accepted")] = None,
    objective: Wanted = None,
    start: Start = None,
    end: End = None,
    show: Annotated[str | None, typer.Option(metavar="BACKTEST", help="read one that was asked for before")] = None,
    within: Annotated[float, typer.Option(help="seconds to wait for the answer")] = 60,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Hold a text's targets against what was recorded, before anybody signs it: the draft, a version, or a proposal.

    **Example**

      sepakat agreements backtest toko-checkout --proposal 1 --start 2026-01-01T00:00:00+07:00
    """
    since, until = _span(start, end)
    body = {"version": version, "proposal": proposal, "objectives": objective or [],
            "start": since and since.isoformat(), "end": until and until.isoformat()}  # fmt: skip
    path = f"/v1/agreements/{segment(agreement)}/backtests"
    with Client.of(url, api_key_file) as client:
        found = client.get("agreements", f"{path}/{segment(show)}") if show else client.post("agreements", path, body)
        last = time.monotonic() + within
        while found["state"] == "requested" and time.monotonic() < last:
            time.sleep(_LOOK_EVERY)
            found = client.get("agreements", f"{path}/{segment(found['backtest'])}")
    if found["state"] == "completed":
        _print(found, as_json)
        return
    if as_json:
        print_json(found)
    if found["state"] == "failed":
        raise CommandFailed(f"back-test {found['backtest']} can't be made: {found['reason']}")
    again = f"sepakat agreements backtest {agreement} --show {found['backtest']}"
    raise InPart(f"it was asked for, and is not answered yet; read it later: {again}")


def _span(start: str | None, end: str | None) -> tuple[datetime | None, datetime | None]:
    since = instant(start, "--start") if start is not None else None
    until = instant(end, "--end") if end is not None else None
    if since is not None and until is not None and since >= until:
        raise BadInput("--start must be before --end")
    return since, until


# -- on files ----------------------------------------------------------------------------------------------------------


def backtest_files(
    text: str, lines: Iterable[bytes], wanted: list[str], start: datetime | None, end: datetime | None
) -> dict[str, Any]:
    """What `sepakat backtest --json` prints. Raises BadFile."""
    agreement, indicators = read_agreement(text)
    objectives = {each.id: each for each in agreement.objectives}
    if unknown := [each for each in wanted if each not in objectives]:
        raise BadFile(f"--objective: {unknown[0]!r} is not an objective of that text")
    refused: dict[str, str] = {}
    folding = Folding(agreement, indicators, refused)
    folding.read(lines)
    if folding.first is None or folding.last is None:
        raise BadFile("there is no event: nothing was recorded that a target could be held against")
    span = to_ms(start) if start else folding.first, to_ms(end) if end else folding.last
    if span[0] >= span[1]:
        raise BadFile("--start, --end: nothing lies between them and the first and last event")
    tried: list[BacktestedObjective] = []
    left = backtesting.MOST_PERIODS
    for objective in [objectives[each] for each in dict.fromkeys(wanted)] or agreement.objectives:
        reason = refused.get(objective.id)
        if reason is None:
            tried.append(_try(folding, agreement, objective, indicators.get(objective.indicator), span, left))
        else:
            tried.append(backtesting.refused(objective, reason))
        left -= len(tried[-1].periods)
    return {
        "agreement": agreement.metadata.id, "start": rfc3339(from_ms(span[0])), "end": rfc3339(from_ms(span[1])),
        "objectives": [each.model_dump(mode="json") for each in tried],
    }  # fmt: skip


def _try(
    folding: Folding, agreement: Agreement, objective: Objective, indicator: Indicator | None, span: Interval, most: int
) -> BacktestedObjective:
    id = objective.indicator
    if id not in folding.kinds:
        return backtesting.refused(objective, f"objective {objective.id}: indicator: the file has no event of {id}")
    try:
        trial = Trial(agreement, objective, indicator, span, kind=folding.kinds[id], most=most)
    except (Unsupported, NotApplicable) as error:
        return backtesting.refused(objective, str(error))
    history: History = folding.histories[id]
    for periods in trial.runs:
        for _ in trial.judge(history, periods):
            pass
    return trial.result()


# -- as tables ---------------------------------------------------------------------------------------------------------


def _print(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(result)
        return
    say(f"whole periods between {result['start']} and {result['end']}")
    tried = [each for each in result["objectives"] if each["reason"] is None]
    rows = [_period(each, period) for each in tried for period in each["periods"]]
    print_table(_PERIODS, rows, "no whole period of any objective lies in that time")
    if rows:
        typer.echo()
        print_table(_TOTALS, [_total(each) for each in tried], "")
    for each in result["objectives"]:
        if each["reason"] is not None:
            say(each["reason"])
        elif each["approximate"]:
            say(f"{each['objective']}: about so, since measurements were compared with a limit nobody counted by")


def _period(objective: dict[str, Any], period: dict[str, Any]) -> tuple[str, ...]:
    loss = period["permitted_loss"]
    credit = period["credit"]
    return (
        objective["objective"], period["start"], period["end"], _reached(period), _target(objective), period["state"],
        budget_left(period["budget"]), "-" if loss is None else duration(float(loss)), _money(period["permitted_cost"]),
        "-" if credit is None else f"{credit['percent']} % ({_money(credit)})",
    )  # fmt: skip


def _total(objective: dict[str, Any]) -> tuple[str, ...]:
    totals = objective["totals"]
    met = totals["judged"] - totals["missed"]
    counts = (totals["periods"], met, totals["missed"], totals["unverified"], totals["no_data"])
    strictest = totals["strictest_target"]
    return (
        objective["objective"], _target(objective), *map(str, counts), _money(totals["credits"]),
        "no target" if strictest is None else f"{strictest} {objective['unit'] or '%'}",
    )  # fmt: skip


def _reached(period: dict[str, Any]) -> str:
    value, unit = (period["attainment"], "%") if period["unit"] is None else (period["value"], period["unit"])
    return "-" if value is None else f"{value} {unit}"


def _target(objective: dict[str, Any]) -> str:
    return f"{objective['target']} {objective['unit'] or '%'}"


def _money(given: dict[str, Any] | None) -> str:
    return "-" if given is None else f"{given['amount']} {given['currency']}"
