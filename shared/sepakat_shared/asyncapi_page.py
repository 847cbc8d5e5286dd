"""The AsyncAPI document of a service over HTTP: as it is, and as a page to read."""

from collections.abc import Callable
from html import escape
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse


def add_asyncapi(app: FastAPI, document: Callable[[], dict[str, Any]]) -> None:
    """`/asyncapi` as a page without foreign assets, `/asyncapi.json` as the document."""

    async def as_json() -> dict[str, Any]:
        return document()

    async def as_page() -> HTMLResponse:
        return HTMLResponse(_asyncapi_page(document()))

    app.add_api_route("/asyncapi.json", as_json, include_in_schema=False)
    app.add_api_route("/asyncapi", as_page, include_in_schema=False)


def _asyncapi_page(document: dict[str, Any]) -> str:
    rows = "".join(
        f"<h2>{escape(channel['address'])}</h2><p>{escape(channel.get('description', ''))}</p><ul>"
        + "".join(f"<li><code>{escape(name)}</code></li>" for name in sorted(channel["messages"]))
        + "</ul>"
        for channel in document["channels"].values()
    )
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(document['info']['title'])}</title>"
        "<style>body{font:16px/1.5 system-ui;max-width:50rem;margin:2rem auto;padding:0 1rem}</style>"
        f"<h1>{escape(document['info']['title'])}</h1><p>{escape(document['info']['description'])}</p>"
        f"<p><a href=asyncapi.json>The whole document</a></p>{rows}</html>"
    )
