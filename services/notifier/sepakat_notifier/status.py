"""How an agreement's services stand, as anybody may read it: titles from the text, fixed words, no people, no figures.

Pure. What is wrong is said by the service's title and how far it is: an incident's own title may be somebody's words.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sepakat_notifier.directory import Covered
from sepakat_notifier.standing import Standing
from sepakat_notifier.words import Words

KEPT_FOR: Final = timedelta(days=14)
"""How long something that is over is still listed."""

State = Literal["up", "impaired"]

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "title": {"en": "Status of {}", "id": "Status {}"},
    "up": {"en": "works as agreed", "id": "berjalan sebagaimana disepakati"},
    "impaired": {"en": "does not work as agreed", "id": "tidak berjalan sebagaimana disepakati"},
    "open": {"en": "{}: does not work as agreed", "id": "{}: tidak berjalan sebagaimana disepakati"},
    "acknowledged": {"en": "{}: being worked on", "id": "{}: sedang ditangani"},
    "over": {"en": "{}: works as agreed again", "id": "{}: kembali berjalan sebagaimana disepakati"},
    "since": {"en": "Affected since {}.", "id": "Terdampak sejak {}."},
    "until": {"en": "Affected from {} until {}.", "id": "Terdampak dari {} sampai {}."},
    "worked_on": {"en": "It is being worked on.", "id": "Sedang ditangani."},
}


@dataclass(frozen=True)
class Service:
    id: str
    title: str
    state: State
    words: str


@dataclass(frozen=True)
class Item:
    id: str
    title: str
    text: str
    began_at: datetime
    changed_at: datetime
    is_over: bool


@dataclass(frozen=True)
class Status:
    """`changed_at` is when something of it changed last; None where nothing has happened yet."""

    agreement: str
    language: str
    title: str
    summary: str
    services: tuple[Service, ...]
    items: tuple[Item, ...]
    changed_at: datetime | None


def status(covered: Covered, standings: Iterable[Standing], language: str, now: datetime) -> Status:
    words = Words(language, covered.time_zone)
    listed = [
        each for each in standings if each.status != "merged" and (each.is_open or now - each.changed_at < KEPT_FOR)
    ]
    impaired = {each.service for each in listed if each.is_open}
    known = {each.service: each.service_title or {} for each in listed}
    services = tuple(
        _service(id, titles, id in impaired, words) for id, titles in sorted({**known, **covered.services}.items())
    )
    titles = {each.id: each.title for each in services}
    items = tuple(
        _item(each, titles[each.service], words)
        for each in sorted(listed, key=lambda each: (each.changed_at, each.incident), reverse=True)
    )
    summary = "; ".join(f"{each.title}: {each.words}" for each in services)
    title = _say("title", words, _titled(covered.title, words, covered.agreement))
    return Status(
        covered.agreement, words.language, title, summary, services, items,
        max((each.changed_at for each in items), default=None),
    )  # fmt: skip


def _service(id: str, titles: Mapping[str, str], impaired: bool, words: Words) -> Service:
    state: State = "impaired" if impaired else "up"
    return Service(id, _titled(titles, words, id), state, _say(state, words))


def _item(standing: Standing, title: str, words: Words) -> Item:
    how = standing.status if standing.is_open else "over"
    began, changed = words.when(standing.began_at), words.when(standing.changed_at)
    said: Sequence[str] = [_say("until", words, began, changed)] if how == "over" else [_say("since", words, began)]
    if how == "acknowledged":
        said = [*said, _say("worked_on", words)]
    return Item(
        f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'sepakat:{standing.incident}')}", _say(how, words, title),
        " ".join(said), standing.began_at, standing.changed_at, not standing.is_open,
    )  # fmt: skip


def _titled(titles: Mapping[str, str], words: Words, otherwise: str) -> str:
    return titles.get(words.language) or titles.get("en") or titles.get("id") or otherwise


def _say(name: str, words: Words, *values: str) -> str:
    return _WORDS[name][words.language].format(*values)
