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
from sepakat_notifier.work import Work
from sepakat_shared.contracts.fact import rfc3339

KEPT_FOR: Final = timedelta(days=14)
"""How long something that is over is still listed."""
_AHEAD: Final = timedelta(days=30)
"""How long before it begins, maintenance is listed."""

State = Literal["up", "impaired", "maintenance"]

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
    "maintenance": {"en": "is under planned maintenance", "id": "sedang dalam pemeliharaan terencana"},
    "planned": {"en": "{}: maintenance is planned", "id": "{}: pemeliharaan direncanakan"},
    "running": {"en": "{}: maintenance is going on", "id": "{}: pemeliharaan sedang berlangsung"},
    "ended": {"en": "{}: maintenance has ended", "id": "{}: pemeliharaan selesai"},
    "called off": {"en": "{}: maintenance was called off", "id": "{}: pemeliharaan dibatalkan"},
    "times": {"en": "From {} until {}.", "id": "Dari {} sampai {}."},
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
    tags: tuple[str, ...]
    """`open` or `over`; or `maintenance`, and `planned`, `running`, `ended` or `called off`."""


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


def status(
    covered: Covered, standings: Iterable[Standing], language: str, now: datetime, works: Iterable[Work] = ()
) -> Status:
    words = Words(language, covered.time_zone)
    works = list(works)
    listed = [
        each for each in standings if each.status != "merged" and (each.is_open or now - each.changed_at < KEPT_FOR)
    ]
    impaired = {each.service for each in listed if each.is_open}
    running = [each for each in works if any(span.start <= now < span.end for span in each.times)]
    worked_on = {service for each in running for service in _services_of(each, covered)}
    known = {each.service: each.service_title or {} for each in listed}
    services = tuple(
        _service(id, titles, "impaired" if id in impaired else "maintenance" if id in worked_on else "up", words)
        for id, titles in sorted({**known, **covered.services}.items())
    )
    titles = {each.id: each.title for each in services}
    found = [_item(each, titles[each.service], words) for each in listed]
    agreement = _titled(covered.title, words, covered.agreement)
    for work in works:
        found += _items_of(work, _title_of(work, titles, words) or agreement, words, now)
    items = tuple(sorted(found, key=lambda each: (each.changed_at, each.id), reverse=True))
    summary = "; ".join(f"{each.title}: {each.words}" for each in services)
    title = _say("title", words, agreement)
    return Status(
        covered.agreement, words.language, title, summary, services, items,
        max((each.changed_at for each in items), default=None),
    )  # fmt: skip


def _service(id: str, titles: Mapping[str, str], state: State, words: Words) -> Service:
    return Service(id, _titled(titles, words, id), state, _say(state, words))


def _services_of(work: Work, covered: Covered) -> Iterable[str]:
    """The services that are worked on as a whole: what is of one objective is of no service."""
    return work.services if work.services or work.objectives else covered.services


def _title_of(work: Work, services: Mapping[str, str], words: Words) -> str:
    """What is worked on; empty where it is all that is agreed."""
    if work.objectives:
        return ", ".join([_titled(each, words, "") for each in work.titles] or work.objectives)
    return ", ".join(services.get(each, each) for each in work.services)


def _item(standing: Standing, title: str, words: Words) -> Item:
    how = standing.status if standing.is_open else "over"
    began, changed = words.when(standing.began_at), words.when(standing.changed_at)
    said: Sequence[str] = [_say("until", words, began, changed)] if how == "over" else [_say("since", words, began)]
    if how == "acknowledged":
        said = [*said, _say("worked_on", words)]
    return Item(
        _urn(standing.incident), _say(how, words, title), " ".join(said), standing.began_at, standing.changed_at,
        ("open" if standing.is_open else "over",),
    )  # fmt: skip


def _items_of(work: Work, title: str, words: Words, now: datetime) -> Iterable[Item]:
    """Each of its times that is soon, now, or was lately; it changes by the clock, too."""
    for span, called_off in [*((each, False) for each in work.times), *((each, True) for each in work.called_off)]:
        state, changed = "planned", span.told_at
        if called_off:
            state = "called off"
        elif span.end <= now:
            state, changed = "ended", max(span.told_at, span.end)
        elif span.start <= now:
            state, changed = "running", max(span.told_at, span.start)
        if span.start - now > _AHEAD or (now - changed >= KEPT_FOR and state in ("ended", "called off")):
            continue
        text = _say("times", words, words.when(span.start), words.when(span.end))
        id = _urn(f"{work.agreement}/{work.maintenance}/{rfc3339(span.start)}")
        yield Item(id, _say(state, words, title), text, min(span.told_at, changed), changed, ("maintenance", state))


def _urn(of: str) -> str:
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'sepakat:{of}')}"


def _titled(titles: Mapping[str, str], words: Words, otherwise: str) -> str:
    return titles.get(words.language) or titles.get("en") or titles.get("id") or otherwise


def _say(name: str, words: Words, *values: str) -> str:
    return _WORDS[name][words.language].format(*values)
