"""What else is in a review: disputes, credits, obligations, maintenance, needs, feedback, and what was decided."""

from decimal import Decimal

from sepakat_document.blocks import Block, Draft, Items, Table, facts
from sepakat_document.review_source import Behind, ReviewSource


def disputes(draft: Draft, source: ReviewSource) -> None:
    s = source.speech
    kinds = {
        "verdict": ("a figure", "angka"), "clock": ("an incident’s time", "waktu insiden"),
        "credit": ("a credit", "kredit"), "clause": ("a clause", "pasal"),
    }  # fmt: skip
    ends = {
        "upheld": ("upheld", "dikabulkan"), "partly": ("partly upheld", "dikabulkan sebagian"),
        "rejected": ("rejected", "ditolak"), "withdrawn": ("withdrawn", "dicabut"),
        "referred": ("before the forum", "di forum"), "open": ("open", "terbuka"),
    }  # fmt: skip
    draft.clause(
        None,
        Table(
            (
                s.say("Dispute", "Sanggahan"), s.say("Raised by", "Diajukan oleh"), s.say("About", "Tentang"),
                s.say("Outcome", "Hasil"), s.say("Measured", "Terukur"), s.say("Agreed", "Disepakati"),
            ),
            tuple(
                (
                    each.number, source.party(each.raised_by),
                    f"{s.say(*kinds[each.kind])}: {source.words(each.title, each.about or '')}".removesuffix(": "),
                    s.say(*ends[each.result or each.state]), source.disputed(each.measured),
                    source.disputed(each.agreed),
                )
                for each in source.pack.disputes
            ),
            figures=(4, 5), widths=(3, 3, 5, 3, 3, 3),
        ),
    )  # fmt: skip


def credits(draft: Draft, source: ReviewSource) -> None:
    s = source.speech
    states = {
        "due": ("to be claimed", "menunggu klaim"), "claimed": ("claimed", "diklaim"),
        "accepted": ("accepted", "diterima"), "contested": ("contested", "dibantah"),
        "settled": ("settled", "dilunasi"), "lapsed": ("lapsed", "gugur"),
    }  # fmt: skip
    draft.clause(
        None,
        Table(
            (
                s.say("Objective", "Sasaran"), s.say("Period", "Periode"), s.say("Of the charge", "Dari biaya"),
                s.say("Owed", "Terutang"), s.say("Outstanding", "Belum dilunasi"), s.say("State", "Keadaan"),
            ),
            tuple(
                (
                    source.words(each.title, each.objective), source.period(each.start, each.end),
                    s.percent(Decimal(each.percent)), s.money(Decimal(each.amount), each.currency),
                    s.money(Decimal(each.outstanding), each.currency),
                    s.say(*states.get(each.status, (each.status, each.status))),
                )
                for each in source.pack.credits
            ),
            figures=(2, 3, 4), widths=(4, 3, 2, 4, 4, 3),
        ),
    )  # fmt: skip
    for each in source.pack.sums:
        draft.clause(
            None,
            s.say(
                "Together {amount} are owed, of which {outstanding} are outstanding.",
                "Seluruhnya terutang {amount}, dan {outstanding} di antaranya belum dilunasi.",
                amount=s.money(Decimal(each.amount), each.currency),
                outstanding=s.money(Decimal(each.outstanding), each.currency),
            ),
        )


def duties(draft: Draft, source: ReviewSource) -> None:
    s = source.speech
    draft.clause(
        None,
        Table(
            (
                s.say("Obligation", "Kewajiban"), s.say("Whose", "Pihak"), s.say("Kept", "Dipenuhi"),
                s.say("Missed", "Tidak dipenuhi"),
            ),
            tuple(
                (
                    source.words(each.text, each.obligation), source.party(each.party), s.number(each.kept),
                    s.number(each.missed),
                )
                for each in source.pack.duties
            ),
            figures=(2, 3), widths=(6, 4, 2, 2),
        ),
    )  # fmt: skip


def works(draft: Draft, source: ReviewSource) -> None:
    s = source.speech
    draft.clause(
        None,
        Table(
            (
                s.say("What", "Pekerjaan"), s.say("From", "Dari"), s.say("Until", "Sampai"),
                s.say("Counts as agreed", "Dihitung sebagai disepakati"),
            ),
            tuple(
                (
                    each.window if each.reason is None else f"{each.window}: {each.reason}",
                    source.instant(each.start), source.instant(each.end),
                    s.say("yes", "ya") if each.counts else s.say("no", "tidak"),
                )
                for each in source.pack.works
            ),
            widths=(5, 4, 4, 3),
        ),
    )  # fmt: skip


