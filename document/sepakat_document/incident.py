"""The document of an incident from its record: which parts there are, in which order, and the frame around them."""

from collections.abc import Callable
from typing import Final

from sepakat_document import frame, incident_parts
from sepakat_document.blocks import Article, Draft, Paper
from sepakat_document.incident_source import IncidentSource, Record

_Write = Callable[[Draft, IncidentSource], None]
_PARTS: Final[tuple[tuple[str, str, _Write, Callable[[Record], object]], ...]] = (
    ("In short", "Ringkasan", incident_parts.summary, lambda record: True),
    ("What happened, and why", "Apa yang terjadi, dan mengapa", incident_parts.note, lambda record: record.note),
    ("Agreed times", "Waktu yang disepakati", incident_parts.clocks, lambda record: record.clocks),
    ("Who was told, and who answered", "Siapa yang diberi tahu, dan siapa yang menjawab", incident_parts.people,
     incident_parts.has_people),
    ("Everything in order", "Kronologi", incident_parts.timeline, lambda record: record.timeline),
)  # fmt: skip


def compose(source: IncidentSource) -> Paper:
    s, record = source.speech, source.record
    articles = []
    present = [each for each in _PARTS if each[3](record)]
    for number, (en, id, write, _) in enumerate(present, start=1):
        draft = Draft(number)
        write(draft, source)
        articles.append(Article(number, s.say(en, id), tuple(draft.clauses)))
    return Paper(
        language=s.language,
        kind=s.say("Incident {number}", "Insiden {number}", number=record.number),
        title=source.title,
        between=frame.between(s, record.provider, record.customer),
        facts=incident_parts.facts(source),
        articles=tuple(articles),
        signing=(),
        hash=source.hash,
        dated=source.now.astimezone(source.zone).date(),
        words=frame.words(s),
        brief=True,
    )
