"""What a miss costs, and what repeated misses lead to."""

from sepakat_document.blocks import Block, Draft, Items, Table
from sepakat_document.source import Source
from sepakat_shared.contracts.texts import Credits, Misses, Objective, PlanDemand, TerminationRight


def credits(draft: Draft, source: Source) -> None:
    s = source.speech
    for objective in source.text.objectives:
        if objective.credits is not None:
            draft.clause(source.objective(objective.id), *_tiers(source, objective, objective.credits))
    draft.clause(s.say("Rules for all credits", "Ketentuan bagi semua kredit"), Items(tuple(_rules(source))))


def _tiers(source: Source, objective: Objective, given: Credits) -> list[Block | str]:
    s = source.speech
    charge = next((each for each in source.text.charges if each.id == given.of), None)
    rows = [
        (
            s.say("below {p}", "di bawah {p}", p=s.percent(tier.below)),
            s.percent(tier.percent),
            s.money(charge.amount * tier.percent / 100, charge.currency) if charge is not None else "",
        )
        for tier in given.tiers
    ]
    found: list[Block | str] = [
        Table(
            (
                s.say("Attainment in a period", "Capaian dalam suatu periode"),
                s.say("Credit, of {charge}", "Kredit, dari {charge}", charge=given.of),
                s.say("Amount", "Jumlah"),
            ),
            tuple(rows),
            figures=(1, 2),
            widths=(3, 2, 2),
        )
    ]
    if len(rows) > 1:
        found.append(
            s.say(
                "Where several rows apply, only the last of them is owed.",
                "Apabila beberapa baris berlaku, hanya yang terakhir yang terutang.",
            )
        )
    if given.claim_within is not None:
        rules = source.text.credit_rules
        claimed = rules is not None and rules.mode == "on-claim"
        found.append(
            s.say(
                "It is claimed within {time} of the period’s publication."
                if claimed
                else "A credit that was not given may be claimed within {time} of the period’s publication.",
                "Klaim diajukan dalam waktu {time} sejak periode dipublikasikan."
                if claimed
                else "Kredit yang belum diberikan dapat diklaim dalam waktu {time} sejak periode dipublikasikan.",
                time=s.span(given.claim_within),
            )
        )
    return found


def _rules(source: Source) -> list[str]:
    s, rules = source.speech, source.text.credit_rules
    found = [
        s.say(
            "“Below” is meant strictly: an attainment that equals a row’s figure is not below it.",
            "“Di bawah” berarti kurang dari: capaian yang sama dengan angka suatu baris tidak berada di bawahnya.",
        )
    ]
    if rules is not None and rules.mode == "on-claim":
        found.append(
            s.say(
                "A credit is owed when the Customer claims it.", "Kredit terutang apabila Pelanggan mengajukan klaim."
            )
        )
    else:
        found.append(s.say("A credit is owed without being asked for.", "Kredit terutang tanpa perlu diminta."))
    if rules is None or rules.same_outage == "highest":
        found.append(
            s.say(
                "Where one outage misses several service levels, the highest credit alone is owed for it.",
                "Apabila satu gangguan menyebabkan beberapa tingkat layanan tidak terpenuhi, hanya kredit tertinggi "
                "yang terutang.",
            )
        )
    else:
        found.append(
            s.say(
                "Where one outage misses several service levels, the credit of each is owed.",
                "Apabila satu gangguan menyebabkan beberapa tingkat layanan tidak terpenuhi, kredit masing-masing "
                "terutang.",
            )
        )
    if rules is not None and rules.cap is not None:
        per = {"month": ("month", "bulan"), "quarter": ("quarter", "triwulan"), "year": ("year", "tahun")}[
            rules.cap.per
        ]
        found.append(
            s.say(
                "All credits of a {per} together are at most {percent} of the charge.",
                "Jumlah seluruh kredit dalam satu {per} paling banyak {percent} dari biaya.",
                per=s.say(*per),
                percent=s.percent(rules.cap.percent),
            )
        )
    found.append(
        s.say(
            "When a period’s figure is corrected, its credit is corrected with it.",
            "Apabila angka suatu periode dikoreksi, kreditnya turut dikoreksi.",
        )
    )
    return found


def remedies(draft: Draft, source: Source) -> None:
    s, given = source.speech, source.text.remedies
    if given is None:
        return
    each = given.counted == "each"
    if given.improvement_plan is not None:
        draft.clause(
            s.say("Improvement plan", "Rencana perbaikan"),
            s.say(
                "After {misses} the Provider draws up an improvement plan with an owner and dates.",
                "Setelah {misses}, Penyedia menyusun rencana perbaikan dengan penanggung jawab dan tenggat.",
                misses=misses(source, given.improvement_plan),
            )
            + _drafted(source, given.improvement_plan),
        )
    if given.termination is not None:
        draft.clause(
            s.say("Termination", "Pengakhiran"),
            s.say(
                "After {misses} the Customer may terminate this agreement.",
                "Setelah {misses}, Pelanggan berhak mengakhiri perjanjian ini.",
                misses=misses(source, given.termination),
            )
            + exercised(source, given.termination),
        )
    if each:
        draft.clause(
            s.say("Counting", "Penghitungan"),
            s.say(
                "The misses of each service level are counted by themselves.",
                "Tidak terpenuhinya tiap tingkat layanan dihitung sendiri-sendiri.",
            ),
        )


def _drafted(source: Source, given: PlanDemand) -> str:
    s = source.speech
    if given.draft_within is None:
        return ""
    return " " + s.say(
        "It is due within {time}.", "Rencana itu disampaikan dalam waktu {time}.", time=s.span(given.draft_within)
    )


def exercised(source: Source, given: TerminationRight) -> str:
    """How a right to terminate is exercised; empty where the text says nothing of it."""
    s, said = source.speech, ""
    if given.notice is not None:
        said += " " + s.say(
            "Notice is given {time} before the last day.", "Pemberitahuan diberikan {time} sebelum hari terakhir.",
            time=s.duration(given.notice),
        )  # fmt: skip
    if given.exercise_within is not None:
        said += " " + s.say(
            "The right is exercised within {time}.", "Hak itu digunakan dalam waktu {time}.",
            time=s.span(given.exercise_within),
        )  # fmt: skip
    return said


def misses(source: Source, given: Misses) -> str:
    s = source.speech
    return s.say(
        "{n} missed targets within {time}",
        "{n} kali target tidak terpenuhi dalam {time}",
        n=s.number(given.misses),
        time=s.span(given.within),
    )
