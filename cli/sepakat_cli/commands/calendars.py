"""`sepakat calendar`: what the business hours of a text come to, without any server."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from sepakat_cli.commands.apply import read_documents
from sepakat_cli.output import AsJson, BadInput, explained, print_json, print_line, print_table
from sepakat_shared import previews
from sepakat_shared.contracts import texts
from sepakat_shared.previews import Day, Opening

calendar = typer.Typer(
    no_args_is_help=True,
    help=explained(
        "Calendars of agreements: hours, holidays, clock changes.",
        "sepakat calendar preview agreement.yaml --from 2026-03-27 --days 7",
    ),
)


@calendar.command("preview")
def preview(
    file: Annotated[Path, typer.Argument(help="YAML or JSON with agreements; - for standard input")],
    named: Annotated[str | None, typer.Option("--calendar", help="only the calendar of this id")] = None,
    first: Annotated[str | None, typer.Option("--from", help="the first day, YYYY-MM-DD; today if not said")] = None,
    days: Annotated[int, typer.Option(min=1, max=400, help="how many")] = 14,
    as_json: AsJson = False,
) -> None:
    """Show day by day when each calendar of a text is open, with holidays and UTC offsets.

    **Example**

      sepakat calendar preview agreement.yaml --from 2026-03-27 --days 7
    """
    agreements = [each for each in read_documents(file) if isinstance(each, texts.Agreement)]
    found = [each for text in agreements for each in text.calendars if named in (None, each.id)]
    if not found:
        known = ", ".join(each.id for text in agreements for each in text.calendars) or "none"
        raise BadInput(f"{file}: there is no calendar {named or ''} in it; there is: {known}".replace("  ", " "))
    shown = {each.id: previews.preview(each, _first(first, each), days) for each in found}
    if as_json:
        print_json({"calendars": [_as_json(each, shown[each.id]) for each in found]})
        return
    for each in found:
        print_line(f"{each.id}, {each.time_zone}")
        print_table(("day", "open", ""), (_row(day) for day in shown[each.id]), "")


def _first(written: str | None, calendar: texts.Calendar) -> date:
    if written is None:
        return datetime.now(UTC).astimezone(ZoneInfo(calendar.time_zone)).date()
    try:
        day = date.fromisoformat(written)
    except ValueError as error:
        raise BadInput(f"--from: {written!r} is not a day such as 2026-03-27") from error
    if not date(1970, 1, 2) <= day <= date(8999, 1, 1):
        raise BadInput("--from: must be within 1970-01-02 and 8999-01-01")
    return day


def _row(day: Day) -> list[str]:
    notes = ["holiday"] if day.is_holiday else []
    notes += ["clocks change"] if day.is_short_or_long else []
    return [f"{day.date:%a %Y-%m-%d}", ", ".join(_said(each) for each in day.openings) or "closed", ", ".join(notes)]


def _said(opening: Opening) -> str:
    """With the offset of its begin, and that of its end where that is another one."""
    begins, ends = opening.start, opening.end
    until = "24:00" if ends.date() > begins.date() else f"{ends:%H:%M}"
    offset = _offset(begins) if begins.utcoffset() == ends.utcoffset() else f"{_offset(begins)}/{_offset(ends)}"
    return f"{begins:%H:%M}-{until} {offset}"


def _offset(at: datetime) -> str:
    return at.isoformat()[-6:]


def _as_json(calendar: texts.Calendar, days: list[Day]) -> dict[str, Any]:
    return {
        "id": calendar.id,
        "time_zone": calendar.time_zone,
        "days": [
            {
                "date": each.date.isoformat(),
                "holiday": each.is_holiday,
                "clocks_change": each.is_short_or_long,
                "open": [
                    {
                        "start": one.start.isoformat(timespec="seconds"),
                        "end": one.end.isoformat(timespec="seconds"),
                        "seconds": int(one.lasts.total_seconds()),
                    }
                    for one in each.openings
                ],
            }
            for each in days
        ],
    }
