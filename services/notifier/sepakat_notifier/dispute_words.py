"""Disputes in a reader's language: what they are about, what is asked, and whose turn it is until when."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Protocol

from sepakat_shared.contracts.disputes import Adjustment, Remedy, _DisputeEvent
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
    "decide": {"en": "The mediator decides until {when}.", "id": "Mediator memutuskan sampai {when}."},
}
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
_NOTHING: Final[Phrase] = {"en": "nothing is changed", "id": "tidak ada yang diubah"}
_AND: Final[Phrase] = {"en": " and ", "id": " dan "}


def subject(fact: _DisputeEvent, words: Words) -> str:
    """What is disputed, by titles where it has one."""
    name = {
        "clock": fact.incident_number or fact.incident, "clause": fact.clause,
    }.get(fact.subject_kind) or words.title(fact.objective_title, fact.objective or fact.subject)  # fmt: skip
    return _SUBJECTS[fact.subject_kind][words.language].format(name)


def turn(fact: _DisputeEvent, words: Words, names: Mapping[str, str]) -> str:
    """Who has until when, and what follows; empty where nobody's time runs."""
    if fact.act is None or fact.deadline is None:
        return ""
    who = _AND[words.language].join(names.get(party, party) for party in fact.awaits)
    sentence = _TURNS[fact.act][words.language].format(who=who, when=words.when(fact.deadline))
    return sentence if fact.otherwise is None else f"{sentence} {_OTHERWISE[fact.otherwise][words.language]}"


def remedy(asked: Remedy, words: Words) -> str:
    """Everything that a remedy changes, as the middle of a sentence."""
    parts = [_adjustment(each, words) for each in asked.adjustments]
    if asked.credit_percent is not None:
        parts.append(_CREDIT[words.language].format(words.decimal(asked.credit_percent)))
    if asked.terms:
        parts.append(asked.terms)
    return "; ".join(parts) or _NOTHING[words.language]


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
