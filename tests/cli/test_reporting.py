"""Reports and their forms on the command line."""

import json

from stand import Run, Stand, answer

FORM = {"id": "f1", "url": "https://sla.example/r/token", "agreement": "toko", "service": "checkout", "label": "",
        "expires_at": "2027-01-01T00:00:00.000Z", "revoked_at": None}  # fmt: skip


def test_a_problem_is_reported_with_who_is_to_be_told(stand: Stand, run: Run) -> None:
    filed = {"id": "r1", "number": "R-K7QM-2XWA", "status_url": "https://sla.example/s/token"}
    stand.on("POST", "/v1/reports", answer(filed, 201))
    who = ("--name", "Siti", "--email", "siti@toko.example", "--language", "id")
    result = run("reports", "file", "toko", "checkout", "no cards", "--impact", "high", "--something-else", *who)
    assert result.stdout == "R-K7QM-2XWA: https://sla.example/s/token\n"
    assert stand.asked[0].json == {
        "agreement": "toko", "service": "checkout", "summary": "no cards", "details": "", "impact": "high",
        "urgency": "low", "something_else": True,
        "reporter": {"name": "Siti", "email": "siti@toko.example", "language": "id"},
    }  # fmt: skip
    assert json.loads(run("reports", "file", "toko", "checkout", "x", "--json").stdout) == filed
    assert "reporter" not in stand.asked[1].json
    assert run("reports", "file", "toko", "checkout", "x", "--name", "Siti").exit_code == 2


def test_reports_are_listed_and_who_filed_one_is_forgotten(stand: Stand, run: Run) -> None:
    stand.on("GET", "/v1/reports", answer({"items": [{"id": "r1", "number": "R-K7QM-2XWA", "stage": "taken-up"}]}))
    assert "taken-up" in run("reports", "list", "--incident", "a.1").stdout
    assert stand.asked[0].query["incident"] == "a.1"
    stand.on("DELETE", "/v1/reports/r1/reporter", answer({}))
    assert run("reports", "forget", "r1").exit_code == 0
    assert run("reports", "forget", "r2").exit_code == 1


def test_a_report_is_shown_with_what_its_reporter_was_told(stand: Stand, run: Run) -> None:
    report = {"id": "r1", "number": "R-K7QM-2XWA", "stage": "resolved", "reporter": {"name": "Siti", "language": "id"},
              "steps": [{"step": "taken-up", "at": "2026-11-24T09:00:00.000Z", "words": None}]}  # fmt: skip
    stand.on("GET", "/v1/reports/r1", answer(report))
    shown = " ".join(run("reports", "show", "r1").stdout.split())
    assert "reporter name Siti, language id" in shown and "2026-11-24T09:00:00.000Z taken-up" in shown
    assert json.loads(run("reports", "show", "r1", "--json").stdout) == report
    assert run("reports", "show", "r2").exit_code == 1


def test_a_form_is_made_listed_and_taken_back(stand: Stand, run: Run) -> None:
    stand.on("POST", "/v1/report-forms", answer(FORM, 201))
    stand.on("GET", "/v1/report-forms", answer({"items": [FORM]}))
    stand.on("POST", "/v1/report-forms/f1/revoke", answer(FORM | {"revoked_at": "2026-11-24T08:00:00.000Z"}))
    made = run("reports", "forms", "create", "toko", "checkout", "--expires", "2027-01-01T07:00:00+07:00")
    assert made.stdout == "f1: https://sla.example/r/token\n"
    assert stand.asked[0].json["expires_at"] == "2027-01-01T07:00:00+07:00"
    assert FORM["url"] in run("reports", "forms", "list").stdout
    assert run("reports", "forms", "revoke", "f1").stdout == "f1: revoked at 2026-11-24T08:00:00.000Z\n"
    assert run("reports", "forms", "create", "toko", "checkout", "--expires", "soon").exit_code == 2
