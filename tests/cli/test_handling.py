"""Status, incidents and dead letters as people and scripts read them."""

import json
import re

import pytest
from fastapi import Response
from stand import Run, Stand, answer, problem

from sepakat_cli.backends.base import free_port
from sepakat_cli.commands.status import duration

LETTERS = "/v1/operations/dead-letters"
LETTER = {"id": "abc", "topic": "sepakat.metrics.v1", "partition": 0, "offset": 7, "key": "p/i", "reason": "body: x",
          "at": "2026-11-24T08:00:00+00:00", "waiting": True}  # fmt: skip
FIGURE = {"agreement": "toko-checkout", "objective": "availability", "state": "at_risk", "attainment": "99.9100",
          "target": "99.9", "budget": {"total": "2592", "consumed": "2340", "remaining": "252", "unit": "seconds"},
          "coverage": "100.0000", "period": {"start": "2026-11-01T00:00:00.000Z", "end": "2026-12-01T00:00:00.000Z"},
          }  # fmt: skip


def test_status_tells_what_is_left_in_words_and_keeps_the_figures_in_json(stand: Stand, run: Run) -> None:
    unsupported = {"agreement": "toko-checkout", "objective": "p99", "state": "unsupported", "attainment": None,
                   "target": "99", "reason": "percentile"}  # fmt: skip
    stand.on("GET", "/v1/status", answer({"items": [FIGURE, unsupported]}))
    shown = run("status", "--agreement", "toko-checkout").stdout
    assert "4 min 12 s of 43 min 12 s" in shown
    assert "unsupported: percentile" in shown
    assert stand.asked[0].query["agreement"] == "toko-checkout"
    assert json.loads(run("status", "--json").stdout) == {"items": [FIGURE, unsupported]}


@pytest.mark.parametrize(
    ("value", "target", "unit", "told"),
    [
        ("612.3500", "600.000", "s", ["612.35 s", "600 s"]),
        (None, "600.000", "s", ["-", "600 s"]),
        ("1480.0000", "1500", "ms", ["1480 ms", "1500 ms"]),
    ],
)
def test_status_tells_a_mean_and_a_percentile_in_the_unit_of_their_limit(
    stand: Stand, run: Run, value: str | None, target: str, unit: str, told: list[str]
) -> None:
    attainment = "97.5000" if unit == "ms" else None
    mean = {**FIGURE, "objective": "mtta", "state": "failing", "attainment": attainment, "value": value,
            "target": target, "unit": unit, "budget": None}  # fmt: skip
    stand.on("GET", "/v1/status", answer({"items": [FIGURE | {"value": None, "unit": None}, mean]}))
    share, line = run("status").stdout.splitlines()[-2:]
    assert [cell.strip() for cell in re.split(r"\s{2,}|│|\|", line) if cell.strip()][3:5] == told
    assert "99.9100 %" in share and "99.9 %" in share


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0 s"), (8.64, "8.6 s"), (60, "1 min"), (3661, "1 h 1 min"), (86_400 * 3 + 60, "3 d"), (-75, "-1 min 15 s")],
)
def test_a_duration_is_told_in_its_two_largest_units(seconds: float, told: str) -> None:
    assert duration(seconds) == told


def test_an_incident_shows_its_timeline(stand: Stand, run: Run) -> None:
    stand.on("GET", "/v1/incidents/a.b.1", answer({"id": "a.b.1", "status": "open"}))
    entries = [{"at": "2026-11-24T08:00:00Z", "what": "Escalated", "by": "timer", "level": 2}]
    stand.on("GET", "/v1/incidents/a.b.1/timeline", answer({"items": entries}))
    shown = run("incidents", "show", "a.b.1").stdout
    assert "Escalated" in shown
    assert "level: 2" in shown
    assert json.loads(run("incidents", "show", "a.b.1", "--json").stdout)["timeline"] == entries


@pytest.mark.parametrize(("intact", "told"), [(True, "hashes is whole"), (False, "hashes is broken")])
def test_an_incident_says_whether_its_record_is_as_it_was_written(
    stand: Stand, run: Run, intact: bool, told: str
) -> None:
    stand.on("GET", "/v1/incidents/a.b.1", answer({"id": "a.b.1", "status": "open"}))
    stand.on("GET", "/v1/incidents/a.b.1/timeline", answer({"items": [], "intact": intact}))
    assert told in run("incidents", "show", "a.b.1").output
    assert json.loads(run("incidents", "show", "a.b.1", "--json").stdout)["intact"] is intact


