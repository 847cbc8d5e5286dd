"""`sepakat reports`: what people report, and the forms that they do it by."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.commands.incident_rows import shown_fields
from sepakat_cli.commands.keys import instant
from sepakat_cli.output import AsJson, BadInput, explained, print_json, print_line, print_table

reports = typer.Typer(
    no_args_is_help=True,
    help=explained(
        "Reports: problems that people tell of, and forms for them.",
        'sepakat reports file toko-checkout checkout "cards are refused" --impact high --urgency high',
    ),
)
forms = typer.Typer(
    no_args_is_help=True,
    help=explained(
        "Forms for reports, behind links that expire and can be taken back.",
        'sepakat reports forms create toko-checkout checkout --label "help page" --expires 2027-01-01T00:00:00Z',
    ),
)
reports.add_typer(forms, name="forms")
Agreement = Annotated[str, typer.Argument(help="the agreement's id")]
Service = Annotated[str, typer.Argument(help="the service of it that the problem is with")]
FormId = Annotated[str, typer.Argument(help="the form's id, as `sepakat reports forms list` shows it")]


class Language(StrEnum):
    ENGLISH = "en"
    INDONESIAN = "id"


class Degree(StrEnum):
    HIGH = "high"
    LOW = "low"


@reports.command("file")
def file(
    agreement: Agreement,
    service: Service,
    summary: Annotated[str, typer.Argument(help="what does not work, in one line")],
    details: Annotated[str, typer.Option(help="what else there is to know")] = "",
    impact: Annotated[Degree, typer.Option(help="how much of it does not work")] = Degree.LOW,
    urgency: Annotated[Degree, typer.Option(help="how little it can wait")] = Degree.LOW,
    something_else: Annotated[bool, typer.Option("--something-else", help="not the incident that is open")] = False,
    name: Annotated[str | None, typer.Option(help="who reports it")] = None,
    email: Annotated[str | None, typer.Option(help="where they are told how it goes")] = None,
    language: Annotated[Language, typer.Option(help="in which language")] = Language.ENGLISH,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Report a problem: it opens an incident, or belongs to the one of that service that is open.

    **Examples**

      sepakat reports file toko-checkout checkout "cards are refused" --impact high --urgency high

      sepakat reports file toko-checkout checkout "no receipts" --name Siti --email siti@tokomaju.example --language id
    """
    if (name is None) != (email is None):
        raise BadInput("--name and --email: give both, or none of them")
    body: dict[str, Any] = {
        "agreement": agreement, "service": service, "summary": summary, "details": details, "impact": impact.value,
        "urgency": urgency.value, "something_else": something_else,
    }  # fmt: skip
    if name is not None:
        body["reporter"] = {"name": name, "email": email, "language": language.value}
    with Client.of(url, api_key_file) as client:
        filed = client.post("incidents", "/v1/reports", body)
    if as_json:
        print_json(filed)
    else:
        print_line(f"{filed['number']}: {filed['status_url']}")


@reports.command("list")
def list_reports(
    agreement: Annotated[str | None, typer.Option(help="only this agreement's")] = None,
    incident: Annotated[str | None, typer.Option(help="only those about this incident")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """List reports, the latest first.

    **Example**

      sepakat reports list --agreement toko-checkout
    """
    with Client.of(url, api_key_file) as client:
        items = list(client.items("incidents", "/v1/reports", agreement=agreement, incident=incident))
    if as_json:
        print_json({"items": items})
        return
    columns = ("id", "number", "stage", "incident", "agreement", "service", "filed_at", "summary")
    print_table(columns, ([each.get(name) for name in columns] for each in items), "nothing has been reported")


@reports.command("show")
def show(
    report: Annotated[str, typer.Argument(help="the report's id, as `sepakat reports list` shows it")],
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Show a report, and each step that whoever filed it was told.

    Who that was is shown to the party that it came by.

    **Example**

      sepakat reports show $(sepakat reports list --json | jq -r '.items[0].id')
    """
    with Client.of(url, api_key_file) as client:
        found = client.get("incidents", f"/v1/reports/{segment(report)}")
    if as_json:
        print_json(found)
        return
    steps = found.pop("steps")
    print_table(("field", "value"), shown_fields(found), "")
    typer.echo()
    print_table(
        ("at", "step", "words"), ((each["at"], each["step"], each["words"]) for each in steps),
        "nothing was told since its number",
    )  # fmt: skip


@reports.command("forget")
def forget(
    report: Annotated[str, typer.Argument(help="the report's id, as `sepakat reports list` shows it")],
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
) -> None:
    """Erase who filed a report: name and address, here and wherever they were told. The report stays.

    **Example**

      sepakat reports forget 7c0e5b1f0a9d4e6f8123
    """
    with Client.of(url, api_key_file) as client:
        client.ask("DELETE", "incidents", f"/v1/reports/{segment(report)}/reporter")
    print_line(f"{report}: whoever filed it is forgotten")


@forms.command("create")
def create(
    agreement: Agreement,
    service: Service,
    label: Annotated[str, typer.Option(help="for your own eyes: where the link is put, say")] = "",
    expires: Annotated[str | None, typer.Option(help="until when it works, RFC 3339; 90 days if missing")] = None,
    per_hour: Annotated[int, typer.Option(help="reports that it takes in an hour")] = 60,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a form for reports: whoever has its link can use it.

    **Example**

      sepakat reports forms create toko-checkout checkout --label "help page" --expires 2027-01-01T00:00:00Z
    """
    body = {
        "agreement": agreement, "service": service, "label": label, "per_hour": per_hour,
        "expires_at": None if expires is None else instant(expires, "--expires").isoformat(),
    }  # fmt: skip
    with Client.of(url, api_key_file) as client:
        form = client.post("incidents", "/v1/report-forms", body)
    if as_json:
        print_json(form)
    else:
        print_line(f"{form['id']}: {form['url']}")


@forms.command("list")
def list_forms(url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """List the forms that your party has made, with their links.

    **Example**

      sepakat reports forms list --json | jq -r '.items[].url'
    """
    with Client.of(url, api_key_file) as client:
        items = list(client.items("incidents", "/v1/report-forms"))
    if as_json:
        print_json({"items": items})
        return
    columns = ("id", "agreement", "service", "label", "expires_at", "revoked_at", "url")
    print_table(columns, ([each.get(name) for name in columns] for each in items), "there is no form yet")


@forms.command("revoke")
def revoke(form: FormId, url: Urls = None, api_key_file: ApiKeyFile = None, as_json: AsJson = False) -> None:
    """Take a form back: its link opens nothing any more.

    **Example**

      sepakat reports forms revoke 9f2c1a7be4d05836
    """
    with Client.of(url, api_key_file) as client:
        after = client.post("incidents", f"/v1/report-forms/{segment(form)}/revoke")
    if as_json:
        print_json(after)
    else:
        print_line(f"{form}: revoked at {after['revoked_at']}")
