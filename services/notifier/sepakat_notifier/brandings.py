"""The brandings of parties in the database, and what becomes of a letter by them."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from jinja2 import TemplateError

from sepakat_notifier import letters, wording
from sepakat_notifier.branding import Branding, Chosen, Event, apply
from sepakat_notifier.directory import Reader
from sepakat_notifier.gists import Gist
from sepakat_notifier.letters import Letter, Look
from sepakat_notifier.reply_words import ReadBy
from sepakat_shared.aggregate import Kind, Loaded
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.commits import Commits

_log = logging.getLogger(__name__)


def _fields(branding: Branding) -> Mapping[str, Any]:
    return {"parties": [branding.party]}


BRANDING: Kind[Branding, Event] = Kind("branding", Branding, (Chosen,), apply, _fields, lambda *_: [])


class Brandings:
    """One for each party that has chosen one; the party is its id."""

    def __init__(self, commits: Commits) -> None:
        self._all = Aggregates(commits, BRANDING)

    async def find(self, party: str) -> Loaded[Branding] | None:
        return await self._all.find(party)

    async def execute(
        self, party: str, decide: Callable[[Branding | None, datetime], Sequence[Event]], by: str,
        expected_version: int | None = None,
    ) -> Loaded[Branding] | None:  # fmt: skip
        """Raises Stale."""
        return await self._all.execute(party, decide, by=by, expected_version=expected_version)


def letter_of(
    type: str, gist: Gist, reader: Reader, link: str | None, unsubscribe: str | None, branding: Branding | None,
    others: Mapping[str, str] | None = None, replies: ReadBy | None = None,
) -> Letter:  # fmt: skip
    """The letter as the reader's party wants it; in our words where theirs name what this event does not have."""
    language = gist.words.language
    theirs = branding.wording(type, language) if branding else None
    if branding is not None and theirs is not None:
        try:
            gist = wording.worded(gist, theirs)
        except TemplateError as error:
            _log.warning("the wording of %s for %s does not suit this event: %s", branding.party, type, error)
    return letters.letter_of(gist, reader, link, unsubscribe, look_of(branding, language), others, replies)


def look_of(branding: Branding | None, language: str) -> Look | None:
    return None if branding is None else Look(branding.name, branding.colour, branding.footer(language))
