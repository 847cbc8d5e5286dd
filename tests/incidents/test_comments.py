"""What is said about an incident: who reads it, what may be attached, and what is refused by which rule."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sepakat_incidents import attachments, comments, discussion
from sepakat_incidents.discussion import Discussion
from sepakat_incidents.discussions import DISCUSSION
from sepakat_incidents.identity import Identity
from sepakat_incidents.incident import About
from sepakat_shared.errors import Invalid
from sepakat_shared.references import Reference
from sepakat_shared.words import in_lines, line_problem

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
ABOUT = Identity("toko.checkout.0001", "CHECKOUT-0001", About("toko", "checkout", "nusantara", "toko-maju"), "P1",
                 {"en": "Checkout is down"}, NOW, NOW)  # fmt: skip
FILE: dict[str, Any] = {
    "name": "screen.png", "media_type": "image/png", "size": 9, "sha256": "0" * 64,
    "url": "https://files.example/2026/screen.png?signature=x",
}  # fmt: skip


def said(known: Discussion | None = None, **changes: Any) -> Any:
    given: dict[str, Any] = {"visibility": "shared", "body": "it is shop 12", "attachments": ()} | changes
    return comments.comment(known, ABOUT, given["visibility"], given["body"], given["attachments"], "toko-maju",
                            "budi", NOW)  # fmt: skip


def problems(**changes: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        attachments.check([Reference(**FILE | changes)])
    return {each.pointer.rpartition("/")[2]: each.rule for each in refused.value.problems}


def test_comments_are_numbered_and_what_is_internal_is_told_to_nobody() -> None:
    told, known = [], None
    for visibility in ("internal", "shared", "reporters"):
        (event,) = said(known, visibility=visibility)
        known = discussion.apply(known, event)
        told += [(event.comment.number, each.data["comment"], each.data.get("for_reporters"))
                 for each in DISCUSSION.messages(event, known) if each.data]  # fmt: skip
    assert told == [(2, 2, None), (3, 3, True)]
    assert known is not None and known.count == 3


def test_what_is_internal_is_seen_by_its_own_party_alone_and_by_no_operator() -> None:
    internal, shared = (said(visibility=each)[0].comment for each in ("internal", "shared"))
    assert [discussion.is_seen_by(internal, each) for each in ("toko-maju", "nusantara", None)] == [True, False, False]
    assert all(discussion.is_seen_by(shared, each) for each in ("toko-maju", "nusantara", None))


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [({"body": " \n "}, "/body"), ({"body": "x" * 10_001}, "/body"), ({"body": "a\x00b"}, "/body"),
     ({"body": "\u202egpj.exe"}, "/body"), ({"visibility": "reporters", "body": ""}, "/body"),
     ({"visibility": "reporters", "attachments": (Reference(**FILE),)}, "/attachments"),
     ({"attachments": (Reference(**FILE),) * 21}, "/attachments")],
)  # fmt: skip
def test_a_comment_that_breaks_a_rule_is_refused_with_its_field(changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        said(**changes)
    assert [each.pointer for each in refused.value.problems] == [pointer]


def test_what_is_attached_needs_no_words_beside_it() -> None:
    assert said(body="", attachments=(Reference(**FILE),))[0].comment.attachments == (Reference(**FILE),)


@pytest.mark.parametrize(
    "name",
    [
        "run.sh",
        "Invoice.pdf.EXE",
        "run.exe. .",
        "run．ｅｘｅ",
        "x.ps1",
        "page.html",
        "drawing.svg",
        "macro.docm",
        "a.js",
    ],
)
def test_a_script_or_a_program_is_refused_by_its_name_and_by_its_address(name: str) -> None:
    assert "script or a program" in problems(name=name)["name"]
    if name.isascii() and " " not in name:
        assert "script or a program" in problems(url=f"https://files.example/{name}?download=1")["url"]


def test_an_ending_that_is_percent_encoded_is_read_as_the_browser_reads_it() -> None:
    assert "script or a program" in problems(url="https://files.example/run%2Eexe")["url"]


@pytest.mark.parametrize(
    "name",
    [
        "a.chm", "a.desktop", "a.one", "a.onetoc2", "a.url", "a.scf", "a.lnk", "a.settingcontent-ms", "a.appref-ms",
        "a.iso", "a.img", "a.vhd", "a.vhdx", "a.jnlp", "a.hta", "a.msc", "a.msix", "a.library-ms", "a.mht", "a.command",
        "a.xlam", "a.webloc",
    ],
)  # fmt: skip
def test_what_runs_by_a_click_is_refused_whatever_it_is_called(name: str) -> None:
    assert "script or a program" in problems(name=name)["name"]


@pytest.mark.parametrize(
    "address",
    [
        "a.exe/", "a.exe//", "a.exe;x", "a.exe;v=1/", "a.exe/x.png", "dl?file=evil.exe", "dl?x=1&file=up/evil.exe",
        "dl?evil.exe", "dl?file=evil%2Eexe", "dl?file=evil%252Eexe", "dl#evil.exe", "dl#/files/evil.exe",
        "a.exe%00.png", "a.exe%20", "a.exe%2F", "a%2Fb.exe%3Bx",
        "dl?disposition=attachment%3B%20filename%3D%22evil.exe%22", "dl?from=https://other.example/evil.exe",
    ],
)  # fmt: skip
def test_every_piece_of_an_address_is_looked_at(address: str) -> None:
    assert "script or a program (.exe)" in problems(url=f"https://files.example/{address}")["url"]


@pytest.mark.parametrize(
    "address",
    [
        "app.log", "a.ts", "example.com/app.log", "mirror/https://example.com/app.log", "app.log?user=budi@example.com",
        "dl?file=app.log&sig=a.b.c", "dl?from=https://example.com/app.log", "shot.png#page=2", "archive.zip", "v1.2/x",
        "dl?from=https%3A%2F%2Fexample.com", "",
    ],
)  # fmt: skip
def test_names_of_hosts_and_plain_files_are_no_programs(address: str) -> None:
    attachments.check([Reference(**FILE | {"url": f"https://files.example/{address}"})])


@pytest.mark.parametrize(
    "media_type", ["text/html", "text/javascript", "application/x-sh", "application/x-msdownload", "image/svg+xml"]
)
def test_a_script_or_a_program_is_refused_by_its_media_type(media_type: str) -> None:
    assert "script or a program" in problems(media_type=media_type)["media_type"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("url", "http://files.example/x.png"), ("url", "javascript:alert(1)"), ("url", "https:///x.png"),
     ("url", "https://a:b@files.example/x.png"), ("url", "https://files.example/\u00e4.png"),
     ("url", "https://files.example:x/"), ("url", "data:text/plain,x"), ("url", "https://files.example/a b"),
     ("name", ""), ("name", "../x.png"), ("name", "x.png\nY: z"), ("name", "gpj.\u202eexe"), ("name", "x:y.png"),
     ("media_type", "png"), ("media_type", "Image/PNG"), ("media_type", "text/plain; charset=utf-8"),
     ("size", -1), ("size", 2**60), ("sha256", "0" * 63), ("sha256", "G" * 64)],
)  # fmt: skip
def test_what_is_no_reference_is_refused_with_its_field(field: str, value: Any) -> None:
    assert list(problems(**{field: value})) == [field]


def test_every_problem_of_every_attachment_is_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        attachments.check([Reference(**FILE), Reference(**FILE | {"name": "x.sh", "url": "http://x"})])
    assert [each.pointer for each in refused.value.problems] == ["/attachments/1/name", "/attachments/1/url"]


def test_letters_of_every_script_are_words() -> None:
    for name in ("عبد الله", "דנה", "می\u200cخواهم", "김민준", "Zoë"):
        assert line_problem(name, 80) is None
    assert line_problem("a\u2066b", 80) == "must not have the invisible character U+2066"
    assert in_lines("a\r\nb\rc") == "a\nb\nc"
