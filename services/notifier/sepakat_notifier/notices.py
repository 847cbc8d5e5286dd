"""What the notifier tells of itself: an endpoint that was disabled, and what was given up."""

from collections.abc import Mapping, Sequence
from typing import Final

from sepakat_notifier.directory import Reader
from sepakat_notifier.letters import Letter, sent
from sepakat_notifier.notification import Notification
from sepakat_notifier.rendering import rendered
from sepakat_notifier.words import Words
from sepakat_shared.contracts.notifications import EndpointDisabled, NotificationGivenUp

MOST_LISTED = 20
_LABELS: Final[Mapping[str, Mapping[str, str]]] = {
    "endpoint": {"en": "Endpoint", "id": "Alamat webhook"},
    "since": {"en": "Failing since", "id": "Gagal sejak"},
    "last": {"en": "Last answer", "id": "Jawaban terakhir"},
    "party": {"en": "Party", "id": "Pihak"},
    "reason": {"en": "You get this message because you are a contact of {}.",
               "id": "Anda menerima pesan ini karena Anda kontak {}."},
    "operator": {"en": "You get this message because you run this service.",
                 "id": "Anda menerima pesan ini karena Anda menjalankan layanan ini."},
}  # fmt: skip


def of_endpoint(fact: EndpointDisabled, reader: Reader, party: str) -> Letter:
    """That an endpoint was disabled; `party` is the name of the one that it belongs to."""
    words = Words(reader.language, reader.time_zone)
    figures = [("endpoint", f"{fact.host} ({fact.endpoint})"), ("party", party), ("last", fact.reason)]
    if fact.failing_since is not None:
        figures.insert(1, ("since", words.when(fact.failing_since)))
    subject, paragraphs = rendered(fact.type, words, {"fact": fact, "words": words})
    shown = [(_said(name, words), value) for name, value in figures]
    reason = _said("operator", words) if reader.party != fact.party else _said("reason", words, party)
    return _letter(words, reader, subject, paragraphs, shown, reason)


def of_given_up(fact: NotificationGivenUp, reader: Reader, latest: Sequence[Notification], count: int) -> Letter:
    """What was given up since the operator was told last: `count` messages, the `latest` of them one by one."""
    words = Words(reader.language, reader.time_zone)
    context = {"fact": fact, "words": words, "count": count, "listed": len(latest)}
    subject, paragraphs = rendered(fact.type, words, context)
    shown = [(f"{each.channel} {each.recipient}", f"{each.about}: {each.reason}") for each in latest]
    return _letter(words, reader, subject, paragraphs, shown, _said("operator", words))


def _said(name: str, words: Words, *values: str) -> str:
    return _LABELS[name][words.language].format(*values)


def _letter(
    words: Words, reader: Reader, subject: str, paragraphs: list[str], figures: list[tuple[str, str]], reason: str
) -> Letter:
    return sent({
        "language": words.language, "subject": subject, "greeting": reader.name, "paragraphs": paragraphs,
        "figures": figures, "tone": "warn", "link": None, "button": "", "reason": reason,
    })  # fmt: skip
