"""What those who reported a problem read: how it goes, in words meant for them, nothing that is between the parties.

No priority, no name of a person, no note, no agreement: the service, the number, and the page of the report.
"""

from collections.abc import Mapping
from typing import Final

from sepakat_notifier.directory import Reader
from sepakat_notifier.letters import Letter, sent
from sepakat_notifier.rendering import rendered
from sepakat_notifier.words import Words
from sepakat_shared.contracts.reports import ReportProgressed, _ReportEvent

_LABELS: Final[Mapping[str, Mapping[str, str]]] = {
    "number": {"en": "Report", "id": "Laporan"},
    "service": {"en": "Service", "id": "Layanan"},
    "filed": {"en": "Received", "id": "Diterima"},
    "button": {"en": "See how it goes", "id": "Lihat perkembangan"},
    "reason": {"en": "You get this message because your address was given in this report. If it was not you, there is "
                     "nothing to do.",
               "id": "Anda menerima pesan ini karena alamat Anda dicantumkan dalam laporan ini. Bila bukan Anda yang "
                     "melapor, abaikan saja."},
}  # fmt: skip
_TONES: Final = {"resolved": "good", "reopened": "warn"}


def compose(fact: _ReportEvent, reader: Reader, page: str) -> Letter:
    """The letter about `fact`; `page` is where the report is followed."""
    words = Words(reader.language, reader.time_zone)
    service = words.title(fact.service_title, fact.service)
    said = (fact.words or "") if isinstance(fact, ReportProgressed) else ""
    context = {"fact": fact, "words": words, "service": service, "said": "\n\n".join(said.splitlines())}
    subject, paragraphs = rendered(fact.type, words, context)

    def label(name: str) -> str:
        return _LABELS[name][words.language]

    figures = [("number", fact.number), ("service", service), ("filed", words.when(fact.filed_at))]
    return sent({
        "language": words.language, "subject": subject, "greeting": reader.name, "paragraphs": paragraphs,
        "figures": [(label(name), value) for name, value in figures],
        "tone": _TONES.get(fact.step, "calm") if isinstance(fact, ReportProgressed) else "calm",
        "link": page, "button": label("button"), "reason": label("reason"),
    })  # fmt: skip
