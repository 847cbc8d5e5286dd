"""The course of an incident as a picture: a lane for each thing that takes time, all of them over one axis of time.

What counts is a filled bar, what stands still an outline in dashes, what is over the limit a thicker bar. A limit is a
mark with a roof, whom was told a box with the number of the level, an acknowledgement a disc, one that was lost a
hollow square.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sepakat_document.axis import Axis
from sepakat_document.charts import GRID, INK, MISSED, SOFT, WIDTH, Bar, Chart, Dot, Label, Line, Mark

Span = tuple[datetime, datetime]
_LEFT: Final = 92
_RIGHT: Final = 66
PLOT: Final = WIDTH - _LEFT - _RIGHT
_LANE: Final = 23
_BAR: Final = 9
_LETTER: Final = 4.3
"""A letter's width at the size of labels, on average and a little more."""
_BOX: Final = 11


@dataclass(frozen=True)
class Lane:
    """What takes time: `runs` counts, `still` does not. `over` is since when its limit is exceeded.

    What begins anew with each of its `ticks` has a `thread` from its first beginning until its end in the place of
    bars, and is `missed` at instants. One that `goes_on` has no end yet.
    """

    name: str
    said: str
    runs: tuple[Span, ...]
    still: tuple[Span, ...] = ()
    due: datetime | None = None
    over: datetime | None = None
    thread: Span | None = None
    ticks: tuple[datetime, ...] = ()
    missed: tuple[datetime, ...] = ()
    goes_on: bool = False
    bad: bool = False


@dataclass(frozen=True)
class Told:
    at: datetime
    level: int


@dataclass(frozen=True)
class Answered:
    """Somebody has taken it up, or it is in nobody's hands any more."""

    at: datetime
    given: bool


@dataclass(frozen=True)
class Cut:
    """An instant that goes through all lanes."""

    at: datetime
    words: str
    dashed: bool = False


Sign = Literal["runs", "still", "over", "limit", "note", "told", "taken", "lost"]


@dataclass(frozen=True)
class Course:
    """`told` and `answered` are lanes of their own, with these names. `axis` goes from `start` until `end`."""

    start: datetime
    end: datetime
    axis: Axis
    lanes: tuple[Lane, ...]
    told: tuple[Told, ...] = ()
    answered: tuple[Answered, ...] = ()
    cuts: tuple[Cut, ...] = ()

    def x(self, at: datetime) -> float:
        share = (at - self.start) / (self.end - self.start)
        return _LEFT + PLOT * min(max(share, 0.0), 1.0)

    def has(self, at: datetime | None) -> bool:
        return at is not None and self.start <= at <= self.end


@dataclass(frozen=True)
class Names:
    told: str
    answered: str
    hour: Callable[[datetime], str]
    day: Callable[[datetime], str]
    signs: dict[Sign, str]


def picture(course: Course, names: Names) -> Chart:
    rows, top = _rows(course), 0.0
    heads, top = _heads(course, top)
    lanes: list[Mark] = []
    y = top + 6
    for lane in course.lanes:
        lanes += _lane(course, lane, y)
        y += _LANE
    if course.told:
        lanes += [*_named(names.told, y), *_boxes(course, y)]
        y += _LANE
    if course.answered:
        lanes += [*_named(names.answered, y), *_answers(course, y)]
        y += _LANE
    foot = top + 6 + _LANE * rows
    legend, height = _legend(course, names, foot + 40)
    return Chart(
        height, (*_grid(course, names, top, foot), *_cuts(course, top, foot), *lanes, *heads, *legend)
    )  # fmt: skip


def _rows(course: Course) -> int:
    return len(course.lanes) + bool(course.told) + bool(course.answered)


# -- the frame ---------------------------------------------------------------------------------------------------------


