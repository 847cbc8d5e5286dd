"""What an alert says it is about, how grave it is, and what the timeline tells of many: all of it pure."""

from datetime import UTC, datetime, timedelta

import pytest
from samples import agreement

from sepakat_incidents import alerts, folding
from sepakat_incidents import line as domain
from sepakat_incidents.alerts import Alert, Target
from sepakat_incidents.events import Attached, Opened, Raised, Resolved
from sepakat_incidents.handling import handling
from sepakat_incidents.incident import About, Line, Trigger
from sepakat_incidents.publish import of_line
from sepakat_incidents.record import Counted, Triaged
from sepakat_shared.errors import FieldProblem

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
ABOUT = About("toko-checkout", "checkout", "nusantara", "toko-maju", cause="disk")
ID = "toko-checkout.checkout.disk"
OF = {"sepakat_agreement": "toko-checkout", "sepakat_service": "checkout"}
DAY = timedelta(days=1)
TERM = agreement().term


def alert(**labels: str) -> Alert:
    return Alert("f1", NOW, None, {**OF, "alertname": "DiskFull", **labels}, {})


def trigger(event: str = "alertmanager/1", at: datetime = NOW) -> Trigger:
    return Trigger("alert", alerts.subject(ID), event, at, {"en": "DiskFull"})


def begin(line: Line | None, event: str = "alertmanager/1", priority: str = "P2") -> list[object]:
    how = handling(agreement(), 1, "checkout", priority)
    return list(domain.begin(line, ID, ABOUT, trigger(event), how, NOW))


def after(line: Line | None, events: object) -> Line:
    for event in events:  # type: ignore[attr-defined]
        line = folding.apply(line, event)
    assert line is not None
    return line


def test_labels_say_what_an_alert_is_about() -> None:
    assert alerts.target_of(alert()) == Target("toko-checkout", "checkout")
    assert alerts.target_of(alert(sepakat_cause="disk")) == Target("toko-checkout", "checkout", "disk")


@pytest.mark.parametrize(
    ("changes", "label"),
    [({"sepakat_agreement": ""}, "sepakat_agreement"), ({"sepakat_service": ""}, "sepakat_service"),
     ({"sepakat_service": "Check out"}, "sepakat_service"), ({"sepakat_cause": "a.b"}, "sepakat_cause"),
     ({"sepakat_impact": "huge"}, "sepakat_impact"), ({"sepakat_urgency": ""}, "sepakat_urgency")],
)  # fmt: skip
def test_a_label_that_cannot_be_is_named(changes: dict[str, str], label: str) -> None:
    problem = alerts.target_of(alert(**changes))
    assert isinstance(problem, FieldProblem) and problem.pointer == f"/labels/{label}"


def test_what_began_longer_ago_than_can_be_on_record_is_held_to_that_and_says_so() -> None:
    first = datetime(2025, 12, 31, 17, tzinfo=UTC)  # of the agreement, in Jakarta
    for since, now, at, said in (
        (NOW - DAY, NOW, NOW - DAY, None),
        (NOW - 400 * DAY, NOW, NOW - 7 * DAY, NOW - 400 * DAY),
        (first - DAY, first + DAY, first, first - DAY),
        (first - 2 * DAY, first - DAY, first - DAY, first - 2 * DAY),
    ):
        cause = alerts.trigger(ID, "alertmanager/1", {"en": "DiskFull"}, since, TERM, now)
        assert (cause.at, cause.said_since) == (at, said)


def test_gravity_is_said_by_labels_of_ours_else_by_the_severity() -> None:
    assert alerts.gravity(alert()) == ("medium", "medium")
    assert alerts.gravity(alert(severity="Critical")) == ("high", "high")
    assert alerts.gravity(alert(severity="info", sepakat_urgency="high")) == ("low", "high")


def test_a_title_is_the_summary_in_one_line_of_bounded_length() -> None:
    assert alert().words == "DiskFull"
    long = Alert("f", NOW, None, OF, {"summary": "the disk\nis full " + "x" * 500})
    assert long.words.startswith("the disk is full xxx") and long.words.endswith("x…") and len(long.words) == 200
    hidden = Alert("f", NOW, None, OF, {"summary": "a\x00b\u202e\x1b[31m red"})
    assert hidden.words == "a b [31m red", "nobody is there to mend it: it is cleaned"
    assert Alert("f", NOW, None, {**OF, "alertname": "DiskFull"}, {"summary": "\x00 \u202e"}).words == "DiskFull"


def test_the_first_alert_opens_an_incident_and_another_one_changes_nothing() -> None:
    events = begin(None)
    assert isinstance(events[0], Opened)
    line = after(None, events)
    assert line.incident is not None
    assert (line.incident.number, line.incident.id) == ("CHECKOUT-DISK-0001", f"{ID}.0001")
    assert begin(line, "alertmanager/2") == []
    opened = next(each for each in of_line(events[0], line) if each.topic == "sepakat.incidents.v1")  # type: ignore[arg-type]
    assert opened.data is not None
    assert (opened.data["cause"], opened.data["via"]) == ("report", "alertmanager")


def test_a_graver_alert_raises_it_unless_a_person_has_sorted_it() -> None:
    line = after(None, begin(None))
    graver = begin(line, "alertmanager/2", "P1")
    assert isinstance(graver[0], Raised)
    line = after(line, [Triaged("low", "low", "P2", "budi", "toko-maju", NOW)])
    assert begin(line, "alertmanager/3", "P1") == []


def test_alerts_attach_to_what_was_open_before_them_and_keep_it_open() -> None:
    impaired = Trigger("impairment", "impairment:x", "e1", NOW, {"en": "x"})
    line = after(None, domain.begin(None, ID, ABOUT, impaired, handling(agreement(), 1, "checkout", "P1"), NOW))
    assert [type(each) for each in begin(line)] == [Attached]
    line = after(line, begin(line))
    line = after(line, domain.passed(line, "impairment:x", NOW, NOW, DAY))
    assert line.incident is not None and line.incident.is_open
    assert isinstance(domain.passed(line, alerts.subject(ID), NOW, NOW, DAY)[-1], Resolved)


def test_the_timeline_tells_of_each_tenfold_number_and_of_the_last_one() -> None:
    line = after(None, begin(None))
    told = []
    for count in range(1, 2_001):
        events = alerts.counted(line, f"{ID}.0001", count, NOW - timedelta(seconds=count), NOW, TERM)
        told += [each.count for each in events if isinstance(each, Counted)]
        line = after(line, events)
    assert told == [10, 100, 1000]
    (last,) = alerts.counted(line, f"{ID}.0001", 2_000, NOW - timedelta(hours=1), NOW, TERM, final=True)
    line = after(line, [last])
    assert line.incident is not None and line.incident.impact_started_at == NOW - timedelta(hours=1)
    assert alerts.counted(line, f"{ID}.0001", 2_000, NOW, NOW, TERM, final=True) == []
    assert list(of_line(last, line)) == [], "a thousand alerts are told of once"
