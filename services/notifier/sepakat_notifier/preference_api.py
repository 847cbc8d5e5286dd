"""Preferences over HTTP: how a contact wants to be told, read and edited by their party."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator

from sepakat_notifier import preference as domain
from sepakat_notifier import subscription_api
from sepakat_notifier.directory import Directory
from sepakat_notifier.endpoints import Endpoints
from sepakat_notifier.preference import Language, Preference
from sepakat_notifier.preferences import Preferences
from sepakat_notifier.subscription import MAIL
from sepakat_notifier.subscription_api import SubscriptionIn, WallClock, Zone
from sepakat_shared import web
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.errors import FieldProblem, Invalid, NotFound
from sepakat_shared.web import Asking, RequestedInstant, Versioned


class QuietIn(BaseModel):
    """Every day, by the wall clock of the time zone; over midnight where the end is not later than the beginning."""

    model_config = ConfigDict(extra="forbid")

    begin: WallClock
    end: WallClock
    time_zone: Zone
    but_highest: bool = Field(True, description="what has priority P1 is told all the same")

    @model_validator(mode="after")
    def _some_time(self) -> "QuietIn":
        if self.begin == self.end:
            raise ValueError("begin and end must differ: a whole day of quiet is a vacation")
        return self


class VacationIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    start: RequestedInstant
    end: RequestedInstant
    delegate: str = Field(min_length=1, max_length=100, description="a contact of the same party, told instead")

    @model_validator(mode="after")
    def _in_order(self) -> "VacationIn":
        if self.end <= self.start:
            raise ValueError("end must be after start")
        return self


class PreferenceIn(BaseModel):
    """What is not given is as if nothing had been said."""

    model_config = ConfigDict(extra="forbid")

    language: Language | None = None
    minimum_priority: str | None = Field(None, pattern=r"^P[1-9]$", description="leave out news of what is below it")
    quiet: QuietIn | None = None
    vacation: VacationIn | None = None
    muted: bool = Field(False, description="leave out all news; notices that the agreement owes are told all the same")
    feedback: bool = Field(True, description="ask what they think of an incident that is over")
    subscriptions: list[SubscriptionIn] = Field(
        [], max_length=20, description="how often, and by which ways, what is told; the first that fits counts"
    )


def router(preferences: Preferences, directory: Directory, endpoints: Endpoints) -> APIRouter:
    routes = APIRouter(prefix="/v1/preferences", tags=["preferences"])

    @routes.get("/{party}/{contact}")
    async def get_preference(party: str, contact: str, asking: Asking) -> Response:
        """How a contact wants to be told; the ETag is "0" where they have said nothing yet."""
        asking.require("notifications:read")
        if not asking.sees([party]):
            raise NotFound(f"there is no contact {contact!r} of {party!r} that you may see")
        loaded = await preferences.find(party, contact)
        state = loaded.state if loaded else Preference(party, contact)
        return JSONResponse(_shown(state), headers={"ETag": web.etag(loaded.version if loaded else 0)})

    @routes.put("/{party}/{contact}")
    async def put_preference(
        party: str, contact: str, given: PreferenceIn, request: Versioned, asking: Asking
    ) -> Response:
        """Say how a contact of the key's party wants to be told."""
        asking.require("notifications:write")
        asking.require_party(party)
        version = web.expected_version(request)
        chosen = _chosen(party, contact, given)
        await _check_people(directory, chosen)
        await _check_ways(endpoints, chosen)
        loaded = await preferences.execute(
            party, contact, lambda known, _now: domain.choose(known, chosen), asking.id, version
        )
        after = loaded.state if loaded else chosen
        return JSONResponse(_shown(after), headers={"ETag": web.etag(loaded.version if loaded else 0)})

    return routes


async def _check_people(directory: Directory, chosen: Preference) -> None:
    """Raises NotFound for a contact that nobody knows, and Invalid for a delegate that nobody knows."""
    known = await directory.contacts_of(chosen.party)
    if chosen.contact not in known:
        raise NotFound(f"{chosen.party!r} has told of no contact {chosen.contact!r}")
    if chosen.vacation is not None and chosen.vacation.delegate not in set(known) - {chosen.contact}:
        rule = f"must be another contact of {chosen.party!r}"
        raise Invalid.at("/vacation/delegate", rule)


async def _check_ways(endpoints: Endpoints, chosen: Preference) -> None:
    """Raises Invalid, naming every way that leads nowhere."""
    problems = []
    for i, each in enumerate(chosen.subscriptions):
        chats = [way for way in each.ways if way != MAIL]
        known = {room.id for room in await endpoints.chats_of(chosen.party, chats)}
        problems += [
            FieldProblem(f"/subscriptions/{i}/ways/{j}", f"must be mail or a chat endpoint of {chosen.party!r}")
            for j, way in enumerate(each.ways) if way != MAIL and way not in known
        ]  # fmt: skip
    if problems:
        raise Invalid.of(problems)


def _chosen(party: str, contact: str, given: PreferenceIn) -> Preference:
    quiet, vacation = given.quiet, given.vacation
    subscriptions = tuple(subscription_api.chosen(each) for each in given.subscriptions)
    chosen = Preference(
        party, contact, given.language, given.minimum_priority, muted=given.muted, subscriptions=subscriptions,
        feedback=given.feedback,
    )  # fmt: skip
    if quiet is not None:
        hours = domain.QuietHours(quiet.begin, quiet.end, quiet.time_zone, quiet.but_highest)
        chosen = replace(chosen, quiet=hours)
    if vacation is not None:
        away = domain.Vacation(vacation.start, vacation.end, vacation.delegate)
        chosen = replace(chosen, vacation=away)
    return chosen


def _shown(preference: Preference) -> dict[str, Any]:
    quiet, vacation = preference.quiet, preference.vacation
    return {
        "party": preference.party,
        "contact": preference.contact,
        "language": preference.language,
        "minimum_priority": preference.minimum_priority,
        "muted": preference.muted,
        "feedback": preference.feedback,
        "quiet": None if quiet is None else {
            "begin": f"{quiet.begin:%H:%M}", "end": f"{quiet.end:%H:%M}", "time_zone": quiet.time_zone,
            "but_highest": quiet.but_highest,
        },
        "vacation": None if vacation is None else {
            "start": rfc3339(vacation.start), "end": rfc3339(vacation.end), "delegate": vacation.delegate,
        },
        "subscriptions": [subscription_api.shown(each) for each in preference.subscriptions],
    }  # fmt: skip
