"""One endpoint: where a party's own system (a webhook), or a room in a chat, is told, and whether that works. Pure.

An endpoint that fails for days is disabled, and its party is told; what was meant for it stays, and can be replayed.
Failures with a day or more between them show nothing of that time: the later one begins anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, assert_never

from sepakat_shared.errors import Conflict, NotFound

_FARTHEST_APART = timedelta(days=1)
"""Failures of one time without a delivery; one message that was given up says nothing of the days after it."""
_NOTED_EVERY = timedelta(hours=1)
"""Not every failure is kept: each would be a commit."""


@dataclass(frozen=True)
class Endpoint:
    """`types` are patterns of event types, none of them meaning all; `sealed` is the encrypted secret.

    Of a chat, `sealed` is the encrypted address, `url` is empty, and no `types` mean only what people choose to read
    there. `owner` is the contact in whose name its links are pressed; without one it has none.

    While a secret is being replaced, `previous_sealed` signs too, until `previous_until`. `ordered`: nothing is sent
    before what was planned earlier has ended. `fallback` is the contact who is written to when it fails.
    """

    id: str
    party: str
    url: str
    types: tuple[str, ...]
    sealed: str
    created_at: datetime
    removed: bool = False
    ordered: bool = False
    fallback: str | None = None
    previous_sealed: str | None = None
    previous_until: datetime | None = None
    failing_since: datetime | None = None
    """The first failure since anything was delivered, of those that lie close together."""
    failed_at: datetime | None = None
    """The last failure, or one of the hour before it."""
    failing_reason: str | None = None
    disabled_at: datetime | None = None
    disabled_reason: str | None = None
    kind: Literal["webhook", "chat"] = "webhook"
    service: str | None = None
    """Of a chat: `slack`, `slack-bot`, `teams`, or the scheme of an Apprise URL."""
    language: Literal["en", "id"] = "en"
    time_zone: str = "UTC"
    owner: str | None = None

    @property
    def status(self) -> str:
        if self.disabled_at is not None:
            return "disabled"
        return "working" if self.failing_since is None else "failing"


# -- events ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Added:
    endpoint: Endpoint


@dataclass(frozen=True)
class Changed:
    url: str
    types: tuple[str, ...]
    ordered: bool
    fallback: str | None


@dataclass(frozen=True)
class ChatChanged:
    """What a chat hears, how it is written to, and by another address where `sealed` is one."""

    types: tuple[str, ...]
    fallback: str | None
    language: Literal["en", "id"]
    time_zone: str
    sealed: str | None = None
    service: str | None = None
    owner: str | None = None


@dataclass(frozen=True)
class Rotated:
    """There is a new secret; the one before it signs too until `previous_until`."""

    sealed: str
    previous_until: datetime


@dataclass(frozen=True)
class Faltered:
    """An attempt has failed, the first since anything was delivered, or for a day."""

    reason: str
    at: datetime


@dataclass(frozen=True)
class FailedOn:
    """It fails still."""

    reason: str
    at: datetime


@dataclass(frozen=True)
class Recovered:
    at: datetime


@dataclass(frozen=True)
class Disabled:
    """`failed` says that nobody asked for it: it follows from what the endpoint answered."""

    reason: str
    at: datetime
    failed: bool


@dataclass(frozen=True)
class Enabled:
    at: datetime


@dataclass(frozen=True)
class Removed:
    at: datetime


Event = Added | Changed | ChatChanged | Rotated | Faltered | FailedOn | Recovered | Disabled | Enabled | Removed


def apply(endpoint: Endpoint | None, event: Event) -> Endpoint:
    if isinstance(event, Added):
        return event.endpoint
    if endpoint is None:
        raise ValueError(f"{type(event).__name__} of an endpoint that does not exist")
    match event:
        case Changed(url, types, ordered, fallback):
            # How another address answered says nothing of this one.
            at_hand = endpoint if url == endpoint.url else _not_failing(endpoint)
            return replace(at_hand, url=url, types=types, ordered=ordered, fallback=fallback)
        case ChatChanged(types, fallback, language, time_zone, sealed, service, owner):
            said = replace(
                endpoint, types=types, fallback=fallback, language=language, time_zone=time_zone, owner=owner
            )  # fmt: skip
            return said if sealed is None else replace(_not_failing(said), sealed=sealed, service=service)
        case Rotated(sealed, previous_until):
            return replace(
                endpoint, sealed=sealed, previous_sealed=endpoint.sealed, previous_until=previous_until
            )  # fmt: skip
        case Faltered(reason, at):
            return replace(endpoint, failing_since=at, failed_at=at, failing_reason=reason)
        case FailedOn(reason, at):
            return replace(endpoint, failed_at=at, failing_reason=reason)
        case Recovered():
            return _not_failing(endpoint)
        case Disabled(reason, at):
            return replace(endpoint, disabled_at=at, disabled_reason=reason)
        case Enabled():
            return replace(_not_failing(endpoint), disabled_at=None, disabled_reason=None)
        case Removed():
            return replace(endpoint, removed=True)
        case _:
            assert_never(event)


def _not_failing(endpoint: Endpoint) -> Endpoint:
    return replace(endpoint, failing_since=None, failed_at=None, failing_reason=None)


# -- decisions ---------------------------------------------------------------------------------------------------------


def _there(endpoint: Endpoint | None) -> Endpoint:
    if endpoint is None or endpoint.removed:
        raise NotFound("there is no such endpoint of yours")
    return endpoint


def remove(endpoint: Endpoint | None, now: datetime) -> Sequence[Event]:
    return [Removed(now)] if endpoint is not None and not endpoint.removed else []


def change(endpoint: Endpoint | None, changed: Changed) -> Sequence[Event]:
    """Raises NotFound."""
    before = _there(endpoint)
    as_it_is = Changed(before.url, before.types, before.ordered, before.fallback)
    return [] if changed == as_it_is else [changed]


def change_chat(endpoint: Endpoint | None, changed: ChatChanged) -> Sequence[Event]:
    """Raises NotFound."""
    before = _there(endpoint)
    as_it_is = ChatChanged(before.types, before.fallback, before.language, before.time_zone, owner=before.owner)
    return [] if changed == as_it_is else [changed]


def rotate(endpoint: Endpoint | None, sealed: str, overlap: timedelta, now: datetime) -> Sequence[Event]:
    """Raises NotFound."""
    _there(endpoint)
    return [Rotated(sealed, now + overlap)]


def note_failure(endpoint: Endpoint | None, reason: str, disable_after: timedelta, now: datetime) -> Sequence[Event]:
    """An attempt has failed. One that has failed again and again for as long as `disable_after` is disabled."""
    if endpoint is None or endpoint.removed or endpoint.disabled_at is not None:
        return []
    # Earlier versions kept the first failure alone.
    last = endpoint.failed_at or endpoint.failing_since
    if endpoint.failing_since is None or last is None or now - last >= _FARTHEST_APART:
        return [Faltered(reason, now)]
    if now - endpoint.failing_since >= disable_after:
        return [Disabled(reason, now, failed=True)]
    return [FailedOn(reason, now)] if now - last >= _NOTED_EVERY else []


def note_success(endpoint: Endpoint | None, now: datetime) -> Sequence[Event]:
    return [Recovered(now)] if endpoint is not None and endpoint.failing_since is not None else []


def note_gone(endpoint: Endpoint | None, reason: str, now: datetime) -> Sequence[Event]:
    """It has answered that it is not there any more."""
    if endpoint is None or endpoint.removed or endpoint.disabled_at is not None:
        return []
    return [Disabled(reason, now, failed=True)]


def disable(endpoint: Endpoint | None, by: str, now: datetime) -> Sequence[Event]:
    """Raises NotFound."""
    return [] if _there(endpoint).disabled_at is not None else [Disabled(f"disabled by {by}", now, failed=False)]


def enable(endpoint: Endpoint | None, now: datetime) -> Sequence[Event]:
    """Raises NotFound, and Conflict where it is not disabled."""
    if _there(endpoint).disabled_at is None:
        raise Conflict("this endpoint is not disabled")
    return [Enabled(now)]


def sealed_secrets(endpoint: Endpoint, now: datetime) -> list[str]:
    """The encrypted secrets that sign now: the present one first."""
    replaced = endpoint.previous_until is not None and now < endpoint.previous_until
    return [endpoint.sealed, *([endpoint.previous_sealed] if replaced and endpoint.previous_sealed else [])]
