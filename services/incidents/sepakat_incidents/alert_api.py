"""Alertmanager's door: the webhook payload of version 4, answered alert by alert."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from sepakat_incidents.alert_door import AlertDoor, Taken
from sepakat_incidents.alerts import Alert
from sepakat_incidents.commands import party_of
from sepakat_shared.clock import to_milliseconds
from sepakat_shared.errors import FieldProblem, Invalid
from sepakat_shared.problems import problem_of
from sepakat_shared.web import LAST_YEAR, Asking
from sepakat_shared.words import cleaned


def _in_utc(instant: datetime) -> datetime:
    try:
        found = to_milliseconds(instant.astimezone(UTC))
    except OverflowError as error:
        raise ValueError("is beyond all calendars") from error
    if found.year >= LAST_YEAR:
        raise ValueError("is beyond all calendars")
    return found


def _began(instant: datetime) -> datetime:
    if instant < _EPOCH:
        raise ValueError("must be the instant since when it is firing")
    return instant


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""An alert that has no end ends before that: in Go's zero time."""
_LONGEST = 100_000_000
"""More than a body holds: that there is a limit at all refuses half a character, which JSON can write."""
_Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class AlertIn(BaseModel):
    """One alert. What is not known of it here is left aside."""

    model_config = ConfigDict(extra="ignore", alias_generator=to_camel, str_max_length=_LONGEST)

    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: dict[str, str] = {}
    starts_at: Annotated[_Instant, AfterValidator(_began)]
    ends_at: _Instant | None = None
    fingerprint: str = Field(pattern=r"^[0-9A-Za-z_.-]{1,128}$")

    def read(self) -> Alert:
        ended = None
        if self.status == "resolved":
            ended = self.ends_at if self.ends_at is not None and self.ends_at >= _EPOCH else self.starts_at
        return Alert(self.fingerprint, self.starts_at, ended, self.labels, self.annotations)


class WebhookIn(BaseModel):
    """What Alertmanager posts: the alerts of one group, without the `truncatedAlerts` that were too many."""

    model_config = ConfigDict(extra="ignore", alias_generator=to_camel, str_max_length=_LONGEST)

    version: Literal["4"]
    group_key: str | None = None
    status: Literal["firing", "resolved"] | None = None
    truncated_alerts: int = Field(0, ge=0)
    alerts: list[Any]


def router(door: AlertDoor) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["alerts"])

    @routes.post("/alertmanager")
    async def post_alerts(given: WebhookIn, asking: Asking) -> JSONResponse:
        """Take the alerts of one group; each is answered by itself, and one that cannot be taken keeps none back.

        422 where none of them could be taken: Alertmanager then logs why, and does not repeat it.
        """
        asking.require("alerts:write")
        party_of(asking, "an alert")
        read = [_read(each) for each in given.alerts]
        good = [each for each in read if isinstance(each, Alert)]
        took = iter(await door.take(asking, good, given.truncated_alerts))
        answers = [next(took) if isinstance(each, Alert) else Taken("rejected", problem=each) for each in read]
        became = Counter(each.became for each in answers)
        counts = {name: became[name] for name in ("accepted", "repeated", "resolved", "rejected")}
        body = {"results": _shown(answers, given.alerts), **counts, "truncated": given.truncated_alerts}
        wrong = [each for each in map(_problem, count(), answers) if each is not None]
        if answers and len(wrong) == len(answers):
            return problem_of(Invalid.of(wrong, 5), body)
        return JSONResponse(body)

    return routes


def _read(raw: Any) -> Alert | FieldProblem:
    try:
        return AlertIn.model_validate(raw).read()
    except ValidationError as error:
        first = error.errors()[0]
        return FieldProblem("".join(f"/{part}" for part in first["loc"]), first["msg"])


def _sent_as(raw: Any) -> str | None:
    fingerprint = raw.get("fingerprint") if isinstance(raw, dict) else None
    return cleaned(fingerprint, 128) if isinstance(fingerprint, str) else None


def _problem(i: int, taken: Taken) -> FieldProblem | None:
    """What is wrong with the alert of that place in the message."""
    problem = taken.problem
    return None if problem is None else FieldProblem(f"/alerts/{i}{problem.pointer}", problem.rule)


def _shown(answers: Sequence[Taken], alerts: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {
            "fingerprint": _sent_as(raw),
            "result": each.became,
            "incident": each.incident,
            **({"errors": [{"pointer": problem.pointer, "detail": problem.rule}]}
               if (problem := _problem(i, each)) is not None else {}),
        }
        for i, (each, raw) in enumerate(zip(answers, alerts, strict=True))
    ]  # fmt: skip
