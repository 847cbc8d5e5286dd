"""When something goes wrong: how it is reported, how urgent it is, who is told and until when."""

from datetime import timedelta
from typing import Final

from sepakat_document import ladder
from sepakat_document.blocks import Block, Draft, Items, Table
from sepakat_document.source import Source
from sepakat_shared.contracts.matrix import DEGREES, Degree, priority_of
from sepakat_shared.contracts.texts import Escalation, Level, Priorities, Priority

_NAMES = [f"P{i}" for i in range(1, 6)]
_DEGREES: Final[dict[Degree, tuple[str, str]]] = {
    "high": ("high", "tinggi"),
    "medium": ("medium", "sedang"),
    "low": ("low", "rendah"),
}


def incidents(draft: Draft, source: Source) -> None:
    s, text = source.speech, source.text
    if text.reporting is not None:
        draft.clause(s.say("Reporting", "Pelaporan"), _reporting(source))
    if text.priorities is not None:
        draft.clause(
            s.say("Priority", "Prioritas"),
            s.say(
                "An incident’s priority follows from how much it hits and how soon it must be mended:",
                "Prioritas insiden ditentukan oleh dampak dan kemendesakannya:",
            ),
            _matrix(source),
        )
        draft.clause(s.say("Times", "Tenggat"), _times(source, text.priorities), *_clocks(source, text.priorities))
        reopen = text.priorities.reopen_within or timedelta(hours=72)
        draft.clause(
            s.say("Reopening", "Pembukaan kembali"),
            s.say(
                "Within {time} of its resolution either party may open an incident again.",
                "Dalam waktu {time} sejak diselesaikan, masing-masing pihak dapat membuka kembali suatu insiden.",
                time=s.duration(reopen),
            ),
        )
    if text.post_incident_note is not None:
        draft.clause(
            s.say("Post-incident note", "Laporan pasca-insiden"),
            s.say(
                "After an incident of priority {names} the Provider writes what happened and why, within {time} of "
                "its resolution.",
                "Setelah insiden berprioritas {names}, Penyedia menulis apa yang terjadi dan sebabnya, dalam waktu "
                "{time} sejak "
                "insiden diselesaikan.",
                names=s.choice(text.post_incident_note.priorities),
                time=s.duration(text.post_incident_note.within),
            ),
        )


def _reporting(source: Source) -> str:
    s, given = source.speech, source.text.reporting
    if given is None:
        return ""
    channels = {
        "form": ("a form", "formulir"),
        "email": ("e-mail", "surel"),
        "phone": ("telephone", "telepon"),
        "api": ("an interface", "antarmuka"),
    }
    said = s.say(
        "Problems are reported by {channels}, {hours}.",
        "Masalah dilaporkan melalui {channels}, {hours}.",
        channels=s.choice(s.say(*channels.get(each, (each, each))) for each in given.channels)
        or s.say("any means", "cara apa pun"),
        hours=source.during(given.hours),
    )
    if given.acknowledge_within is not None:
        said += " " + s.say(
            "A report is acknowledged within {time}.",
            "Penerimaan laporan ditegaskan dalam waktu {time}.",
            time=s.duration(given.acknowledge_within),
        )
    return said


def _matrix(source: Source) -> Table:
    """Every cell as incidents are sorted by it, those that the text leaves open, too."""
    s = source.speech
    named = {degree: s.say(*words) for degree, words in _DEGREES.items()}
    rows = tuple(
        (named[impact], *(priority_of(source.text, impact, urgency) for urgency in DEGREES)) for impact in DEGREES
    )
    head = s.say("Impact ↓  Urgency →", "Dampak ↓  Kemendesakan →"), *(named[each] for each in DEGREES)
    return Table(head, rows, widths=(2, *(1 for _ in DEGREES)))


def _times(source: Source, given: Priorities) -> Block:
    s = source.speech
    present = [(name, each) for name in _NAMES if (each := given.get(name)) is not None]

    def limit(priority: str, until: str, value: timedelta | None) -> str:
        return _by_objective(source, priority, until) or "\u2013" if value is None else s.duration(value)

    return Table(
        (
            s.say("Priority", "Prioritas"),
            s.say("First response", "Tanggapan pertama"),
            s.say("Restored", "Pemulihan"),
            s.say("Resolved", "Penyelesaian"),
            s.say("Progress note every", "Kabar kemajuan setiap"),
            s.say("Escalation", "Eskalasi"),
        ),
        tuple(
            (
                name,
                limit(name, "responded", each.first_response),
                limit(name, "restored", each.restore),
                limit(name, "resolved", each.resolve),
                limit(name, "", each.update_every),
                each.escalation or "\u2013",
            )
            for name, each in present
        ),
        widths=(4, 5, 5, 5, 5, 4),
    )


def _clocks(source: Source, given: Priorities) -> list[Block | str]:
    s = source.speech
    lines = []
    for name in _NAMES:
        each = given.get(name)
        if each is not None and (each.calendar is not None or each.pause_while is not None):
            lines.append(_clock(source, name, each))
    note = s.say("A dash means that no time was agreed.", "Tanda pisah berarti tidak ada tenggat yang disepakati.")
    return [note, *([Items(tuple(lines))] if lines else [])]


