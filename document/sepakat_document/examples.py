"""A worked example for each objective: exact arithmetic on the first whole period of the term."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Final

from sepakat_document.periods import first_period, seconds_of
from sepakat_document.source import Source
from sepakat_shared.contracts.texts import Limit, Objective

_ROUND: Final = tuple(
    timedelta(minutes=n)
    for n in (1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720, 1440, 2880, 4320)
)
"""Losses that are easily told, in order."""


@dataclass(frozen=True)
class Worked:
    """`good` of `total` is the figure; of a mean and of cases below their smallest number there is no share."""

    lines: tuple[str, ...]
    good: Fraction | None = None
    total: Fraction | None = None
    met: bool = False


def worked(source: Source, objective: Objective) -> Worked:
    match objective.measure:
        case "time":
            return _of_time(source, objective)
        case "occurrences" | "share" | "percentile":
            return _of_counts(source, objective)
        case "timeslices":
            return _of_slices(source, objective)
        case "ratio-timeslices":
            return _of_ratios(source, objective)
        case "mean":
            return _of_a_mean(source, objective)
        case "per-case":
            return _of_cases(source, objective)


def _period(source: Source, objective: Objective) -> str:
    s = source.speech
    start, end = first_period(source, objective)
    if objective.window.rolling is not None:
        return s.say("Over {length}", "Selama {length}", length=s.duration(objective.window.rolling))
    if objective.window.calendar == "month":
        return s.say("In {month}", "Pada {month}", month=s.month(start))
    last = end - timedelta(days=1)
    if last == start:
        return s.say("On {day}", "Pada {day}", day=s.date(start))
    return s.say("From {first} to {last}", "Dari {first} sampai {last}", first=s.date(start), last=s.date(last))


def _share(source: Source, objective: Objective) -> Fraction:
    """The share that must be good."""
    if objective.measure == "percentile":
        return Fraction(objective.percentile or 0) / 100
    return Fraction(objective.target) / 100 if isinstance(objective.target, Decimal) else Fraction(1)


def _of_time(source: Source, objective: Objective) -> Worked:
    s = source.speech
    total, share = seconds_of(source, objective), _share(source, objective)
    allowed = total * (1 - share)
    lost = next((Fraction(int(each.total_seconds())) for each in _ROUND if each.total_seconds() > allowed), total)
    good = total - lost
    return Worked(
        (
            s.say(
                "{period}, {seconds} seconds count ({length}). {share} of them may be lost: {allowed}.",
                "{period} dihitung {seconds} detik ({length}). Yang boleh hilang {share} di antaranya: {allowed}.",
                period=_period(source, objective),
                seconds=s.number(int(total)),
                length=_seconds(source, total),
                share=s.percent(_decimal((1 - share) * 100)),
                allowed=_seconds(source, allowed),
            ),
            s.say(
                "If the service was down for {lost}:",
                "Apabila layanan terhenti selama {lost}:",
                lost=_seconds(source, lost),
            ),
            f"({s.number(int(total))} \u2212 {s.number(int(lost))}) ÷ {s.number(int(total))} = "
            f"{s.rounded_percent(good / total)}",
            _verdict(source, objective, good / total, share),
        ),
        good,
        total,
        good / total >= share,
    )


def _of_counts(source: Source, objective: Objective) -> Worked:
    s, share = source.speech, _share(source, objective)
    total = 1000
    while total * (1 - share) < 1 and total < 10**9 and share < 1:
        total *= 10
    total = max(total, objective.minimum_sample)
    allowed = floor(total * (1 - share))
    bad = min(total, allowed + max(1, allowed // 5))
    of = {
        "occurrences": (("events", "peristiwa"), ("were not good", "tidak baik")),
        "share": (("measurements", "pengukuran"), ("were above the limit", "berada di atas batas")),
        "percentile": (("measurements", "pengukuran"), ("were above the limit", "berada di atas batas")),
    }[objective.measure]
    what, missed = s.say(*of[0]), s.say(*of[1])
    good = Fraction(total - bad)
    return Worked(
        (
            s.say(
                "Suppose that {period} there were {total} {what}. At most {allowed} may fail; {bad} {missed}:",
                "Misalkan {period} terdapat {total} {what}. Paling banyak {allowed} boleh gagal; {bad} {missed}:",
                period=_begun(_period(source, objective)),
                total=s.number(total),
                what=what,
                allowed=s.number(allowed),
                bad=s.number(bad),
                missed=missed,
            ),
            f"({s.number(total)} \u2212 {s.number(bad)}) ÷ {s.number(total)} = {s.rounded_percent(good / total)}",
            _verdict(source, objective, good / total, share),
        ),
        good,
        Fraction(total),
        good / total >= share,
    )


def _of_slices(source: Source, objective: Objective) -> Worked:
    s, share = source.speech, _share(source, objective)
    size = Fraction(int((objective.slice or timedelta(minutes=1)).total_seconds()))
    total = int(seconds_of(source, objective) / size)
    allowed = floor(total * (1 - share))
    bad = min(total, allowed + max(1, allowed // 5))
    good = Fraction(total - bad)
    return Worked(
        (
            s.say(
                "{period} there are {total} slices. At most {allowed} may be bad. Suppose that {bad} were:",
                "{period} terdapat {total} potongan waktu. Paling banyak {allowed} boleh buruk. Misalkan {bad} buruk:",
                period=_period(source, objective),
                total=s.number(total),
                allowed=s.number(allowed),
                bad=s.number(bad),
            ),
            f"({s.number(total)} \u2212 {s.number(bad)}) ÷ {s.number(total)} = {s.rounded_percent(good / total)}",
            _verdict(source, objective, good / total, share),
        ),
        good,
        Fraction(total),
        good / total >= share,
    )


def _of_ratios(source: Source, objective: Objective) -> Worked:
    s, share = source.speech, _share(source, objective)
    ratios = [Fraction(1), Fraction(98, 100), Fraction(90, 100)]
    mean = sum(ratios, Fraction(0)) / 3
    shown = ", ".join(s.percent(_decimal(each * 100)) for each in ratios)
    sum_of = " + ".join(s.percent(_decimal(each * 100)) for each in ratios)
    return Worked(
        (
            s.say("Suppose three slices with {shown}:", "Misalkan tiga potongan waktu dengan {shown}:", shown=shown),
            f"({sum_of}) ÷ 3 = {s.rounded_percent(mean)}",
            _verdict(source, objective, mean, share),
        ),
        sum(ratios, Fraction(0)),
        Fraction(3),
        mean >= share,
    )


def _of_a_mean(source: Source, objective: Objective) -> Worked:
    s, target = source.speech, objective.target
    if not isinstance(target, Limit):
        return Worked(())
    amount = target.amount
    values = [amount / 2, amount, amount * 2]
    mean = sum(values[1:], values[0]) / 3
    shown = s.list(source.quantity(_told(each), target.unit) for each in values)
    # Half of it, once and twice: more than the limit, by a sixth.
    met = target.at_least is not None
    return Worked(
        (
            s.say(
                "The mean of {values} is {mean}.",
                "Rata-rata dari {values} adalah {mean}.",
                values=shown,
                mean=source.quantity(_told(mean), target.unit),
            ),
            _outcome(source, met),
        ),
        met=met,
    )


def _of_cases(source: Source, objective: Objective) -> Worked:
    s, share = source.speech, _share(source, objective)
    total = max(objective.minimum_cases or 1, 20)
    while total * (1 - share) < 1 and share < 1:
        total *= 2
    late = floor(total * (1 - share)) + 1
    good = Fraction(total - late)
    lines = [
        s.say(
            "Suppose that of {total} cases in a period {late} were late:",
            "Misalkan dari {total} kasus dalam suatu periode {late} terlambat:",
            total=s.number(total),
            late=s.number(late),
        ),
        f"({s.number(total)} \u2212 {s.number(late)}) ÷ {s.number(total)} = {s.rounded_percent(good / total)}",
        _verdict(source, objective, good / total, share),
    ]
    if objective.minimum_cases is not None and objective.minimum_cases > 1:
        few = min(objective.minimum_cases - 1, (objective.allowed_misses or 0) + 5)
        misses = objective.allowed_misses or 0
        lines.append(
            s.say(
                "Of only {few} cases, {misses} late would still meet it, and {more} would not.",
                "Dari {few} kasus saja, {misses} terlambat masih memenuhi, sedangkan {more} tidak.",
                few=s.number(few),
                misses=s.number(misses),
                more=s.number(misses + 1),
            )
        )
    return Worked(tuple(lines), good, Fraction(total), good / total >= share)


# -- what follows from it ----------------------------------------------------------------------------------------------


def _verdict(source: Source, objective: Objective, figure: Fraction, share: Fraction) -> str:
    s = source.speech
    said = s.say(
        "That is below {target}: the target is missed."
        if figure < share
        else "That is {target} or more: the target is met.",
        "Hasil itu di bawah {target}: target tidak terpenuhi."
        if figure < share
        else "Hasil itu {target} atau lebih: target terpenuhi.",
        target=s.percent(_decimal(share * 100)),
    )
    owed = _credit(source, objective, figure)
    return f"{said} {owed}" if owed else said


def _credit(source: Source, objective: Objective, figure: Fraction) -> str | None:
    """What the tiers give: that of the lowest tier which the figure is strictly below."""
    if objective.credits is None:
        return None
    percents = [tier.percent for tier in objective.credits.tiers if figure * 100 < Fraction(tier.below)]
    charge = next((each for each in source.text.charges if each.id == objective.credits.of), None)
    if not percents or charge is None:
        return None
    s, percent = source.speech, max(percents)
    return s.say(
        "The credit is {percent} of {charge}: {amount}.",
        "Kreditnya {percent} dari {charge}: {amount}.",
        percent=s.percent(percent),
        charge=s.money(charge.amount, charge.currency),
        amount=s.money(charge.amount * percent / 100, charge.currency),
    )


def _outcome(source: Source, met: bool) -> str:
    if met:
        return source.say("The target is met.", "Target terpenuhi.")
    return source.say("The target is missed.", "Target tidak terpenuhi.")


def _begun(words: str) -> str:
    """For the middle of a sentence."""
    return words[:1].lower() + words[1:]


def _seconds(source: Source, seconds: Fraction) -> str:
    return source.speech.duration(timedelta(milliseconds=round(seconds * 1000)))


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def _told(value: Decimal | timedelta) -> Decimal | timedelta:
    """To the second, or three decimals: an example is read by people."""
    if isinstance(value, timedelta):
        return timedelta(seconds=ceil(value.total_seconds()))
    return round(value, 3).normalize() if value != value.to_integral_value() else value.to_integral_value()
