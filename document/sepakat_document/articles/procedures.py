"""How the parties settle what they disagree on, and how they look back together."""

from sepakat_document.articles.money import misses
from sepakat_document.blocks import Draft, Items, Table, facts
from sepakat_document.source import Source
from sepakat_shared.contracts.texts import Disputes, DisputeStep


def disputes(draft: Draft, source: Source) -> None:
    s, given = source.speech, source.text.disputes
    if given is None:
        return
    draft.clause(
        s.say("What may be contested, and until when", "Yang dapat disanggah dan tenggatnya"),
        s.say(
            "Either party may contest a figure, a missed target, an incident’s record, a credit or the meaning of a "
            "clause, within "
            "{time} of its publication. {days}",
            "Masing-masing pihak dapat menyanggah suatu angka, target yang dinyatakan tidak terpenuhi, catatan "
            "insiden, kredit, atau "
            "makna suatu pasal, dalam waktu {time} sejak dipublikasikan. {days}",
            time=s.span(given.raise_within),
            days=_days(source, given),
        ),
    )
    if given.steps:
        draft.clause(
            s.say("Steps", "Tahapan"),
            Table(
                (
                    s.say("Step", "Tahap"),
                    s.say("Who acts", "Pihak"),
                    s.say("What is due", "Kewajiban"),
                    s.say("Otherwise", "Apabila tidak"),
                ),
                tuple(_step(source, i, each, given) for i, each in enumerate(given.steps, start=1)),
                widths=(1, 2, 4, 4),
            ),
        )
    draft.clause(
        s.say("Outcome", "Hasil"),
        s.say(
            "A dispute that is upheld corrects the figure: time may be excluded, or down-time, failed events or case "
            "time added. The "
            "target is judged and the credit calculated again; the measured figure stays on record beside the agreed "
            "one.",
            "Sanggahan yang dikabulkan mengoreksi angka: waktu dapat dikecualikan, atau waktu henti, peristiwa "
            "gagal, atau waktu kasus "
            "ditambahkan. Target dinilai dan kredit dihitung kembali; angka terukur tetap tercatat di samping angka "
            "yang disepakati.",
        ),
    )
    if given.forum:
        draft.clause(
            s.say("Forum", "Forum"),
            s.say(
                "What these steps do not settle goes to: {forum}.",
                "Yang tidak selesai melalui tahapan ini diserahkan kepada: {forum}.",
                forum=given.forum,
            ),
        )


def _days(source: Source, given: Disputes) -> str:
    if given.days == "calendar" or given.calendar is None:
        return source.say("Days are calendar days.", "Hari berarti hari kalender.")
    return source.say(
        "Days are business days: those on which there are {calendar}.",
        "Hari berarti hari kerja, yaitu hari yang memiliki {calendar}.",
        calendar=source.calendar(given.calendar),
    )


def _step(source: Source, n: int, step: DisputeStep, given: Disputes) -> tuple[str, str, str, str]:
    s = source.speech
    who = {
        "provider": ("the Provider", "Penyedia"),
        "customer": ("the Customer", "Pelanggan"),
        "both": ("both parties", "kedua pihak"),
        "mediator": ("the mediator", "mediator"),
    }[step.by]
    acts = s.say(*who)
    if step.contact is not None:
        person = source.person(step.contact, step.party)
        named = [*([person] if person != "mediator" else []), *([source.party(step.party)] if step.party else [])]
        acts += f" ({', '.join(named)})" if named else ""
    if step.answer_within is not None:
        due = s.say("answers within {t}", "menjawab dalam {t}", t=s.span(step.answer_within))
    elif step.settle_within is not None:
        due = s.say("settle it within {t}", "menyelesaikan dalam {t}", t=s.span(step.settle_within))
    else:
        due = s.say("decides within {t}", "memutus dalam {t}", t=s.span(step.decide_within or ""))
    otherwise = {
        "upheld": ("it is upheld", "sanggahan dikabulkan"),
        "rejected": ("it is rejected", "sanggahan ditolak"),
        "next": ("the next step follows", "berlanjut ke tahap berikutnya"),
        "forum": (f"it goes to {given.forum}", f"diserahkan kepada {given.forum}"),
    }[step.otherwise]
    return s.number(n), acts, due, s.say(*(each.replace("{", "{{").replace("}", "}}") for each in otherwise))


def reviews(draft: Draft, source: Source) -> None:
    s, given = source.speech, source.text.review
    if given is None:
        return
    draft.clause(
        s.say("Meetings", "Pertemuan"),
        s.say(
            "The parties review this agreement every {every}, for the first time on {first}.",
            "Para pihak meninjau perjanjian ini setiap {every}, pertama kali pada {first}.",
            every=s.span(given.every),
            first=s.date(given.first),
        ),
        facts(
            (s.say("Chair", "Ketua"), source.person(given.chair) if given.chair else None),
            (s.say("Participants", "Peserta"), s.list(map(source.person, given.participants)) or None),
            (
                s.say("Papers are sent", "Bahan dikirim"),
                s.say("{t} before", "{t} sebelumnya", t=s.span(given.pack_before)) if given.pack_before else None,
            ),
            (
                s.say("Feedback is asked for", "Umpan balik diminta"),
                s.say("for {t}", "selama {t}", t=s.span(given.feedback)) if given.feedback else None,
            ),
            (
                s.say("Monthly report", "Laporan bulanan"),
                s.say("within {t} of the month’s end", "dalam {t} sejak akhir bulan", t=s.span(given.monthly_report))
                if given.monthly_report
                else None,
            ),
        ),
    )
    if given.triggers:
        draft.clause(
            s.say("Review in between", "Tinjauan di antaranya"),
            s.say("One is held besides after:", "Tinjauan tambahan diadakan setelah:"),
            Items(tuple(misses(source, each) for each in given.triggers)),
        )
