"""`sepakat analytics`: how problems and conflicts were handled, as figures and as rows to take away."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls
from sepakat_cli.commands.keys import instant
from sepakat_cli.commands.status import duration
from sepakat_cli.output import AsJson, BadInput, print_json, print_table, say


class Grouping(StrEnum):
    PRIORITY = "priority"
    SERVICE = "service"
    CAUSE = "cause"
    NAMED_CAUSE = "named-cause"
    AGREEMENT = "agreement"
    MONTH = "month"


class Rows(StrEnum):
    INCIDENTS = "incidents"
    DISPUTES = "disputes"


def analytics(
    by: Annotated[Grouping, typer.Option(help="what the figures are grouped by")] = Grouping.PRIORITY,
    agreement: Annotated[str | None, typer.Option(help="only this agreement's")] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="what began from then on, RFC 3339; 90 days before --until if missing")
    ] = None,
    until: Annotated[str | None, typer.Option(help="and before then, RFC 3339; now if missing")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="print the rows behind the figures as CSV")] = False,
    as_ndjson: Annotated[bool, typer.Option("--ndjson", help="print them as NDJSON, one object a line")] = False,
    rows: Annotated[Rows, typer.Option(help="the rows of --csv and --ndjson")] = Rows.INCIDENTS,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Show how problems were handled: MTTA, MTTR and MTBF, how far escalations went, what disputes came to.

    MTTA is the mean time from the opening to the acknowledgement, MTTR from the opening to the end of the impact. MTBF
    is the time of the services within their agreements' terms, less that of impact, by the number of incidents. A level
    is the deepest one that was told. A cause is the kind of what opened an incident, a named cause
    what alerts or people have called it.

    **Examples**

      sepakat analytics --by service --from 2026-10-01T00:00:00Z --until 2026-11-01T00:00:00Z

      sepakat analytics --csv > incidents.csv

      sepakat analytics --ndjson --rows disputes | jq -r 'select(.result == "upheld") | .number'

      sepakat analytics --json | jq .total.mttr_seconds
    """
    if as_csv + as_ndjson + as_json > 1:
        raise BadInput("--csv, --ndjson and --json are three ways to print; choose one")
    asked = {
        "agreement": agreement,
        "start": None if start is None else instant(start, "--from").isoformat(),
        "until": None if until is None else instant(until, "--until").isoformat(),
    }
    with Client.of(url, api_key_file) as client:
        if as_csv or as_ndjson:
            params = {("from" if name == "start" else name): value for name, value in asked.items() if value}
            found = client.ask(
                "GET", "incidents", f"/v1/analytics/{rows.value}",
                params={**params, "format": "csv" if as_csv else "ndjson"},
            )  # fmt: skip
            typer.echo(found.content, nl=False)  # as it came: CSV has line ends of its own
            return
        figures = client.get("incidents", "/v1/analytics", by=by.value, agreement=asked["agreement"],
                             until=asked["until"], **({"from": asked["start"]} if start else {}))  # fmt: skip
    if as_json:
        print_json(figures)
        return
    _print(figures)


_COLUMNS = ("", "incidents", "open", "MTTA", "MTTR", "MTBF", "impact", "level reached", "repeated")


def _print(figures: dict[str, Any]) -> None:
    by = figures["by"]
    groups = [_row(each[by], each) for each in figures["groups"]]
    shown = [*groups, _row("all", figures["total"])] if groups else []
    print_table((by, *_COLUMNS[1:]), shown, f"no incident began from {figures['from']} until {figures['until']}")
    disputes = figures.get("disputes")
    if disputes and disputes["raised"]:
        came_to = ", ".join(f"{count} {result}" for result, count in disputes["results"].items())
        mean = disputes["took"]["mean"]
        took = "" if mean is None else f"; {duration(mean)} from raised to ended, on average"
        say(
            f"disputes: {disputes['raised']} raised, {disputes['open']} open"
            + (f", {came_to}" if came_to else "")
            + took
        )


def _row(name: str, figures: dict[str, Any]) -> tuple[object, ...]:
    levels = ", ".join(f"{level}: {count}" for level, count in figures["levels"].items())
    times = (figures[each] for each in ("mtta_seconds", "mttr_seconds", "mtbf_seconds", "impact_seconds"))
    return (
        name, figures["incidents"], figures["open"], *("-" if each is None else duration(each) for each in times),
        levels, figures["repeated"],
    )  # fmt: skip
