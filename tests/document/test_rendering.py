"""The document in both languages: whole, tagged for those who listen to it, and nothing in it but what was written."""

import io
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pypdf import PdfReader
from samples import agreement
from typer.testing import CliRunner

from sepakat_cli.__main__ import app
from sepakat_document import compose, html, pdf
from sepakat_document.blocks import Drawing, Paper, Table
from sepakat_document.source import Signature
from sepakat_document.speech import LANGUAGES, Language
from sepakat_shared.contracts import reading, texts

GOOD = Path(__file__).parents[1] / "texts" / "corpus" / "good"
NAMES = ["checkout.yaml", "everything.yaml", "office-hours.yaml", "smallest.yaml"]


def paper(name: str, language: Language, signatures: list[Signature] | None = None) -> Paper:
    documents = reading.parse_documents((GOOD / name).read_text())
    (text,) = (each for each in documents if isinstance(each, texts.Agreement))
    return compose.compose(compose.source_of(text, language, documents, signatures or [], 3))


def words_of(data: bytes) -> str:
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_the_pdf_is_tagged_and_says_its_language_title_and_standards(name: str, language: Language) -> None:
    given = paper(name, language)
    reader = PdfReader(io.BytesIO(pdf.render(given)))
    root = reader.root_object
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == language
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert root["/StructTreeRoot"]["/K"]
    assert reader.metadata is not None and reader.metadata.title == f"{given.kind}: {given.title}"
    about = root["/Metadata"].get_data().decode()
    assert re.search(r"pdfuaid:part>1<", about) and re.search(r"pdfaid:part>2<", about)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_comes_from_a_font_that_is_in_the_file(language: Language) -> None:
    reader = PdfReader(io.BytesIO(pdf.render(paper("everything.yaml", language))))
    fonts = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]
    assert fonts
    for font in fonts:
        descriptor = font["/DescendantFonts"][0]["/FontDescriptor"]
        assert "/FontFile3" in descriptor or "/FontFile2" in descriptor


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_text_gives_the_same_bytes(language: Language) -> None:
    assert pdf.render(paper("checkout.yaml", language)) == pdf.render(paper("checkout.yaml", language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_written_stands_there_as_it_was_written_and_never_as_markup(language: Language) -> None:
    said = words_of(pdf.render(paper("everything.yaml", language)))
    page = html.render(paper("everything.yaml", language))
    for written in ("<Persero> #1", "Ana $x$", "Dewi *Lestari*"):
        assert written in said
    assert "<Persero>" not in page and "&lt;Persero&gt; #1" in page and "Dewi *Lestari*" in page


def test_a_statement_can_not_leave_the_page() -> None:
    raw = (GOOD / "everything.yaml").read_text().replace("Payouts to merchants", "</p><script>alert(1)</script>")
    documents = reading.parse_documents(raw)
    (text,) = (each for each in documents if isinstance(each, texts.Agreement))
    page = html.render(compose.compose(compose.source_of(text, "en", documents)))
    assert "<script" not in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_was_agreed_is_in_it(language: Language) -> None:
    documents = reading.parse_documents((GOOD / "everything.yaml").read_text())
    (text,) = (each for each in documents if isinstance(each, texts.Agreement))
    said = words_of(pdf.render(paper("everything.yaml", language)))
    page = html.render(paper("everything.yaml", language))
    wanted = [title for each in (text.services, text.needs, text.obligations) for title in _words(each, language)]
    wanted += [each.id for each in text.objectives] + [each.indicator for each in text.objectives]
    wanted += [each.id for each in text.charges] + [each.id for each in text.maintenance.windows]  # type: ignore[union-attr]
    wanted += [each.name for document in documents if isinstance(document, texts.Party) for each in document.contacts]
    for each in wanted:
        assert _squeezed(each) in _squeezed(said), each
        assert each.replace("&", "&amp;").replace("'", "&#39;") in page, each


def _words(parts: tuple[texts.Text, ...], language: Language) -> list[str]:
    found = []
    for part in parts:
        for name in ("description", "statement", "goal", "text"):
            title = getattr(part, name, None)
            if title is not None:
                found.append(str(title.in_language(language, "")))
    return found


def _squeezed(words: str) -> str:
    """Lines may break, and words be hyphenated, anywhere."""
    return re.sub(r"[\s\u00ad\u200b\u2010-]+", "", words)


ENGLISH = ("Article", "Clause", "the Provider", "the Customer", "within", "at least", "at most", "acknowledg", "missed")
INDONESIAN = ("Pasal", "Penyedia", "Pelanggan", "dalam waktu", "sekurang-kurangnya", "paling banyak", "terpenuhi")


@pytest.mark.parametrize("name", NAMES)
def test_no_language_is_left_in_the_other(name: str) -> None:
    english, indonesian = (html.render(paper(name, language)) for language in LANGUAGES)
    body = indonesian.partition("</style>")[2]
    assert [word for word in ENGLISH if re.search(rf"\b{word}", body)] == []
    assert [word for word in INDONESIAN if word in english] == []


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name == "id" and value:
                self.ids.append(value)
            if name in ("href", "src") and value:
                self.targets.append(value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_needs_nothing_from_elsewhere_and_its_contents_lead_where_they_say(language: Language) -> None:
    links = Links()
    links.feed(html.render(paper("everything.yaml", language)))
    assert not links.tags & {"script", "link", "iframe", "img", "object"}
    assert len(links.ids) == len(set(links.ids))
    assert links.targets and {target.removeprefix("#") for target in links.targets} <= set(links.ids)


def test_the_ladder_is_a_picture_and_a_sentence_for_those_who_do_not_see_it() -> None:
    given = paper("everything.yaml", "en")
    drawings = [part for article in given.articles for clause in article.clauses for part in clause.blocks
                if isinstance(part, Drawing)]  # fmt: skip
    assert len(drawings) == 2
    picture = "".join(ElementTree.fromstring(drawings[0].svg).itertext()).replace("\u00a0", " ")
    alternative = drawings[0].alternative.replace("\u00a0", " ")
    # A delay of five minutes before the second level, after ten of the first.
    for said in ("at once", "after 15 minutes", "after 25 minutes", "after 45 minutes", "again from level 1, 3"):
        assert said in picture and said in alternative
    assert "Rina Kusumawardhani Setiadiningrat (Head of service operations), Ana $x$" in alternative


def test_signatures_stand_where_there_was_a_place_for_them() -> None:
    given = [
        Signature("nusantara", "rina", "ed25519:abc", "c2lnbmF0dXJl", "1 February 2026 09:00 UTC+07:00"),
        Signature("toko-maju", "budi", "ed25519:def", "YW5kIGFub3RoZXI=", "2 February 2026 10:00 UTC+07:00"),
    ]
    assert "not signed by both yet" in words_of(pdf.render(paper("everything.yaml", "en", given[:1])))
    said = words_of(pdf.render(paper("everything.yaml", "en", given)))
    assert "signed by both parties" in said and "version 3" in said
    for each in ("1 February 2026 09:00", "c2lnbmF0dXJl", "YW5kIGFub3RoZXI="):
        assert _squeezed(each) in _squeezed(said)


def test_the_hash_is_on_every_page_and_in_words_beside_its_code() -> None:
    given = paper("checkout.yaml", "id")
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf.render(given))).pages]
    assert all(given.hash in page for page in pages)
    picture = ElementTree.fromstring(pdf.code_of(given.hash))
    assert picture.tag.endswith("svg")


