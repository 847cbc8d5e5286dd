"""A status as Atom (RFC 4287) and as JSON Feed 1.1. Pure."""

import uuid
from datetime import UTC, datetime
from typing import Any, Final
from xml.etree import ElementTree

from sepakat_notifier.status import Status
from sepakat_shared.contracts.fact import rfc3339

ATOM: Final = "application/atom+xml"
JSON_FEED: Final = "application/feed+json"
_NAMESPACE: Final = "http://www.w3.org/2005/Atom"
_NEVER: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Atom wants an instant also where nothing has happened; it must not change with each reading."""

ElementTree.register_namespace("", _NAMESPACE)


def as_atom(status: Status, address: str) -> bytes:
    """`address` is the feed's own."""
    feed = ElementTree.Element(f"{{{_NAMESPACE}}}feed", {"xml:lang": status.language})
    _add(feed, "id", _id(status))
    _add(feed, "title", status.title)
    _add(feed, "subtitle", status.summary)
    _add(feed, "updated", rfc3339(status.changed_at or _NEVER))
    _add(_add(feed, "author", None), "name", status.title)
    _add(feed, "link", None, rel="self", type=ATOM, href=address)
    for each in status.items:
        entry = _add(feed, "entry", None)
        _add(entry, "id", each.id)
        _add(entry, "title", each.title)
        _add(entry, "published", rfc3339(each.began_at))
        _add(entry, "updated", rfc3339(each.changed_at))
        for tag in each.tags:
            _add(entry, "category", None, term=tag)
        _add(entry, "content", each.text, type="text")
    return bytes(ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True))


def _add(parent: ElementTree.Element, name: str, text: str | None, **attributes: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, f"{{{_NAMESPACE}}}{name}", attributes)
    element.text = None if text is None else "".join(each for each in text if each.isprintable())
    return element


def as_json_feed(status: Status, address: str) -> dict[str, Any]:
    """With the state of each service beside it, under `_sepakat`."""
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": status.title,
        "description": status.summary,
        "language": status.language,
        "feed_url": address,
        "_sepakat": {
            "about": "how each service stands: up, impaired or maintenance",
            "services": [{"id": each.id, "title": each.title, "state": each.state} for each in status.services],
        },
        "items": [
            {
                "id": each.id, "title": each.title, "content_text": each.text,
                "date_published": rfc3339(each.began_at), "date_modified": rfc3339(each.changed_at),
                "tags": list(each.tags),
            }
            for each in status.items
        ],
    }  # fmt: skip


def _id(status: Status) -> str:
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'sepakat:status:{status.agreement}')}"
