"""What `incidents` publishes of who is on call, where people have changed it."""

from typing import ClassVar

from sepakat_shared.contracts.fact import Fact, Instant, Title


class _OnCallEvent(Fact):
    """`rotation` is `party/id`, declared by `agreement` at that time. `[start, end)` is the span that it is about."""

    rotation: str
    title: Title | None = None
    party: str
    agreement: str
    agreement_title: Title | None = None
    provider: str
    customer: str
    contact: str
    start: Instant
    end: Instant
    by: str
    at: Instant


class OnCallOverridden(_OnCallEvent):
    """`contact` is on call in that span, instead of those whose turns it takes."""

    type: ClassVar[str] = "sepakat.oncall.overridden.v1"
    instead_of: tuple[str, ...] = ()


class OverrideWithdrawn(_OnCallEvent):
    """`contact` is no longer on call in that span; those whose turns it is (`again`) are."""

    type: ClassVar[str] = "sepakat.oncall.override_withdrawn.v1"
    again: tuple[str, ...] = ()
