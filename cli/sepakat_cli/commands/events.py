"""`sepakat events`: metric events from a file or a pipe, with an account of every line, and what became of them."""

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import httpx
import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from sepakat_cli.client import ApiKeyFile, Client, Urls, problem_text
from sepakat_cli.files import why_not
from sepakat_cli.output import (
    AsJson,
    BadInput,
    CommandFailed,
    InPart,
    Refused,
    Unreachable,
    explained,
    print_json,
    print_line,
    print_table,
    say,
    words,
)

events = typer.Typer(
    no_args_is_help=True, help=explained("Metric events: what is measured.", "sepakat events send november.ndjson")
)

LINES = "application/x-ndjson"
_BATCH_LINES, _BATCH_BYTES = 500, 1_000_000
_LOOKED_AT, _NAMED = 5, 5
_TRIES, _FIRST_PAUSE = 6, 0.5
_BUSY = (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.BAD_GATEWAY, httpx.codes.SERVICE_UNAVAILABLE,
         httpx.codes.GATEWAY_TIMEOUT)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One event as it stands in the file; `number` counts from 1, empty lines included."""

    number: int
    text: bytes


@dataclass
class Account:
    """What became of the events so far. `rejections` are {line, id, reason}; `waiting` counts what is parked by
    indicator.
    """

    accepted: int = 0
    duplicate: int = 0
    parked: int = 0
    waiting: Counter[str] = field(default_factory=Counter)
    rejections: list[dict[str, Any]] = field(default_factory=list)

    @property
    def taken(self) -> int:
        return self.accepted + self.duplicate + self.parked

    def note(self, line: Line, result: dict[str, Any]) -> None:
        outcome = result["outcome"]
        if outcome == "rejected":
            self.rejections.append({"line": line.number, "id": result.get("id"), "reason": result["reason"]})
        else:
            setattr(self, outcome, getattr(self, outcome) + 1)
        if outcome == "parked":
            self.waiting[result["indicator"]] += 1

    def shown(self) -> dict[str, Any]:
        return {
            "accepted": self.accepted, "duplicate": self.duplicate, "parked": self.parked,
            "waiting": dict(self.waiting), "rejected": len(self.rejections), "rejections": self.rejections,
        }  # fmt: skip


@events.command("send")
def send(
    file: Annotated[Path, typer.Argument(help="CloudEvents in JSON, one a line; - for standard input")],
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Send metric events, and say what became of each: accepted, duplicate, parked or rejected.

    Sending a file again is harmless: what was taken is known by its source and id. Exit code 4: some lines were
    rejected; 1: all were.

    **Examples**

      sepakat events send november.ndjson

      my-probe --follow | sepakat events send -
    """
    account = Account()
    with Client.of(url, api_key_file) as client, _opened(file) as lines:
        try:
            _send_all(client, file, lines, account)
        finally:
            # What was taken before the service went away is told too.
            _report(account, as_json)
    if account.rejections and not account.taken:
        raise CommandFailed("every event was rejected")
    if account.rejections:
        raise InPart(f"{len(account.rejections)} of {account.taken + len(account.rejections)} events were rejected")


def _send_all(client: Client, file: Path, lines: BinaryIO, account: Account) -> None:
    with _progress(file, account) as sent:
        for first, batch in enumerate(batches(lines)):
            if not first:
                _check_beginning(file, batch)
            send_batch(client, batch, account)
            sent(batch)


def _check_beginning(file: Path, batch: Sequence[Line]) -> None:
    """Raises BadInput where a file is of something else, before each of its lines is refused. A pipe may have noise."""
    begin = [line.text for line in batch[:_LOOKED_AT]]
    if str(file) == "-" or any(text.startswith(b"{") for text in begin):
        return
    if begin[0].startswith((b"apiVersion:", b"---", b"kind:", b"#")):
        raise BadInput(f"{file} looks like YAML, not like events in JSON; texts are for `sepakat apply -f {file}`")
    raise BadInput(f"{file} holds no events: each line is a JSON object, and none of the first {len(begin)} is")


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    if str(file) == "-":
        yield sys.stdin.buffer
        return
    try:
        opened = file.open("rb")
    except OSError as error:
        raise BadInput(f"{file}: {why_not(error)}") from error
    with opened:
        yield opened


def batches(stream: BinaryIO) -> Iterator[list[Line]]:
    """The lines of a stream in groups that fit into a request; what a pipe holds is not kept waiting for more."""
    # Where there is `read1`, it does not wait until it has all that was asked for.
    read = getattr(stream, "read1", stream.read)
    number, rest = 0, b""
    while chunk := read(_BATCH_BYTES):
        *whole, rest = (rest + chunk).split(b"\n")
        yield from _grouped(number, whole)
        number += len(whole)
    yield from _grouped(number, [rest])


