"""Events that never happened, for previews: one of each type that somebody is told of, as it could well be. Pure."""

from datetime import UTC, date, datetime
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from sepakat_notifier.routing import CONTRACTS
from sepakat_shared.contracts.fact import Fact

_AT: Final = "2026-11-24T02:00:00Z"
_LATER: Final = "2026-11-24T06:00:00Z"
NAMES: Final = {"nusantara-cloud": "PT Nusantara Cloud", "toko-maju": "Toko Maju"}
_WORTH: Final[dict[str, Any]] = {
    "provider": "nusantara-cloud", "customer": "toko-maju", "responsible": "nusantara-cloud",
    "party": "nusantara-cloud", "raised_by": "toko-maju", "proposed_by": "toko-maju", "agreement": "toko-checkout",
    "service": "checkout",
    "agreement_title": {"en": "Checkout platform", "id": "Platform checkout"},
    "service_title": {"en": "Checkout", "id": "Kasir"}, "title": {"en": "Checkout is down", "id": "Kasir mati"},
    "objective": "availability", "objective_title": {"en": "Availability per month", "id": "Ketersediaan per bulan"},
    "incident": "toko-checkout.checkout.0001", "number": "CHECKOUT-0001", "incident_number": "CHECKOUT-0001",
    "opened_by": "toko-maju", "description": "Orders are paid, and not in the list.",
    "into": "toko-checkout.search.0007", "into_number": "SEARCH-0007", "priority": "P2", "previous_priority": "P3",
    "opened_at": _AT, "at": _AT, "impact_started_at": _AT, "start": _AT, "end": _LATER, "due_at": _LATER,
    "acknowledge_by": _LATER, "deadline": _LATER, "answer_by": _LATER, "impact_ended_at": _LATER,
    "claim_until": "2027-01-23T17:00:00Z", "attainment": "99.8990", "attainment_before": "99.9120", "target": "99.9",
    "credit_percent": "10", "percent_before": "25", "limit_seconds": "14400", "clock": "restore",
    "seconds_to_acknowledge": "420", "seconds_to_resolve": "5400", "state": "breached", "owner": "rina", "by": "rina",
    "contact": "dewi", "rotation": "nusantara-cloud/primary", "note": "Half of the shops can sell again.",
    "reason": "The figures of the shop say otherwise.", "statement": "The probe was down, and not the shop.",
    "text": "An alert comes at 80 percent.", "body": "Is it shop 12, or all of them?",
    "reference": "invoice 2026-11", "notice": "P60D", "honoured": True,
    "changes": ["target of availability: 99.5 % → 99.9 %"], "offer_number": 2, "forum": "BANI Jakarta",
    "what_happened": "The disk of the database was full.", "why": "Its growth was not watched.",
    "what_will_change": "An alert comes at 80 percent.", "subject_kind": "verdict",
    "subject": "availability/2026-10-31T17:00:00.000Z",
    "period": {"start": "2026-10-31T17:00:00Z", "end": "2026-11-30T17:00:00Z"},
    "measured": {"attainment": "99.8990"}, "asked": {"credit_percent": "7.5"}, "offer": {"credit_percent": "5"},
    "remedy": {"credit_percent": "5"}, "amount": {"amount": "2500000.00", "currency": "IDR"},
    "outstanding": {"amount": "2500000.00", "currency": "IDR"}, "paid": {"amount": "2500000.00", "currency": "IDR"},
    "amount_before": {"amount": "6250000.00", "currency": "IDR"},
}  # fmt: skip
"""What fields of these names hold, where their type takes it."""
_OF_TYPES: Final[dict[str, dict[str, Any]]] = {
    "sepakat.dispute.": {"number": "D-3FA92C", "dispute": "3fa92c1b04d7e658.0001"},
    "sepakat.obligation.": {
        "party": "toko-maju", "obligation": "load-forecast",
        "text": {"en": "Announce the expected load", "id": "Mengumumkan perkiraan beban"},
    },
    "sepakat.improvement_plan.": {"measures": [{"measure": "1", "text": "a second site", "due_at": _LATER}]},
    "sepakat.maintenance.": {
        "reason": "a new database", "occurrences": [{"start": "2026-12-05T18:00:00Z", "end": "2026-12-05T20:00:00Z"}]
    },
    "sepakat.review.": {"since": "2026-08-31T17:00:00Z", "until": "2026-11-30T17:00:00Z"},
}  # fmt: skip
"""The same, for all types that begin so."""
_OF_TYPE: Final[dict[str, dict[str, Any]]] = {
    "sepakat.need.stated.v1": {
        "statement": {"en": "Shoppers can pay at any time", "id": "Pembeli selalu bisa membayar"}
    },
    "sepakat.clock.paused.v1": {"reason": "waiting-for-customer"},
    "sepakat.incident.pause_requested.v1": {"reason": "waiting-for-customer"},
    "sepakat.incident.pause_lapsed.v1": {"reason": "waiting-for-customer"},
    "sepakat.incident.contact_unreached.v1": {"reason": "the mail server answered 550 no such user"},
    "sepakat.agreement.amended.v1": {"text": {"kind": "Agreement"}},
    "sepakat.clock.forecast.v1": {"percent": 75},
    "sepakat.monthly_report.compiled.v1": {
        "month": "2026-10",
        "since": "2026-09-30T17:00:00Z",
        "until": "2026-10-31T17:00:00Z",
        "figures": [
            {
                "objective": "availability",
                "title": {"en": "Availability per month", "id": "Ketersediaan per bulan"},
                "figure": "99.8990",
                "target": "99.9",
                "met": False,
            }
        ],
    },
    "sepakat.credit.owed.v1": {"percent": "10"},
    "sepakat.incident.unacknowledged.v1": {"reason": "lapsed"},
}


def sample_of(type: str) -> Fact:
    """Raises KeyError for a type that nobody is told of."""
    contract = CONTRACTS[type]
    worth = dict(_WORTH)
    for beginning, more in _OF_TYPES.items():
        if type.startswith(beginning):
            worth |= more
    return contract.model_validate(_filled(contract, worth | _OF_TYPE.get(type, {})))


def _filled(model: type[BaseModel], worth: dict[str, Any]) -> dict[str, Any]:
    """What is known by its name; of what else must be there, the plainest that its type takes."""
    filled: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        literal = _literals(field.annotation)
        if name in worth and (not literal or worth[name] in literal):
            filled[name] = worth[name]
        elif field.is_required():
            filled[name] = _plainest(name, field.annotation)
    return filled


def _literals(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    if get_origin(annotation) in (Union, UnionType):
        return next((found for each in get_args(annotation) if (found := _literals(each))), ())
    return ()


def _plainest(name: str, annotation: Any) -> Any:
    if literal := _literals(annotation):
        return literal[0]
    parts = [each for each in get_args(annotation) if each is not NoneType]
    if get_origin(annotation) in (Union, UnionType):
        return _plainest(name, parts[0])
    if get_origin(annotation) is tuple or annotation is tuple:
        return []
    if annotation is bool:
        return False
    if annotation is int:
        return 1
    if annotation is date:
        return date(2026, 12, 31)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _filled(annotation, _WORTH)
    return name if annotation is str else datetime(2026, 11, 24, 2, tzinfo=UTC)
