"""What is said in a chat, in the form that the service shows best: blocks for Slack, an adaptive card for Teams. Pure.

Nothing that people wrote is read as markup: a title may hold stars, brackets, or the name of a whole channel.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

_SLACK_TITLE, _SLACK_TEXT, _SLACK_FIELD, _SLACK_FIELDS, _SLACK_BLOCKS = 150, 3_000, 2_000, 10, 45
"""The most that Slack takes; a message that breaks one of these is refused as a whole."""
_SLACK_BUTTON, _SLACK_URL = 75, 3_000
_TEAMS_LINES, _TEAMS_LINE = 40, 400
"""A card has 28 KB at most, with what is around it."""
_MOST_ACTIONS: Final = 6
"""Of a card in Teams; Slack takes more."""
_PLAIN: Final = 1_800
_SIGNS: Final = {"bad": "🔴", "warn": "🟠", "good": "🟢", "calm": "🔵"}
_COLOURS: Final = {"bad": "Attention", "warn": "Warning", "good": "Good", "calm": "Accent"}


@dataclass(frozen=True)
class Line:
    """One of several messages that are told by one: when it came, what it tells, and the words that somebody said."""

    at: str
    what: str
    said: str = ""


@dataclass(frozen=True)
class Action:
    """A link that says something for whoever presses it: what is read on its button, and where it leads."""

    label: str
    url: str


@dataclass(frozen=True)
class Said:
    """`sections` are headings with lines, where several messages are told by one; `reason` says under what.

    `in_name` says whose the `actions` are.
    """

    title: str
    paragraphs: Sequence[str]
    figures: Sequence[tuple[str, str]]
    tone: str
    reason: str
    sections: Sequence[tuple[str, Sequence[Line]]] = ()
    actions: Sequence[Action] = ()
    in_name: str = ""


def slack(said: Said) -> dict[str, Any]:
    """The text that a notification shows, and the blocks."""
    title = f"{_SIGNS[said.tone]} {said.title}"
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": _cut(title, _SLACK_TITLE), "emoji": True}}
    ]
    blocks += [{"type": "section", "text": _mrkdwn(_escaped(each, _SLACK_TEXT))} for each in said.paragraphs]
    for heading, lines in said.sections:
        told = [f"*{_escaped(heading, 300)}*"] if heading else []
        told += [_slack_line(each) for each in lines]
        blocks += [{"type": "section", "text": _mrkdwn(each)} for each in _packed(told, _SLACK_TEXT)]
    for first in range(0, len(said.figures), _SLACK_FIELDS):
        some = said.figures[first : first + _SLACK_FIELDS]
        fields = [_mrkdwn(f"*{_escaped(name, 200)}*\n{_escaped(value, _SLACK_FIELD - 250)}") for name, value in some]
        blocks.append({"type": "section", "fields": fields})
    notes = [_mrkdwn(_escaped(each, _SLACK_TEXT)) for each in (said.in_name, said.reason) if each]
    buttons = _slack_buttons(said.actions)
    below = [*buttons, {"type": "context", "elements": notes}]
    return {"text": _escaped(title, _SLACK_TEXT), "blocks": [*blocks[:_SLACK_BLOCKS], *below]}


def _slack_line(line: Line) -> str:
    said = f"\n  {_escaped(line.said, 500)}" if line.said else ""
    return f"• {_escaped(line.what, 300)}{said}\n  _{_escaped(line.at, 100)}_"


def _slack_buttons(actions: Sequence[Action]) -> list[dict[str, Any]]:
    """One block of buttons that lead somewhere, or none: Slack refuses an empty one."""
    buttons = [
        {
            "type": "button",
            "action_id": f"link-{n}",
            "text": {"type": "plain_text", "text": _cut(each.label, _SLACK_BUTTON), "emoji": False},
            "url": each.url,
            **({"style": "primary"} if n == 0 else {}),
        }
        for n, each in enumerate(actions[:_MOST_ACTIONS]) if len(each.url) <= _SLACK_URL
    ]  # fmt: skip
    return [{"type": "actions", "elements": buttons}] if buttons else []


def _mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _escaped(text: str, most: int) -> str:
    """Cut before it is escaped, and so that it fits afterwards: half an escape would be shown as it is."""
    kept = _cut(text, most)
    while len(escaped := kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")) > most:
        kept = _cut(kept, len(kept) - 1 - (len(escaped) - most) // 5)
    return escaped


def _packed(lines: Sequence[str], most: int) -> list[str]:
    """Lines together, as many as fit."""
    packed: list[str] = []
    for each in lines:
        if packed and len(packed[-1]) + 1 + len(each) <= most:
            packed[-1] += f"\n{each}"
        else:
            packed.append(each)
    return packed


def teams(said: Said) -> dict[str, Any]:
    """A message with one adaptive card. Its text is in runs, which read no markup."""
    body: list[dict[str, Any]] = [
        _runs(
            {"text": _cut(said.title, _TEAMS_LINE), "size": "Large", "weight": "Bolder", "color": _COLOURS[said.tone]}
        )
    ]
    body += [_runs({"text": _cut(each, 2 * _TEAMS_LINE)}) for each in said.paragraphs]
    for heading, lines in said.sections:
        if heading:
            body.append(_runs({"text": _cut(heading, _TEAMS_LINE), "weight": "Bolder"}))
        body += [
            _runs(
                {"text": _cut(each.what, _TEAMS_LINE)},
                *([{"text": f": {_cut(each.said, _TEAMS_LINE)}"}] if each.said else []),
                {"text": f" – {each.at}", "isSubtle": True},
            )
            for each in lines
        ]
    body += [
        _runs({"text": f"{name}: ", "isSubtle": True}, {"text": _cut(value, _TEAMS_LINE), "weight": "Bolder"})
        for name, value in said.figures
    ]
    notes = [
        _runs({"text": _cut(each, _TEAMS_LINE), "isSubtle": True, "size": "Small"})
        for each in (said.in_name, said.reason) if each
    ]  # fmt: skip
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": _cut(said.title, _TEAMS_LINE),
        "body": [*body[:_TEAMS_LINES], *notes],
        "msteams": {"width": "Full"},
    }
    if said.actions:
        card["actions"] = [
            {
                "type": "Action.OpenUrl",
                "title": each.label,
                "url": each.url,
                **({"style": "positive"} if n == 0 else {}),
            }
            for n, each in enumerate(said.actions[:_MOST_ACTIONS])
        ]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _runs(*runs: dict[str, Any]) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", **each} for each in runs]}


def plain(said: Said) -> tuple[str, str]:
    """A title and a text, for every other service; nobody is called by name in it. Links are whole or missing."""
    lines = [*said.paragraphs]
    for heading, entries in said.sections:
        lines += [heading] if heading else []
        lines += [f"- {each.what} ({each.at}){f': {each.said}' if each.said else ''}" for each in entries]
    lines += [f"{name}: {value}" for name, value in said.figures]
    links = [f"{each.label}: {each.url}" for each in said.actions]
    while links and len("\n".join(links)) > _PLAIN // 2:
        links.pop()
    below = "".join(f"\n{each}" for each in ["", _uncalled(_cut(said.in_name, 200)), *links] if links)
    text = _uncalled(_cut("\n".join(lines), _PLAIN - len(below)))
    return _uncalled(_cut(f"{_SIGNS[said.tone]} {said.title}", 200)), text + below


def _uncalled(text: str) -> str:
    """So that `@everyone` in a title wakes nobody: a sign that is not seen comes between."""
    return text.replace("@", "@\u200b")


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