def _grouped(before: int, texts: Sequence[bytes]) -> Iterator[list[Line]]:
    # A carriage return within a JSON text is mere white space, but would be the end of a line to the service.
    lines = [Line(before + i, text.replace(b"\r", b" ").strip()) for i, text in enumerate(texts, start=1)]
    full = [line for line in lines if line.text]
    for start in range(0, len(full), _BATCH_LINES):
        yield full[start : start + _BATCH_LINES]


def send_batch(client: Client, batch: Sequence[Line], account: Account) -> None:
    """Send and account for `batch`; in halves where the service finds it too large. Raises Refused, Unreachable."""
    answer = _answer(client, batch)
    if answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
        if len(batch) == 1:
            account.note(batch[0], {"outcome": "rejected", "reason": problem_text(answer)})
            return
        middle = len(batch) // 2
        send_batch(client, batch[:middle], account)
        send_batch(client, batch[middle:], account)
        return
    for line, result in zip(batch, _results(answer, batch), strict=True):
        account.note(line, result)


def _answer(client: Client, batch: Sequence[Line]) -> httpx.Response:
    """The service's answer, tried again while it is busy or away: an event that arrives twice counts once."""
    body = b"\n".join(line.text for line in batch)
    pause = _FIRST_PAUSE
    for attempt in range(1, _TRIES + 1):
        try:
            answer = client.exchange("POST", "metrics", "/v1/events", content=body, headers={"content-type": LINES})
        except Unreachable as error:
            if attempt == _TRIES or "metrics" not in client.urls:
                raise Unreachable(f"{error}\n  stopped at line {batch[0].number}; send the file again") from error
        else:
            if answer.status_code not in _BUSY:
                return answer
            if attempt == _TRIES:
                raise Unreachable(
                    f"metrics is too busy or away ({answer.status_code}: {problem_text(answer)})\n"
                    f"  stopped at line {batch[0].number}; send the file again"
                )
        time.sleep(pause)
        pause *= 2
    raise AssertionError("the last try returns or raises")


def _results(answer: httpx.Response, batch: Sequence[Line]) -> list[dict[str, Any]]:
    try:
        results = answer.json()["results"]
    except (ValueError, KeyError, TypeError):
        results = None
    if not isinstance(results, list) or len(results) != len(batch):
        raise Refused(f"metrics said {answer.status_code}: {problem_text(answer)}", answer.status_code)
    return results


@contextmanager
def _progress(file: Path, account: Account) -> Iterator[Any]:
    """Progress on standard error, where that is a terminal; yields what to call with each batch sent."""
    total = None if str(file) == "-" else file.stat().st_size
    bar = Progress(
        TextColumn("sending"), BarColumn(), TextColumn("{task.fields[taken]} taken, {task.fields[rejected]} rejected"),
        TimeElapsedColumn(), console=words, transient=True, disable=not words.is_terminal,
    )  # fmt: skip
    with bar:
        task = bar.add_task("", total=total, taken=0, rejected=0)

        def sent(batch: Sequence[Line]) -> None:
            size = sum(len(line.text) + 1 for line in batch)
            bar.update(task, advance=size, taken=account.taken, rejected=len(account.rejections))

        yield sent


def _report(account: Account, as_json: bool) -> None:
    if as_json:
        print_json(account.shown())
        return
    for each in account.rejections:
        print_line(f"line {each['line']}: {each['reason']}")
    shown = account.shown()
    print_line(", ".join(f"{shown[name]} {name}" for name in ("accepted", "duplicate", "parked", "rejected")))
    if account.parked:
        most = account.waiting.most_common(_NAMED)
        named = ", ".join(f"{count} for {indicator}" for indicator, count in most)
        more = f" and {len(account.waiting) - _NAMED} more" if len(account.waiting) > _NAMED else ""
        say(f"parked until their indicator is registered (`sepakat apply`; see how it is spelt): {named}{more}")


@events.command("parked")
def parked(url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """List the indicators that nobody has registered and that events wait for: often, a name with a slip in it.

    **Example**

      sepakat events parked --api-key-file rina.key
    """
    with Client.of(url, api_key_file) as client:
        items = client.get("metrics", "/v1/events/parked")["items"]
    if as_json:
        print_json({"items": items})
        return
    columns = ("indicator", "events", "first", "last", "kept until")
    rows = ((each["indicator"], each["events"], each["first"], each["last"], each["kept_until"]) for each in items)
    print_table(columns, rows, "no event waits for an indicator")


@events.command("rejected")
def rejected(url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """List the latest events that were sent with this key and not taken, with the reason.

    **Example**

      sepakat events rejected --api-key-file probe.key
    """
    with Client.of(url, api_key_file) as client:
        items = client.get("metrics", "/v1/events/rejected")["items"]
    if as_json:
        print_json({"items": items})
        return
    rows = ((each["at"], each["event"] or "", each["reason"]) for each in items)
    print_table(("at", "event", "reason"), rows, "no event was rejected")
