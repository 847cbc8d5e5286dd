"""Figures of a review: how well objectives did, how fast people were. Each chart has a table of the same figures."""

from collections.abc import Sequence
from decimal import Decimal

from sepakat_document import charts
from sepakat_document.blocks import Block, Draft, Drawing, Table, facts
from sepakat_document.charts import Burn, Case, Chart, Point
from sepakat_document.pack import Attained, Incident, Period, Reading
from sepakat_document.review_source import ReviewSource

_MOST_POINTS = 12
_MOST_CASES = 15
_MOST_READINGS = 4
"""Of one period: more of them would be a table that nobody reads."""


def summary(draft: Draft, source: ReviewSource) -> None:
    s, pack = source.speech, source.pack
    if pack.objectives:
        draft.clause(
            s.say("Service levels", "Tingkat layanan"),
            Table(
                (
                    s.say("Objective", "Sasaran"), s.say("Target", "Target"), s.say("Last figure", "Angka terakhir"),
                    s.say("Judged", "Dinilai"), s.say("Missed", "Tidak terpenuhi"), s.say("Trend", "Tren"),
                ),
                tuple(_in_short(source, each) for each in pack.objectives),
                figures=(3, 4), widths=(5, 3, 3, 2, 3, 2),
            ),
        )  # fmt: skip
    amounts = [s.money(Decimal(each.amount), each.currency) for each in pack.sums]
    draft.clause(
        s.say("Besides", "Selain itu"),
        facts(
            (s.say("Incidents", "Insiden"), s.number(len(pack.incidents))),
            (s.say("Disputes", "Sanggahan"), s.number(len(pack.disputes))),
            (s.say("Service credits", "Kredit layanan"), s.list(amounts) if amounts else s.say("none", "tidak ada")),
        ),
    )


def _in_short(source: ReviewSource, objective: Attained) -> tuple[str, ...]:
    s = source.speech
    trends = {
        "better": ("better", "membaik"), "same": ("the same", "sama"), "worse": ("worse", "memburuk"),
    }  # fmt: skip
    last = objective.periods[-1].counts if objective.periods else None
    trend = s.say(*trends[objective.trend]) if objective.trend else "\u2013"
    return (
        source.title(objective), source.target(objective), source.figure(last), s.number(objective.judged),
        s.number(objective.missed), trend,
    )  # fmt: skip


# -- service levels ----------------------------------------------------------------------------------------------------


def levels(draft: Draft, source: ReviewSource) -> None:
    planned = [(each, *_charts(source, each)) for each in source.pack.objectives]
    svgs = iter(charts.drawn([chart for _, *both in planned for chart in both if chart is not None]))
    for objective, attained, burnt in planned:
        blocks: list[Block | str] = []
        if attained is not None:
            blocks.append(_attainment_drawing(source, objective, next(svgs)))
        blocks.append(_attainment_table(source, objective) if objective.periods or objective.before else _none(source))
        if burnt is not None:
            blocks += [_budget_drawing(source, objective, next(svgs)), _budget_table(source, objective)]
        draft.clause(source.title(objective), *blocks)


def _none(source: ReviewSource) -> str:
    return source.say(
        "No period of this objective has ended by then.", "Belum ada periode sasaran ini yang berakhir."
    )  # fmt: skip


def _shown(objective: Attained) -> Sequence[Period]:
    return [*objective.before, *objective.periods][-_MOST_POINTS:]


def _charts(source: ReviewSource, objective: Attained) -> tuple[Chart | None, Chart | None]:
    s = source.speech
    periods = [each for each in _shown(objective) if each.counts.number is not None]
    attained = None
    if periods and objective.target and not objective.rolling:
        points = [
            Point(
                source.short(each.start, each.end), float(each.counts.number or 0), _plain(source, each),
                each.counts.met is False,
            )
            for each in periods
        ]  # fmt: skip
        attained = charts.against_target(points, float(objective.target), _goal(source, objective))
    burning = [each for each in _shown(objective) if _has_budget(each)]
    burnt = None
    if burning:
        burnt = charts.burn_down(
            [Burn(source.short(each.start, each.end), _left(each)) for each in burning],
            (s.say("all left", "tersisa semua"), s.say("used up", "habis")),
        )
    return attained, burnt


