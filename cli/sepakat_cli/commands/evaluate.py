"""`sepakat evaluate`: the services' own measuring, on files, without a server."""

import json
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from sepakat_cli.output import BAD_INPUT, fail
from sepakat_metrics import duplicates, evaluation, events
from sepakat_metrics.buckets import History
from sepakat_metrics.windows import Interval
from sepakat_shared.contracts import texts
from sepakat_shared.errors import SepakatError


class BadFile(Exception):
    """A file that can't be evaluated; the text names the place, the field and the rule."""


def evaluate_files(
    text: str, lines: Iterable[bytes], as_of: datetime | None = None, period: Interval | None = None
) -> dict[str, Any]:
    """What `sepakat evaluate --json` prints. Raises BadFile."""
    agreement, indicators = _read_agreement(text)
    facts = _read_events(lines)
    histories = _fold(agreement, indicators, facts)
    at = events.to_ms(as_of) if as_of else max((fact.at for each in facts.values() for fact in each), default=None)
    if at is None and period is not None:
        at = period[1]
    if at is None:
        raise BadFile("there is no event to take the time from; give --as-of or --period")
    shown = []
    for objective in agreement.objectives:
        try:
            figure = evaluation.evaluate(
                agreement, objective, indicators.get(objective.indicator),
                histories.get(objective.indicator, History()), at, period,
            )  # fmt: skip
        except evaluation.Unsupported as error:
            raise BadFile(str(error)) from error
        shown.append(evaluation.shown(agreement, figure))
    return {"objectives": shown}


def _read_agreement(text: str) -> tuple[texts.Agreement, dict[str, texts.Indicator]]:
    try:
        documents = texts.parse_documents(text)
    except SepakatError as error:
        raise BadFile(error.detail) from error
    agreements = [each for each in documents if isinstance(each, texts.Agreement)]
    if len(agreements) != 1:
        raise BadFile(f"there must be exactly one document of kind Agreement; there are {len(agreements)}")
    indicators = {each.metadata.id: each for each in documents if isinstance(each, texts.Indicator)}
    return agreements[0], indicators


def _read_events(lines: Iterable[bytes]) -> dict[str, list[events.Fact]]:
    """The facts of every indicator, each once."""
    facts: dict[str, list[events.Fact]] = {}
    seen: set[bytes] = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            fact = events.parse_line(line)
        except events.BadEvent as error:
            raise BadFile(f"line {number}: {error}") from error
        id = duplicates.key(fact.source, fact.id)
        if id not in seen:
            seen.add(id)
            facts.setdefault(fact.indicator, []).append(fact)
    return facts


def _fold(
    agreement: texts.Agreement, indicators: dict[str, texts.Indicator], facts: dict[str, list[events.Fact]]
) -> dict[str, History]:
    histories: dict[str, History] = {}
    for objective in agreement.objectives:
        history = histories.setdefault(objective.indicator, History())
        threshold = evaluation.threshold_of(objective)
        history.thresholds = (*history.thresholds, *([threshold] if threshold is not None else []))
        _check_kind(objective, indicators.get(objective.indicator), facts.get(objective.indicator, []))
    for id, history in histories.items():
        for fact in facts.get(id, []):
            history.add(fact)
    return histories


def _check_kind(objective: texts.Objective, indicator: texts.Indicator | None, facts: list[events.Fact]) -> None:
    needed = evaluation.MEASURES.get(objective.measure)
    unit = evaluation.unit_of(objective)
    for fact in facts:
        if needed is not None and fact.kind != needed:
            raise BadFile(f"event {fact.id}: type: {objective.id} ({objective.measure}) needs {needed} events")
        if unit is not None and fact.unit != unit:
            raise BadFile(f"event {fact.id}: data.unit: is kept in {fact.unit}, but {objective.id} is in {unit}")
        if indicator is not None and indicator.sources and fact.source not in indicator.sources:
            raise BadFile(f"event {fact.id}: source: {fact.source!r} may not feed {fact.indicator}")


def _instant(text: str, option: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise BadFile(f"{option}: {text!r} is not an RFC 3339 instant with its offset, such as 2026-11-01T00:00:00Z")
    return at


def _interval(text: str) -> Interval:
    start, slash, end = text.partition("/")
    if not slash:
        raise BadFile("--period: write START/END, two instants")
    span = events.to_ms(_instant(start, "--period")), events.to_ms(_instant(end, "--period"))
    if span[0] >= span[1]:
        raise BadFile("--period: the end must be after the start")
    return span


def command(
    agreement: Annotated[
        Path, typer.Argument(help="YAML or JSON with one Agreement, and its Indicators if you have them")
    ],
    measured: Annotated[
        Path, typer.Argument(metavar="EVENTS", help="CloudEvents in JSON, one a line; - for standard input")
    ],
    as_of: Annotated[str | None, typer.Option(help="judge as of this instant; else as of the last event")] = None,
    period: Annotated[
        str | None, typer.Option(help="START/END: this interval instead of each objective's window")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON instead of a table")] = False,
) -> None:
    """Judge an agreement's objectives by a file of metric events, without any server.

    Example: sepakat evaluate agreement.yaml events.ndjson --as-of 2026-12-01T00:00:00+07:00
    """
    try:
        lines = sys.stdin.buffer if str(measured) == "-" else measured.read_bytes().splitlines()
        result = evaluate_files(
            agreement.read_text(encoding="utf-8"), lines, _instant(as_of, "--as-of") if as_of else None,
            _interval(period) if period else None,
        )  # fmt: skip
    except (BadFile, OSError, UnicodeDecodeError) as error:
        fail(BAD_INPUT, str(error))
    if as_json:
        print(json.dumps(result))  # noqa: T201 - data goes to standard output
    else:
        Console().print(_table(result))


def _table(result: dict[str, Any]) -> Table:
    table = Table("objective", "period", "attainment", "target", "state", "budget left")
    for each in result["objectives"]:
        budget = each["budget"]
        table.add_row(
            each["objective"],
            f"{each['period']['start']}\n{each['period']['end']}",
            f"{each['attainment']} %" if each["attainment"] is not None else "nothing observed",
            f"{each['target']} %",
            each["state"],
            f"{budget['remaining']} of {budget['total']} {budget['unit']}",
        )
    return table
