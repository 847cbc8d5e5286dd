"""The command line `sepakat`."""

import importlib
import importlib.metadata
import importlib.util
import logging
from pathlib import Path
from typing import Annotated

import typer

from sepakat_cli.commands import (
    agreements,
    analytics,
    apply,
    backtest,
    calendars,
    chats,
    comments,
    credits,
    dispute_steps,
    evaluate,
    events,
    evidence,
    explanation,
    incident_document,
    incident_opening,
    incident_records,
    keys,
    letters,
    maintenance,
    monthly,
    needs,
    negotiation,
    obligations,
    oncall,
    openslo,
    operations,
    plans,
    postmortems,
    preferences,
    render,
    reports,
    reviews,
    servers,
    status,
    status_feeds,
    validate,
    webhooks,
)
from sepakat_cli.output import EXIT_CODES, Commands, explained

app = typer.Typer(
    name="sepakat",
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,
    help=explained(
        "Service level agreements: written down, measured, kept.\n\n"
        "Start with `sepakat up`; the others are for another terminal of the same directory. Data goes to standard "
        "output, words and progress to standard error.\n\n"
        f"Exit codes: {', '.join(f'{code} {meaning}' for code, meaning in EXIT_CODES.items())}.",
        "sepakat up", "sepakat apply -f agreement.yaml", "sepakat events send events.ndjson", "sepakat status",
    ),
)  # fmt: skip


def say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"sepakat {importlib.metadata.version('sepakat-cli')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=say_version, is_eager=True, help="print the version, and end")
    ] = False,
) -> None:
    del version


def demo(
    once: Annotated[bool, typer.Option(help="play it without a person, print one JSON object, and end")] = False,
    data: Annotated[Path, typer.Option(help="where everything is kept")] = Path(".sepakat/demo"),
) -> None:
    """Play a whole story on real servers: an outage, a breach, mails, an acknowledgement, the recovery.

    **Example**

      sepakat demo --once
    """
    # The demo brings an inbox, a shop and receivers along; no other command waits for their import.
    raise typer.Exit(importlib.import_module("sepakat_cli.demo").run(once, data))


if importlib.util.find_spec("sepakat_cli.demo") is not None:
    app.command("demo", rich_help_panel="Run")(demo)
app.command("up", rich_help_panel="Run")(servers.up)
app.command("init", rich_help_panel="Run")(servers.init)
app.command("apply", rich_help_panel="Agree")(apply.apply)
app.add_typer(agreements.agreements, name="agreements", rich_help_panel="Agree")
agreements.agreements.command("backtest")(backtest.of_agreement)
app.add_typer(needs.needs, name="needs", rich_help_panel="Agree")
app.add_typer(negotiation.negotiate, name="negotiate", rich_help_panel="Agree")
app.add_typer(credits.credits, name="credits", rich_help_panel="Agree")
app.add_typer(maintenance.maintenance, name="maintenance", rich_help_panel="Agree")
app.add_typer(calendars.calendar, name="calendar", rich_help_panel="Agree")
app.add_typer(obligations.obligations, name="obligations", rich_help_panel="Agree")
app.add_typer(plans.plans, name="plans", rich_help_panel="Agree")
app.add_typer(reviews.reviews, name="reviews", rich_help_panel="Agree")
reviews.reviews.add_typer(monthly.monthly, name="monthly")
app.command("validate", rich_help_panel="Agree")(validate.validate)
app.command("render", rich_help_panel="Agree")(render.render)
app.add_typer(openslo.openslo, name="openslo", rich_help_panel="Agree")
app.command("sign", rich_help_panel="Agree")(keys.sign)
app.add_typer(keys.keys, name="keys", rich_help_panel="Agree")
app.add_typer(events.events, name="events", rich_help_panel="Measure")
app.command("status", rich_help_panel="Measure")(status.status)
app.command("explain", rich_help_panel="Measure")(explanation.explain)
app.command("evaluate", rich_help_panel="Measure")(evaluate.command)
app.command("backtest", rich_help_panel="Measure")(backtest.of_files)
app.command("evidence", rich_help_panel="Measure")(evidence.evidence)
app.command("verify", rich_help_panel="Measure")(evidence.verify)
app.add_typer(incident_records.incidents, name="incidents", rich_help_panel="Handle")
incident_records.incidents.command("document")(incident_document.document)
incident_records.incidents.command("open")(incident_opening.open_incident)
incident_records.incidents.command("comment")(comments.comment)
incident_records.incidents.command("comments")(comments.comments)
app.add_typer(postmortems.postmortems, name="postmortems", rich_help_panel="Handle")
app.add_typer(reports.reports, name="reports", rich_help_panel="Handle")
app.add_typer(oncall.oncall, name="oncall", rich_help_panel="Handle")
app.add_typer(dispute_steps.disputes, name="disputes", rich_help_panel="Handle")
app.command("analytics", rich_help_panel="Handle")(analytics.analytics)
app.add_typer(operations.deliveries, name="deliveries", rich_help_panel="Handle")
app.add_typer(preferences.preferences, name="preferences", rich_help_panel="Handle")
app.add_typer(letters.letters, name="letters", rich_help_panel="Handle")
app.add_typer(status_feeds.status_feeds, name="status-feeds", rich_help_panel="Handle")
app.add_typer(chats.chats, name="chats", rich_help_panel="Handle")
app.add_typer(webhooks.webhooks, name="webhooks", rich_help_panel="Handle")
app.add_typer(keys.apikeys, name="apikeys", rich_help_panel="Operate")
app.add_typer(operations.dlq, name="dlq", rich_help_panel="Operate")
app.command("replay", rich_help_panel="Operate")(operations.replay)


def main() -> None:
    # Commands tell by themselves, once and in a sentence, that a broker does not answer.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    app()


if __name__ == "__main__":
    main()
