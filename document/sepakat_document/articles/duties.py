"""What both parties owe besides the service levels, and when work on the service may interrupt it."""

from sepakat_document import recurrence
from sepakat_document.articles import money
from sepakat_document.blocks import Draft, Table
from sepakat_document.source import Source
from sepakat_shared.contracts.texts import MaintenanceWindow, Obligation, Trigger, Unmet

_UNITS = {
    "day": ("day", "hari"),
    "week": ("week", "pekan"),
    "month": ("month", "bulan"),
    "quarter": ("quarter", "triwulan"),
    "year": ("year", "tahun"),
}


def obligations(draft: Draft, source: Source) -> None:
    for each in source.text.obligations:
        draft.clause(None, _sentence(source, each))


def _sentence(source: Source, given: Obligation) -> str:
    s = source.speech
    parts = [
        f"{source.role(given.party).capitalize() if s.language == 'id' else _begun(source.role(given.party))}: "
        f"{s.words(given.text, given.id)}"
    ]
    if given.within is not None:
        parts.append(s.say("within {time}", "dalam waktu {time}", time=s.duration(given.within)))
    if given.after is not None:
        parts.append(s.say("counted from “{what}”", "terhitung sejak “{what}”", what=given.after))
    if given.every is not None:
        parts.append(s.say("every {time}", "setiap {time}", time=s.each(s.span(given.every))))
    said = ", ".join([*parts, *_dates(source, given)]) + "."
    if given.owner is not None:
        said += " " + s.say("Answerable: {who}.", "Penanggung jawab: {who}.", who=source.person(given.owner))
    if given.remind is not None:
        said += " " + s.say(
            "A reminder is sent {time} ahead.", "Pengingat dikirim {time} sebelumnya.", time=s.duration(given.remind)
        )
    if given.unmet is not None and given.unmet.pauses:
        said += " " + s.say(
            "While it is unmet, the clock stands still of {what}.",
            "Selama tidak dipenuhi, berhentilah penghitungan waktu untuk {what}.",
            what=s.list(source.objective(id) for id in given.unmet.pauses),
        )
    return said + (_repeated(source, given.unmet) if given.unmet is not None else "")


def _repeated(source: Source, given: Unmet) -> str:
    """What follows when it is missed again and again."""
    s, said = source.speech, ""
    if given.improvement_plan is not None:
        said += " " + s.say(
            "Missed {n} times within {time}, it demands an improvement plan.",
            "Apabila {n} kali tidak dipenuhi dalam {time}, wajib disusun rencana perbaikan.",
            n=s.number(given.improvement_plan.misses), time=s.span(given.improvement_plan.within),
        )  # fmt: skip
        if given.improvement_plan.draft_within is not None:
            within = s.span(given.improvement_plan.draft_within)
            said += " " + s.say(
                "The plan is due within {time}.", "Rencana itu disampaikan dalam waktu {time}.", time=within
            )
    if given.termination is not None:
        said += " " + s.say(
            "Missed {n} times within {time}, it permits the other party to terminate this agreement.",
            "Apabila {n} kali tidak dipenuhi dalam {time}, pihak lain berhak mengakhiri perjanjian ini.",
            n=s.number(given.termination.misses), time=s.span(given.termination.within),
        )  # fmt: skip
        said += money.exercised(source, given.termination)
    return said


def _dates(source: Source, given: Obligation) -> list[str]:
    """When it is due, as far as it is not a time after something or every so long."""
    s = source.speech
    found = []
    if given.trigger is not None:
        found.append(s.say("counted from {what}", "terhitung sejak {what}", what=_event(source, given.trigger)))
    if given.rrule is not None:
        found.append(recurrence.in_words(s, given.rrule))
    if given.due is not None:
        found.append(s.say("by {day}", "paling lambat {day}", day=s.date(given.due)))
    if given.first is not None:
        found.append(s.say("from {day} on", "mulai {day}", day=s.date(given.first)))
    if given.calendar is not None:
        found.append(s.say("by the calendar “{id}”", "menurut kalender “{id}”", id=given.calendar))
    return found


def _event(source: Source, trigger: Trigger) -> str:
    s = source.speech
    if trigger.event == "target-missed":
        if not trigger.objectives:
            return s.say("a missed target", "tidak terpenuhinya suatu target")
        what = s.list(source.objective(id) for id in trigger.objectives)
        return s.say("a missed target of {what}", "tidak terpenuhinya target {what}", what=what)
    opened = trigger.event == "incident-opened"
    said = s.say(
        "the opening of an incident" if opened else "the resolution of an incident",
        "dibukanya insiden" if opened else "selesainya insiden",
    )
    if not trigger.priorities:
        return said
    return s.say("{said} of priority {p}", "{said} berprioritas {p}", said=said, p=s.list(trigger.priorities))


def _begun(words: str) -> str:
    return words[:1].upper() + words[1:]


def maintenance(draft: Draft, source: Source) -> None:
    s, given = source.speech, source.text.maintenance
    if given is None:
        return
    if given.notice is not None:
        draft.clause(
            s.say("Notice", "Pemberitahuan"),
            s.say(
                "Maintenance is announced at least {time} before it begins.",
                "Pemeliharaan diumumkan paling lambat {time} sebelum dimulai.",
                time=s.span(given.notice),
            ),
        )
    if given.allowance is not None:
        down = given.allowance.excess == "down"
        draft.clause(
            s.say("Allowance", "Batas"),
            s.say(
                "Announced maintenance is excluded for up to {max} per {unit}. What goes beyond {excess}.",
                "Pemeliharaan yang diumumkan dikecualikan paling lama {max} per {unit}. Selebihnya {excess}.",
                max=s.duration(given.allowance.max),
                unit=s.say(*_UNITS[given.allowance.per]),
                excess=s.say("counts as down-time", "dihitung sebagai waktu henti")
                if down
                else s.say("is excluded too", "dikecualikan pula"),
            ),
        )
    if given.freezes:
        draft.clause(
            s.say("No maintenance", "Tanpa pemeliharaan"),
            s.say(
                "There is none in: {days}.",
                "Tidak ada pemeliharaan pada: {days}.",
                days=s.list(f"{s.date(each.from_)}\u2013{s.date(each.until)}" for each in given.freezes),
            ),
        )
    if given.windows:
        draft.clause(
            s.say("Agreed windows", "Jendela yang disepakati"),
            Table(
                (
                    s.say("Window", "Jendela"),
                    s.say("Begins", "Mulai"),
                    s.say("Lasts", "Lamanya"),
                    s.say("Again", "Berulang"),
                ),
                tuple(_window(source, each) for each in given.windows),
                widths=(2, 3, 2, 3),
            ),
        )


def _window(source: Source, given: MaintenanceWindow) -> tuple[str, str, str, str]:
    s = source.speech
    again = recurrence.in_words(s, given.rrule) if given.rrule is not None else s.say("once", "satu kali")
    if given.objectives:
        again += " · " + s.list(source.objective(id) for id in given.objectives)
    return given.id, s.instant(given.start), s.duration(given.duration), again
