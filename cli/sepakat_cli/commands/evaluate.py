"""`sepakat evaluate`: the services' own measuring, on files, without a server."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from sepakat_cli.files import require, text_of, why_not
from sepakat_cli.output import BAD_INPUT, BadInput, fail, print_line, print_table, say, words
from sepakat_metrics import duplicates, events, explanation, figures, losses, profiles, quick
from sepakat_metrics.evaluation import evaluate
from sepakat_metrics.history import History
from sepakat_metrics.terms import Terms, Unsupported
from sepakat_metrics.windows import Interval
from sepakat_shared.calendars import to_ms
from sepakat_shared.contracts import reading, texts
from sepakat_shared.errors import SepakatError

_HORIZON = 1_000_000
"""Events of a file in which one that comes twice is seen, as in the service."""
_LONG_BYTES = 5_000_000
"""A file that takes long enough for a person to wonder."""
_TOLD_EVERY = 10_000


class BadFile(Exception):
    """A file that can't be evaluated; the text names the place, the field and the rule."""


def evaluate_files(
    text: str, lines: Iterable[bytes], as_of: datetime | None = None, period: Interval | None = None,
    as_if: texts.Profile | None = None, explain: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """What `sepakat evaluate --json` prints. Raises BadFile.

    Events are folded as they are read: what is kept is a minute of counts, not an event.
    """
    agreement, indicators = read_agreement(text)
    folding = Folding(agreement, indicators)
    folding.read(lines)
    at = to_ms(as_of) if as_of else folding.last
    if at is None and period is not None:
        at = period[1]
    if at is None:
        raise BadFile("there is no event to take the time from; give --as-of or --period")
    found = [folding.shown(objective, at, period, as_if) for objective in agreement.objectives]
    if explain:
        for figure, objective in zip(found, agreement.objectives, strict=True):
            figure["explanation"] = folding.explained(objective, at, period)
    return {"objectives": found}


def read_agreement(text: str) -> tuple[texts.Agreement, dict[str, texts.Indicator]]:
    try:
        documents = reading.parse_documents(text)
    except SepakatError as error:
        raise BadFile(error.detail) from error
    agreements = [each for each in documents if isinstance(each, texts.Agreement)]
    if len(agreements) != 1:
        raise BadFile(f"there must be exactly one document of kind Agreement; there are {len(agreements)}")
    indicators = {each.metadata.id: each for each in documents if isinstance(each, texts.Indicator)}
    return agreements[0], indicators


class Folding:
    """The histories of the indicators that an agreement's objectives are on. Any event may be the first of its kind.

    An objective that can't be judged by the events of its indicator ends the reading, unless there is a place for
    what is `refused`: the reason by the objective's id.
    """

    def __init__(
        self, agreement: texts.Agreement, indicators: dict[str, texts.Indicator], refused: dict[str, str] | None = None
    ) -> None:
        self._refused = refused
        self._agreement = agreement
        self._indicators = indicators
        self._seen = duplicates.Seen(_HORIZON, 0)
        self._objectives: dict[str, list[texts.Objective]] = {}
        for objective in agreement.objectives:
            self._objectives.setdefault(objective.indicator, []).append(objective)
        self._terms: dict[str, list[Terms]] = {}
        self.histories: dict[str, History] = {}
        self.kinds: dict[str, str] = {}
        """The kind of the events of each indicator that there are events of."""
        self.first: int | None = None
        self.last: int | None = None
        """The times of the first and of the last event, in ms."""

    def read(self, lines: Iterable[bytes]) -> None:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                self._fold(_fact(line), number)
            except events.BadEvent as error:
                raise BadFile(f"line {number}: {error}") from error

    def _fold(self, fact: events.Fact, number: int) -> None:
        if not self._seen.add(duplicates.key(fact.source, fact.id), number):
            return
        self.first = fact.at if self.first is None else min(self.first, fact.at)
        self.last = fact.at if self.last is None else max(self.last, fact.at)
        if fact.indicator in self._objectives:
            history = self.histories.get(fact.indicator) or self._begin(fact)
            self._check(fact)
            history.add(fact)

    def _begin(self, fact: events.Fact) -> History:
        """The first event of an indicator that has no document tells its kind."""
        terms = self._terms[fact.indicator] = self._possible(fact)
        self.kinds[fact.indicator] = fact.kind
        history = self.histories[fact.indicator] = History()
        history.thresholds = tuple(each.threshold for each in terms if each.threshold is not None)
        if terms:
            history.set_silence(terms[0].silence)
        return history

    def _possible(self, fact: events.Fact) -> list[Terms]:
        terms = []
        for objective in self._objectives[fact.indicator]:
            try:
                terms.append(self._terms_of(objective, fact.kind))
            except BadFile as error:
                if self._refused is None:
                    raise
                self._refused[objective.id] = str(error)
        return terms

    def _terms_of(self, objective: texts.Objective, kind: str | None) -> Terms:
        indicator = self._indicators.get(objective.indicator)
        kind = indicator.kind_of_events if indicator else kind
        try:
            return Terms(self._agreement, objective, indicator, kind=kind)
        except (Unsupported, profiles.NotApplicable) as error:
            raise BadFile(str(error)) from error

    def _check(self, fact: events.Fact) -> None:
        for terms in self._terms[fact.indicator]:
            id, measure = terms.objective.id, terms.objective.measure
            if fact.kind != terms.kind:
                raise BadFile(f"event {fact.id}: type: {id} ({measure}) needs {terms.kind} events")
            if terms.unit is not None and fact.unit != terms.unit:
                raise BadFile(f"event {fact.id}: data.unit: is kept in {fact.unit}, but {id} is in {terms.unit}")
            indicator = terms.indicator
            if indicator is not None and indicator.sources and fact.source not in indicator.sources:
                raise BadFile(f"event {fact.id}: source: {fact.source!r} may not feed {fact.indicator}")

    def shown(
        self, objective: texts.Objective, at: int, period: Interval | None, as_if: texts.Profile | None
    ) -> dict[str, Any]:
        """The objective's figure, and beside it the one under another house's contract where that is asked for."""
        terms, history = self._measured(objective)
        figure = figures.shown(self._agreement, evaluate(terms, history, at, period))
        if as_if is None:
            return figure
        try:
            other = Terms(
                self._agreement, profiles.applied(objective, as_if, terms.kind), terms.indicator, kind=terms.kind
            )
        except profiles.NotApplicable as error:
            return {**figure, "as_if": {"profile": as_if, "reason": str(error)}}
        under = figures.shown(self._agreement, evaluate(other, history, at, period))
        return {**figure, "as_if": {"profile": as_if, **under}}

    def explained(self, objective: texts.Objective, at: int, period: Interval | None) -> list[str]:
        """How the objective's figure is arrived at, and where it lost most, a sentence a step."""
        terms, history = self._measured(objective)
        figure = evaluate(terms, history, at, period)
        return list(explanation.explained(terms, figure, losses.losses(terms, history, figure)))

    def _measured(self, objective: texts.Objective) -> tuple[Terms, History]:
        known = self._terms.get(objective.indicator) or [self._terms_of(objective, None)]
        terms = next(each for each in known if each.objective.id == objective.id)
        return terms, self.histories.get(objective.indicator, History())


def _fact(line: bytes) -> events.Fact:
    """The careful reader takes several times as long: it is asked for what is not plain, or wrong."""
    return quick.read(line) or events.parse_line(line)


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
    span = to_ms(_instant(start, "--period")), to_ms(_instant(end, "--period"))
    if span[0] >= span[1]:
        raise BadFile("--period: the end must be after the start")
    return span


@contextmanager
def opened(file: Path) -> Iterator[Iterable[bytes]]:
    """The lines of a file, one by one; with a bar of what is read so far where somebody waits for it."""
    if str(file) == "-":
        yield sys.stdin.buffer
        return
    try:
        lines = file.open("rb")
    except OSError as error:
        raise BadInput(f"{file}: {why_not(error)}") from error
    with lines:
        size = file.stat().st_size
        if size <= _LONG_BYTES or not words.is_terminal:
            yield lines
            return
        columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn()
        with Progress(*columns, console=words, transient=True) as progress:
            yield _told(lines, progress, size)


def _told(lines: BinaryIO, progress: Progress, size: int) -> Iterator[bytes]:
    task = progress.add_task("reading", total=size)
    for number, line in enumerate(lines, start=1):
        if number % _TOLD_EVERY == 0:
            progress.update(task, completed=lines.tell())
        yield line


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
    as_if: Annotated[
        texts.Profile | None,
        typer.Option(
            metavar="PROFILE",
            help=f"beside each figure, the one by another house's contract: {', '.join(profiles.NAMES)}",
        ),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="beside each figure, how it comes about and when it lost most")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON instead of a table")] = False,
) -> None:
    """Judge an agreement's objectives by a file of metric events, without any server.

    **Examples**

      sepakat evaluate agreement.yaml events.ndjson --as-of 2026-11-30T23:59:59+07:00

      sepakat evaluate agreement.yaml events.ndjson --as-if aws-s3

      sepakat evaluate agreement.yaml events.ndjson --explain
    """
    require([agreement, measured])
    try:
        with opened(measured) as lines:
            result = evaluate_files(
                text_of(agreement), lines, _instant(as_of, "--as-of") if as_of else None,
                _interval(period) if period else None, as_if, explain,
            )  # fmt: skip
    except BadFile as error:
        fail(BAD_INPUT, str(error))
    if as_json:
        print(json.dumps(result))  # noqa: T201 - data goes to standard output
    else:
        _print(result, as_if)


