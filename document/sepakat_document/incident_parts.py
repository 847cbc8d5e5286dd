"""What is in the document of an incident: its facts and its picture, its note, its times, its people, its timeline."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from sepakat_document import incident_course
from sepakat_document.blocks import Block, Draft, Table
from sepakat_document.incident_source import Clock, Entry, IncidentSource, Promise, Record, plain
from sepakat_document.incident_words import instant_of, sentence

_PEOPLE: Final = (
    "Acknowledged", "Unacknowledged", "Unreached", "HandedOver", "Joined", "Snoozed", "Woken", "Owned", "Exhausted",
)  # fmt: skip
_MOST: Final = 1_000
"""Rows of a timeline."""
_STATES: Final = {
    "open": ("open", "terbuka"), "acknowledged": ("in hand", "sedang ditangani"), "resolved": ("resolved", "selesai"),
    "closed": ("resolved, and its record closed", "selesai, dan catatannya ditutup"),
}  # fmt: skip
_LINKS: Final = {
    "related": ("related to {number}", "terkait dengan {number}"),
    "caused-by": ("caused by {number}", "disebabkan oleh {number}"),
    "causes": ("caused {number}", "menyebabkan {number}"),
    "duplicates": ("a duplicate of {number}", "duplikat {number}"),
    "duplicated-by": ("with the duplicate {number}", "dengan duplikat {number}"),
}  # fmt: skip


def facts(source: IncidentSource) -> tuple[tuple[str, str], ...]:
    """The first lines: what it is about, who is responsible, and when what was."""
    s, record = source.speech, source.record
    return tuple(
        (name, value)
        for name, value in (
            (s.say("Agreement", "Perjanjian"), source.words(record.agreement_title, record.agreement)),
            (s.say("Service", "Layanan"), source.service),
            (s.say("Priority", "Prioritas"), _priority(source)),
            (s.say("State", "Keadaan"), _state(source)),
            (s.say("Responsible", "Penanggung jawab"), _responsible(source)),
            (s.say("Impact", "Dampak"), _impact(source)),
            (s.say("Opened", "Dibuka"), source.moment(record.opened_at)),
            (s.say("Taken up", "Mulai ditangani"), record.acknowledged_at and source.moment(record.acknowledged_at)),
            (s.say("Resolved", "Diselesaikan"), record.resolved_at and source.moment(record.resolved_at)),
            (s.say("Counted", "Jumlah"), _counted(source)),
            (s.say("Linked", "Terkait"), s.list(_linked(source))),
            (s.say("Time zone", "Zona waktu"), source.time_zone),
            (s.say("As of", "Per"), source.moment(source.now)),
            (s.say("Not for everybody", "Tidak untuk semua"), _internal(source)),
        )
        if value
    )


def _priority(source: IncidentSource) -> str:
    s, record = source.speech, source.record
    if record.impact is None or record.urgency is None:
        return record.priority
    return s.say(
        "{priority} (impact {impact}, urgency {urgency})",
        "{priority} (dampak {impact}, kemendesakan {urgency})",
        priority=record.priority,
        impact=source.degree(record.impact),
        urgency=source.degree(record.urgency),
    )


def _state(source: IncidentSource) -> str:
    s, record = source.speech, source.record
    if record.merged_into is not None:
        return s.say("goes on as part of {number}", "berlanjut sebagai bagian dari {number}", number=record.merged_into)
    said = s.say(*_STATES.get(record.status, (record.status, record.status)))
    if record.reopened == 1:
        said += s.say(", opened again once", ", dibuka kembali satu kali")
    elif record.reopened:
        said += s.say(", opened again {n} times", ", dibuka kembali {n} kali", n=s.number(record.reopened))
    if record.waits_for is not None:
        said += s.say("; the times stand still: {why}", "; waktu berhenti: {why}", why=source.reason(record.waits_for))
    return said


def _responsible(source: IncidentSource) -> str:
    s, record = source.speech, source.record
    if record.owner is None:
        return record.responsible
    return s.say("{party}; {owner} sees to it", "{party}; diurus oleh {owner}", party=record.responsible,
                 owner=record.owner)  # fmt: skip


def _impact(source: IncidentSource) -> str:
    s, record = source.speech, source.record
    since, until = record.impact_started_at, record.impact_ended_at
    if until is None:
        by_now = source.took(max(timedelta(), incident_course.ends_at(source) - since))
        return s.say(
            "since {since}, for {took} by now", "sejak {since}, sejauh ini {took}",
            since=source.moment(since), took=by_now,
        )  # fmt: skip
    return f"{source.took(until - since)} ({source.moment(since)} \u2013 {source.moment(until)})"


def _counted(source: IncidentSource) -> str:
    s, record = source.speech, source.record
    reports = sum(each.what == "Reported" for each in record.timeline)
    counts = (
        (record.alerts, ("{n} alert", "{n} alerts", "{n} peringatan dari pemantauan")),
        (reports, ("{n} report", "{n} reports", "{n} laporan")),
        (record.merged, ("{n} merged duplicate", "{n} merged duplicates", "{n} duplikat yang digabungkan")),
    )
    return s.list(s.say(one if n == 1 else more, id, n=s.number(n)) for n, (one, more, id) in counts if n)


def _linked(source: IncidentSource) -> Iterable[str]:
    for each in source.record.links:
        words = _LINKS.get(each.kind, (each.kind + " {number}", each.kind + " {number}"))
        yield source.say(*words, number=each.number)


def _internal(source: IncidentSource) -> str:
    """Who hands it on should know what is in it."""
    found = {
        str(each.told.get("party")): None for each in source.record.timeline
        if each.told.get("visibility") == "internal"
    }  # fmt: skip
    if any(each.what == "PostmortemDrafted" for each in source.record.timeline):
        found[source.record.responsible] = None
    return source.say(
        "it has what is internal to {party}", "memuat catatan internal {party}", party=source.speech.list(found)
    ) if found else ""  # fmt: skip


# -- in short ----------------------------------------------------------------------------------------------------------


def summary(draft: Draft, source: IncidentSource) -> None:
    draft.clause(source.say("Its course", "Jalannya insiden"), incident_course.drawing(source))


def note(draft: Draft, source: IncidentSource) -> None:
    """As it was published last."""
    s, given = source.speech, source.record.note
    if given is None:
        return
    draft.clause(s.say("What happened", "Apa yang terjadi"), *_paragraphs(given.what_happened))
    draft.clause(s.say("Why", "Mengapa"), *_paragraphs(given.why))
    draft.clause(s.say("What will change", "Apa yang akan berubah"), *_paragraphs(given.what_will_change))
    if given.promises:
        draft.clause(
            s.say("Follow-ups", "Tindak lanjut"),
            Table(
                (s.say("What", "Apa"), s.say("Who", "Siapa"), s.say("Until", "Sampai"), s.say("State", "Keadaan")),
                tuple(
                    (plain(each.text), each.owner, source.day(each.due_at), _promise(source, each))
                    for each in given.promises
                ),
                widths=(6, 2, 3, 3),
            ),
        )


def _promise(source: IncidentSource, promise: Promise) -> str:
    states = {"open": ("open", "terbuka"), "overdue": ("overdue", "terlambat"), "done": ("done", "selesai")}
    said = source.say(*states.get(promise.status, (promise.status, promise.status)))
    late = promise.late and promise.status == "done"
    return said + source.say(", late", ", terlambat") if late else said


def _paragraphs(text: str) -> list[Block | str]:
    return [each for each in (part.strip() for part in plain(text).split("\n\n")) if each]


# -- agreed times ------------------------------------------------------------------------------------------------------


def clocks(draft: Draft, source: IncidentSource) -> None:
    s, record = source.speech, source.record
    disputed = any(each.agreed for each in record.clocks)
    head = [
        s.say("Time for", "Waktu untuk"), s.say("Limit", "Batas"), s.say("Taken", "Terpakai"),
        s.say("Due", "Tenggat"), s.say("Verdict", "Hasil"),
    ]  # fmt: skip
    if disputed:
        head.append(s.say("Agreed after a dispute", "Disepakati setelah sanggahan"))
    draft.clause(
        s.say("Against their limits", "Terhadap batasnya"),
        Table(
            tuple(head),
            tuple(_clock(source, each, disputed=disputed) for each in record.clocks),
            widths=(3, 3, 3, 4, 3, 4)[: len(head)] if disputed else (3, 3, 4, 4, 3),
        ),
    )


def _clock(source: IncidentSource, clock: Clock, *, disputed: bool) -> tuple[str, ...]:
    row = [
        source.clock(clock.measures), source.took(clock.limit), source.took(clock.elapsed),
        source.moment(clock.due_at) if clock.due_at is not None else "\u2013", _verdict(source, clock),
    ]  # fmt: skip
    if disputed:
        row.append("\u2013" if clock.agreed is None else f"{source.took(clock.agreed.elapsed)}, "
                   f"{_met(source, clock.agreed.met)} ({clock.agreed.number})")  # fmt: skip
    return tuple(row)


def _verdict(source: IncidentSource, clock: Clock) -> str:
    """Of a cadence that has ended, how often it was not kept: its last stretch says nothing of those before."""
    said = incident_course.verdict(source, clock)
    missed = len(incident_course.silences(source)) if clock.measures == "update" else 0
    return said + source.say(", {n} late", ", {n} terlambat", n=source.speech.number(missed)) if missed else said


def _met(source: IncidentSource, met: bool) -> str:
    return source.say(*incident_course.STATES["met" if met else "missed"])


# -- people ------------------------------------------------------------------------------------------------------------


def has_people(record: Record) -> bool:
    return any(each.what in ("Escalated", *_PEOPLE) for each in record.timeline)


def people(draft: Draft, source: IncidentSource) -> None:
    s, timeline_ = source.speech, source.record.timeline
    told = [each for each in timeline_ if each.what == "Escalated"]
    if told:
        draft.clause(
            s.say("Who was told", "Siapa yang diberi tahu"),
            Table(
                (
                    s.say("When", "Kapan"), s.say("Level", "Tingkat"), s.say("Whom", "Siapa"), s.say("Why", "Mengapa"),
                    s.say("Answer asked by", "Jawaban diminta sampai"),
                ),
                tuple(_told(source, each) for each in told),
                widths=(4, 3, 4, 4, 4),
            ),
        )  # fmt: skip
    answered = [each for each in timeline_ if each.what in _PEOPLE]
    if answered:
        draft.clause(
            s.say("Who answered, and what became of it", "Siapa yang menjawab, dan kelanjutannya"),
            _table(source, answered),
        )


def _told(source: IncidentSource, entry: Entry) -> tuple[str, ...]:
    s, told = source.speech, entry.told
    why = {
        "delay": ("its turn had come", "gilirannya tiba"), "time-left": ("little time was left", "sisa waktu sedikit"),
        "manual": ("somebody asked for it", "ada yang memintanya"),
        "unreached": ("nobody before could be reached", "yang sebelumnya tidak dapat dihubungi"),
    }  # fmt: skip
    level, round = str(told.get("level", "\u2013")), int(told.get("round", 1))
    if round > 1:
        level += s.say(", round {n}", ", putaran {n}", n=str(round))
    reason = str(told.get("reason", "delay"))
    by = told.get("acknowledge_by")
    return (
        source.moment(entry.at), level,
        s.list(plain(str(each)) for each in (*told.get("contacts", ()), *told.get("webhooks", ()))) or "\u2013",
        s.say(*why.get(reason, (reason, reason))), source.moment(instant_of(by)) if by is not None else "\u2013",
    )  # fmt: skip


def timeline(draft: Draft, source: IncidentSource) -> None:
    s = source.speech
    title = s.say("Times in {zone}", "Zona waktu {zone}", zone=source.time_zone)
    draft.clause(title, _table(source, source.record.timeline))


def _table(source: IncidentSource, entries: Sequence[Entry]) -> Table:
    s = source.speech
    rows = [(source.moment(each.at), sentence(source, each)) for each in _fewer(entries)]
    left_out = len(entries) - len(rows)
    if left_out:
        said = s.say(
            "{n} entries are left out here; the timeline has them all.",
            "{n} catatan tidak dimuat di sini; semuanya ada pada linimasa insiden.",
            n=s.number(left_out),
        )
        rows.insert(len(rows) // 2, ("\u2026", said))
    return Table((s.say("When", "Kapan"), s.say("What", "Apa")), tuple(rows), widths=(4, 13))


def _fewer(entries: Sequence[Entry]) -> Sequence[Entry]:
    """The first and the last ones: a flood of reports would be hundreds of pages, which nobody reads."""
    half = _MOST // 2
    return entries if len(entries) <= _MOST else (*entries[:half], *entries[-half:])
