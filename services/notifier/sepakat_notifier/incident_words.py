"""Words about an incident that several letters have: what opened it, why so again, what is waited for. Pure."""

from collections.abc import Mapping
from typing import Final

from sepakat_notifier.words import Words
from sepakat_shared.contracts.incidents import IncidentOpened, IncidentPrioritised, _AskingEvent

_AGAIN: Final = {
    "en": "It was over, and {} has opened it again{}. Reason given: {}",
    "id": "Insiden ini sudah dinyatakan selesai, lalu dibuka lagi oleh {}{}. Alasannya: {}",
}
_TIMES: Final = {"en": ", for the {}. time", "id": ", untuk ke-{} kalinya"}
_BY_PARTY: Final = {"en": "{} has opened this incident", "id": "{} membuka insiden ini"}
_WRITES: Final = {"en": ", and writes:", "id": ", dan menulis:"}
_BY_ALERT: Final = {"en": "An alert has opened this incident", "id": "Sebuah peringatan sistem membuka insiden ini"}
_SAYS: Final = {"en": ", and says:", "id": ", dengan keterangan:"}
_BY_CAUSE: Final = {
    "impairment": {
        "en": "It was opened by what is measured: the service is impaired.",
        "id": "Insiden ini dibuka oleh hasil pengukuran: layanan terganggu.",
    },
    "breach": {
        "en": "It was opened by what is measured: a target is missed.",
        "id": "Insiden ini dibuka oleh hasil pengukuran: sebuah target tidak terpenuhi.",
    },
    "risk": {
        "en": "It was opened by what is measured: a target is at risk.",
        "id": "Insiden ini dibuka oleh hasil pengukuran: sebuah target terancam.",
    },
    "report": {
        "en": "It was opened by a report of somebody who uses the service.",
        "id": "Insiden ini dibuka oleh laporan dari pengguna layanan.",
    },
}  # fmt: skip


_WAITING: Final = {
    "waiting-for-customer": {"en": "waiting for {}", "id": "menunggu {}"},
    "obligation-unmet": {"en": "waiting for something that is owed", "id": "menunggu kewajiban yang belum dipenuhi"},
}
_AGREED_REASON: Final = {"en": "the agreed reason “{}”", "id": "alasan yang disepakati: “{}”"}


_DEGREES: Final = {
    "high": {"en": "high", "id": "tinggi"},
    "medium": {"en": "medium", "id": "sedang"},
    "low": {"en": "low", "id": "rendah"},
}  # fmt: skip
_SORTED: Final = {"en": "its impact is {}, its urgency {}.", "id": "dampaknya {}, urgensinya {}."}


def reason_of(fact: IncidentPrioritised, words: Words) -> str:
    """Why it is more, or less, urgent: in the words that somebody wrote, or how it was sorted."""
    if fact.impact is None or fact.urgency is None:
        return fact.reason
    language = words.language
    return _SORTED[language].format(_DEGREES[fact.impact][language], _DEGREES[fact.urgency][language])


def waited_for(reason: str, customer: str, words: Words) -> str:
    """What is waited for, in words; a reason that an agreement has named itself, as it is named there."""
    return _WAITING.get(reason, _AGREED_REASON)[words.language].format(customer if reason in _WAITING else reason)


def what_is_known(fact: _AskingEvent, words: Words, names: Mapping[str, str]) -> str:
    """Why it was opened again, what opened it, and what was written then; paragraphs, none of an event of before."""
    return "\n\n".join(each for each in (_again(fact, words, names), _known(fact, words, names)) if each)


def opened_by(fact: IncidentOpened, words: Words, names: Mapping[str, str]) -> str:
    """Which party, or that an alert has opened it, and what was written then; nothing of what was measured."""
    return _said(fact.party, fact.via, fact.description, words, names)


def _again(fact: _AskingEvent, words: Words, names: Mapping[str, str]) -> str:
    again = fact.reopened
    if again is None:
        return ""
    who = again.by if again.party is None else names.get(again.party, again.party)
    times = _TIMES[words.language].format(again.times) if again.times > 1 else ""
    return _AGAIN[words.language].format(who, times, again.reason)


def _known(fact: _AskingEvent, words: Words, names: Mapping[str, str]) -> str:
    said = _said(fact.opened_by, fact.via, fact.description, words, names)
    return said or (_BY_CAUSE[fact.cause][words.language] if fact.cause else "")


def _said(party: str | None, via: str | None, written: str | None, words: Words, names: Mapping[str, str]) -> str:
    language = words.language
    if party is not None:
        head, goes_on = _BY_PARTY[language].format(names.get(party, party)), _WRITES[language]
    elif via is not None:
        head, goes_on = _BY_ALERT[language], _SAYS[language]
    else:
        return ""
    # A line that somebody wrote is a paragraph: blanks within one are joined.
    return "\n\n".join([head + goes_on, *written.split("\n")]) if written else f"{head}."
