"""Events as the notifier hears them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sepakat_notifier.notification import Notification, Occasion
from sepakat_notifier.routing import CONTRACTS, subject_of
from sepakat_shared.contracts import (
    agreements,
    compliance,
    credits,
    disputes,
    feedback,
    incidents,
    maintenance,
    obligations,
    oncall,
    postmortems,
    remedies,
    reports,
    reviews,
    topics,
)
from sepakat_shared.contracts.catalogue import EVENTS
from sepakat_shared.contracts.fact import Fact, PeriodSpan, Title

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
NAMES = {"nusantara": "PT Nusantara Cloud", "toko-maju": "Toko Maju"}
_PARTIES = {"provider": "nusantara", "customer": "toko-maju"}
_INCIDENT: dict[str, Any] = {
    **_PARTIES, "incident": "toko.checkout.0001", "number": "CHECKOUT-0001", "agreement": "toko",
    "agreement_title": Title(en="Checkout platform", id="Platform checkout"), "service": "checkout",
    "service_title": Title(en="Checkout", id="Kasir"), "title": Title(en="Checkout is down", id="Kasir mati"),
    "priority": "P1", "opened_at": NOW, "impact_started_at": NOW - timedelta(minutes=2), "at": NOW,
}  # fmt: skip
_OBJECTIVE: dict[str, Any] = {
    **_PARTIES, "agreement": "toko", "version": 1, "agreement_title": _INCIDENT["agreement_title"],
    "service": "checkout",
    "service_title": Title(en="Checkout", id="Kasir"),
    "indicator": "nusantara/state", "at": NOW, "cause": "x", "episode": "toko/availability/2026-11",
    "objective": "availability", "objective_title": Title(en="Availability per month", id="Ketersediaan per bulan"),
    "period": PeriodSpan(start=NOW - timedelta(days=23), end=NOW + timedelta(days=7)), "state": "breached",
    "attainment": "99.8990", "target": "99.9",
}  # fmt: skip
_REQUEST: dict[str, Any] = {
    "request": "1", "party": "nusantara", "by": "rina", "reason": "waiting-for-customer",
    "start": NOW - timedelta(minutes=30), "end": NOW,
}  # fmt: skip
_CLOCK: dict[str, Any] = {
    "clock": "restore", "limit_seconds": "14400.000", "responsible": "nusantara", "due_at": NOW + timedelta(hours=4),
}  # fmt: skip
_DISPUTE: dict[str, Any] = {
    **_PARTIES, "dispute": "d.0001", "number": "D-3FA92C", "agreement": "toko", "raised_by": "toko-maju",
    "agreement_title": _INCIDENT["agreement_title"], "subject_kind": "verdict", "subject": "availability/2026-11",
    "objective": "availability", "objective_title": _OBJECTIVE["objective_title"], "period": _OBJECTIVE["period"],
    "service": "checkout", "service_title": _INCIDENT["service_title"], "at": NOW,
}  # fmt: skip
_TURN: dict[str, Any] = {
    "act": "answer", "awaits": ("nusantara",), "deadline": NOW + timedelta(days=5), "otherwise": "upheld",
}  # fmt: skip
_PROMISE: dict[str, Any] = {
    "responsible": "nusantara", "follow_up": "1", "text": "An alert at 80 percent", "owner": "rina",
    "due_at": NOW + timedelta(days=1), "late": False,
}  # fmt: skip
_REPORT: dict[str, Any] = {
    **_PARTIES, "report": "7c0e5b1f0a9d", "number": "R-K7QM-2XWA", "agreement": "toko", "service": "checkout",
    "agreement_title": _INCIDENT["agreement_title"], "service_title": _INCIDENT["service_title"], "filed_at": NOW,
    "at": NOW,
}  # fmt: skip
_ASKED = disputes.Remedy(
    adjustments=(
        disputes.Adjustment(kind="downtime", start=NOW - timedelta(hours=2), end=NOW - timedelta(hours=1)),
        disputes.Adjustment(kind="exclusion", start=NOW - timedelta(hours=4), end=NOW - timedelta(hours=3)),
        disputes.Adjustment(kind="events", start=NOW, good=3, total=1200),
        disputes.Adjustment(kind="case-time", ticket="toko.checkout.0001", seconds=-5400),
    ),
    credit_percent="7.5",
)  # fmt: skip
_SAID: dict[str, Any] = {"statement": "the probe was down", "party": "nusantara", "by": "rina"}
_EXTRA: dict[type[Fact], dict[str, Any]] = {
    incidents.IncidentOpened: {"cause": "impairment", "cause_event": "e"},
    incidents.CauseAttached: {"cause": "breach", "cause_event": "e"},
    incidents.IncidentRaised: {"previous_priority": "P2"},
    incidents.IncidentEscalated: {
        "level": 1, "round": 1, "contacts": ("oncall",), "acknowledge_by": NOW + timedelta(minutes=15), "next_level": 2,
    },
    incidents.IncidentAcknowledged: {
        "by": "rina", "party": "nusantara", "stops_ladder": True, "seconds_to_acknowledge": "3661.5",
    },
    disputes.DisputeRaised: {**_TURN, **_SAID, "asked": _ASKED, "measured": {"attainment": "99.8990"}},
    disputes.DisputeAnswered: {**_TURN, **_SAID, "act": "settle", "awaits": ("nusantara", "toko-maju")},
    disputes.DisputeCountered: {**_TURN, **_SAID, "offer": _ASKED, "offer_number": 3},
    disputes.DisputeReminded: _TURN,
    disputes.DisputeStepDefaulted: {
        **_TURN, "act": "decide", "awaits": (), "contact": "mediator", "missed_act": "settle", "default": "next",
    },
    disputes.DisputeReferred: {"forum": "BANI"},
    disputes.DisputeSettled: {**_SAID, "result": "partly", "how": "mediator", "remedy": _ASKED},
    disputes.DisputeWithdrawn: {"by": "budi"},
    disputes.DisputeRecalculated: {"agreed": {"attainment": "99.9900"}},
    incidents.IncidentResolved: {"by": "sepakat", "seconds_to_resolve": "59.2"},
    incidents.IncidentUnacknowledged: {"by": "sepakat", "reason": "lapsed"},
    incidents.IncidentHandedOver: {
        "by": "rina", "to": "database", "contacts": ("ana",), "acknowledge_by": NOW + timedelta(minutes=15),
    },
    incidents.IncidentJoined: {"by": "ana", "party": "nusantara"},
    incidents.IncidentSnoozed: {
        "by": "rina", "party": "nusantara", "until": NOW + timedelta(minutes=30), "responsible": "nusantara",
        "goes_on_at": NOW + timedelta(hours=1), "may_snooze_seconds": "1800.000",
    },
    incidents.SnoozeEnded: {
        "contacts": ("oncall",), "acknowledge_by": NOW + timedelta(minutes=15), "next_level": 2,
        "responsible": "nusantara",
    },
    incidents.ContactUnreached: {"contact": "oncall", "reason": "the contact was erased", "responsible": "nusantara"},
    incidents.IncidentUpdated: {"by": "rina", "party": "nusantara", "note": "half of the shops can sell again"},
    incidents.IncidentCommented: {
        "comment": 1, "by": "rina", "party": "nusantara", "body": "is it shop 12?\nor all of them?",
        "attachments": ({"name": "log.txt", "media_type": "text/plain", "size": 5, "sha256": "0" * 64,
                         "url": "https://files.example/log.txt"},),
    },
    incidents.IncidentPrioritised: {"by": "budi", "previous_priority": "P2", "reason": "campaign week"},
    incidents.IncidentTriaged: {"impact": "high", "urgency": "low", "by": "budi", "party": "toko-maju"},
    incidents.IncidentOwnerChanged: {
        "owner": "ana", "previous_owner": "rina", "responsible": "nusantara", "by": "rina",
    },
    incidents.IncidentReopened: {"by": "budi", "party": "toko-maju", "reason": "it is down again", "times": 1},
    incidents.ImpactCorrected: {
        "impact_ended_at": NOW, "previous_started_at": NOW - timedelta(minutes=9), "responsible": "nusantara",
        "by": "rina", "reason": "by the logs",
    },
    incidents.IncidentMerged: {"into": "toko.search.0007", "into_number": "SEARCH-0007", "by": "rina"},
    incidents.IncidentLinked: {
        "kind": "caused-by", "to": "toko.search.0007", "to_number": "SEARCH-0007", "by": "rina",
    },
    incidents.IncidentUnlinked: {"kind": "caused-by", "to": "toko.search.0007", "by": "rina"},
    incidents.PauseRequested: _REQUEST,
    incidents.PauseAnswered: {**_REQUEST, "granted": True},
    incidents.PauseLapsed: {**_REQUEST, "by": "sepakat", "because": "closed"},
    reports.ReportFiled: {"party": "toko-maju", "via": "form", "acknowledged": True},
    reports.ReportProgressed: {"incident": "toko.checkout.0001", "step": "taken-up", "mailed": True},
    postmortems.PostmortemPublished: {
        "version": 1, "by": "rina", "party": "nusantara", "late": False, "what_happened": "the disk was full\nat nine",
        "why": "logs", "what_will_change": "it is watched",
        "follow_ups": ({name: _PROMISE[name] for name in ("follow_up", "text", "owner", "due_at")},),
    },
    postmortems.PostmortemReminded: {
        "responsible": "nusantara", "due_at": NOW + timedelta(days=1), "late": False,
    },
    postmortems.FollowUpReminded: _PROMISE,
    postmortems.FollowUpDone: {**_PROMISE, "by": "rina"},
    incidents.ClockStarted: _CLOCK,
    incidents.ClockForecast: {**_CLOCK, "percent": 75},
    incidents.ClockMet: {**_CLOCK, "stopped_at": NOW, "elapsed_seconds": "1800.000"},
    incidents.ClockMissed: _CLOCK,
    incidents.ClocksPaused: {"by": "rina", "reason": "waiting-for-customer"},
    incidents.ClocksResumed: {"by": "budi"},
    incidents.ClocksRetimed: {"because": "pause"},
}  # fmt: skip


def incident(kind: type[Fact], **changes: Any) -> Any:
    return kind(**{**_INCIDENT, **_EXTRA.get(kind, {}), **changes})


def dispute(kind: type[Fact], **changes: Any) -> Any:
    return kind(**{**_DISPUTE, **_EXTRA.get(kind, {}), **changes})


def on_call(kind: type[Fact] = oncall.OnCallOverridden, /, **changes: Any) -> Any:
    about = {
        **_PARTIES, "rotation": "nusantara/primary", "title": Title(en="Primary on call", id="Piket utama"),
        "party": "nusantara", "agreement": "toko", "agreement_title": _INCIDENT["agreement_title"], "contact": "dewi",
        "start": NOW, "end": NOW + timedelta(hours=4), "by": "rina", "at": NOW,
    }  # fmt: skip
    return kind(**{**about, **changes})


def report(kind: type[Fact], **changes: Any) -> Any:
    return kind(**{**_REPORT, **_EXTRA.get(kind, {}), **changes})


def objective(kind: type[Fact] = compliance.ObjectiveBreached, /, **changes: Any) -> Any:
    return kind(**{**_OBJECTIVE, **changes})


_CHANGE: dict[str, Any] = {
    **_PARTIES, "agreement": "toko", "version": 2, "agreement_title": _INCIDENT["agreement_title"],
    "contacts": ("budi", "rina"), "at": NOW, "proposal": 2, "proposed_by": "toko-maju", "party": "nusantara",
    "by": "rina", "changes": ("target of availability: 99.5 % → 99.9 %",), "answer_by": NOW + timedelta(days=14),
    "text": "from which month on?", "outcome": "accepted", "what": "expiry", "on": NOW + timedelta(days=30),
    "until": "2027-12-31", "ground": "notice", "reason": "another provider", "last_day": "2026-12-31",
    "ends_at": NOW + timedelta(days=37), "notice": "P60D", "honoured": False, "how": "expired", "ended_at": NOW,
    "hash": "sha256:x", "effective_from": NOW, "need": "sell-all-day", "service": "checkout", "revision": 1,
    "priority": "must", "verdict": "accepted", "statement": "we sell by day",
}  # fmt: skip
_CREDIT: dict[str, Any] = {
    "credit": "toko.2026.availability.20261031T170000Z", "version": 1, "objective": "availability",
    "objective_title": _OBJECTIVE["objective_title"], "subject": "availability/2026-10-31T17:00:00.000Z",
    "period": _OBJECTIVE["period"], "status": "due", "percent": "10",
    "amount": {"amount": "2500000.00", "currency": "IDR"}, "outstanding": {"amount": "2500000.00", "currency": "IDR"},
    "claim_until": NOW + timedelta(days=60), "percent_before": "25", "reference": "invoice 2026-11",
    "amount_before": {"amount": "6250000.00", "currency": "IDR"}, "paid": {"amount": "2500000.00", "currency": "IDR"},
}  # fmt: skip
_WORK: dict[str, Any] = {
    "maintenance": "m1", "revision": 1, "version": 1, "state": "announced", "reason": "a new database",
    "services": ("checkout",), "objectives": ("availability",), "titles": (Title(en="Checkout", id="Kasir"),),
    "occurrences": (PeriodSpan(start=NOW + timedelta(days=4), end=NOW + timedelta(days=4, hours=2)),),
    "previous": (PeriodSpan(start=NOW + timedelta(days=3), end=NOW + timedelta(days=3, hours=2)),),
    "in_force": ({"start": NOW + timedelta(days=4), "end": NOW + timedelta(days=4, hours=2)},),
    "starts_at": NOW + timedelta(days=4), "ends_at": NOW + timedelta(days=4, hours=2),
    "statement": "after closing time", "answer_by": None,
}  # fmt: skip
_OWED: dict[str, Any] = {
    "occurrence": "toko.load-forecast.20261130T170000Z", "version": 1, "obligation": "load-forecast",
    "text": Title(en="Announce the expected load", id="Mengumumkan perkiraan beban"), "party": "toko-maju",
    "owner": "budi", "occasion": "calendar", "begins_at": NOW - timedelta(days=23), "due_at": NOW, "status": "met-late",
    "pauses": ("availability",), "unmet": {"start": NOW, "end": NOW + timedelta(hours=2)}, "late": True,
    "evidence": ({"name": "load.pdf", "media_type": "application/pdf", "size": 5, "sha256": "0" * 64,
                  "url": "https://files.example/load.pdf"},),
    "note": "for the campaign\nof December", "accepted": False, "why": "ended",
}  # fmt: skip
_REMEDY: dict[str, Any] = {
    "version": 1, "plan": "toko.001", "draft_by": NOW + timedelta(days=14), "owner": "rina", "misses": (
        {"objective": "availability", "title": _OBJECTIVE["objective_title"], "at": NOW - timedelta(days=30)},
        {"obligation": "load-forecast", "at": NOW},
    ),
    "measures": ({"measure": "1", "text": "a second site", "due_at": NOW + timedelta(days=30)},), "agreed": False,
    "note": "the site\nis bought", "done": ("1",), "effective": True, "conclusion": "no miss since", "right": "1",
    "overdue": {"measure": "1", "text": "a second site", "due_at": NOW}, "until": NOW + timedelta(days=90),
    "corrected": False,
}  # fmt: skip
_OF_KIND: dict[type[Fact], dict[str, Any]] = {
    agreements.AgreementAmended: {"text": {"kind": "Agreement"}},
    agreements.NeedStated: {"statement": Title(en="Shoppers can pay at any time")},
    reviews.MonthlyReportCompiled: {
        "month": "2026-10",
        "since": NOW - timedelta(days=55),
        "until": NOW - timedelta(days=24),
        "figures": (
            {
                "objective": "availability",
                "title": _OBJECTIVE["objective_title"],
                "figure": "99.8990",
                "target": "99.9",
                "met": False,
            },
            {"objective": "restore", "figure": "3600.000", "target": "14400", "unit": "s", "met": None},
        ),
        "missed": 1,
        "incidents": 2,
        "credits": ({"amount": "2500000.00", "currency": "IDR"},),
        "pack_hash": "sha256:x",
        "url": "https://sla.example/v1/monthly-reports/t",
        "open_until": NOW + timedelta(days=90),
    },
    feedback.IncidentFeedbackAsked: {
        **{name: _INCIDENT[name] for name in ("incident", "number", "service", "service_title", "title")},
        "priority": "P3",
        "contacts": ("budi",),
    },
}


_REVIEW: dict[str, Any] = {
    "review": 3, "meeting": "2026-12-10", "since": NOW - timedelta(days=90), "until": NOW,
    "because": "cadence", "pack_hash": "sha256:x", "level": 1, "reason": None,
    "conclusion": "we go on,\nand look at it in March",
    "decisions": ({"text": "A second probe", "owner": "rina", "owner_party": "nusantara", "due": "2027-01-15"},),
}  # fmt: skip


def agreed(kind: type[Fact], **changes: Any) -> Any:
    more = (
        _CREDIT if issubclass(kind, credits._CreditEvent)
        else _WORK if issubclass(kind, maintenance._MaintenanceEvent)
        else _OWED if issubclass(kind, obligations._ObligationEvent)
        else _REMEDY if issubclass(kind, remedies._RemedyEvent)
        else _REVIEW if issubclass(kind, reviews._ReviewEvent)
        else {}
    )  # fmt: skip
    return kind(**{**_CHANGE, **more, **_OF_KIND.get(kind, {}), **changes})


def every_fact() -> list[Fact]:
    """One of each kind that somebody may be told of."""
    about = incidents._IncidentEvent
    more = {"impairment": "i", "state": "down", "began_at": NOW, "adjustment": "a1", "kind": "exclusion",
            "reason": "force-majeure", "note": "a flood", "by": "toko-maju", "backtest": "b1", "start": NOW,
            "end": NOW}  # fmt: skip
    return [
        incident(kind) if issubclass(kind, about)
        else dispute(kind) if issubclass(kind, disputes._DisputeEvent)
        else on_call(kind) if issubclass(kind, oncall._OnCallEvent)
        else report(kind) if issubclass(kind, reports._ReportEvent)
        else agreed(kind) if kind in EVENTS[topics.AGREEMENTS]
        else objective(kind, **more)
        for kind in CONTRACTS.values()
    ]  # fmt: skip


def notification(fact: Fact, recipient: str, **changes: Any) -> Notification:
    subject = subject_of(fact)
    base: dict[str, Any] = {
        "id": "n1", "channel": "email", "recipient": recipient, "party": None, "parties": subject.parties,
        "about": subject.about, "about_type": subject.about_type,
        "occasion": Occasion("e1", "/sepakat/test", fact.type, subject.about, "2026-11-24T09:00:00Z", fact.as_json()),
        "traceparent": None, "created_at": NOW, "holder": "me", "due_at": NOW + timedelta(seconds=30),
    }  # fmt: skip
    return Notification(**{**base, **changes})
