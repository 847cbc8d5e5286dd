"""Maintenance in a reader's language: what it concerns, when it is, and why it needs consent."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from sepakat_shared.contracts.fact import PeriodSpan, Title
from sepakat_shared.contracts.maintenance import _MaintenanceEvent

_SHOWN: Final = 5
"""So many times of repeated work are written out; the whole of it is in the calendar."""
_Phrase = Mapping[str, str]
_WHY: Final[Mapping[str, _Phrase]] = {
    "unforeseen": {"en": "the agreement provides for no announcements",
                   "id": "perjanjian tidak mengatur pengumuman pemeliharaan"},
    "notice": {"en": "the agreed notice was not kept", "id": "tenggang waktu pemberitahuan tidak dipenuhi"},
    "freeze": {"en": "it is within an agreed time without maintenance",
               "id": "berada dalam masa tanpa pemeliharaan yang disepakati"},
    "allowance": {"en": "it goes beyond the agreed allowance", "id": "melampaui batas yang disepakati"},
}  # fmt: skip
_AND: Final[_Phrase] = {"en": " and ", "id": " dan "}
_MORE: Final[_Phrase] = {"en": "and {} more", "id": "dan {} lagi"}
_ALL: Final[_Phrase] = {"en": "everything that is agreed", "id": "semua yang disepakati"}


class Words(Protocol):
    """How one reader's language and zone write things."""

    @property
    def language(self) -> str: ...
    def title(self, title: Title | None, otherwise: str) -> str: ...
    def when(self, instant: datetime) -> str: ...


def concerned(fact: _MaintenanceEvent, words: Words) -> str:
    """What the work is on, by titles."""
    return ", ".join(words.title(each, "") for each in fact.titles) or _ALL[words.language]


def times(spans: Sequence[PeriodSpan], words: Words) -> str:
    """Each a paragraph of its own; the first few, where there are many."""
    lines = [f"{words.when(each.start)} – {words.when(each.end)}" for each in spans[:_SHOWN]]
    more = len(spans) - len(lines)
    return "\n\n".join([*lines, _MORE[words.language].format(more)] if more else lines)


def why(fact: _MaintenanceEvent, words: Words) -> str:
    """The rules of the text that were not kept."""
    return _AND[words.language].join(_WHY[each][words.language] for each in fact.needs_consent if each in _WHY)