def _by_objective(source: Source, priority: str, until: str) -> str | None:
    """The limit of the service level about such cases, with its clause."""
    for i, objective in enumerate(source.text.objectives, start=1):
        clock, threshold = objective.clock, objective.threshold
        meant = objective.measure == "per-case" and objective.where.get("priority", priority) == priority
        if meant and clock is not None and (clock.from_, clock.until) == ("opened", until) and threshold is not None:
            return f"{source.quantity(threshold.amount, threshold.unit)} ({source.clause('levels', i)})"
    return None


def _clock(source: Source, name: str, given: Priority) -> str:
    s = source.speech
    said = s.say(
        "{name} counts {calendar}",
        "{name} dihitung {calendar}",
        name=name,
        calendar=source.during(given.calendar or "24x7"),
    )
    if given.pause_while:
        said += s.say(
            ", and stands still while: {reasons}", ", dan berhenti selama: {reasons}", reasons=s.list(given.pause_while)
        )
    return said + "."


def escalation(draft: Draft, source: Source) -> None:
    s = source.speech
    for name, policy in source.text.escalation.items():
        used = [each for each in _NAMES if (p := _priority(source, each)) is not None and p.escalation == name]
        title = s.say("Ladder “{name}”", "Tangga “{name}”", name=name)
        if used:
            title += s.say(", for {names}", ", untuk {names}", names=s.list(used))
        draft.clause(title, ladder.drawing(source, name, policy), Items(tuple(_rules(source, policy))))


def _priority(source: Source, name: str) -> Priority | None:
    return source.text.priorities.get(name) if source.text.priorities is not None else None


def _rules(source: Source, policy: Escalation) -> list[str]:
    s = source.speech
    who = source.role(
        source.text.parties.provider if policy.acknowledged_by == "provider" else source.text.parties.customer
    )
    found = [
        s.say(
            "Only {who} stops the ladder, by acknowledging.",
            "Hanya {who} yang menghentikan tangga, dengan menyatakan menerima.",
            who=who,
        )
    ]
    if policy.repeat:
        found.append(
            s.say(
                "Without an acknowledgement it begins anew, {n} more times.",
                "Tanpa pernyataan menerima, tangga diulang dari awal, {n} kali lagi.",
                n=s.number(policy.repeat),
            )
        )
    if policy.acknowledgement_lasts is not None:
        found.append(
            s.say(
                "An acknowledgement lapses after {time} without a further word.",
                "Pernyataan menerima gugur setelah {time} tanpa kabar lanjutan.",
                time=s.duration(policy.acknowledgement_lasts),
            )
        )
    if policy.snooze_at_most is not None:
        found.append(
            s.say(
                "Whoever must acknowledge may put the ladder off for {time} in all, which stops no clock.",
                "Pihak yang wajib menyatakan menerima boleh menunda tangga paling lama {time} seluruhnya; jam tetap "
                "berjalan.",
                time=s.duration(policy.snooze_at_most),
            )
        )
    for i, level in enumerate(policy.levels, start=1):
        found.extend(_level(source, i, level))
    return found


def _level(source: Source, n: int, level: Level) -> list[str]:
    s, found, number = source.speech, [], source.speech.number(n)
    if level.hours is not None and level.otherwise is not None:
        found.append(
            s.say(
                "Level {n} holds in {calendar}; outside of it, {who} is told.",
                "Tingkat {n} berlaku dalam {calendar}; di luar itu yang diberi tahu {who}.",
                n=number,
                calendar=source.calendar(level.hours),
                who=s.list(map(source.told, level.otherwise)),
            )
        )
    if level.acknowledgements is not None and level.acknowledgements > 1:
        found.append(
            s.say(
                "Level {n} needs {count} acknowledgements.",
                "Tingkat {n} memerlukan {count} pernyataan menerima.",
                n=number,
                count=s.number(level.acknowledgements),
            )
        )
    left = level.when_left
    if left is not None:
        clocks = {
            "first-response": ("the first response", "tanggapan pertama"),
            "restore": ("restoration", "pemulihan"),
            "resolve": ("resolution", "penyelesaian"),
        }
        amount = s.percent(left.percent) if left.percent is not None else s.duration(left.time or timedelta(0))
        found.append(
            s.say(
                "Level {n} is told in any case when {amount} of the time for {clock} is left.",
                "Tingkat {n} selalu diberi tahu apabila waktu untuk {clock} tersisa {amount}.",
                n=number,
                amount=amount,
                clock=s.say(*clocks[left.clock]),
            )
        )
    return found


def on_call(draft: Draft, source: Source) -> None:
    s = source.speech
    turns = {"day": ("every day", "setiap hari"), "week": ("every week", "setiap pekan")}
    for rotation in source.text.rotations or ():
        lines = []
        for layer in rotation.layers:
            every = (
                s.say(*turns[layer.every])
                if isinstance(layer.every, str)
                else s.say("every {t}", "setiap {t}", t=s.duration(layer.every))
            )
            lines.append(
                s.say(
                    "{people} take turns {every}, from {start} on, handed over at {at} ({zone})."
                    if len(layer.participants) > 1
                    else "{people} is on call from {start} at {at} on ({zone}).",
                    "{people} bergiliran {every}, mulai {start}, serah terima pukul {at} ({zone})."
                    if len(layer.participants) > 1
                    else "{people} siaga mulai {start} pukul {at} ({zone}).",
                    people=s.list(map(source.person, layer.participants)),
                    every=every,
                    start=s.date(layer.from_),
                    at=s.hours([layer.at]),
                    zone=layer.time_zone,
                )
            )
        draft.clause(s.words(rotation.title, rotation.id), Items(tuple(lines)))