# -- as a table --------------------------------------------------------------------------------------------------------


def _print(result: dict[str, Any], as_if: str | None) -> None:
    columns = ["objective", "period", "measured", "target", "state", "budget left"]
    if as_if is not None:
        columns += [f"as if {as_if}", "state there"]
    print_table(columns, map(_row, result["objectives"]), "the agreement has no objectives")
    for each in result["objectives"]:
        if "reason" in each.get("as_if", ()):
            say(each["as_if"]["reason"])
    for each in result["objectives"]:
        if "explanation" in each:
            print_line("")
        for step in each.get("explanation", ()):
            print_line(step)


def _row(figure: dict[str, Any]) -> list[str]:
    period, other = figure["period"], figure.get("as_if")
    row = [figure["objective"], f"{period['start']} {period['end']}", _measured(figure), _target(figure),
           figure["state"], _budget_left(figure)]  # fmt: skip
    if other is None:
        return row
    return [*row, *(("-", "-") if "reason" in other else (_measured(other), other["state"]))]


def _measured(figure: dict[str, Any]) -> str:
    """The value of a percentile or mean in its unit; of anything else the share that was good."""
    value, unit = (figure["attainment"], "%") if figure["unit"] is None else (figure["value"], figure["unit"])
    return "nothing observed" if value is None else f"{value} {unit}"


def _target(figure: dict[str, Any]) -> str:
    return f"{figure['target']} {figure['unit'] or '%'}"


def _budget_left(figure: dict[str, Any]) -> str:
    budget = figure["budget"]
    return "no budget" if budget is None else f"{budget['remaining']} of {budget['total']} {budget['unit']}"
