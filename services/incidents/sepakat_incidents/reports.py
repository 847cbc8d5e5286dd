"""Reports in the database, what is told of them, and where those who reported are kept: in documents that can go."""

import base64
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING

from sepakat_incidents import report as domain
from sepakat_incidents.allowance import Allowance
from sepakat_incidents.identity import titled
from sepakat_incidents.incident import Incident
from sepakat_incidents.links import Links
from sepakat_incidents.report import EVENTS, Erased, Event, Filed, Progressed, Report, apply
from sepakat_incidents.reporter import Reporter
from sepakat_shared import mongo
from sepakat_shared.aggregate import Kind, Loaded
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import Principal
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import reports as contract
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.errors import NotFound
from sepakat_shared.messages import Envelope, Message
from sepakat_shared.mongo import Collection, Document
from sepakat_shared.together import Together

STATUS_FOR: Final = timedelta(days=180)
"""How long the page of a report can be looked at by its link."""
ACKNOWLEDGED_AN_HOUR: Final = 5
"""Mails with a number that one address gets in an hour; what is filed beyond that has its number all the same."""
_REMEMBERED: Final = 1_000
"""Reports whose address is in memory until they are linked."""
_Inserts = Together[Document, bool]
_Reads = Together[str, Document | None]


def report_number(id: str) -> str:
    """Eight letters and digits that follow from the id."""
    digest = base64.b32encode(hashlib.sha256(id.encode()).digest()).decode()
    return f"R-{digest[:4]}-{digest[4:8]}"


def _fields(report: Report) -> Mapping[str, Any]:
    return {
        "parties": [report.about.provider, report.about.customer],
        "agreement": report.about.agreement,
        "incident": report.incident,
        "filed_at": report.filed_at,
    }


