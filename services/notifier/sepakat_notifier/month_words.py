"""What a letter says of a month's figures. Pure."""

from collections.abc import Mapping
from typing import Final

from sepakat_notifier.words import Words
from sepakat_shared.contracts.reviews import MonthlyReportCompiled, ReportedFigure

_VERDICTS: Final[Mapping[bool | None, Mapping[str, str]]] = {
    True: {"en": "met", "id": "terpenuhi"},
    False: {"en": "missed", "id": "tidak terpenuhi"},
    None: {"en": "not judged", "id": "tidak dinilai"},
}
_NOTHING: Final = {
    "en": "Nothing is measured by this agreement.",
    "id": "Tidak ada yang diukur menurut perjanjian ini.",
}


def glance(fact: MonthlyReportCompiled, words: Words) -> str:
    """A paragraph for each objective: its figure, the target, and whether it was met."""
    return "\n\n".join(_line(each, words) for each in fact.figures) or _NOTHING[words.language]


def figures(fact: MonthlyReportCompiled, words: Words) -> list[tuple[str, str]]:
    owed = ", ".join(words.money(each) for each in fact.credits)
    found = [
        ("month", words.month(fact.month)), ("missed_targets", str(fact.missed)), ("incidents", str(fact.incidents)),
    ]  # fmt: skip
    return [*found, *([("credits", owed)] if owed else [])]


def _line(figure: ReportedFigure, words: Words) -> str:
    unit = figure.unit or "%"
    shown = "–" if figure.figure is None else f"{words.decimal(figure.figure)} {unit}"
    target = f"target {words.decimal(figure.target)} {unit}" if figure.target else "target –"
    verdict = _VERDICTS[figure.met][words.language]
    return f"{words.title(figure.title, figure.objective)}: {shown} ({target}), {verdict}."
