"""`sepakat explain`: why a figure is what it is."""

from typing import Annotated

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.output import AsJson, print_json, print_line


def explain(
    agreement: Annotated[str, typer.Argument(help="the agreement's id")],
    objective: Annotated[str, typer.Argument(help="the objective's id in it")],
    period: Annotated[
        str | None,
        typer.Option(
            help="START/END (366 days at most), or a day or month that the period holds; else the present one"
        ),
    ] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Say why a figure is what it is: the arithmetic step by step, and when it lost most.

    **Examples**

      sepakat explain toko-checkout availability

      sepakat explain toko-checkout availability --period 2026-11 --json | jq '.losses[0]'
    """
    path = f"/v1/agreements/{segment(agreement)}/objectives/{segment(objective)}/explanation"
    with Client.of(url, api_key_file) as client:
        told = client.get("metrics", path, period=period)
    if as_json:
        print_json(told)
        return
    for step in told["steps"]:
        print_line(step)
