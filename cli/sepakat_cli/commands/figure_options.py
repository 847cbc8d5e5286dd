"""Which figure is meant: the arguments of `sepakat evidence` and `sepakat explain`."""

from typing import Annotated

import typer

OfAgreement = Annotated[str, typer.Argument(help="the agreement's id")]
OfObjective = Annotated[str, typer.Argument(help="the objective's id in it")]
OfPeriod = Annotated[
    str | None,
    typer.Option(help="START/END (366 days at most), or a day or month that the period holds; else the present one"),
]
