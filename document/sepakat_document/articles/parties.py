"""Who agrees, on what words, for how long, about which services and for which needs."""

from sepakat_document.blocks import Draft, Items, Table, facts
from sepakat_document.source import Source
from sepakat_shared.contracts.texts import Need, Underpinning


def parties(draft: Draft, source: Source) -> None:
    text, s = source.text, source.speech
    for role, id in (("provider", text.parties.provider), ("customer", text.parties.customer)):
        known = source.parties.get(id)
        signing = [source.person(each.contact) for each in text.signatories if each.party == id]
        title = s.say("The Provider", "Penyedia") if role == "provider" else s.say("The Customer", "Pelanggan")
        draft.clause(
            title,
            facts(
                (s.say("Name", "Nama"), source.party(id)),
                (s.say("Address", "Alamat"), known.address if known else None),
                (s.say("Signs through", "Penanda tangan"), s.list(signing) if signing else None),
                (s.say("Identifier", "Pengenal"), id),
            ),
        )
    if text.languages is not None and text.languages.also:
        names = {"en": s.say("English", "bahasa Inggris"), "id": s.say("Indonesian", "bahasa Indonesia")}
        draft.clause(
            s.say("Language", "Bahasa"),
            s.say(
                "This agreement is written in {all}, from one and the same machine-readable text. Where the wordings "
                "differ, the "
                "{first} one prevails.",
                "Perjanjian ini dibuat dalam {all}, dari satu naskah terbaca mesin yang sama. Apabila terdapat "
                "perbedaan "
                "penafsiran, yang berlaku adalah naskah {first}.",
                all=s.list(names[each] for each in (text.languages.authoritative, *text.languages.also)),
                first=names[text.languages.authoritative],
            ),
        )


def terms(draft: Draft, source: Source) -> None:
    s = source.speech
    meanings = (
        (
            ("Indicator", "Indikator"),
            (
                "what is measured: one stream of recorded events with a name",
                "hal yang diukur: satu aliran peristiwa tercatat yang diberi nama",
            ),
        ),
        (
            ("Service level", "Tingkat layanan"),
            (
                "an indicator compared with a target over a window of time",
                "indikator yang dibandingkan dengan target selama suatu jangka waktu",
            ),
        ),
        (
            ("Period", "Periode"),
            (
                "one such window, such as a certain month; its first instant belongs to it, its end to the next",
                "satu jangka waktu tersebut, misalnya suatu bulan; saat pertamanya termasuk di dalamnya, akhirnya "
                "termasuk periode berikutnya",
            ),
        ),
        (
            ("Attainment", "Capaian"),
            (
                "the figure of a service level for a period, an exact fraction",
                "angka suatu tingkat layanan untuk suatu periode, berupa pecahan eksak",
            ),
        ),
        (
            ("Exclusion", "Pengecualian"),
            (
                "time or events that do not count, such as announced maintenance",
                "waktu atau peristiwa yang tidak dihitung, misalnya pemeliharaan yang diumumkan",
            ),
        ),
    )
    draft.clause(
        s.say("Meaning of words", "Arti istilah"),
        Table(
            (s.say("Word", "Istilah"), s.say("Meaning", "Arti")),
            tuple((s.say(*word), s.say(*meaning)) for word, meaning in meanings),
            widths=(1, 4),
        ),
    )
    draft.clause(
        s.say("Time", "Waktu"),
        s.say(
            "Dates and times are those of the time zone {zone}. A duration in hours or minutes runs around the clock "
            "unless a clause "
            "names hours of its own.",
            "Tanggal dan waktu mengikuti zona waktu {zone}. Jangka waktu dalam jam atau menit berjalan sepanjang "
            "waktu, kecuali suatu "
            "pasal menyebut jam tersendiri.",
            zone=source.text.term.time_zone,
        ),
    )