def _grid(course: Course, names: Names, top: float, foot: float) -> list[Mark]:
    marks: list[Mark] = [Line(((_LEFT, foot), (_LEFT + PLOT, foot)), SOFT, 0.8)]
    for tick in course.axis.ticks:
        x = course.x(tick.at)
        marks.append(Line(((x, top), (x, foot)), GRID, 0.5))
        marks.append(Line(((x, foot), (x, foot + 3)), SOFT, 0.8))
        if course.axis.in_days:
            marks.append(Label(x, foot + 11, names.day(tick.at), size=9))
            continue
        marks.append(Label(x, foot + 11, names.hour(tick.at), size=9))
        if tick.opens_day:
            marks.append(Label(x, foot + 22, names.day(tick.at), size=9, bold=True))
    return marks


def _cuts(course: Course, top: float, foot: float) -> list[Mark]:
    return [
        Line(((course.x(each.at), top - 1), (course.x(each.at), foot)), SOFT, 0.9, dashed=each.dashed)
        for each in course.cuts
        if course.has(each.at)
    ]


def _heads(course: Course, top: float) -> tuple[list[Mark], float]:
    """The words of the cuts, each on the lowest row where it hides no other; and where the lanes begin."""
    ends: list[float] = []
    placed: list[tuple[int, float, str]] = []
    for cut in sorted((each for each in course.cuts if course.has(each.at)), key=lambda each: each.at):
        half = len(cut.words) * _LETTER / 2
        x = min(max(course.x(cut.at), _LEFT + half), _LEFT + PLOT + _RIGHT - half)
        row = next((i for i, end in enumerate(ends) if end < x - half - 4), len(ends))
        ends[row : row + 1] = [x + half]
        placed.append((row, x, cut.words))
    top += 12 * len(ends) + 4
    return [Label(x, top - 8 - 12 * row, words, colour=SOFT, size=9) for row, x, words in placed], top


def _named(name: str, y: float) -> list[Mark]:
    return [Label(_LEFT - 7, y + _BAR / 2, name, "end", INK)]


# -- lanes -------------------------------------------------------------------------------------------------------------


def _lane(course: Course, lane: Lane, y: float) -> list[Mark]:
    marks = _named(lane.name, y)
    marks.append(Label(_LEFT + PLOT + 7, y + _BAR / 2, lane.said, "start", MISSED if lane.bad else SOFT, bold=lane.bad))
    every = [*lane.runs, *lane.still, *([lane.thread] if lane.thread else [])]
    if every:
        first, last = min(start for start, _ in every), max(end for _, end in every)
        middle = y + _BAR / 2
        marks.append(Line(((course.x(first), middle), (course.x(last), middle)), SOFT, 0.9))
    marks += [_bar(course, each, y, hollow=True) for each in lane.still]
    for start, end in lane.runs:
        over = None if lane.over is None or lane.over >= end else max(lane.over, start)
        if over is None or over > start:
            marks.append(_bar(course, (start, over or end), y))
        if over is not None:
            marks.append(_thick(course, (over, end), y))
    if lane.goes_on and every:
        marks.append(_onward(course.x(max(end for _, end in every)), y, lane.bad))
    marks += [Line(((x, y - 3), (x, y + _BAR + 3)), SOFT, 1.2) for x in map(course.x, lane.ticks)]
    marks += [Dot(course.x(at), y + _BAR / 2, MISSED, hollow=True) for at in lane.missed if course.has(at)]
    if lane.due is not None and course.has(lane.due):
        marks += _limit(course.x(lane.due), y)
    return marks


def _bar(course: Course, span: Span, y: float, *, hollow: bool = False) -> Bar:
    x = course.x(span[0])
    return Bar(x, y, max(course.x(span[1]) - x, 1.2), _BAR, SOFT if hollow else INK, hollow)


def _thick(course: Course, span: Span, y: float) -> Bar:
    x = course.x(span[0])
    return Bar(x, y - 2, max(course.x(span[1]) - x, 2), _BAR + 4, MISSED)


def _onward(x: float, y: float, bad: bool) -> Line:
    return Line(((x + 2, y), (x + 6, y + _BAR / 2), (x + 2, y + _BAR)), MISSED if bad else INK, 1.4)


def _limit(x: float, y: float) -> list[Mark]:
    return [
        Line(((x, y - 5), (x, y + _BAR + 4)), MISSED, 1.4), Line(((x - 3, y - 5), (x + 3, y - 5)), MISSED, 1.4),
    ]  # fmt: skip


