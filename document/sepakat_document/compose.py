"""The whole document from its source: which articles there are, in which order, and the frame around them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from sepakat_document.articles import duties, incidents, levels, money, parties, procedures
from sepakat_document.blocks import Article, Draft, Paper, Signing
from sepakat_document.source import Signature, Source
from sepakat_document.speech import Language, Speech
from sepakat_shared.contracts.texts import Agreement, Document, Indicator, Party, text_hash

_Write = Callable[[Draft, Source], None]
_ARTICLES: Final[tuple[tuple[str, str, str, _Write, Callable[[Agreement], object]], ...]] = (
    ("parties", "Parties", "Para Pihak", parties.parties, lambda text: True),
    ("terms", "Meaning of terms", "Definisi", parties.terms, lambda text: True),
    ("term", "Term and changes", "Jangka Waktu dan Perubahan", parties.term, lambda text: True),
    ("services", "Services and charges", "Layanan dan Biaya", parties.services, lambda text: True),
    ("needs", "What the Customer needs", "Kebutuhan Pelanggan", parties.needs, lambda text: text.needs),
    ("hours", "Service hours", "Jam Layanan", levels.hours, lambda text: text.calendars),
    ("levels", "Service levels", "Tingkat Layanan", levels.levels, lambda text: text.objectives),
    ("method", "How figures come about", "Cara Penghitungan", levels.method, lambda text: text.objectives),
    (
        "credits",
        "Service credits",
        "Kredit Layanan",
        money.credits,
        lambda text: any(o.credits for o in text.objectives),
    ),
    (
        "remedies",
        "Repeated misses",
        "Target yang Berulang Kali Tidak Terpenuhi",
        money.remedies,
        lambda text: text.remedies and (text.remedies.improvement_plan or text.remedies.termination),
    ),
    (
        "maintenance",
        "Maintenance",
        "Pemeliharaan",
        duties.maintenance,
        lambda text: (m := text.maintenance) and (m.notice or m.allowance or m.freezes or m.windows),
    ),
    (
        "obligations",
        "Obligations of both parties",
        "Kewajiban Kedua Pihak",
        duties.obligations,
        lambda text: text.obligations,
    ),
    (
        "incidents",
        "Incidents",
        "Insiden",
        incidents.incidents,
        lambda text: text.reporting or text.priorities or text.post_incident_note,
    ),
    ("escalation", "Escalation", "Eskalasi", incidents.escalation, lambda text: text.escalation),
    ("on-call", "On call", "Petugas Siaga", incidents.on_call, lambda text: text.rotations),
    ("disputes", "Disputes", "Sanggahan", procedures.disputes, lambda text: text.disputes),
    ("review", "Review", "Peninjauan", procedures.reviews, lambda text: text.review),
)


def source_of(
    text: Agreement,
    language: Language,
    documents: Iterable[Document] = (),
    signatures: Sequence[Signature] = (),
    version: int | None = None,
) -> Source:
    """What is known beside the agreement: `documents` are its parties and indicators, as far as they are there."""
    known = list(documents)
    return Source(
        text,
        Speech(language),
        {each.metadata.id: each for each in known if isinstance(each, Party)},
        {each.metadata.id: each for each in known if isinstance(each, Indicator)},
        signatures,
        version,
        {name: i for i, (name, *_) in enumerate(_present(text), start=1)},
    )


def compose(source: Source) -> Paper:
    s, text = source.speech, source.text
    articles = []
    for name, en, id, write, _ in _present(text):
        draft = Draft(source.numbers[name])
        write(draft, source)
        articles.append(Article(draft.number, s.say(en, id), tuple(draft.clauses)))
    return Paper(
        language=s.language,
        kind=s.say("Service Level Agreement", "Perjanjian Tingkat Layanan"),
        title=s.words(text.metadata.title, text.metadata.id),
        between=s.say(
            "between {provider} (“the Provider”) and {customer} (“the Customer”)",
            "antara {provider} (“Penyedia”) dan {customer} (“Pelanggan”)",
            provider=source.party(text.parties.provider),
            customer=source.party(text.parties.customer),
        ),
        facts=_facts(source),
        articles=tuple(articles),
        signing=tuple(_signing(source, party) for party in (text.parties.provider, text.parties.customer)),
        hash=text_hash(text),
        dated=text.term.from_,
        words=_frame(source),
    )


def _present(text: Agreement) -> list[tuple[str, str, str, _Write, Callable[[Agreement], object]]]:
    return [each for each in _ARTICLES if each[4](text)]


def _facts(source: Source) -> tuple[tuple[str, str], ...]:
    s, text = source.speech, source.text
    signed = {each.party for each in source.signatures} >= {text.parties.provider, text.parties.customer}
    return (
        (
            s.say("Number", "Nomor"),
            text.metadata.id
            + ("" if source.version is None else s.say(", version {n}", ", versi {n}", n=s.number(source.version))),
        ),
        (s.say("Term", "Jangka waktu"), f"{s.date(text.term.from_)} \u2013 {s.date(text.term.until)}"),
        (
            s.say("State", "Keadaan"),
            s.say("signed by both parties", "ditandatangani kedua pihak")
            if signed
            else s.say("not signed by both yet", "belum ditandatangani kedua pihak"),
        ),
    )


def _signing(source: Source, party: str) -> Signing:
    s, text = source.speech, source.text
    role = (
        s.say("For the Provider", "Untuk Penyedia")
        if party == text.parties.provider
        else s.say("For the Customer", "Untuk Pelanggan")
    )
    people = [source.person(each.contact) for each in text.signatories if each.party == party]
    given = next((each for each in source.signatures if each.party == party), None)
    shown: tuple[tuple[str, str], ...] = ()
    if given is not None:
        shown = (
            (s.say("Signed on", "Ditandatangani pada"), given.at),
            (s.say("Key", "Kunci"), given.key),
            (s.say("Signature", "Tanda tangan"), given.signature),
        )
        people = [source.person(given.contact)]
    keys = tuple(each.key for each in text.signatories if each.party == party)
    return Signing(role, source.party(party), s.choice(people) if people else "", keys, shown)


def _frame(source: Source) -> dict[str, str]:
    s = source.speech
    return {
        "contents": s.say("Contents", "Daftar isi"),
        "article": s.say("Article", "Pasal"),
        "signatures": s.say("Signatures", "Tanda tangan"),
        "signing": s.say(
            "What is signed is the hash of the machine-readable text that this document was made from (SHA-256 of "
            "its canonical JSON, "
            "RFC 8785). Each party signs it with an Ed25519 key of its own; whoever has the text can check both "
            "without any service.",
            "Yang ditandatangani adalah hash naskah terbaca mesin yang menjadi sumber dokumen ini (SHA-256 atas JSON "
            "kanoniknya, RFC "
            "8785). Masing-masing pihak menandatanganinya dengan kunci Ed25519 miliknya; pemegang naskah dapat "
            "memeriksanya tanpa layanan apa pun.",
        ),
        "hash": s.say("Hash of the text", "Hash naskah"),
        "qr": s.say("QR code of the hash of the text", "Kode QR hash naskah"),
        "name": s.say("Name", "Nama"),
        "date": s.say("Date", "Tanggal"),
        "key": s.say("Key", "Kunci"),
        "page": s.say("page", "halaman"),
        "of": s.say("of", "dari"),
    }
