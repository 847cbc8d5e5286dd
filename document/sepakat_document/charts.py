"""Charts: laid out here, drawn by Typst as SVG. What a colour says, a shape says too."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

import typst

INK: Final = "#1f3a5f"
MISSED: Final = "#b3261e"
SOFT: Final = "#5a6472"
GRID: Final = "#d7dde5"
WIDTH: Final = 480
_LEFT: Final = 78
_RIGHT: Final = 14
_TOP: Final = 16
_PLOT: Final = 118
"""Points: of the area that figures are drawn in."""


@dataclass(frozen=True)
class Line:
    points: tuple[tuple[float, float], ...]
    colour: str = INK
    thickness: float = 1.4
    dashed: bool = False
    is_: str = "line"


@dataclass(frozen=True)
class Bar:
    """Filled, or an outline in dashes."""

    x: float
    y: float
    width: float
    height: float
    colour: str = INK
    hollow: bool = False
    is_: str = "bar"


@dataclass(frozen=True)
class Dot:
    """A disc, or a hollow square."""

    x: float
    y: float
    colour: str = INK
    hollow: bool = False
    is_: str = "dot"


@dataclass(frozen=True)
class Label:
    """Words that begin, end or have their middle at `x`, on the height `y`."""

    x: float
    y: float
    words: str
    at: Literal["start", "middle", "end"] = "middle"
    colour: str = SOFT
    size: float = 9.5
    bold: bool = False
    is_: str = "label"


Mark = Line | Bar | Dot | Label


@dataclass(frozen=True)
class Chart:
    height: float
    marks: tuple[Mark, ...]
    width: float = WIDTH


@dataclass(frozen=True)
class Point:
    """A period's figure: its `label` below, its `said` value above it, and whether it missed the target."""

    label: str
    value: float
    said: str
    missed: bool


@dataclass(frozen=True)
class Burn:
    """The budget of one period: what part of it was left at which part of the time; less than 0 is overspent."""

    label: str
    left: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Case:
    """One incident: how long until it was taken up and over, in seconds, with the words for them."""

    label: str
    acknowledged: float | None
    restored: float | None
    said: str


@dataclass
class _Axis:
    low: float
    high: float
    marks: list[Mark] = field(default_factory=list)

    def y(self, value: float) -> float:
        return _TOP + _PLOT * (1 - (value - self.low) / (self.high - self.low))


def against_target(points: Sequence[Point], target: float, said: str) -> Chart:
    """Figures of one period after another, with the target as a dashed line."""
    axis = _axis([*(each.value for each in points), target])
    _scale(axis, [(target, said)])
    step = (WIDTH - _LEFT - _RIGHT) / len(points)
    places = [(_LEFT + step * (i + 0.5), axis.y(each.value)) for i, each in enumerate(points)]
    goal = axis.y(target)
    axis.marks.append(Line(((_LEFT, goal), (WIDTH - _RIGHT, goal)), SOFT, 1.1, dashed=True))
    if len(places) > 1:
        axis.marks.append(Line(tuple(places), INK, 1.2))
    for each, (x, y) in zip(points, places, strict=True):
        colour = MISSED if each.missed else INK
        axis.marks.append(Dot(x, y, colour, hollow=each.missed))
        axis.marks.append(Label(x, y + 11 if each.missed else y - 11, each.said, colour=colour, size=9))
        axis.marks.append(Label(x, _TOP + _PLOT + 20, each.label))
    return Chart(_TOP + _PLOT + 30, tuple(axis.marks))


def burn_down(periods: Sequence[Burn], words: tuple[str, str]) -> Chart:
    """What was left of each period's budget as it went by; `words` are for all of it and for nothing of it."""
    axis = _axis([0.0, 1.0, *(left for each in periods for _, left in each.left)])
    _scale(axis, [(1.0, words[0]), (0.0, words[1])])
    zero = axis.y(0.0)
    axis.marks.append(Line(((_LEFT, zero), (WIDTH - _RIGHT, zero)), SOFT, 1.1, dashed=True))
    step = (WIDTH - _LEFT - _RIGHT) / len(periods)
    for i, each in enumerate(periods):
        begins = _LEFT + step * i
        if i:
            axis.marks.append(Line(((begins, _TOP), (begins, _TOP + _PLOT)), GRID, 0.6))
        path = tuple((begins + step * at, axis.y(left)) for at, left in each.left)
        overspent = each.left[-1][1] < 0
        axis.marks.append(Line(path, MISSED if overspent else INK, 1.6))
        axis.marks.append(Dot(*path[-1], MISSED if overspent else INK, hollow=overspent))
        axis.marks.append(Label(begins + step / 2, _TOP + _PLOT + 20, each.label))
    return Chart(_TOP + _PLOT + 30, tuple(axis.marks))


def times(cases: Sequence[Case]) -> Chart:
    """A bar an incident until it was over, with a mark where it was taken up."""
    label, room, row = 96, 118, 17
    longest = max([each.restored or each.acknowledged or 0 for each in cases] + [1])
    scale = (WIDTH - label - room) / longest
    marks: list[Mark] = []
    for i, each in enumerate(cases):
        y = 8 + row * i
        length = max((each.restored or each.acknowledged or 0) * scale, 1)
        marks.append(Label(label - 6, y + 5, each.label, "end", INK))
        marks.append(Bar(label, y, length, 10, INK if each.restored is not None else GRID))
        if each.acknowledged is not None:
            at = label + each.acknowledged * scale
            marks.append(Line(((at, y - 2), (at, y + 12)), MISSED, 1.6))
        marks.append(Label(label + length + 6, y + 5, each.said, "start"))
    return Chart(8 + row * len(cases) + 4, tuple(marks))


def _axis(values: Sequence[float]) -> _Axis:
    low, high = min(values), max(values)
    margin = (high - low) * 0.16 or abs(high) * 0.05 or 1.0
    return _Axis(low - margin, high + margin)


def _scale(axis: _Axis, named: Sequence[tuple[float, str]]) -> None:
    for value, words in named:
        axis.marks.append(Label(_LEFT - 6, axis.y(value), words, "end", size=9, bold=True))
    axis.marks.append(Line(((_LEFT, _TOP), (_LEFT, _TOP + _PLOT)), GRID, 0.8))


# -- drawing -----------------------------------------------------------------------------------------------------------


def drawn(charts: Sequence[Chart]) -> list[str]:
    """Each as SVG. All are drawn at once: starting Typst costs more than a chart."""
    if not charts:
        return []
    given = [
        {
            **asdict(chart),
            "marks": [{("is" if k == "is_" else k): v for k, v in asdict(m).items()} for m in chart.marks],
        }
        for chart in charts
    ]
    made: Any = typst.compile(
        _template(),
        font_paths=typst.Fonts(include_system_fonts=False),
        sys_inputs={"charts": json.dumps(given, ensure_ascii=False)},
        format="svg",
    )
    pages: list[bytes] = made if isinstance(made, list) else [made]
    return [each.decode() for each in pages]


@cache
def _template() -> bytes:
    return (files("sepakat_document") / "templates" / "charts.typ").read_bytes()