def test_an_incident_is_acknowledged_and_resolved(stand: Stand, run: Run) -> None:
    stand.on("POST", "/v1/incidents/a%2Fb.1/acknowledge", answer({"id": "a/b.1", "status": "acknowledged"}))
    stand.on("POST", "/v1/incidents/a%2Fb.1/resolve", answer({"id": "a/b.1", "status": "resolved"}))
    assert run("incidents", "ack", "a/b.1").stdout == "a/b.1: acknowledged\n"
    assert run("incidents", "resolve", "a/b.1", "--note", "restarted").exit_code == 0
    assert stand.asked[1].json == {"note": "restarted"}
    stand.on("POST", "/v1/incidents/a%2Fb.1/close", answer({"id": "a/b.1", "status": "closed"}))
    assert run("incidents", "close", "a/b.1").stdout == "a/b.1: closed\n"


def test_deliveries_are_narrowed_by_what_they_are_about(stand: Stand, run: Run) -> None:
    stand.on("GET", "/v1/deliveries", answer({"items": [{"id": "n-1", "status": "delivered", "channel": "email"}]}))
    result = run("deliveries", "list", "--about", "a.b.1")
    assert (result.exit_code, "delivered" in result.stdout) == (0, True)
    assert stand.asked[0].query["about"] == "a.b.1"


def test_a_list_of_deliveries_that_nothing_fits_says_so(stand: Stand, run: Run) -> None:
    stand.on("GET", "/v1/deliveries", answer({"items": []}))
    assert "there is none like that" in run("deliveries", "list", "--status", "given_up").stderr
    assert "nothing was sent yet" in run("deliveries", "list").stderr


def test_dead_letters_of_those_that_answer_are_listed_and_the_others_named(stand: Stand, run: Run) -> None:
    stand.on("GET", LETTERS, answer({"items": [LETTER], "waiting": 1}))
    result = run("dlq", "list", "--json", "--url", f"incidents=http://127.0.0.1:{free_port()}")
    assert result.exit_code == 4
    assert "incidents does not answer" in result.stderr
    assert [each["service"] for each in json.loads(result.stdout)["items"]] == ["agreements", "metrics", "notifier"]
    assert run("dlq", "list", "--service", "metrics").exit_code == 0
    assert run("dlq", "list", "--service", "metric").exit_code == 2


def test_one_dead_letter_is_found_wherever_it_is(stand: Stand, run: Run) -> None:
    stand.on("GET", f"{LETTERS}/abc", answer({**LETTER, "value": "{", "headers": {"odd": None}}))
    shown = json.loads(run("dlq", "show", "abc", "--json").stdout)
    assert (shown["service"], shown["value"]) == ("agreements", "{")
    assert run("dlq", "show", "none").exit_code == 1


@pytest.mark.parametrize(
    ("replayed", "waiting", "code"), [(2, [], 0), (1, [{"id": "abc", "reason": "body: x"}], 4),
                                      (0, [{"id": "abc", "reason": "body: x"}], 1)]
)  # fmt: skip
def test_a_replay_ends_by_what_still_waits(
    stand: Stand, run: Run, replayed: int, waiting: list[dict[str, str]], code: int
) -> None:
    stand.on("GET", f"{LETTERS}/abc", answer(LETTER))
    stand.on("POST", f"{LETTERS}/replay", answer({"replayed": replayed, "waiting": waiting}))
    assert run("dlq", "replay", "abc", "--service", "metrics").exit_code == code
    assert stand.asked[-1].json == {"id": "abc"}
    assert run("dlq", "replay", "--all", "--service", "metrics").exit_code == code
    assert stand.asked[-1].json == {}
    assert run("dlq", "replay", "abc", "--all").exit_code == 2


def test_a_service_publishes_again_since_an_instant(stand: Stand, run: Run) -> None:
    stand.on("POST", "/v1/operations/replay", answer({"republished": 12}))
    result = run("replay", "--service", "agreements", "--since", "2026-11-01T00:00:00Z")
    assert (result.exit_code, result.stdout) == (0, "agreements: 12 commits published again\n")
    assert stand.asked[0].json == {"since": "2026-11-01T00:00:00+00:00"}
    stand.on("POST", "/v1/operations/replay", problem(403, "this needs an operator's key"))
    assert run("replay", "--service", "agreements").exit_code == 1