def needs(draft: Draft, source: ReviewSource) -> None:
    s = source.speech
    priorities = {"must": ("must", "wajib"), "should": ("should", "sebaiknya"), "could": ("could", "boleh")}
    answers = {
        "accepted": ("accepted", "diterima"), "adjusted": ("adjusted", "disesuaikan"),
        "declined": ("declined", "ditolak"),
    }  # fmt: skip
    titles = {each.objective: source.title(each) for each in source.pack.objectives}
    if source.pack.needs:
        draft.clause(
            None,
            Table(
                (
                    s.say("Need", "Kebutuhan"), s.say("Priority", "Prioritas"), s.say("Served by", "Dilayani oleh"),
                    s.say("Answer", "Jawaban"),
                ),
                tuple(
                    (
                        source.words(each.statement, each.need), s.say(*priorities.get(each.priority, ("", ""))),
                        s.list(titles.get(id, id) for id in each.served_by) or "\u2013",
                        s.say(*answers[each.answer]) if each.answer else "\u2013",
                    )
                    for each in source.pack.needs
                ),
                widths=(6, 2, 5, 3),
            ),
        )  # fmt: skip
    if source.held.needs:
        statements = {each.need: source.words(each.statement, each.need) for each in source.pack.needs}
        draft.clause(
            s.say("New or changed in this review", "Baru atau berubah dalam tinjauan ini"),
            Items(tuple(statements.get(id, id) for id in source.held.needs)),
        )


def feedback(draft: Draft, source: ReviewSource) -> None:
    s, heard = source.speech, source.held.heard
    draft.clause(
        s.say("Answers", "Jawaban"),
        facts(
            (s.say("People who answered", "Orang yang menjawab"), s.number(heard.count)),
            (
                s.say("Would recommend it", "Akan merekomendasikan"),
                None if heard.score is None else s.say(
                    "net promoter score {n} (-100 to 100), of {count}",
                    "skor promotor bersih {n} (-100 hingga 100), dari {count}",
                    n=heard.score, count=s.number(heard.promoted),
                ),
            ),
        ),
    )  # fmt: skip
    if heard.rated:
        draft.clause(
            s.say("Satisfaction with each service, 1 to 5", "Kepuasan atas setiap layanan, 1 sampai 5"),
            Table(
                (s.say("Service", "Layanan"), s.say("Answers", "Jawaban"), s.say("Mean", "Rata-rata")),
                tuple(
                    (source.service(each.service), s.number(each.count), s.number(Decimal(each.mean)))
                    for each in heard.rated
                ),
                figures=(1, 2), widths=(6, 2, 2),
            ),
        )  # fmt: skip
    if heard.needs:
        statements = {each.need: source.words(each.statement, each.need) for each in source.pack.needs}
        draft.clause(
            s.say("Is this need met?", "Apakah kebutuhan ini terpenuhi?"),
            Table(
                (s.say("Need", "Kebutuhan"), s.say("Yes", "Ya"), s.say("No", "Tidak")),
                tuple((statements.get(id, id), s.number(yes), s.number(no)) for id, yes, no in heard.needs),
                figures=(1, 2), widths=(6, 2, 2),
            ),
        )  # fmt: skip
    if heard.words:
        draft.clause(s.say("In their words", "Dalam kata-kata mereka"), Items(heard.words))


def talk(draft: Draft, source: ReviewSource) -> None:
    s, held = source.speech, source.held
    if held.decisions:
        draft.clause(
            s.say("Decisions", "Keputusan"),
            Table(
                (
                    s.say("No.", "No."), s.say("What", "Apa"), s.say("Who", "Siapa"), s.say("Until", "Sampai"),
                ),
                tuple(
                    (s.number(i), each.text, source.person(each.owner), s.date(each.due))
                    for i, each in enumerate(held.decisions, start=1)
                ),
                widths=(1, 6, 4, 3),
            ),
        )  # fmt: skip
    for i, each in enumerate(held.decisions, start=1):
        if each.changes:
            blocks: list[Block | str] = [Items(each.changes), *(_behind(source, data) for data in each.behind)]
            draft.clause(
                s.say(
                    "What decision {n} changes of the agreement", "Perubahan perjanjian oleh keputusan {n}", n=str(i)
                ),
                *blocks,
            )
    if held.comments:
        draft.clause(
            s.say("Comments", "Komentar"),
            Table(
                (s.say("Who", "Siapa"), s.say("What", "Apa"), s.say("When", "Kapan")),
                tuple((source.party(each.party), each.text, source.instant(each.at)) for each in held.comments),
                widths=(3, 7, 4),
            ),
        )
    if held.conclusion:
        draft.clause(s.say("Conclusion", "Kesimpulan"), held.conclusion)


def _behind(source: ReviewSource, data: Behind) -> str:
    titles = {each.objective: source.title(each) for each in source.pack.objectives}
    target = f"{data.target}\u00a0{data.unit}" if data.unit else source.exactly(data.target)
    return source.say(
        "{title}: by the back-test, {missed} of {judged} periods would have missed {target}.",
        "{title}: menurut uji balik, {missed} dari {judged} periode tidak akan memenuhi {target}.",
        title=titles.get(data.objective, data.objective), missed=source.speech.number(data.would_miss),
        judged=source.speech.number(data.judged), target=target,
    )  # fmt: skip
