"""How each measure is calculated, in words: what an engineer would compute and a lawyer would read."""

from decimal import Decimal

from sepakat_document.source import Source
from sepakat_shared.contracts.texts import CaseClock, Limit, Objective

_FACTS = {
    "opened": ("it is reported", "dilaporkan"),
    "responded": ("it is first answered", "pertama kali ditanggapi"),
    "restored": ("the service is restored", "layanan pulih"),
    "resolved": ("it is resolved", "terselesaikan"),
    "down": ("the service goes down", "layanan terhenti"),
    "up": ("the service is up again", "layanan kembali tersedia"),
}


def promise(source: Source, objective: Objective) -> str:
    """What is owed, in one sentence."""
    s, target = source.speech, objective.target
    title = source.title(objective)
    period = window(source, objective)
    if isinstance(target, Decimal):
        return s.say(
            "“{title}” of {service} is at least {target} {period}.",
            "“{title}” untuk {service} sekurang-kurangnya {target} {period}.",
            title=title,
            service=source.service(objective),
            target=s.percent(target),
            period=period,
        )
    most = target.at_most is not None
    return s.say(
        "“{title}” of {service} is {side} {amount} {period}.",
        "“{title}” untuk {service} {side} {amount} {period}.",
        title=title,
        service=source.service(objective),
        amount=source.quantity(target.amount, target.unit),
        period=period,
        side=s.say("at most", "paling banyak") if most else s.say("at least", "sekurang-kurangnya"),
    )


def window(source: Source, objective: Objective) -> str:
    s, given = source.speech, objective.window
    if given.rolling is not None:
        return s.say(
            "over the {length} before any moment",
            "selama {length} sebelum setiap saat",
            length=s.duration(given.rolling),
        )
    units = {
        "day": ("in each calendar day", "pada setiap hari kalender"),
        "week": ("in each week from Monday on", "pada setiap pekan mulai hari Senin"),
        "month": ("in each calendar month", "pada setiap bulan kalender"),
        "quarter": ("in each calendar quarter", "pada setiap triwulan kalender"),
        "year": ("in each calendar year", "pada setiap tahun kalender"),
    }
    return s.say(*units[given.calendar or "month"])


def formula(source: Source, objective: Objective) -> str:
    s = source.speech
    match objective.measure:
        case "time":
            return s.say(
                "availability = time up ÷ (time up + time down)",
                "ketersediaan = waktu tersedia ÷ (waktu tersedia + waktu henti)",
            )
        case "occurrences":
            return s.say(
                "success rate = good events ÷ all events", "tingkat keberhasilan = peristiwa baik ÷ seluruh peristiwa"
            )
        case "share":
            return s.say(
                "share = measurements of at most {limit} ÷ all measurements",
                "proporsi = pengukuran paling tinggi {limit} ÷ seluruh pengukuran",
                limit=_threshold(source, objective),
            )
        case "percentile":
            return s.say(
                "{p} of all measurements are at most {limit}",
                "{p} dari seluruh pengukuran paling tinggi {limit}",
                p=s.percent(objective.percentile or 0),
                limit=_limit(source, objective.target),
            )
        case "timeslices":
            return s.say(
                "availability = good slices ÷ observed slices",
                "ketersediaan = potongan waktu baik ÷ potongan waktu teramati",
            )
        case "ratio-timeslices":
            return s.say(
                "availability = mean of the ratios of all observed slices",
                "ketersediaan = rata-rata rasio seluruh potongan waktu teramati",
            )
        case "mean":
            return s.say(
                "mean = sum of all values ÷ their number", "rata-rata = jumlah seluruh nilai ÷ banyaknya nilai"
            )
        case "per-case":
            return s.say(
                "share = cases within {limit} ÷ all cases",
                "proporsi = kasus dalam {limit} ÷ seluruh kasus",
                limit=_threshold(source, objective),
            )


def explained(source: Source, objective: Objective) -> list[str]:
    """What the terms of the formula mean for this objective."""
    s = source.speech
    if objective.profile is not None:
        return [
            s.say(
                "It is calculated by the method “{profile}” as the reference of Sepakat describes it.",
                "Perhitungannya mengikuti metode “{profile}” sebagaimana diuraikan dalam acuan Sepakat.",
                profile=objective.profile,
            )
        ]
    found = _terms(source, objective)
    if objective.measure in ("time", "timeslices", "ratio-timeslices"):
        found.append(_unknown(source, objective))
    if objective.minimum_sample > 1:
        found.append(
            s.say(
                "Where fewer than {n} were observed in a period, there is no verdict for it.",
                "Apabila dalam suatu periode teramati kurang dari {n}, tidak ada penilaian untuk periode itu.",
                n=s.number(objective.minimum_sample),
            )
        )
    if objective.exclusions == "count-as-up" and objective.measure != "per-case":
        found.append(s.say("Excluded time counts as up.", "Waktu yang dikecualikan dihitung sebagai waktu tersedia."))
    return found


