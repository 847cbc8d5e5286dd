"""Maintenance over HTTP: announced, moved and cancelled by the provider, consented to or refused by the customer."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sepakat_agreements import announcing, term
from sepakat_agreements import maintenance_rules as rules
from sepakat_agreements import maintenance_single as single
from sepakat_agreements.agreement import Agreement, Status, Version
from sepakat_agreements.maintenance import Concern, Diary, Event, Plan, Span, State, Work
from sepakat_agreements.maintenance_store import Diaries
from sepakat_agreements.store import Agreements
from sepakat_shared.auth import Principal
from sepakat_shared.clock import Clock
from sepakat_shared.contracts import texts
from sepakat_shared.contracts.fact import Title, rfc3339
from sepakat_shared.errors import Conflict, FieldProblem, Forbidden, Invalid
from sepakat_shared.idempotency import IdempotentPosts, Repeatable
from sepakat_shared.web import Asking, RequestedInstant

Id = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
WorkId = Annotated[str, Path(pattern=r"^m[1-9][0-9]{0,8}$")]
Words = Annotated[str, Field(min_length=1, max_length=4_000)]
Named = Annotated[list[Annotated[str, Field(max_length=63)]], Field(max_length=200)]


class TimesIn(BaseModel):
    """When work is to be done: once, or again by a rule of RFC 5545, in the local time of the agreement's term."""

    model_config = ConfigDict(extra="forbid")

    start: RequestedInstant
    end: RequestedInstant
    rrule: str | None = Field(
        None, max_length=500, description="`FREQ=WEEKLY;BYDAY=SU;COUNT=4`: daily or rarer, with an end"
    )
    reason: Words


class WorkIn(TimesIn):
    """Work of the provider, on what is named, or on all that is agreed where nothing is."""

    services: Named = []
    objectives: Named = []


_ONE: Final = "the start of the one occurrence of a series that is meant; all that is to come without it"


class MoveIn(TimesIn):
    occurrence: RequestedInstant | None = Field(None, description=_ONE)


class CancelIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Words
    occurrence: RequestedInstant | None = Field(None, description=_ONE)


class StatementIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    statement: Words | None = None


class ConsentIn(StatementIn):
    revision: int = Field(ge=1, description="of the announcement as the customer has read it")


def router(agreements: Agreements, diaries: Diaries, posts: IdempotentPosts, clock: Clock) -> APIRouter:
    routes = APIRouter(prefix="/v1/agreements/{id}/maintenance", tags=["maintenance"])
    _provider_routes(routes, agreements, diaries, posts, clock)
    _customer_routes(routes, agreements, diaries)
    _reading_routes(routes, agreements, diaries)
    return routes