class Reports:
    """The reports of all parties; every reading is narrowed to those of the principal.

    What is told of a reporter is in the messages of commits, which are not part of any hash: erasing somebody removes
    their document and those messages, and leaves every hash valid.
    """

    def __init__(self, commits: Commits, links: Callable[[], Links], public_url: str) -> None:
        self._commits = commits
        self._links = links
        self._public_url = public_url.rstrip("/")
        self._reporters: Collection = commits.db["reporters"]
        self._followers: Collection = commits.db["followers"]
        self._keep_reporter: _Inserts = Together(lambda some: mongo.insert_missing(self._reporters, some))
        self._keep_follower: _Inserts = Together(lambda some: mongo.insert_missing(self._followers, some))
        self._follower: _Reads = Together(lambda ids: mongo.find_by_id(self._followers, ids))
        self._reporter: _Reads = Together(lambda ids: mongo.find_by_id(self._reporters, ids, {"address": 1}))
        self._addresses: OrderedDict[str, str | None] = OrderedDict()
        """Of the last reports that were filed here: by whose address, as its digest."""
        self._to_tell: dict[str, Reporter] = {}
        self._acknowledged = Allowance()
        self._kind: Kind[Report, Event] = Kind("report", Report, EVENTS, apply, _fields, self._messages)
        self.all = Aggregates(commits, self._kind)

    async def create_indexes(self) -> None:
        await self.all.states.create_index([("parties", ASCENDING), ("filed_at", DESCENDING)])
        await self.all.states.create_index([("incident", ASCENDING)])

    # -- filing -------------------------------------------------------------------------------------------------------

    async def file(self, report: Report, reporter: Reporter | None) -> Report:
        """Keep it. The same id again is the same report. Raises Unavailable while no link to it can be made."""
        self._links()
        now, acknowledged = report.filed_at, False
        if reporter is not None:
            key = _address(reporter.email)
            acknowledged = self._acknowledged.take(key, ACKNOWLEDGED_AN_HOUR, now) is None
            document = {"name": reporter.name, "email": reporter.email, "language": reporter.language, "address": key}
            # Before the commit: whoever is told of the report finds who is to be told. It may have been sent twice.
            if await self._keep_reporter({"_id": report.id, **document}):
                self._remember_address(report.id, key)
            self._to_tell[report.id] = reporter
        else:
            self._remember_address(report.id, None)
        try:
            filed = await self.all.execute(
                report.id, lambda known, _now: domain.file(known, report, acknowledged), by=report.by, new=True
            )
        finally:
            self._to_tell.pop(report.id, None)
        return report if filed is None else filed.state

    def status_token(self, report: Report) -> str:
        return self._links().token("status", report.filed_at + STATUS_FOR, report=report.id)

    def status_url(self, report: Report) -> str:
        """The page that the reporter follows it on."""
        return f"{self._public_url}/s/{self.status_token(report)}"

    # -- changing -----------------------------------------------------------------------------------------------------

    async def link(self, report: Report, incident: Incident, cause: Envelope) -> Report:
        """Say that it is about `incident`. Of several reports with one address the first is told how it goes."""
        address = await self._address_of(report.id)
        followed = address is not None and await self._is_first(report.id, incident, address)
        linked = await self.all.execute(
            report.id, lambda known, now: domain.link(known, incident.id, incident.number, followed, now),
            by=cause.source,
        )  # fmt: skip
        if linked is None:
            return report
        if followed and linked.state.incident != incident.id:
            # It was linked to another one already: whoever reports this one next is to be told how it goes.
            await self._followers.delete_one({"_id": f"{incident.id}/{address}", "report": report.id})
        return linked.state

    async def _is_first(self, report: str, incident: Incident, address: str) -> bool:
        duplicates = [f"{each}/{address}" for each in incident.merged]
        others = {"_id": {"$in": duplicates}, "report": {"$ne": report}}
        if duplicates and await self._followers.find_one(others) is not None:
            return False  # who reported a duplicate of it is told of it, too
        id = f"{incident.id}/{address}"
        if await self._keep_follower({"_id": id, "report": report}):
            return True
        first = await self._follower(id)
        return first is not None and first["report"] == report

    async def _address_of(self, report: str) -> str | None:
        if report in self._addresses:
            return self._addresses.pop(report)  # it is asked for once, as a rule
        known = await self._reporter(report)
        return None if known is None else str(known["address"])

    def _remember_address(self, report: str, address: str | None) -> None:
        self._addresses[report] = address
        if len(self._addresses) > _REMEMBERED:
            self._addresses.popitem(last=False)

    async def execute(
        self, id: str, decide: Callable[[Report | None, datetime], Sequence[Event]], cause: Envelope | None = None
    ) -> Report:
        """The report after it. Raises NotFound."""
        after = await self.all.execute(id, decide, by=cause.source if cause else "sepakat", cause=cause)
        if after is None:
            raise NotFound(f"there is no report {id!r}")
        return after.state

    async def erase(self, id: str, asking: Principal) -> None:
        """Forget who reported it. Raises NotFound, Forbidden for another party than the one it came by."""
        report = (await self.visible(id, asking)).state
        asking.require_party(report.party)
        self._addresses.pop(id, None)
        await self.all.execute(id, lambda known, now: domain.erase(known, asking.id, now), by=asking.id)
        known = await self._reporters.find_one({"_id": id})
        if known is not None:
            await self._followers.delete_many({"report": id})
            await self._reporters.delete_one({"_id": id})
        async for commit in self._commits.collection.find({"aggregate": self._kind.key(id)}):
            kept = [each for each in commit["messages"] if each["topic"] != topics.REPORTERS or not each["data"]]
            await self._commits.collection.update_one({"_id": commit["_id"]}, {"$set": {"messages": kept}})

    # -- reading ------------------------------------------------------------------------------------------------------

    async def visible(self, id: str, asking: Principal) -> Loaded[Report]:
        """Raises NotFound also for what is between others."""
        loaded = await self.all.find(id)
        if loaded is None or not asking.sees([loaded.state.about.provider, loaded.state.about.customer]):
            raise NotFound(f"there is no report {id!r} of yours")
        return loaded

    async def reporter(self, report: Report, asking: Principal) -> Reporter | None:
        """Who reported it, for the party that it came by alone."""
        if asking.party != report.party:
            return None
        known = await self._reporters.find_one({"_id": report.id})
        return None if known is None else Reporter(known["name"], known["email"], known["language"])

    async def language(self, report: str) -> str | None:
        known = await self._reporters.find_one({"_id": report}, {"language": 1})
        return None if known is None else str(known["language"])

    async def page(
        self, asking: Principal, agreement: str | None, incidents: Sequence[str] | None,
        after: tuple[datetime, str] | None, limit: int,
    ) -> list[Report]:  # fmt: skip
        """The latest first; those after (filed at, id) of the page before."""
        query: Document = {"agreement": agreement, "incident": None if incidents is None else {"$in": list(incidents)}}
        query = {name: value for name, value in query.items() if value is not None}
        if after is not None:
            at, id = after
            query["$or"] = [{"filed_at": {"$lt": at}}, {"filed_at": at, "_id": {"$lt": id}}]
        found = self.all.states.find(asking.restrict(query)).sort([("filed_at", DESCENDING), ("_id", DESCENDING)])
        return [self.all.read(each).state for each in await found.limit(limit).to_list(None)]

    async def about(self, incidents: Sequence[str]) -> list[str]:
        """The ids of the reports about these incidents."""
        found = await self.all.states.find({"incident": {"$in": list(incidents)}}, {"_id": 1}).to_list(None)
        return [each["_id"] for each in found]

    async def timeline(self, incident: Incident, asking: Principal) -> list[dict[str, Any]]:
        """The reports, with those of its duplicates, as entries of the incident's timeline."""
        query = asking.restrict({"incident": {"$in": [incident.id, *incident.merged]}})
        found = [self.all.read(each).state for each in await self.all.states.find(query).to_list(None)]
        return [
            {"at": rfc3339(each.filed_at), "by": each.by, "what": "Reported", "report": each.id,
             "number": each.number, "summary": each.summary}
            for each in found
        ]  # fmt: skip

    # -- telling ------------------------------------------------------------------------------------------------------

    def _messages(self, event: Event, report: Report) -> Iterable[Message]:
        match event:
            case Filed(_, acknowledged):
                reporter = self._to_tell.get(report.id)
                if reporter is not None:
                    recorded = contract.ReporterRecorded(
                        report=report.id, name=reporter.name, email=reporter.email, language=reporter.language,
                        status_url=self.status_url(report),
                    )  # fmt: skip
                    yield Message.of(topics.REPORTERS, report.id, recorded)
                fact = contract.ReportFiled(
                    **_about(report, report.filed_at), party=report.party, via=report.via, acknowledged=acknowledged
                )
                yield Message.of(topics.INCIDENTS, report.id, fact)
            case Progressed(told, mailed):
                yield Message.of(
                    topics.INCIDENTS, report.id,
                    contract.ReportProgressed(
                        **_about(report, told.at), step=told.step, words=told.words, mailed=mailed,
                        incident=report.incident or "",
                    ),
                )  # fmt: skip
            case Erased():
                yield Message(topics.REPORTERS, report.id, "sepakat.reporter.erased.v1", None)
            case _:
                return  # which incident it is about is no news to the others


def _about(report: Report, at: datetime) -> dict[str, Any]:
    about = report.about
    return {
        "report": report.id, "number": report.number, "agreement": about.agreement,
        "agreement_title": titled(about.agreement_title), "provider": about.provider, "customer": about.customer,
        "service": about.service, "service_title": titled(about.service_title), "filed_at": report.filed_at, "at": at,
    }  # fmt: skip


def _address(email: str) -> str:
    return hashlib.sha256(email.casefold().encode()).hexdigest()
