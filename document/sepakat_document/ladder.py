"""An escalation policy as a drawing: a step a level, with the time at which it is reached if nobody acknowledges."""

from datetime import timedelta
from html import escape
from textwrap import wrap
from typing import Final

from sepakat_document.blocks import Drawing
from sepakat_document.source import Source
from sepakat_shared.contracts.texts import Escalation

_WIDTH: Final = 640
_INDENT: Final = 44
_LABEL: Final = 42
"""From a box's edge to its words, behind the number of the level."""
_GAP: Final = 24
_LINE: Final = 18
_LETTER: Final = 8
"""A letter's width at the size of names, at most on average."""
_INK: Final = "#1f3a5f"


def drawing(source: Source, name: str, policy: Escalation) -> Drawing:
    s = source.speech
    reached, at = [], timedelta(0)
    for level in policy.levels:
        at += level.delay or timedelta(0)
        reached.append(at)
        at += level.acknowledge_within
    lines = [
        s.say(
            "Level {n}, {when}: {who}; waits {wait}",
            "Tingkat {n}, {when}: {who}; menunggu {wait}",
            n=s.number(i),
            when=_when(source, reached[i - 1]),
            who=s.list(map(source.told, level.notify)),
            wait=s.duration(level.acknowledge_within),
        )
        for i, level in enumerate(policy.levels, start=1)
    ]
    end = _end(source, policy, at)
    return Drawing(
        _svg(source, policy, reached, end),
        ". ".join([*lines, end]) + ".",
        s.say("Escalation ladder “{name}”", "Tangga eskalasi “{name}”", name=name),
    )


def _when(source: Source, at: timedelta) -> str:
    s = source.speech
    return s.say("at once", "seketika") if not at else s.say("after {t}", "setelah {t}", t=s.duration(at))


def _end(source: Source, policy: Escalation, at: timedelta) -> str:
    s = source.speech
    if policy.repeat:
        return s.say(
            "After {t} without acknowledgement: again from level 1, {n}\u00a0×",
            "Setelah {t} tanpa pernyataan menerima: kembali ke tingkat 1, {n}\u00a0×",
            t=s.duration(at),
            n=s.number(policy.repeat),
        )
    return s.say(
        "After {t} without acknowledgement: nobody is left to tell",
        "Setelah {t} tanpa pernyataan menerima: tidak ada lagi yang diberi tahu",
        t=s.duration(at),
    )


def _svg(source: Source, policy: Escalation, reached: list[timedelta], end: str) -> str:
    s, levels = source.speech, policy.levels
    indent = min(_INDENT, 180 // len(levels))
    parts, y = [], 6
    for i, level in enumerate(levels):
        x = 8 + i * indent
        width = _WIDTH - x - 8
        who = wrap(s.list(map(source.told, level.notify)), (width - _LABEL) // _LETTER)
        about = s.say(
            "{when} · waits {wait} for acknowledgement",
            "{when} · menunggu pernyataan menerima {wait}",
            when=_when(source, reached[i]),
            wait=s.duration(level.acknowledge_within),
        )
        height = 36 + _LINE * len(who)
        parts.append(_box(x, y, width, height, "#f2f5f9"))
        parts.append(_box(x, y, 30, height, _INK))
        parts.append(_text(x + 15, y + height // 2 + 6, str(i + 1), "#ffffff", 17, anchor="middle", weight="bold"))
        for n, line in enumerate(who):
            parts.append(_text(x + _LABEL, y + 22 + _LINE * n, line, "#111111", 14, weight="bold"))
        parts.append(_text(x + _LABEL, y + height - 11, about, "#333333", 13))
        y += height
        last = i + 1 == len(levels)
        parts.append(_arrow(x + 15 if last else x + indent + 15, y))
        y += _GAP
        if last:
            parts.append(_text(x + 2, y + 12, end, "#333333", 13, style="italic"))
    height = y + 18
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'font-family="Libertinus Serif, Georgia, serif">{"".join(parts)}</svg>'
    )


def _box(x: int, y: int, width: int, height: int, fill: str) -> str:
    at = f'x="{x}" y="{y}" width="{width}" height="{height}" rx="5"'
    return f'<rect {at} fill="{fill}" stroke="{_INK}" stroke-width="1"/>'


def _text(
    x: int,
    y: int,
    words: str,
    fill: str,
    size: int,
    anchor: str = "start",
    weight: str = "normal",
    style: str = "normal",
) -> str:
    look = f'fill="{fill}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}" font-style="{style}"'
    return f'<text x="{x}" y="{y}" {look}>{escape(words)}</text>'


def _arrow(x: int, y: int) -> str:
    """From the foot of a box to the head of what is below it."""
    return (
        f'<path d="M {x} {y} V {y + _GAP - 7}" stroke="{_INK}" stroke-width="1.5" fill="none"/>'
        f'<path d="M {x - 4} {y + _GAP - 8} h 8 l -4 7 z" fill="{_INK}"/>'
    )