def _goal(source: ReviewSource, objective: Attained) -> str:
    said = source.exactly(objective.target)
    if objective.unit is not None:
        said = f"{source.speech.number(Decimal(objective.target))} {objective.unit}"
    return source.say("target {t}", "target {t}", t=said)


def _plain(source: ReviewSource, period: Period) -> str:
    return source.figure(period.counts).removesuffix("%").split("\u00a0")[0]


def _has_budget(period: Period) -> bool:
    return bool(period.readings) and Decimal(period.readings[-1].total) > 0


def _readings(period: Period) -> Sequence[Reading]:
    """The last ones, which the drawing and the table have both."""
    return [each for each in period.readings if Decimal(each.total) > 0][-_MOST_READINGS:]


def _left(period: Period) -> tuple[tuple[float, float], ...]:
    """All of it at the beginning; what was told on the way; what was left at the end."""
    whole = (period.end - period.start).total_seconds()
    told = [
        ((each.at - period.start).total_seconds() / whole, float(Decimal(each.remaining) / Decimal(each.total)))
        for each in _readings(period)
    ]  # fmt: skip
    return ((0.0, 1.0), *told)


def _attainment_drawing(source: ReviewSource, objective: Attained, svg: str) -> Drawing:
    s = source.speech
    said = [
        f"{source.period(each.start, each.end)}: {source.figure(each.counts)}, {source.verdict(each.counts)}"
        for each in _shown(objective)
    ]
    return Drawing(
        svg,
        s.say(
            "{title} against the target {target}. {said}.", "{title} terhadap target {target}. {said}.",
            title=source.title(objective), target=source.target(objective), said="; ".join(said),
        ),
        s.say(
            "Attainment against the target, {target}: a hollow square is a period that missed it",
            "Capaian terhadap target, {target}: kotak kosong adalah periode yang tidak memenuhinya",
            target=source.target(objective),
        ),
    )  # fmt: skip


def _attainment_table(source: ReviewSource, objective: Attained) -> Table:
    s = source.speech
    rows = [
        (
            source.period(each.start, each.end), source.figure(each.measured), source.figure(each.agreed),
            source.target(objective, each),
            source.exactly(each.counts.coverage) if each.counts.coverage is not None else "\u2013",
            source.verdict(each.counts),
        )
        for each in _shown(objective)
    ]  # fmt: skip
    return Table(
        (
            s.say("Period", "Periode"), s.say("Measured", "Terukur"), s.say("Agreed since", "Disepakati kemudian"),
            s.say("Target", "Target"), s.say("Seen of it", "Teramati"), s.say("Verdict", "Hasil"),
        ),
        tuple(rows), figures=(1, 2, 3, 4), widths=(4, 3, 3, 3, 3, 3),
    )  # fmt: skip


def _budget_drawing(source: ReviewSource, objective: Attained, svg: str) -> Drawing:
    s = source.speech
    said = [
        f"{source.period(each.start, each.end)}: {_part_left(source, each.readings[-1])}"
        for each in _shown(objective) if _has_budget(each)
    ]  # fmt: skip
    return Drawing(
        svg,
        s.say(
            "What was left of the error budget at the end of each period. {said}.",
            "Sisa anggaran kesalahan pada akhir setiap periode. {said}.",
            said="; ".join(said),
        ),
        s.say(
            "Error budget: what was left of it as each period went by",
            "Anggaran kesalahan: sisanya sepanjang setiap periode",
        ),
    )


def _part_left(source: ReviewSource, reading: Reading) -> str:
    part = round(Decimal(reading.remaining) / Decimal(reading.total) * 100, 1)
    return source.speech.percent(part)