def _terms(source: Source, objective: Objective) -> list[str]:
    s = source.speech
    match objective.measure:
        case "time":
            return [
                s.say(
                    "Time counts in seconds; while the service is degraded, the agreed share of it counts as up.",
                    "Waktu dihitung dalam detik; selama layanan menurun, bagian yang disepakati dihitung sebagai "
                    "waktu tersedia.",
                )
            ]
        case "percentile":
            return [
                s.say(
                    "The verdict follows from the exact count of measurements at or under the limit.",
                    "Penilaian mengikuti hitungan pasti atas pengukuran yang sama dengan atau di bawah batas.",
                )
            ]
        case "timeslices":
            return [
                s.say(
                    "A slice of {slice} is good when at least {target} of it was good.",
                    "Potongan waktu sepanjang {slice} dinyatakan baik apabila sekurang-kurangnya {target} di "
                    "antaranya baik.",
                    slice=s.duration(objective.slice) if objective.slice else "",
                    target=s.percent(objective.slice_target or 0),
                )
            ]
        case "ratio-timeslices":
            return [
                s.say(
                    "Each slice of {slice} has a ratio of its own, and each slice counts alike.",
                    "Setiap potongan waktu sepanjang {slice} memiliki rasio sendiri, dan setiap potongan berbobot "
                    "sama.",
                    slice=s.duration(objective.slice) if objective.slice else "",
                )
            ]
        case "per-case":
            return _of_cases(source, objective)
        case "mean" if objective.clock is not None:
            return [_clock(source, objective.clock)]
        case _:
            return []


def _of_cases(source: Source, objective: Objective) -> list[str]:
    s = source.speech
    priority = objective.where.get("priority")
    found = [
        s.say("Cases of every priority count.", "Kasus dari setiap prioritas dihitung.")
        if priority is None
        else s.say("Cases of priority {p} count.", "Yang dihitung adalah kasus berprioritas {p}.", p=priority)
    ]
    if objective.clock is not None:
        found.append(_clock(source, objective.clock))
    found.append(
        s.say(
            "A case belongs to the period in which its time was stopped or ran out, whichever was first; one that is "
            "open beyond its "
            "limit counts as late.",
            "Kasus termasuk periode ketika waktunya dihentikan atau habis, mana yang lebih dahulu; kasus terbuka "
            "yang melampaui batas "
            "dihitung terlambat.",
        )
    )
    if objective.minimum_cases is not None:
        found.append(
            s.say(
                "In a period of fewer than {n} cases, not the percentage decides: at most {misses} may be late.",
                "Dalam periode dengan kurang dari {n} kasus, bukan persentase yang menentukan: paling banyak "
                "{misses} boleh terlambat.",
                n=s.number(objective.minimum_cases),
                misses=s.number(objective.allowed_misses or 0),
            )
        )
    return found


def _clock(source: Source, clock: CaseClock) -> str:
    s = source.speech
    said = s.say(
        "The time of a case runs from when {start} until {end}, {calendar}",
        "Waktu suatu kasus berjalan sejak {start} sampai {end}, {calendar}",
        start=s.say(*_FACTS[clock.from_]),
        end=s.say(*_FACTS[clock.until]),
        calendar=source.during(clock.calendar),
    )
    if not clock.pause_while:
        return said + "."
    return said + s.say(
        ", and stands still while it waits for an agreed reason: {reasons}.",
        ", dan berhenti selama menunggu karena alasan yang disepakati: {reasons}.",
        reasons=s.list(clock.pause_while),
    )


def _unknown(source: Source, objective: Objective) -> str:
    s = source.speech
    match objective.unknown:
        case "exclude":
            return s.say(
                "Time of which nothing is known counts in neither direction.",
                "Waktu yang keadaannya tidak diketahui tidak dihitung ke arah mana pun.",
            )
        case "up":
            return s.say(
                "Time of which nothing is known counts as up.",
                "Waktu yang keadaannya tidak diketahui dihitung sebagai waktu tersedia.",
            )
        case "down":
            return s.say(
                "Time of which nothing is known counts as down.",
                "Waktu yang keadaannya tidak diketahui dihitung sebagai waktu henti.",
            )


def _threshold(source: Source, objective: Objective) -> str:
    return _limit(source, objective.threshold) if objective.threshold is not None else ""


def _limit(source: Source, limit: Limit | Decimal) -> str:
    return source.quantity(limit.amount, limit.unit) if isinstance(limit, Limit) else source.speech.percent(limit)
