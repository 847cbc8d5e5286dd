"""The page behind the unsubscribe link of a mail, and what a mail program does by itself (RFC 8058).

Looking changes nothing. One press mutes news, another undoes it; what the agreement owes is told all the same.
"""

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from sepakat_notifier import preference as domain
from sepakat_notifier.html_pages import Form, html_page, refusal
from sepakat_notifier.preferences import Preferences
from sepakat_notifier.vault import Subscriber, Vault
from sepakat_shared.errors import SepakatError

_WORDS: Final = {
    "ask": {"en": "No more news by mail?", "id": "Berhenti menerima kabar lewat surel?"},
    "means": {
        "en": "You will get no more news about incidents and objectives. Notices that the agreement owes you, and "
              "messages that ask you to act, will still come.",
        "id": "Anda tidak akan lagi menerima kabar tentang insiden dan sasaran. Pemberitahuan yang wajib menurut "
              "perjanjian, dan pesan yang meminta Anda bertindak, tetap dikirim.",
    },
    "button": {"en": "Unsubscribe", "id": "Berhenti berlangganan"},
    "done": {"en": "You get no more news by mail", "id": "Anda tidak lagi menerima kabar lewat surel"},
    "undo": {"en": "Subscribe again", "id": "Berlangganan lagi"},
    "again": {"en": "You get news by mail again", "id": "Anda kembali menerima kabar lewat surel"},
}  # fmt: skip


def router(preferences: Preferences, vault: Vault) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    async def is_muted(of: Subscriber) -> bool:
        loaded = await preferences.find(of.party, of.contact)
        return loaded is not None and loaded.state.muted

    async def set_muted(of: Subscriber, muted: bool) -> None:
        await preferences.execute(
            of.party, of.contact, lambda known, _now: domain.mute(known, of.party, of.contact, muted),
            f"{of.party}/{of.contact}",
        )  # fmt: skip

    @routes.get("/u/{token}")
    async def ask(token: str, request: Request) -> HTMLResponse:
        try:
            of = vault.open_subscriber(token)
        except SepakatError as error:
            return refusal(error, request)
        if await is_muted(of):
            return _page(of, "done", "undo", "again")
        return _page(of, "ask", "button")

    @routes.post("/u/{token}")
    async def unsubscribe(token: str, request: Request) -> HTMLResponse:
        """Also what a mail program posts for its own button: the body says nothing that the address does not."""
        try:
            of = vault.open_subscriber(token)
        except SepakatError as error:
            return refusal(error, request)
        await set_muted(of, True)
        return _page(of, "done", "undo", "again")

    @routes.post("/u/{token}/again")
    async def subscribe(token: str, request: Request) -> HTMLResponse:
        try:
            of = vault.open_subscriber(token)
        except SepakatError as error:
            return refusal(error, request)
        await set_muted(of, False)
        return _page(of, "again", None)

    return routes


def _page(of: Subscriber, heading: str, button: str | None, leads: str | None = None) -> HTMLResponse:
    language = of.language if of.language in _WORDS["ask"] else "en"
    paragraphs = [] if heading == "again" else [_WORDS["means"][language]]
    action = None if leads is None else f"/u/{of.token}/{leads}"
    form = Form(_WORDS[button][language], action) if button else None
    return html_page(200, language, _WORDS[heading][language], paragraphs, form)