def _provider_routes(
    routes: APIRouter, agreements: Agreements, diaries: Diaries, posts: IdempotentPosts, clock: Clock
) -> None:
    @routes.post("", status_code=201)
    async def post_work(id: Id, given: WorkIn, request: Repeatable, asking: Asking) -> Response:
        """Announce work. What keeps the text's rules counts at once; what does not waits for the customer."""
        agreement, party = await _acting(agreements, id, asking)
        version, text = _governing(agreement, given.start)

        async def do() -> JSONResponse:
            concern = _concern(version, text, given)
            occurrences = await _planned(agreement, text, given, clock.now())
            announced = ""

            def decide(diary: Diary, now: datetime) -> Sequence[Event]:
                nonlocal announced
                announced = diary.next_id
                plan = _plan(version, text, occurrences, given.rrule, diary, None, now)
                return announcing.announce(diary, concern, plan, given.reason, party, asking.id, now)

            diary = await diaries.change(agreement, decide, asking.id)
            return JSONResponse(_shown(diary, announced), 201)

        return await posts.once(request, asking, clock.now(), do)

    @routes.post("/{work}/move")
    async def post_move(id: Id, work: WorkId, given: MoveIn, asking: Asking) -> dict[str, Any]:
        """Announce anew what is still to come of it: the same rules hold. What is over stays as it was.

        One `occurrence` moved alone is work of its own from then on, which is answered.
        """
        agreement, party = await _acting(agreements, id, asking)
        if given.occurrence is not None and given.rrule is not None:
            raise Invalid.at("/rrule", "must be left out: one occurrence is moved to one")
        version, text = _governing(agreement, given.start)
        occurrences = await _planned(agreement, text, given, clock.now())

        def decide(diary: Diary, now: datetime) -> Sequence[Event]:
            if given.occurrence is not None:
                rest = single.without_one(diary, work, given.occurrence, now)
                plan = _plan(version, text, occurrences, None, rest, None, now)
                return single.move_one(diary, work, given.occurrence, plan, given.reason, party, asking.id, now)
            plan = _plan(version, text, occurrences, given.rrule, diary, work, now)
            return announcing.move(diary, work, plan, given.reason, party, asking.id, now)

        diary = await diaries.change(agreement, decide, asking.id)
        if given.occurrence is not None:
            return work_view(diary, single.in_place_of(diary, work, given.occurrence))
        return _shown(diary, work)

    @routes.post("/{work}/cancel")
    async def post_cancellation(id: Id, work: WorkId, given: CancelIn, asking: Asking) -> dict[str, Any]:
        """Call off what is still to come of it, or one `occurrence` alone; what runs of that ends now."""
        agreement, party = await _acting(agreements, id, asking)

        def decide(diary: Diary, now: datetime) -> Sequence[Event]:
            if given.occurrence is not None:
                return single.cancel_one(diary, work, given.occurrence, given.reason, party, asking.id, now)
            return announcing.cancel(diary, work, given.reason, party, asking.id, now)

        return _shown(await diaries.change(agreement, decide, asking.id), work)


def _customer_routes(routes: APIRouter, agreements: Agreements, diaries: Diaries) -> None:
    @routes.post("/{work}/consent")
    async def post_consent(id: Id, work: WorkId, given: ConsentIn, asking: Asking) -> dict[str, Any]:
        """Agree to work that does not keep the text's rules, before it begins, with the customer's key."""
        agreement, party = await _acting(agreements, id, asking)

        def decide(diary: Diary, now: datetime) -> Sequence[Event]:
            plan = diary.get(work).plan
            _, text = _governing(agreement, plan.starts_at)
            over = rules.is_over(text, plan.occurrences, diary.within_allowance(work, now))
            return announcing.consent(diary, work, given.revision, given.statement, over, party, asking.id, now)

        return _shown(await diaries.change(agreement, decide, asking.id), work)

    @routes.post("/{work}/refuse")
    async def post_refusal(id: Id, work: WorkId, given: StatementIn, asking: Asking) -> dict[str, Any]:
        """Do not agree to it: whatever is done then counts like any other time."""
        agreement, party = await _acting(agreements, id, asking)

        def decide(diary: Diary, now: datetime) -> Sequence[Event]:
            return announcing.refuse(diary, work, given.statement, party, asking.id, now)

        return _shown(await diaries.change(agreement, decide, asking.id), work)


def _reading_routes(routes: APIRouter, agreements: Agreements, diaries: Diaries) -> None:
    @routes.get("/announcements")
    async def list_works(id: Id, asking: Asking) -> dict[str, Any]:
        """All that was ever announced, the latest first."""
        asking.require("agreements:read")
        diary = await diaries.of((await agreements.visible(id, asking)).state)
        return {"items": [work_view(diary, each) for each in reversed(diary.works)]}

    @routes.get("/announcements/{work}")
    async def get_work(id: Id, work: WorkId, asking: Asking) -> dict[str, Any]:
        """One announcement as it stands: its times, whether they count, and what they need."""
        asking.require("agreements:read")
        return _shown(await diaries.of((await agreements.visible(id, asking)).state), work)


# -- what is asked -----------------------------------------------------------------------------------------------------


async def _acting(agreements: Agreements, id: str, asking: Principal) -> tuple[Agreement, str]:
    """The agreement, and whom the asker acts for. Raises NotFound, Forbidden, or Conflict where it is not in force."""
    asking.require("agreements:write")
    agreement = (await agreements.visible(id, asking)).state
    if asking.party is None:
        raise Forbidden("this is a party's to say; use a key that acts for one")
    if agreement.status is not Status.ACTIVE:
        raise Conflict(f"this agreement is {agreement.status.value}; maintenance is announced under one in force")
    return agreement, asking.party


