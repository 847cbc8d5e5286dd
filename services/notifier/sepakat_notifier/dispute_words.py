"""Disputes in a reader's language: what they are about, what is asked, and whose turn it is until when."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Protocol

from sepakat_notifier.addressees import deciding, mediators
from sepakat_notifier.directory import Reader
from sepakat_shared.contracts.disputes import (
    Adjustment,
    DisputeAnswered,
    DisputeCountered,
    DisputeRaised,
    DisputeSettled,
    DisputeStepDefaulted,
    DisputeWithdrawn,
    Remedy,
    _DisputeEvent,
)
from sepakat_shared.contracts.fact import Title

Phrase = Mapping[str, str]


class Words(Protocol):
    """How one reader's language and zone write things."""

    @property
    def language(self) -> str: ...
    def title(self, title: Title | None, otherwise: str) -> str: ...
    def when(self, instant: datetime) -> str: ...
    def decimal(self, value: str) -> str: ...
    def length(self, seconds: str) -> str: ...


_SUBJECTS: Final[Mapping[str, Phrase]] = {
    "verdict": {"en": "the figure of {}", "id": "angka {}"},
    "credit": {"en": "the service credit for {}", "id": "kredit layanan untuk {}"},
    "clock": {"en": "the times of incident {}", "id": "waktu penanganan insiden {}"},
    "clause": {"en": "the clause {}", "id": "klausul {}"},
}
_TURNS: Final[Mapping[str, Phrase]] = {
    "answer": {"en": "{who} is asked to answer before {when}.", "id": "{who} diminta menjawab sebelum {when}."},
    "settle": {"en": "{who} can settle it until {when}.", "id": "{who} dapat menyelesaikannya sampai {when}."},
    "decide": {"en": "The mediator {who} decides until {when}.", "id": "Mediator {who} memutuskan sampai {when}."},
}
_YOUR_TURN: Final[Phrase] = {
    "en": "You are the mediator, and are asked to decide it before {when}, with the key that an operator issues you.",
    "id": "Anda mediatornya, dan diminta memutuskannya sebelum {when}, dengan kunci yang diterbitkan operator untuk "
          "Anda.",
}  # fmt: skip
_UNTOLD: Final[Phrase] = {
    "en": "We have no address of the mediator, who therefore gets no message of us: please tell them yourselves.",
    "id": "Kami tidak mempunyai alamat mediator, sehingga mediator tidak menerima pesan dari kami: "
          "mohon Anda sendiri yang memberi tahu.",
}  # fmt: skip
_WHY_YOU: Final[Phrase] = {
    "en": "{} and {} have named you as the mediator in their agreement, and that is why you get these messages. If you "
          "do not want to be, tell them, so that they name somebody else. Your own organisation can remove you from "
          "its contacts: then no more messages come.",
    "id": "{} dan {} menunjuk Anda sebagai mediator dalam perjanjian mereka, karena itu Anda menerima pesan ini. Bila "
          "tidak bersedia, sampaikan kepada mereka agar menunjuk orang lain. Organisasi Anda sendiri dapat menghapus "
          "Anda dari daftar kontaknya: setelah itu tidak ada pesan lagi.",
}  # fmt: skip
_OTHERWISE: Final[Mapping[str, Phrase]] = {
    "upheld": {"en": "When that time has passed, what is asked counts as accepted.",
               "id": "Bila waktu itu lewat, yang diminta dianggap diterima."},
    "rejected": {"en": "When that time has passed, the dispute counts as rejected.",
                 "id": "Bila waktu itu lewat, sengketa dianggap ditolak."},
    "next": {"en": "When that time has passed, the next agreed step begins.",
             "id": "Bila waktu itu lewat, langkah berikutnya yang disepakati dimulai."},
    "forum": {"en": "When that time has passed, it goes to the agreed forum.",
              "id": "Bila waktu itu lewat, perkara diteruskan ke forum yang disepakati."},
}  # fmt: skip
_ADJUSTMENTS: Final[Mapping[str, Phrase]] = {
    "exclusion": {"en": "{start} until {end} does not count", "id": "{start} sampai {end} tidak dihitung"},
    "downtime": {"en": "{start} until {end} counts as down", "id": "{start} sampai {end} dihitung sebagai gangguan"},
    "events": {"en": "{total} events, {good} of them good, are added at {start}",
               "id": "{total} kejadian, {good} di antaranya baik, ditambahkan pada {start}"},
    "more": {"en": "{length} is added to the times of the incident",
             "id": "{length} ditambahkan pada waktu penanganan insiden"},
    "less": {"en": "{length} is taken from the times of the incident",
             "id": "{length} dikurangkan dari waktu penanganan insiden"},
}  # fmt: skip
_CREDIT: Final[Phrase] = {"en": "the service credit is {} %", "id": "kredit layanan menjadi {} %"}
_RESULTS: Final[Mapping[str, Phrase]] = {
    "upheld": {"en": "upheld", "id": "dikabulkan"},
    "partly": {"en": "upheld in part", "id": "dikabulkan sebagian"},
    "rejected": {"en": "rejected", "id": "ditolak"},
}
_MORE: Final[Phrase] = {"en": "and {} more", "id": "dan {} lagi"}
_MOST_EVIDENCE: Final = 5
"""Of so many what they are is written out; all of them are read with the dispute."""
_NOTHING: Final[Phrase] = {"en": "nothing is changed", "id": "tidak ada yang diubah"}
_AND: Final[Phrase] = {"en": " and ", "id": " dan "}


