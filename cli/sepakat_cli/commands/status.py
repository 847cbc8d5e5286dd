"""`sepakat status`: how every objective stands."""

from typing import Annotated, Any

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls
from sepakat_cli.output import AsJson, print_json, print_table


def status(
    agreement: Annotated[str | None, typer.Option(help="only this agreement's objectives")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Show how every objective stands: attainment against target, state, and what is left of its budget.

    Of a mean or percentile it shows that, in the unit of its limit.

    **Examples**

      sepakat status

      sepakat status --agreement toko-checkout --json | jq '.items[] | select(.state == "breached")'
    """
    with Client.of(url, api_key_file) as client:
        items = list(client.items("metrics", "/v1/status", agreement=agreement))
    if as_json:
        print_json({"items": items})
        return
    print_table(
        ("agreement", "objective", "state", "attainment", "target", "budget left", "coverage", "until"),
        (_row(each) for each in items),
        "no objective is measured yet: sign an agreement, register its indicators and send events",
    )


def _row(item: dict[str, Any]) -> tuple[str, ...]:
    return (
        item["agreement"],
        item["objective"],
        item["state"] if item.get("reason") is None else f"{item['state']}: {item['reason']}",
        _figure(item.get("value" if item.get("unit") else "attainment"), item),
        _figure(item["target"], item),
        budget_left(item.get("budget")),
        percent(item.get("coverage")),
        (item.get("period") or {}).get("end", ""),
    )


def _figure(value: str | None, item: dict[str, Any]) -> str:
    """A mean or percentile, and its limit, are in the unit of that limit; all else is a percentage."""
    unit = item.get("unit")
    if value is None or unit is None:
        return percent(value)
    digits = value.rstrip("0").rstrip(".") if "." in value else value
    return f"{digits} {unit}"


def percent(value: str | None) -> str:
    return "-" if value is None else f"{value} %"


def budget_left(budget: dict[str, Any] | None) -> str:
    """`4 min 12 s of 43 min 12 s` where the unit is seconds, else the numbers."""
    if not budget:
        return "-"
    if budget["unit"] != "seconds":
        return f"{budget['remaining']} of {budget['total']} {budget['unit']}"
    return f"{duration(float(budget['remaining']))} of {duration(float(budget['total']))}"


def duration(seconds: float) -> str:
    """Seconds as a person says them: the two largest units, and tenths under a minute."""
    if seconds < 0:
        return "-" + duration(-seconds)
    if seconds < 60:
        return f"{seconds:.1f} s".replace(".0 ", " ")
    whole = int(seconds)
    parts = [(whole // 86_400, "d"), (whole // 3600 % 24, "h"), (whole // 60 % 60, "min"), (whole % 60, "s")]
    first = next(i for i, (number, _) in enumerate(parts) if number)
    return " ".join(f"{number} {unit}" for number, unit in parts[first : first + 2] if number)
