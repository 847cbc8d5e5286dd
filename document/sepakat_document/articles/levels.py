"""Service hours, the service levels with their formulas, and the rules of calculation that hold for all of them."""

from sepakat_document import examples, formulas
from sepakat_document.blocks import Block, Draft, Example, Formula, Items, Table, facts
from sepakat_document.source import Source
from sepakat_shared.contracts.compliance import LATENESS
from sepakat_shared.contracts.texts import Calendar, Limit, Objective


def hours(draft: Draft, source: Source) -> None:
    s = source.speech
    for calendar in source.text.calendars:
        draft.clause(
            s.say("Hours “{id}”", "Jam “{id}”", id=calendar.id),
            Table(
                (s.say("Days", "Hari"), s.say("Hours", "Jam")),
                tuple((s.days(days), s.hours(given)) for days, given in calendar.weekly.items()),
                widths=(1, 2),
            ),
            s.say(
                "They are those of the time zone {zone}.",
                "Jam tersebut mengikuti zona waktu {zone}.",
                zone=calendar.time_zone,
            ),
            *_holidays(source, calendar),
        )


def _holidays(source: Source, calendar: Calendar) -> list[str]:
    given, s = calendar.holidays, source.speech
    if given is None:
        return []
    found = [
        s.say(
            "Holidays ({categories}) of {country} are not among them.",
            "Hari libur ({categories}) negara {country} tidak termasuk.",
            categories=s.list(s.say(*_CATEGORIES.get(each, (each, each))) for each in given.categories),
            country=s.country(given.country),
        )
    ]
    if given.add:
        found.append(s.say("Nor are: {days}.", "Tidak termasuk pula: {days}.", days=s.list(map(s.date, given.add))))
    if given.remove:
        found.append(s.say("But these are: {days}.", "Tetap termasuk: {days}.", days=s.list(map(s.date, given.remove))))
    return found


_CATEGORIES = {
    "public": ("public", "nasional"),
    "government": ("government", "pemerintah"),
    "bank": ("bank", "perbankan"),
    "school": ("school", "sekolah"),
    "optional": ("optional", "fakultatif"),
}


def levels(draft: Draft, source: Source) -> None:
    for objective in source.text.objectives:
        draft.clause(source.title(objective), *_level(source, objective))


def _level(source: Source, objective: Objective) -> list[Block | str]:
    s = source.speech
    indicator = source.indicators.get(objective.indicator)
    measured = indicator.measured_by if indicator is not None else None
    target = objective.target
    found: list[Block | str] = [
        formulas.promise(source, objective),
        facts(
            (
                s.say("Target", "Target"),
                s.say("at least {t}", "sekurang-kurangnya {t}", t=s.percent(target))
                if not isinstance(target, Limit)
                else _limit(source, target),
            ),
            (s.say("Window", "Jangka waktu"), formulas.window(source, objective)),
            (
                s.say("Hours that count", "Jam yang dihitung"),
                source.calendar(objective.calendar) if objective.measure != "per-case" else None,
            ),
            (s.say("Identifier", "Pengenal"), objective.id),
            (s.say("Indicator", "Indikator"), objective.indicator),
            (
                s.say("Measured by", "Diukur oleh"),
                None if measured is None else _measured(source, measured.party, measured.point),
            ),
            (
                s.say("Serves", "Melayani"),
                s.list(s.words(need.statement, need.id) for need in source.text.needs if objective.id in need.served_by)
                or None,
            ),
        ),
        *([] if objective.profile is not None else [Formula(formulas.formula(source, objective))]),
    ]
    explained = formulas.explained(source, objective)
    if explained:
        found.append(Items(tuple(explained)))
    example = examples.worked(source, objective)
    if example.lines and objective.profile is None:
        found.append(Example(s.say("Example, without exclusions", "Contoh, tanpa pengecualian"), example.lines))
    found.extend(_alerts(source, objective))
    return found


def _limit(source: Source, limit: Limit) -> str:
    side = (
        ("at most {a}", "paling banyak {a}")
        if limit.at_most is not None
        else ("at least {a}", "sekurang-kurangnya {a}")
    )
    return source.speech.say(*side, a=source.quantity(limit.amount, limit.unit))


def _measured(source: Source, party: str, point: str | None) -> str:
    return source.party(party) + (f", {point}" if point else "")


def _alerts(source: Source, objective: Objective) -> list[str]:
    """Warnings that the text itself names; those that every objective has are in the reference."""
    s = source.speech
    return [
        s.say(
            "Both parties are warned when, over {long} and over {short}, the permitted loss is used up more than "
            "{rate} times as fast "
            "as would just last for the window.",
            "Kedua pihak diperingatkan apabila, selama {long} dan selama {short}, kehilangan yang diperbolehkan "
            "terpakai lebih dari "
            "{rate} kali lebih cepat daripada laju yang tepat cukup untuk jangka waktu tersebut.",
            long=s.duration(alert.over),
            short=s.duration(alert.and_over or alert.over / 12),
            rate=s.number(alert.rate),
        )
        for alert in objective.alerts or ()
    ]


def method(draft: Draft, source: Source) -> None:
    s = source.speech
    draft.clause(
        s.say("Exactness", "Ketepatan"),
        s.say(
            "Figures are exact fractions and are compared as such; they are rounded only to be shown. 99.949% does "
            "not meet 99.95%.",
            "Angka dihitung sebagai pecahan eksak dan dibandingkan apa adanya; pembulatan hanya untuk ditampilkan. "
            "99,949% tidak "
            "memenuhi 99,95%.",
        ),
    )
    draft.clause(
        s.say("Exclusions", "Pengecualian"),
        s.say(
            "Excluded time counts in neither direction, unless a service level says otherwise. Exclusions that "
            "overlap are counted once.",
            "Waktu yang dikecualikan tidak dihitung ke arah mana pun, kecuali suatu tingkat layanan menentukan lain. "
            "Pengecualian yang "
            "bertumpang tindih dihitung satu kali.",
        ),
    )
    draft.clause(
        s.say("Provisional and final figures", "Angka sementara dan final"),
        s.say(
            "A period stays open for {time} after its end, for events that arrive late. Until then its figure is "
            "provisional; then the period is closed and its figure published. What becomes known later changes it only "
            "by a correction that both parties see; the earlier figure stays on record.",
            "Suatu periode tetap terbuka selama {time} setelah berakhir, untuk peristiwa yang datang terlambat. Sampai "
            "saat itu angkanya bersifat sementara; setelah itu periode ditutup dan angkanya dipublikasikan. Hal yang "
            "diketahui kemudian hanya mengubahnya melalui koreksi yang diketahui kedua pihak; angka sebelumnya tetap "
            "tercatat.",
            time=s.duration(LATENESS),
        ),
    )
    key = source.text.evidence_key
    draft.clause(
        s.say("Evidence", "Bukti"),
        s.say(
            "Each figure can be recomputed by either party from its evidence: the recorded measurements, exclusions, "
            "hours, formula and "
            "version of this agreement.{key}",
            "Setiap angka dapat dihitung ulang oleh masing-masing pihak dari buktinya: pengukuran tercatat, "
            "pengecualian, jam, rumus, "
            "dan versi perjanjian ini.{key}",
            key=""
            if key is None
            else s.say(" Evidence is signed with the key {key}.", " Bukti ditandatangani dengan kunci {key}.", key=key),
        ),
    )