def subject(fact: _DisputeEvent, words: Words) -> str:
    """What is disputed, by titles where it has one."""
    name = {
        "clock": fact.incident_number or fact.incident, "clause": fact.clause,
    }.get(fact.subject_kind) or words.title(fact.objective_title, fact.objective or fact.subject)  # fmt: skip
    return _SUBJECTS[fact.subject_kind][words.language].format(name)


def turn(fact: _DisputeEvent, words: Words, names: Mapping[str, str], reader: Reader) -> str:
    """Who has until when, and what follows; empty where nobody's time runs."""
    if fact.act is None or fact.deadline is None:
        return ""
    said, untold = _TURNS[fact.act], False
    who = _AND[words.language].join(names.get(party, party) for party in fact.awaits)
    if fact.act == "decide":
        asked = deciding(fact) or ""
        said = _YOUR_TURN if _is(reader, asked) else said
        who = called(asked, fact, names)
        untold = _person(asked, fact, names) is None and not _is(reader, asked)
    sentences = [said[words.language].format(who=who, when=words.when(fact.deadline))]
    sentences += [] if fact.otherwise is None else [_OTHERWISE[fact.otherwise][words.language]]
    return " ".join([*sentences, *([_UNTOLD[words.language]] if untold else [])])


def why_you(fact: _DisputeEvent, words: Words, names: Mapping[str, str], reader: Reader) -> list[str]:
    """What somebody who belongs to neither party reads besides: nobody has asked them whether they want to mediate."""
    if reader.party in (fact.provider, fact.customer):
        return []
    return [_WHY_YOU[words.language].format(names[fact.provider], names[fact.customer])]


def mediator(fact: _DisputeEvent, names: Mapping[str, str]) -> str:
    """Whom the mediator's step was, by name; empty where none is known."""
    asked = mediators(fact)
    if isinstance(fact, DisputeStepDefaulted) and fact.missed_mediator is not None:
        return called(fact.missed_mediator, fact, names)
    missed = isinstance(fact, DisputeStepDefaulted) and fact.missed_act == fact.act == "decide"
    return called(asked[-2:][0] if missed else asked[-1], fact, names) if asked else ""