def _budget_table(source: ReviewSource, objective: Attained) -> Table:
    s = source.speech
    units = {
        "seconds": ("seconds", "detik"), "events": ("events", "peristiwa"), "slices": ("slices", "irisan"),
        "cases": ("cases", "kasus"),
    }  # fmt: skip
    rows = [
        (
            source.period(period.start, period.end),
            s.say("at its end", "pada akhirnya") if each.at >= period.end else source.day(each.at),
            f"{s.number(Decimal(each.total))}\u00a0{(unit := s.say(*units.get(each.unit, (each.unit, each.unit))))}",
            f"{s.number(Decimal(each.remaining))}\u00a0{unit}", _part_left(source, each),
        )
        for period in _shown(objective) if _has_budget(period) for each in _readings(period)
    ]  # fmt: skip
    return Table(
        (
            s.say("Period", "Periode"), s.say("As of", "Per"), s.say("Budget", "Anggaran"), s.say("Left", "Sisa"),
            s.say("Left of it", "Bagian tersisa"),
        ),
        tuple(rows), figures=(2, 3, 4), widths=(4, 4, 3, 3, 3),
    )  # fmt: skip


# -- incidents ---------------------------------------------------------------------------------------------------------


def incidents(draft: Draft, source: ReviewSource) -> None:
    s, pack = source.speech, source.pack
    if not pack.incidents:
        draft.clause(None, s.say("There was no incident.", "Tidak ada insiden."))
        return
    draft.clause(
        s.say("How fast", "Seberapa cepat"),
        Table(
            (
                s.say("Priority", "Prioritas"), s.say("Number", "Jumlah"),
                s.say("To acknowledge (mean)", "Hingga diterima (rata-rata)"),
                s.say("To restore (mean)", "Hingga pulih (rata-rata)"), s.say("Longest", "Terlama"),
                s.say("Limits missed", "Batas terlampaui"), s.say("Escalations", "Eskalasi"),
            ),
            tuple(
                (
                    each.priority, s.number(each.count), source.took(each.acknowledge.mean),
                    source.took(each.restore.mean), source.took(each.restore.longest), s.number(each.missed),
                    s.number(each.escalations),
                )
                for each in pack.handling
            ),
            figures=(1, 5, 6), widths=(3, 3, 4, 4, 4, 3, 4),
        ),
    )  # fmt: skip
    draft.clause(s.say("One by one", "Satu per satu"), *_cases(source))


def _cases(source: ReviewSource) -> list[Block | str]:
    s = source.speech
    longest = sorted(source.pack.incidents, key=lambda each: each.to_restore or 0, reverse=True)[:_MOST_CASES]
    shown = sorted(longest, key=lambda each: each.began_at)
    cases = [
        Case(each.number, each.to_acknowledge, each.to_restore, _ended(source, each)) for each in shown
    ]  # fmt: skip
    [svg] = charts.drawn([charts.times(cases)])
    blocks: list[Block | str] = [
        Drawing(
            svg,
            s.say("Until incidents were over. {said}.", "Waktu hingga insiden selesai. {said}.",
                  said="; ".join(f"{each.number}: {_ended(source, each)}" for each in shown)),
            s.say(
                "From the opening to the end of the impact; the upright mark is where it was taken up",
                "Dari pembukaan hingga dampak berakhir; garis tegak adalah saat insiden diterima",
            ),
        )
    ]  # fmt: skip
    if len(source.pack.incidents) > len(shown):
        blocks.append(
            s.say("The drawing has the {n} longest.", "Gambar memuat {n} yang terlama.", n=s.number(len(shown)))
        )
    blocks.append(
        Table(
            (
                s.say("Incident", "Insiden"), s.say("What", "Apa"), s.say("Began", "Mulai"),
                s.say("Taken up after", "Diterima setelah"), s.say("Over after", "Selesai setelah"),
            ),
            tuple(
                (
                    f"{each.number} ({each.priority})", source.words(each.title, each.service),
                    source.instant(each.began_at), source.took(each.to_acknowledge), _ended(source, each),
                )
                for each in source.pack.incidents
            ),
            widths=(4, 4, 4, 3, 3),
        )
    )  # fmt: skip
    return blocks


def _ended(source: ReviewSource, incident: Incident) -> str:
    return source.say("not over", "belum selesai") if incident.to_restore is None else source.took(incident.to_restore)
