"""The command line `sepakat`."""

import typer

from sepakat_cli.commands import evaluate, servers

app = typer.Typer(
    name="sepakat",
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Service level agreements: written down, measured, kept.\n\n"
    "Exit codes: 0 done, 1 refused or failed, 2 wrong usage or input, 3 a service can't be reached, 4 done in part.",
)
app.command("evaluate")(evaluate.command)
app.command("up")(servers.up)
app.command("init")(servers.init)


def main() -> None:
    app()


if __name__ == "__main__":
    main()
