"""Forms for reports in the database, and the reports that they take."""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo import ASCENDING

from sepakat_incidents import filing
from sepakat_incidents import form as domain
from sepakat_incidents.allowance import Allowance
from sepakat_incidents.episodes import Episodes
from sepakat_incidents.form import Created, Event, Form, Revoked, apply
from sepakat_incidents.incident import About, Incident
from sepakat_incidents.links import Links
from sepakat_incidents.report import Degree, Report
from sepakat_incidents.reporter import Reporter
from sepakat_incidents.reports import Reports
from sepakat_incidents.store import Incidents, line_id
from sepakat_incidents.wordings import Wordings
from sepakat_shared.aggregate import Kind
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import Principal
from sepakat_shared.clock import Clock
from sepakat_shared.commits import Commits
from sepakat_shared.errors import Gone, NotFound, SepakatError

PAGE_FOR: Final = timedelta(hours=24)
"""How long somebody may take to fill a form in."""


class TooMany(SepakatError):
    """`after` is when there is room again."""

    status, slug, title = 429, "too-many", "Too many at once"

    def __init__(self, detail: str, after: timedelta) -> None:
        super().__init__(detail)
        self.after = after


def _fields(form: Form) -> Mapping[str, Any]:
    return {"parties": [form.party], "agreement": form.about.agreement}


FORM: Kind[Form, Event] = Kind("form", Form, (Created, Revoked), apply, _fields, lambda *_: [])


class Forms:
    """The forms of all parties; every reading is narrowed to those that the principal's own party made."""

    def __init__(
        self, commits: Commits, reports: Reports, incidents: Incidents, episodes: Episodes, links: Callable[[], Links],
        wordings: Wordings, public_url: str, clock: Clock,
    ) -> None:  # fmt: skip
        self.all = Aggregates(commits, FORM)
        self._reports = reports
        self._incidents = incidents
        self._episodes = episodes
        self._links = links
        self._wordings = wordings
        self._public_url = public_url.rstrip("/")
        self._clock = clock
        self._taken = Allowance()

    async def create_indexes(self) -> None:
        await self.all.states.create_index([("parties", ASCENDING), ("_id", ASCENDING)])

    # -- for the party ------------------------------------------------------------------------------------------------

    async def create(
        self, about: About, zone: str, party: str, label: str, expires_at: datetime, per_hour: int, by: str
    ) -> Form:
        """Raises Invalid."""
        id = secrets.token_hex(8)

        def decide(known: Form | None, now: datetime) -> Sequence[Event]:
            return domain.create(known, Form(id, about, zone, party, label, now, expires_at, per_hour), by)

        await self.all.execute(id, decide, by=by, new=True)
        return (await self.all.get(id)).state

    def url(self, form: Form) -> str:
        return f"{self._public_url}/r/{self._links().token('form', form.expires_at, form=form.id)}"

    async def revoke(self, id: str, asking: Principal) -> Form:
        """Raises NotFound also for what belongs to others."""
        await self.visible(id, asking)
        await self.all.execute(id, lambda known, now: domain.revoke(known, asking.id, now), by=asking.id)
        return (await self.all.get(id)).state

    async def visible(self, id: str, asking: Principal) -> Form:
        """Raises NotFound also for what belongs to others."""
        loaded = await self.all.find(id)
        if loaded is None or not asking.sees([loaded.state.party]):
            raise NotFound(f"there is no form {id!r} of yours")
        return loaded.state

    async def page(self, asking: Principal, after: str | None, limit: int) -> list[Form]:
        """By id, those after `after`."""
        query = asking.restrict({} if after is None else {"_id": {"$gt": after}})
        found = await self.all.states.find(query).sort("_id", ASCENDING).limit(limit).to_list(None)
        return [self.all.read(each).state for each in found]

    # -- for whoever has the link -------------------------------------------------------------------------------------

    async def opened(self, token: str) -> Form:
        """The form of a link.

        Raises NotFound for a forged one; Gone for one that has expired, was taken back, or whose agreement has ended.
        """
        now = self._clock.now()
        what = self._links().open("form", token, now)
        loaded = await self.all.find(what["form"])
        if loaded is None:
            raise NotFound("the form of this link is not here any more")
        loaded.state.usable(now)
        if await self._wordings.ended_at(loaded.state.about.agreement) is not None:
            raise Gone("the agreement that this form belongs to has ended; nothing is reported by it any more")
        return loaded.state

    def showing(self, form: Form) -> str:
        """What one showing of the form is filled in with: it makes one report, however often it is sent."""
        return self._links().token("page", self._clock.now() + PAGE_FOR, form=form.id, nonce=secrets.token_hex(16))

    def report_of(self, form: Form, showing: str) -> str:
        """The id of the report that a showing makes. Raises NotFound for one of another form, Gone for an old one."""
        what = self._links().open("page", showing, self._clock.now())
        if what["form"] != form.id:
            raise NotFound("this page belongs to another form")
        return hashlib.sha256(f"{form.id}\n{what['nonce']}".encode()).hexdigest()[:20]

    async def take(
        self, form: Form, id: str, reporter: Reporter, summary: str, details: str, severity: tuple[Degree, Degree],
        other: bool,
    ) -> Report:  # fmt: skip
        """Keep what was sent; the same showing again is the same report. Raises TooMany."""
        known = await self._reports.all.find(id)
        if known is not None:
            return known.state
        now = self._clock.now()
        wait = self._taken.take(form.id, form.per_hour, now)
        if wait is not None:
            raise TooMany("more was reported here within an hour than this form takes; please try again later", wait)
        report = filing.reported(
            id, form.about, form.zone, form.party, f"form/{form.id}", form.id, summary, details, *severity, other, now
        )
        return await self._reports.file(report, reporter)

    async def known(self, form: Form) -> Incident | None:
        """The incident that is open about the form's service; None where none is."""
        loaded = await self._incidents.lines.present(line_id(form.about.agreement, form.about.service))
        return await self._episodes.open_on(loaded.state if loaded else None)
