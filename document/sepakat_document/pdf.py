"""The document as PDF (PDF/A-2a, PDF/UA-1), typeset by Typst from data alone: no word of it is read as markup."""

import io
import json
from dataclasses import is_dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import segno
import typst

from sepakat_document import glyphs
from sepakat_document.blocks import Paper


def render(paper: Paper) -> bytes:
    """The same paper gives the same bytes. What no font has a sign for is shown as one that says so."""
    data = {**_plain(paper), "qr": code_of(paper.hash)}
    return typst.compile(
        _template(),
        font_paths=_fonts(),
        sys_inputs={"paper": json.dumps(data, ensure_ascii=False)},
        pdf_standards=["a-2a", "ua-1"],
    )


def code_of(hash: str) -> str:
    """The QR code of a hash as SVG."""
    picture = io.BytesIO()
    segno.make(hash, error="m").save(picture, kind="svg", border=2, scale=4, xmldecl=False, nl=False)
    return picture.getvalue().decode()


@cache
def _template() -> bytes:
    return (files("sepakat_document") / "templates" / "agreement.typ").read_bytes()


@cache
def _fonts() -> typst.Fonts:
    """Those that come with the library: what the machine has would make the same text look different elsewhere."""
    return typst.Fonts(include_system_fonts=False)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return glyphs.shown(value)
    if is_dataclass(value) and not isinstance(value, type):
        fields = {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
        return {"is": type(value).__name__.lower(), **fields}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [value.year, value.month, value.day] if isinstance(value, date) else value