def term(draft: Draft, source: Source) -> None:
    s, given = source.speech, source.text.term
    draft.clause(
        s.say("Beginning and end", "Mulai dan berakhir"),
        s.say(
            "This agreement holds from {start} to {end}, both days included.",
            "Perjanjian ini berlaku sejak {start} sampai dengan {end}.",
            start=s.date(given.from_),
            end=s.date(given.until),
        ),
    )
    if given.renewal is not None:
        draft.clause(
            s.say("Renewal", "Perpanjangan"),
            s.say(
                "When its last day is over this agreement goes on for {length}, and so on after each such term, unless "
                "a party has given notice of termination, at least {notice} before the end of the term that runs.",
                "Setelah hari terakhirnya, perjanjian ini diperpanjang dengan sendirinya selama {length}, demikian "
                "seterusnya setelah setiap masa berlaku, kecuali salah satu pihak telah memberitahukan penghentian "
                "paling lambat {notice} sebelum akhir masa yang sedang berjalan.",
                length=s.span(given.renewal.for_)
                if given.renewal.for_ is not None
                else s.say("as long as its first term", "waktu yang sama dengan masa berlaku pertamanya"),
                notice=s.duration(given.renewal.notice),
            ),
        )
    if given.termination is not None:
        draft.clause(
            s.say("Termination", "Penghentian"),
            s.say(
                "A party that ends this agreement on another day than the end of a term gives notice at least {notice} "
                "before that day is over."
                if given.renewal is not None
                else "A party that ends this agreement early gives notice at least {notice} before its last day is "
                "over.",
                "Pihak yang mengakhiri perjanjian ini pada hari lain daripada akhir suatu masa berlaku "
                "memberitahukannya paling lambat {notice} sebelum hari itu berakhir."
                if given.renewal is not None
                else "Pihak yang mengakhiri perjanjian ini lebih awal memberitahukannya paling lambat {notice} sebelum "
                "hari terakhirnya berakhir.",
                notice=s.duration(given.termination.notice),
            ),
        )
    at_once = source.text.amendment is not None and source.text.amendment.takes_effect == "at-once"
    draft.clause(
        s.say("Changes", "Perubahan"),
        s.say(
            "A change is a new version, signed by both parties. Its terms begin {when}. What was signed before stays "
            "as it is.",
            "Setiap perubahan merupakan versi baru yang ditandatangani kedua pihak. Ketentuannya berlaku {when}. "
            "Versi yang telah "
            "ditandatangani tidak berubah.",
            when=s.say("at once", "seketika")
            if at_once
            else s.say(
                "with the next period of each service level that they change",
                "mulai periode berikutnya dari setiap tingkat layanan yang diubah",
            ),
        ),
    )


def services(draft: Draft, source: Source) -> None:
    s, text = source.speech, source.text
    draft.clause(
        s.say("What is provided", "Yang disediakan"),
        Table(
            (s.say("Service", "Layanan"), s.say("Identifier", "Pengenal")),
            tuple((s.words(each.description, each.id), each.id) for each in text.services),
            widths=(3, 1),
        ),
    )
    if text.charges:
        draft.clause(
            s.say("Charges", "Biaya"),
            Table(
                (s.say("Charge", "Biaya"), s.say("Amount", "Jumlah")),
                tuple((each.id, s.money(each.amount, each.currency)) for each in text.charges),
                figures=(1,),
                widths=(3, 2),
            ),
        )
    if text.underpinning:
        draft.clause(
            s.say("What it rests on", "Yang mendasarinya"),
            s.say(
                "The Provider rests on agreements with suppliers of its own:",
                "Penyedia mendasarkannya pada perjanjian dengan pemasoknya sendiri:",
            ),
            Items(tuple(_rests(source, each) for each in text.underpinning)),
        )


def _rests(source: Source, given: Underpinning) -> str:
    s, said = source.speech, given.agreement
    if given.by is not None:
        said += f" ({', '.join(given.by)})"
    if given.objectives is None:
        return said
    return s.say(
        "{agreement}, for {what}", "{agreement}, untuk {what}", agreement=said,
        what=s.list(source.objective(id) for id in given.objectives),
    )  # fmt: skip


def needs(draft: Draft, source: Source) -> None:
    s = source.speech
    priorities = {"must": ("must", "wajib"), "should": ("should", "sebaiknya"), "could": ("could", "bila mungkin")}
    for need in source.text.needs:
        serving = Items(tuple(source.objective(id) for id in need.served_by))
        draft.clause(
            s.words(need.statement, need.id),
            facts(
                (s.say("Goal", "Tujuan"), s.words(need.goal, "")),
                (s.say("Priority", "Prioritas"), s.say(*priorities[need.priority])),
                (s.say("When it is unmet", "Apabila tidak terpenuhi"), _impact(source, need)),
            ),
            *(
                (s.say("It is served by:", "Kebutuhan ini dilayani oleh:"), serving)
                if need.served_by
                else (
                    s.say(
                        "Nothing in this agreement serves it.", "Tidak ada ketentuan perjanjian ini yang melayaninya."
                    ),
                )
            ),
        )


def _impact(source: Source, need: Need) -> str | None:
    if need.impact is None:
        return None
    return source.say(
        "costs the Customer {cost} for every {per} that it lasts",
        "menimbulkan biaya bagi Pelanggan sebesar {cost} setiap {per}",
        cost=source.speech.money(need.impact.cost, need.impact.currency),
        per=source.speech.each(source.speech.duration(need.impact.per)),
    )
