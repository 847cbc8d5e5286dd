"""An incident as people read it, written to a file by the command line."""

from pathlib import Path

from fastapi import Response
from stand import Run, Stand

ID = "toko-checkout.checkout.0001"
PATH = f"/v1/incidents/{ID}/document"


def test_the_form_is_what_the_name_says_and_the_language_is_asked_for(stand: Stand, run: Run, tmp_path: Path) -> None:
    stand.on("GET", PATH, Response(b"%PDF-1.7", media_type="application/pdf"))
    file = tmp_path / "incident.pdf"
    assert run("incidents", "document", ID, "-o", str(file), "--lang", "id", "--shared").exit_code == 0
    assert file.read_bytes() == b"%PDF-1.7"
    assert [each.query for each in stand.of("GET", PATH)] == [{"format": "pdf", "lang": "id", "shared": "true"}]


def test_without_a_file_it_is_named_after_the_incident(stand: Stand, run: Run, tmp_path: Path) -> None:
    stand.on("GET", PATH, Response(b"<html>", media_type="text/html"))
    assert f"{ID}.html: 6 bytes" in run("incidents", "document", ID, "--format", "html").stderr
    assert (tmp_path / f"{ID}.html").read_bytes() == b"<html>"
    assert stand.of("GET", PATH)[0].query == {"format": "html"}


def test_a_name_and_a_form_that_differ_are_refused_with_what_to_do(stand: Stand, run: Run, tmp_path: Path) -> None:
    refused = run("incidents", "document", ID, "-o", str(tmp_path / "x.pdf"), "--format", "html")
    assert refused.exit_code == 2 and "ends in .html" in refused.stderr
    assert run("incidents", "document", ID, "-o", "x.doc").exit_code == 2
    assert stand.asked == []


def test_the_help_teaches_with_examples(run: Run) -> None:
    said = " ".join(run("incidents", "document", "--help").stdout.split())
    assert "sepakat incidents document toko-checkout.checkout.0002 -o incident.pdf" in said and "--shared" in said
