"""The page behind a line of a digest: the letter about that one event, for whom the digest was written."""

from dataclasses import replace
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from sepakat_notifier import gists
from sepakat_notifier.addressees import called
from sepakat_notifier.brandings import Brandings, letter_of
from sepakat_notifier.directory import Directory, Forgotten, Reader, Unknown
from sepakat_notifier.html_pages import refusal
from sepakat_notifier.notification import Notification
from sepakat_notifier.preferences import Preferences
from sepakat_notifier.routing import fact_of, subject_of
from sepakat_notifier.store import Notifications
from sepakat_notifier.vault import Vault
from sepakat_shared.clock import Clock
from sepakat_shared.errors import NotFound, SepakatError

_HEADERS: Final = {
    # A letter has its styles in its elements, for mail programs; it has nothing else that a page could load or do.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def router(
    notifications: Notifications,
    directory: Directory,
    preferences: Preferences,
    brandings: Brandings,
    vault: Vault,
    clock: Clock,
) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    async def opened(token: str) -> tuple[Notification, Reader]:
        reading = vault.open_reading(token, clock.now())
        loaded = await notifications.all.find(reading.notification)
        if loaded is None:
            raise NotFound("the message of this link is not here any more")
        agreement = subject_of(fact_of(loaded.state)).agreement
        try:
            reader = await directory.reader([reading.party], reading.contact, agreement)
        except (Unknown, Forgotten) as error:
            raise NotFound("the contact of this link is not known any more") from error
        said = await preferences.find(reader.party, reader.contact)
        language = (said.state.language if said else None) or reader.language
        return loaded.state, replace(reader, language=language)

    @routes.get("/m/{token}")
    async def read(token: str, request: Request) -> HTMLResponse:
        """Looking changes nothing, and shows no link that does."""
        try:
            notification, reader = await opened(token)
        except SepakatError as error:
            return refusal(error, request)
        fact = fact_of(notification)
        gist = gists.gist_of(fact, reader, await directory.names(called(fact)))
        chosen = await brandings.find(reader.party)
        letter = letter_of(fact.type, gist, reader, None, None, chosen.state if chosen else None)
        return HTMLResponse(letter.html, headers=_HEADERS)

    return routes
