"""The document of a review from its source: which parts there are, in which order, and the frame around them."""

from collections.abc import Callable
from datetime import date
from typing import Final

from sepakat_document import frame, review_figures, review_parts
from sepakat_document.blocks import Article, Draft, Paper
from sepakat_document.pack import Pack
from sepakat_document.review_source import Held, ReviewSource

_Write = Callable[[Draft, ReviewSource], None]
_PARTS: Final[tuple[tuple[str, str, _Write, Callable[[Pack, Held], object]], ...]] = (
    ("In short", "Ringkasan", review_figures.summary, lambda pack, held: True),
    ("Service levels", "Tingkat layanan", review_figures.levels, lambda pack, held: pack.objectives),
    ("Incidents", "Insiden", review_figures.incidents, lambda pack, held: True),
    ("Disputes", "Sanggahan", review_parts.disputes, lambda pack, held: pack.disputes),
    ("Service credits", "Kredit layanan", review_parts.credits, lambda pack, held: pack.credits),
    ("Obligations", "Kewajiban", review_parts.duties, lambda pack, held: pack.duties),
    ("Maintenance", "Pemeliharaan", review_parts.works, lambda pack, held: pack.works),
    ("Needs", "Kebutuhan", review_parts.needs, lambda pack, held: pack.needs or held.needs),
    ("What the customer says", "Suara pelanggan", review_parts.feedback, lambda pack, held: held.heard.count),
    (
        "What was said and decided", "Pembahasan dan keputusan", review_parts.talk,
        lambda pack, held: held.comments or held.decisions or held.conclusion,
    ),
)  # fmt: skip


def compose(source: ReviewSource) -> Paper:
    s, pack = source.speech, source.pack
    articles = []
    present = [each for each in _PARTS if each[3](pack, source.held)]
    for number, (en, id, write, _) in enumerate(present, start=1):
        draft = Draft(number)
        write(draft, source)
        articles.append(Article(number, s.say(en, id), tuple(draft.clauses)))
    return Paper(
        language=s.language,
        kind=_kind(source),
        title=source.words(pack.title, pack.agreement),
        between=frame.between(s, source.party(pack.provider), source.party(pack.customer)),
        facts=_facts(source),
        articles=tuple(articles),
        signing=(),
        hash=source.hash,
        dated=pack.compiled_at.astimezone(source.zone).date(),
        words=frame.words(s),
    )


def _kind(source: ReviewSource) -> str:
    s, pack = source.speech, source.pack
    if pack.month is not None:
        named = source.period(pack.since, pack.until)
        return s.say("Service report, {month}", "Laporan layanan, {month}", month=named)
    return s.say("Service review {n}", "Tinjauan layanan {n}", n=str(pack.review))


def _facts(source: ReviewSource) -> tuple[tuple[str, str], ...]:
    s, pack = source.speech, source.pack
    facts = [
        (
            s.say("Agreement", "Perjanjian"),
            f"{pack.agreement}, " + s.say("version {n}", "versi {n}", n=str(pack.version)),
        ),
        (s.say("Looks back on", "Meninjau"), f"{source.instant(pack.since)} \u2013 {source.instant(pack.until)}"),
        *(_of_meeting(source) if pack.month is None else ()),
        (s.say("Figures of", "Angka per"), source.instant(pack.compiled_at)),
    ]
    return tuple(facts)


def _of_meeting(source: ReviewSource) -> list[tuple[str, str]]:
    s, held = source.speech, source.held
    states = {
        "open": ("open", "terbuka"),
        "overdue": ("overdue", "terlambat"),
        "closed": ("closed", "ditutup"),
    }
    why = {
        "cadence": ("as agreed", "sesuai kesepakatan"),
        "demand": ("a party wants it", "atas permintaan salah satu pihak"),
        "misses": ("after missed targets", "setelah target tidak terpenuhi"),
    }
    facts = [
        (s.say("Meeting", "Pertemuan"), f"{_meeting(source)} ({s.say(*why[held.because])})"),
        (s.say("State", "Keadaan"), s.say(*states[held.state])),
    ]
    if held.chair:
        facts.append((s.say("Chair", "Ketua"), source.person(held.chair)))
    if held.participants:
        facts.append((s.say("Participants", "Peserta"), s.list(map(source.person, held.participants))))
    return facts


def _meeting(source: ReviewSource) -> str:
    return source.speech.date(date.fromisoformat(source.pack.meeting))
