"""`sepakat explain`: why a figure is what it is."""

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.commands.figure_options import OfAgreement, OfObjective, OfPeriod
from sepakat_cli.output import AsJson, print_json, print_line, say


def explain(
    agreement: OfAgreement,
    objective: OfObjective,
    period: OfPeriod = None,
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
    if len(told["parts"]) > 1:
        spans = ", ".join(f"{each['period']['start']}/{each['period']['end']}" for each in told["parts"])
        say(
            f"an amendment split that period: {spans}; this is by version {told['version']}. --period with an instant "
            "in a part is of that one; START/END is judged by the text in force at START"
        )