def test_who_is_on_call_is_shown_overridden_and_given_back(stand: Stand, run: Run) -> None:
    shift = {
        "start": "2026-11-24T02:00:00.000Z",
        "end": "2026-11-25T02:00:00.000Z",
        "contact": "budi",
        "override": None,
    }
    after = {"id": "nusantara/primary", "on_call": "rina", "overrides": [{"id": "o1", "contact": "rina", **shift}]}
    path = "/v1/rotations/nusantara/primary"
    stand.on("GET", f"{path}/shifts", answer({"items": [shift]}))
    stand.on("GET", path, answer(after, etag='"3"'))
    stand.on("POST", f"{path}/overrides", answer(after, 201))
    stand.on("DELETE", f"{path}/overrides/o1", answer(after | {"on_call": None, "overrides": []}))
    assert "budi" in run("oncall", "show", "nusantara/primary", "--from", "2026-11-24T00:00:00Z").stdout
    given = run("oncall", "override", "nusantara/primary", "rina", "--until", "2026-11-25T00:00:00Z")
    assert given.stdout.startswith("nusantara/primary: on call is rina\n")
    assert stand.of("POST", f"{path}/overrides")[0].json["end"] == "2026-11-25T00:00:00+00:00"
    assert "on call is nobody" in run("oncall", "withdraw", "nusantara/primary", "o1").stdout
    assert stand.asked[-1].headers["if-match"] == '"3"'
    assert run("oncall", "show", "primary").exit_code == 2


def test_a_calendar_program_is_given_an_address_that_can_be_taken_back(stand: Stand, run: Run) -> None:
    path = "/v1/rotations/nusantara/primary/calendar-links"
    link = {"id": "l1", "rotation": "nusantara/primary", "made_at": "2026-11-24T09:00:00.000Z", "by": "ana-key"}
    stand.on("POST", path, answer(link | {"url": "https://sla.example/v1/calendars/secret.ics"}, 201))
    stand.on("GET", path, answer({"items": [link]}))
    stand.on("DELETE", f"{path}/l1", Response(status_code=204))
    made = run("oncall", "subscribe", "nusantara/primary")
    assert made.stdout == "https://sla.example/v1/calendars/secret.ics\n"
    assert "ana-key" in run("oncall", "subscriptions", "nusantara/primary").stdout
    assert run("oncall", "unsubscribe", "nusantara/primary", "l1").exit_code == 0
    assert stand.of("DELETE", f"{path}/l1")


@pytest.mark.parametrize(
    ("arguments", "path", "body"),
    [
        (("note", "a.1", "it goes on"), "updates", {"note": "it goes on"}),
        (("pause", "a.1"), "pause", {"reason": "waiting-for-customer"}),
        (("escalate", "a.1", "--note", "it spreads"), "escalate", {"note": "it spreads"}),
        (("hand-over", "a.1", "primary"), "hand-over", {"to": "primary", "note": None}),
        (("answer-pause", "a.1", "2", "--refuse"), "pause-requests/2/answer", {"granted": False}),
        (("triage", "a.1", "--impact", "high", "--owner", "rina"), "triage", {"impact": "high", "owner": "rina"}),
        (("triage", "a.1", "--no-owner"), "triage", {"owner": None}),
        (("reopen", "a.1", "--reason", "down again"), "reopen", {"reason": "down again"}),
        (
            ("impact", "a.1", "--from", "2026-11-24T08:00:00Z", "--reason", "by the logs"),
            "impact",
            {"reason": "by the logs", "started_at": "2026-11-24T08:00:00+00:00"},
        ),
        (("merge", "a.1", "--into", "a.0"), "merge", {"into": "a.0", "reason": None}),
        (("link", "a.1", "caused-by", "a.0"), "links", {"kind": "caused-by", "to": "a.0"}),
        (("priority", "a.1", "P1", "--reason", "campaign"), "priority", {"priority": "P1", "reason": "campaign"}),
    ],
)
def test_an_incident_is_answered_from_the_command_line(
    stand: Stand, run: Run, arguments: tuple[str, ...], path: str, body: dict[str, object]
) -> None:
    stand.on("POST", f"/v1/incidents/a.1/{path}", answer({"id": "a.1", "status": "open"}))
    assert run("incidents", *arguments).stdout == "a.1: open\n"
    assert stand.asked[0].json == body


def test_a_pause_in_the_past_is_asked_for_with_its_instants(stand: Stand, run: Run) -> None:
    stand.on("POST", "/v1/incidents/a.1/pause-requests", answer({"id": "a.1", "status": "open"}, 201))
    span = ("--from", "2026-11-24T08:00:00Z", "--until", "2026-11-24T08:30:00Z")
    assert run("incidents", "ask-pause", "a.1", *span).exit_code == 0
    assert stand.asked[0].json["start"] == "2026-11-24T08:00:00+00:00"
    assert run("incidents", "ask-pause", "a.1", "--from", "yesterday", "--until", "today").exit_code == 2


