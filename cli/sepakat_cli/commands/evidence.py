"""`sepakat evidence` fetches what a figure follows from; `sepakat verify` recomputes it with nothing but the file."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.commands.figure_options import OfAgreement, OfObjective, OfPeriod
from sepakat_cli.files import text_of, why_not
from sepakat_cli.output import FAILED, AsJson, BadInput, print_json, print_line, print_table, say
from sepakat_metrics import evidence as packs
from sepakat_shared.messages import NOT_JSON


def evidence(
    agreement: OfAgreement,
    objective: OfObjective,
    period: OfPeriod = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="write to this file; else to standard output")
    ] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
) -> None:
    """Fetch the signed evidence of an objective over a period.

    **Example**

      sepakat evidence toko-checkout availability --period 2026-11 -o november.json && sepakat verify november.json
    """
    path = f"/v1/agreements/{segment(agreement)}/objectives/{segment(objective)}/evidence"
    with Client.of(url, api_key_file) as client:
        pack = client.get("metrics", path, period=period)
    if output is None:
        print_json(pack)
        return
    try:
        output.write_text(json.dumps(pack, ensure_ascii=False), encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{output} can't be written: {why_not(error)}") from error
    span, number = pack["period"], pack["agreement"]["version"]
    say(
        f"{output}: evidence {pack['hash']} of {span['start']} to {span['end']} by version {number}, "
        f"{len(pack['buckets'])} days of buckets"
    )


def verify(
    pack: Annotated[str, typer.Argument(metavar="PACK", help="the file; - for standard input")],
    key: Annotated[
        str | None, typer.Option(help="ed25519:…, the key that must have signed it; `/v1/evidence-key` tells it")
    ] = None,
    agreed: Annotated[
        list[str] | None,
        typer.Option(
            help="sha256:…, the hash of the text that both parties signed; "
            "again for each version that cases of before an amendment are judged by"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Recompute a verdict from its evidence, offline: print the arithmetic, and name whatever was edited.

    **Examples**

      sepakat verify november.json

      sepakat verify november.json --agreed sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    """
    found = packs.verify(_read(pack), key, agreed or ())
    if as_json:
        print_json(_as_json(found))
    else:
        for step in found.arithmetic:
            print_line(step)
        print_table(
            ("check", "", "finding"),
            ((check.name, "ok" if check.ok else "FAILED", check.finding) for check in found.checks),
            "nothing was checked",
        )
        say("the verdict follows from the evidence" if found.ok else "this evidence does not hold: see what failed")
    if not found.ok:
        raise typer.Exit(FAILED)


def _read(path: str) -> Any:
    try:
        return packs.read(text_of(Path(path)))
    except NOT_JSON as error:
        raise BadInput(f"{path} is no evidence pack, which is JSON: {error}; `sepakat evidence` gets one") from error


def _as_json(found: packs.Verification) -> dict[str, Any]:
    return {
        "ok": found.ok,
        "checks": [{"name": each.name, "ok": each.ok, "finding": each.finding} for each in found.checks],
        "figure": found.figure,
        "arithmetic": list(found.arithmetic),
    }