def called(mediator: str, fact: _DisputeEvent, names: Mapping[str, str]) -> str:
    """A mediator's name and organisation, as far as they are known."""
    party, _, contact = mediator.rpartition("/")
    person = _person(mediator, fact, names) or contact
    return f"{person} ({names.get(party, party)})" if party else person


def _person(mediator: str, fact: _DisputeEvent, names: Mapping[str, str]) -> str | None:
    """The name of a mediator whom a mail can be written to."""
    ids = [mediator] if "/" in mediator else [f"{party}/{mediator}" for party in (fact.provider, fact.customer)]
    return next((names[each] for each in ids if each in names), None)


def _is(reader: Reader, mediator: str) -> bool:
    return mediator in (reader.contact, f"{reader.party}/{reader.contact}")


def remedy(asked: Remedy, words: Words) -> str:
    """Everything that a remedy changes, as the middle of a sentence."""
    parts = [_adjustment(each, words) for each in asked.adjustments]
    if asked.credit_percent is not None:
        parts.append(_CREDIT[words.language].format(words.decimal(asked.credit_percent)))
    if asked.terms and asked.terms.strip():
        parts.append(asked.terms.strip())
    return "; ".join(parts) or _NOTHING[words.language]


def outcome(fact: DisputeSettled, words: Words) -> str:
    """What changes by the end of it; where nobody has put that in words, what the end is called."""
    is_said = fact.remedy.adjustments or fact.remedy.credit_percent is not None or (fact.remedy.terms or "").strip()
    return remedy(fact.remedy, words) if is_said or fact.result == "rejected" else result(fact, words)


def result(fact: DisputeSettled, words: Words) -> str:
    return _RESULTS[fact.result][words.language]


def evidence(fact: _DisputeEvent, words: Words) -> list[str]:
    """What was handed in with it: what it is, where it lies, and by which hash both look at the same."""
    handed_in = fact.evidence if isinstance(fact, DisputeRaised | DisputeAnswered | DisputeCountered) else ()
    said = [
        " – ".join(part for part in (" ".join(each.description.split()), each.url, each.hash) if part)
        for each in handed_in[:_MOST_EVIDENCE]
    ]
    more = len(handed_in) - len(said)
    return [*said, *([_MORE[words.language].format(more)] if more else [])]


def ways(fact: _DisputeEvent, reader: Reader) -> list[tuple[str, str]]:
    """The commands by which the reader can read, answer or decide it, by the labels that say what each does."""
    about = f"sepakat disputes {{}} {fact.dispute}"
    saying = f'{about} --statement "…"'
    read = ("read_dispute", about.format("show"))
    if isinstance(fact, DisputeSettled | DisputeWithdrawn):
        return [read]
    if (asked := deciding(fact)) is not None and _is(reader, asked):
        return [("decide_dispute", f'{about.format("decide")} --result RESULT --statement "…"'), read]
    if reader.party not in (fact.provider, fact.customer):
        return [read]
    if fact.act == "answer":
        answers = [("accept_asked", f"{about.format('accept')} --offer 1"), ("answer_dispute", saying.format("answer"))]
        return [*(answers if reader.party in fact.awaits else []), read]
    number: object = "NUMBER"
    if isinstance(fact, DisputeAnswered | DisputeCountered) and fact.party != reader.party:
        number = fact.offer_number or number
    accept = ("accept_offer", f"{about.format('accept')} --offer {number}")
    return [accept, ("counter_offer", saying.format("counter")), read]


def _adjustment(adjustment: Adjustment, words: Words) -> str:
    kind: str = adjustment.kind
    if kind == "case-time":
        kind = "more" if adjustment.seconds > 0 else "less"
    return _ADJUSTMENTS[kind][words.language].format(
        start="" if adjustment.start is None else words.when(adjustment.start),
        end="" if adjustment.end is None else words.when(adjustment.end),
        good=words.decimal(str(adjustment.good)),
        total=words.decimal(str(adjustment.total)),
        length=words.length(str(abs(adjustment.seconds))),
    )