def test_an_incident_is_put_off_and_joined(stand: Stand, run: Run) -> None:
    stand.on("POST", "/v1/incidents/a.b.1/snooze", answer({"id": "a.b.1", "status": "open"}))
    stand.on("POST", "/v1/incidents/a.b.1/join", answer({"id": "a.b.1", "status": "open"}))
    assert run("incidents", "snooze", "a.b.1", "PT30M").stdout == "a.b.1: open\n"
    assert run("incidents", "join", "a.b.1").exit_code == 0
    assert stand.asked[0].json == {"time": "PT30M"}


def test_an_incidents_clocks_are_told_in_words_a_line_each_without_blanks_at_the_end(stand: Stand, run: Run) -> None:
    clock = {"clock": "response", "state": "running", "limit_seconds": 900, "elapsed_seconds": 65.0, "due_at": "T",
             "started_at": "S", "stopped_at": None, "objective": None}  # fmt: skip
    incident = {"id": "a.b.1", "title": "x" * 90, "asked": ["rina", "budi"], "joined": [], "owner": None,
                "may_snooze_seconds": 3600.0, "clocks": [clock, {**clock, "clock": "restoration", "stopped_at": "E"}],
                "acknowledgements": {"given": 0, "needed": 1}}  # fmt: skip
    stand.on("GET", "/v1/incidents/a.b.1", answer(incident))
    stand.on("GET", "/v1/incidents/a.b.1/timeline", answer({"items": []}))
    lines = run("incidents", "show", "a.b.1").stdout.splitlines()
    assert all(line == line.rstrip() for line in lines)
    told = [" ".join(line.split()) for line in lines]
    assert "clocks response: running, 1 min 5 s of 15 min, due T" in told
    assert "clocks restoration: running, 1 min 5 s of 15 min" in told
    assert {"asked rina, budi", "joined -", "may_snooze 1 h", "acknowledgements given 0, needed 1"} <= set(told)


@pytest.mark.parametrize(
    ("tally", "words"), [((0, 1), "only an acknowledgement of nusantara"), ((1, 2), "needs 2 acknowledgements")]
)
def test_an_acknowledgement_that_stops_nothing_says_why(
    stand: Stand, run: Run, tally: tuple[int, int], words: str
) -> None:
    counted = dict(zip(("given", "needed"), tally, strict=True))
    after = {"id": "a.b.1", "status": "open", "responsible": "nusantara", "acknowledgements": counted}
    stand.on("POST", "/v1/incidents/a.b.1/acknowledge", answer(after))
    result = run("incidents", "ack", "a.b.1")
    assert (result.stdout, words in " ".join(result.stderr.split())) == ("a.b.1: open\n", True)


def test_sorting_an_incident_tells_the_priority_that_follows(stand: Stand, run: Run) -> None:
    after = {"id": "a.b.1", "status": "open", "priority": "P2", "impact": "high", "urgency": "low", "owner": None}
    stand.on("POST", "/v1/incidents/a.b.1/triage", answer(after))
    assert (
        "its priority is P2 (impact high, urgency low)"
        in run("incidents", "triage", "a.b.1", "--impact", "high").stderr
    )


def test_an_empty_list_says_whether_there_is_none_or_none_like_that(stand: Stand, run: Run) -> None:
    for service in ("incidents", "credits", "disputes"):
        stand.on("GET", f"/v1/{service}", answer({"items": []}))
        assert f"no {service} yet" in run(service, "list").stderr
        assert f"no {service} like that" in run(service, "list", "--agreement", "toko-checkout").stderr


def test_the_version_is_told(run: Run) -> None:
    assert run("--version").stdout.startswith("sepakat 0.")


def test_a_clock_shows_what_was_agreed_of_it_beside_its_record(stand: Stand, run: Run) -> None:
    agreed = {"elapsed_seconds": 12_600.0, "met": True, "dispute": "d", "number": "D-7"}
    clock = {"clock": "restore", "state": "missed", "elapsed_seconds": 18_000.0, "limit_seconds": 14_400.0,
             "due_at": None, "stopped_at": "2026-11-24T13:00:00Z", "objective": None, "agreed": agreed}  # fmt: skip
    stand.on("GET", "/v1/incidents/a.b.1", answer({"id": "a.b.1", "clocks": [clock]}))
    stand.on("GET", "/v1/incidents/a.b.1/timeline", answer({"items": []}))
    shown = " ".join(run("incidents", "show", "a.b.1").stdout.split())
    assert "restore: missed, 5 h of 4 h; by D-7: 3 h 30 min, met" in shown