def _governing(agreement: Agreement, at: datetime) -> tuple[Version, texts.Agreement]:
    """The version whose rules hold when the work begins, by what is signed so far."""
    version = agreement.as_of(at) or agreement.current
    return version, texts.Agreement.model_validate(version.text)


async def _planned(agreement: Agreement, text: texts.Agreement, given: TimesIn, now: datetime) -> tuple[Span, ...]:
    renewed = text.term.renewal is not None and agreement.termination is None
    ends_at = None if renewed else term.ends_at(agreement)
    # A rule that hardly ever comes to a day is looked through for seconds.
    return await asyncio.to_thread(rules.planned, text, given.start, given.end, given.rrule, now, ends_at)


def _plan(
    version: Version, text: texts.Agreement, occurrences: tuple[Span, ...], rrule: str | None, diary: Diary,
    moved: str | None, now: datetime,
) -> Plan:  # fmt: skip
    objections = rules.objections(text, occurrences, diary.within_allowance(moved, now), now)
    return Plan(version.version, occurrences, rrule, objections)


def _concern(version: Version, text: texts.Agreement, given: WorkIn) -> Concern:
    """Raises Invalid with each name that the text does not know."""
    services = {each.id: each.description for each in text.services}
    objectives = {each.id: each.title or Title(en=each.id) for each in text.objectives}
    problems = [*_unknown("services", given.services, services), *_unknown("objectives", given.objectives, objectives)]
    if problems:
        raise Invalid.of(problems)
    named = [*(services[each] for each in given.services), *(objectives[each] for each in given.objectives)]
    return Concern(
        tuple(dict.fromkeys(given.services)), tuple(dict.fromkeys(given.objectives)),
        tuple(_plain(each) for each in named), version.text["metadata"].get("title"),
        tuple(f"{party}/{contact}" for party in version.parties for contact in version.contacts(party)),
    )  # fmt: skip


def _plain(title: Title) -> dict[str, str]:
    return title.model_dump(exclude_none=True)


def _unknown(field: str, named: Sequence[str], known: Any) -> list[FieldProblem]:
    rule = f"is none of this agreement's {field}: {', '.join(known)}"
    return [FieldProblem(f"/{field}/{i}", f"{id!r} {rule}") for i, id in enumerate(named) if id not in known]


# -- what is shown -----------------------------------------------------------------------------------------------------


def _shown(diary: Diary, work: str) -> dict[str, Any]:
    return work_view(diary, diary.get(work))


def work_view(diary: Diary, work: Work) -> dict[str, Any]:
    """One announcement; `excluded` is all of the time that counts as agreed maintenance by it."""
    plan, replaced = work.plan, work.instead_of
    return {
        "id": work.id,
        "agreement": diary.agreement,
        "version": plan.version,
        "state": work.state.value,
        "reason": work.reason,
        "services": list(work.concern.services),
        "objectives": list(work.concern.objectives),
        "rrule": plan.rrule,
        "occurrences": [{"start": rfc3339(each.start), "end": rfc3339(each.end)} for each in plan.occurrences],
        "taken_out": [
            {"start": rfc3339(each.start), "end": rfc3339(each.end), "instead": each.instead} for each in work.taken_out
        ],
        "instead_of": None
        if replaced is None
        else {"maintenance": replaced.maintenance, "start": rfc3339(replaced.start), "end": rfc3339(replaced.end)},
        "needs_consent": list(plan.objections),
        "answer_by": rfc3339(plan.starts_at) if work.state is State.AWAITING else None,
        "statement": work.statement,
        "excluded": [
            {"start": rfc3339(each.start), "end": rfc3339(each.end), "beyond_allowance": each.beyond_allowance}
            for each in work.in_force
        ],
        "revision": work.revision,
        "announced_at": rfc3339(work.announced_at),
        "by": work.by,
    }