# -- people ------------------------------------------------------------------------------------------------------------


def _boxes(course: Course, y: float) -> list[Mark]:
    """A box each, with the level; those with no room for one of their own share one."""
    marks: list[Mark] = []
    for shared in _together([each for each in course.told if course.has(each.at)], course):
        x = course.x(shared[0].at)
        words = _levels([each.level for each in shared])
        width = max(_BOX, len(words) * 5 + 5)
        left = min(x - _BOX / 2, _LEFT + PLOT + _RIGHT - width)
        marks.append(Bar(left, y - 1, width, _BOX, INK))
        marks.append(Label(left + width / 2, y - 1 + _BOX / 2, words, colour="#ffffff", size=9, bold=True))
    return marks


def _together(told: Sequence[Told], course: Course) -> list[list[Told]]:
    found: list[list[Told]] = []
    ends = 0.0
    for each in sorted(told, key=lambda each: each.at):
        x = course.x(each.at)
        if found and x - _BOX / 2 < ends + 1:
            found[-1].append(each)
        else:
            found.append([each])
        words = _levels([one.level for one in found[-1]])
        ends = course.x(found[-1][0].at) - _BOX / 2 + max(_BOX, len(words) * 5 + 5)
    return found


def _levels(levels: Sequence[int]) -> str:
    """`1, 2`; where there are many, the first and the last with what is between them left out."""
    said = [str(each) for each in levels]
    if len(said) <= 3:
        return ", ".join(said)
    climbs = list(levels) == list(range(levels[0], levels[0] + len(levels)))
    return f"{said[0]}\u2013{said[-1]}" if climbs else f"{said[0]} \u2026 {said[-1]}"


def _answers(course: Course, y: float) -> list[Mark]:
    return [
        Dot(course.x(each.at), y + _BAR / 2, INK if each.given else MISSED, hollow=not each.given)
        for each in course.answered
        if course.has(each.at)
    ]


# -- what the signs mean -----------------------------------------------------------------------------------------------


def _legend(course: Course, names: Names, y: float) -> tuple[list[Mark], float]:
    """Each sign that is in the picture, with its words; as many to a row as there is room for."""
    marks: list[Mark] = []
    x = 4.0
    for sign in _present(course):
        words = names.signs[sign]
        width = 24 + len(words) * _LETTER + 10
        if x > 4 and x + width > WIDTH:
            x, y = 4.0, y + 16
        marks += [*_sample(sign, x, y), Label(x + 24, y + _BAR / 2, words, "start", size=9)]
        x += width
    return marks, y + 18


def _present(course: Course) -> list[Sign]:
    lanes = course.lanes
    found: list[tuple[Sign, bool]] = [
        ("runs", True),
        ("still", any(each.still for each in lanes)),
        ("over", any(each.over is not None for each in lanes)),
        ("limit", any(course.has(each.due) for each in lanes)),
        ("note", any(each.ticks for each in lanes)),
        ("told", bool(course.told)),
        ("taken", any(each.given for each in course.answered)),
        ("lost", any(not each.given for each in course.answered) or any(each.missed for each in lanes)),
    ]
    return [sign for sign, there in found if there]


def _sample(sign: Sign, x: float, y: float) -> list[Mark]:
    middle = y + _BAR / 2
    match sign:
        case "runs":
            return [Bar(x, y, 18, _BAR, INK)]
        case "still":
            return [Bar(x, y, 18, _BAR, SOFT, hollow=True)]
        case "over":
            return [Bar(x, y - 2, 18, _BAR + 4, MISSED)]
        case "limit":
            return _limit(x + 9, y)
        case "note":
            return [Line(((x + 9, y - 3), (x + 9, y + _BAR + 3)), SOFT, 1.2)]
        case "told":
            box = Bar(x + 4, y - 1, _BOX, _BOX, INK)
            return [box, Label(x + 4 + _BOX / 2, y - 1 + _BOX / 2, "1", colour="#ffffff", size=9, bold=True)]
        case "taken":
            return [Dot(x + 9, middle, INK)]
        case "lost":
            return [Dot(x + 9, middle, MISSED, hollow=True)]