def test_the_command_writes_both_and_says_the_hash(tmp_path: Path) -> None:
    out = tmp_path / "out.pdf", tmp_path / "out.html"
    arguments = ["render", str(GOOD / "checkout.yaml"), "--lang", "id", "--pdf", str(out[0]), "--html", str(out[1])]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert out[0].read_bytes().startswith(b"%PDF-1.7")
    assert '<html lang="id">' in out[1].read_text()
    assert result.stderr.count(paper("checkout.yaml", "id").hash) == 2


@pytest.mark.parametrize("arguments", [["smallest.yaml"], ["indicator.json", "--pdf", "x.pdf"]])
def test_what_can_not_be_written_is_said(arguments: list[str]) -> None:
    result = CliRunner().invoke(app, ["render", str(GOOD / arguments[0]), *arguments[1:]])
    assert result.exit_code == 2
    assert "--pdf OUT" in result.stderr or "exactly one document of kind Agreement" in result.stderr


@pytest.mark.parametrize(
    ("language", "renewed", "ended", "open_for"),
    [
        ("en", "goes on for 6\u00a0months", "gives notice at least 45\u00a0days", "stays open for 1\u00a0day"),
        (
            "id",
            "diperpanjang dengan sendirinya selama 6\u00a0bulan",
            "paling lambat 45\u00a0hari",
            "selama 1\u00a0hari",
        ),
    ],
)
def test_the_term_says_how_it_renews_itself_and_how_it_is_ended(
    language: Language, renewed: str, ended: str, open_for: str
) -> None:
    term = {"from": "2026-01-01", "until": "2026-06-30", "timeZone": "Asia/Jakarta",
            "renewal": {"notice": "P30D", "for": "P6M"}, "termination": {"notice": "P45D"}}  # fmt: skip
    page = html.render(compose.compose(compose.source_of(agreement(term=term), language)))
    for words in (renewed, ended, open_for):
        assert words in page


def test_the_matrix_shows_every_cell_as_incidents_are_sorted_by_it() -> None:
    text = agreement(priorities={"matrix": {"high-low": "P1"}, "P1": {}, "P3": {}}, escalation={})
    written = compose.compose(compose.source_of(text, "en"))
    tables = [block for article in written.articles for clause in article.clauses for block in clause.blocks
              if isinstance(block, Table) and block.columns[0].startswith("Impact")]  # fmt: skip
    assert [row[1:] for row in tables[0].rows] == [("P1", "P1", "P1"), ("P1", "P3", "P3"), ("P3", "P3", "P3")]
