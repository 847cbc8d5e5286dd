"""The letter that tells of many events: a digest, or the summary of a storm; each line leads to its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sepakat_notifier import letters, rendering
from sepakat_notifier.directory import Reader
from sepakat_notifier.excerpts import excerpt
from sepakat_notifier.gathering import GATHERED
from sepakat_notifier.gists import Gist, gist_of
from sepakat_notifier.letters import Letter, Look
from sepakat_notifier.words import Words
from sepakat_shared.contracts import compliance, incidents
from sepakat_shared.contracts.fact import Fact

MOST_LISTED: Final = 300
_LABELS: Final[Mapping[str, Mapping[str, str]]] = {
    "digest": {"en": "You get this message because you, {}, have chosen a digest.",
               "id": "Anda menerima pesan ini karena Anda, {}, memilih ringkasan."},
    "summary": {"en": "You get this message as {}, under the agreement {}.",
                "id": "Anda menerima pesan ini sebagai {}, menurut perjanjian {}."},
}  # fmt: skip


@dataclass(frozen=True)
class Told:
    """One event that is told of: when it came, and where its own letter is read."""

    fact: Fact
    at: datetime
    link: str


@dataclass(frozen=True)
class Entry:
    """One event among many: `said` are the words of whoever said something by it."""

    at: str
    what: str
    said: str
    link: str


@dataclass(frozen=True)
class Gathered:
    """What a message that tells of many has to say; `sections` are headings with what came."""

    words: Words
    subject: str
    paragraphs: list[str]
    sections: list[tuple[str, list[Entry]]]
    tone: str
    reason: str


def gathered(data: Mapping[str, Any], reader: Reader, names: Mapping[str, str], told: Sequence[Told]) -> Gathered:
    """`data` is that of the gathering message; `told`, at least one, is in the order in which it came."""
    words = Words(reader.language, reader.time_zone)
    listed = told[-MOST_LISTED:]
    said = [gist_of(each.fact, reader, names) for each in listed]
    latest = said[-1]
    context = {
        "kind": data["kind"], "every": data.get("every"), "words": words, "count": len(told), "listed": len(listed),
        "latest": latest.subject, "since": told[0].at, "says_how_it_stands": _says_how_it_stands(data, told[-1].fact),
    }  # fmt: skip
    subject, paragraphs = rendering.rendered(GATHERED, words, context)
    is_digest = data["kind"] == "digest"
    # What a storm is about is said by its subject; what came when matters more than which service it was.
    sections: dict[str, list[Entry]] = {}
    for each, gist in zip(listed, said, strict=True):
        heading = _heading(gist) if is_digest else ""
        entry = Entry(words.when(each.at), gist.subject, excerpt(each.fact, words, names), each.link)
        sections.setdefault(heading, []).append(entry)
    reason = _LABELS[data["kind"]][words.language].format(reader.name, latest.agreement)
    tone = "calm" if is_digest else latest.tone
    return Gathered(words, subject, paragraphs, sorted(sections.items()), tone, reason)


_STATES: Final = (
    incidents.IncidentOpened, incidents.IncidentUnacknowledged, incidents.IncidentSnoozed, incidents.IncidentResolved,
    incidents.IncidentReopened, incidents.IncidentMerged, compliance.ObjectiveAtRisk, compliance.ObjectiveFailing,
    compliance.ObjectiveRecovered,
)  # fmt: skip


def _says_how_it_stands(data: Mapping[str, Any], latest: Fact) -> bool:
    """Whether what came last says how that stands which all of it is about: words do not, nor does one of many."""
    if data.get("about_type") == "agreement":
        return False
    return isinstance(latest, _STATES) or (isinstance(latest, incidents.IncidentAcknowledged) and latest.stops_ladder)


def compose(said: Gathered, reader: Reader, unsubscribe: str | None, look: Look | None = None) -> Letter:
    return letters.sent({
        "language": said.words.language, "subject": said.subject, "greeting": reader.name,
        "paragraphs": said.paragraphs, "figures": [], "tone": said.tone, "link": None, "button": "",
        "reason": said.reason, "sections": said.sections, "unsubscribe": unsubscribe,
        "unsubscribe_label": said.words.label("unsubscribe"), "look": look,
    })  # fmt: skip


def _heading(gist: Gist) -> str:
    return gist.agreement if gist.service == gist.agreement else f"{gist.agreement} · {gist.service}"
