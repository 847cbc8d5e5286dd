"""The report of each month is compiled when its figures have closed, and its readers are told.

The report is made before the schedule notes it. What a crash leaves between the two is noted with the next look.
"""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from sepakat_agreements import monthly
from sepakat_agreements.agreement import Agreement, Status
from sepakat_agreements.monthly import Month, Planned, Report, Schedule, report_id
from sepakat_agreements.monthly_store import MonthlyReports
from sepakat_agreements.pack import freeze
from sepakat_agreements.packs import Packs
from sepakat_agreements.people import People
from sepakat_agreements.records import Records
from sepakat_agreements.store import Agreements
from sepakat_shared.auth import digest
from sepakat_shared.clock import Clock
from sepakat_shared.contracts import texts, topics
from sepakat_shared.contracts.agreements import AgreementTextPublished
from sepakat_shared.messages import Envelope
from sepakat_shared.mongo import Document
from sepakat_shared.reacting import Reaction


class Reporting:
    def __init__(
        self, reports: MonthlyReports, agreements: Agreements, people: People, records: Records, packs: Packs,
        public_url: str, clock: Clock,
    ) -> None:  # fmt: skip
        self._reports = reports
        self._agreements = agreements
        self._people = people
        self._records = records
        self._packs = packs
        self._public_url = public_url.rstrip("/")
        self._clock = clock

    def reactions(self) -> list[Reaction]:
        return [Reaction(topics.AGREEMENT_TEXTS, AgreementTextPublished, self.on_text, "monthly-reports")]

    async def on_text(self, fact: AgreementTextPublished, _cause: Envelope) -> None:
        """A text is in force: plan by those that are now, whichever this was."""
        loaded = await self._agreements.all.find(fact.agreement)
        if loaded is not None:
            await self._plan(loaded.state)

    async def adopt(self) -> None:
        """Where nobody has kept schedules before: every agreement in force has reports from this month on."""
        if await self._reports.schedules.states.find_one({}) is not None:
            return
        found = await self._agreements.all.states.find({"status": Status.ACTIVE.value}).to_list(None)
        for each in found:
            await self._plan(self._agreements.all.read(each).state, anew=True)

    async def fire(self, due: Sequence[Document]) -> None:
        """Compile the reports whose time has come, of these schedules (their documents)."""
        for each in due:
            schedule = self._reports.schedules.read(each).state
            agreement = (await self._agreements.all.get(schedule.agreement)).state
            month = None if schedule.month is None else monthly.of(agreement, schedule.month)
            now = self._clock.now()
            if month is None:
                await self._plan(agreement)
            elif now < month.deadline and await self._is_awaited(month, agreement.id):
                await self._reports.schedules.execute(agreement.id, partial(_put_off, month), by="timer")
            else:
                await self._compile(agreement, month, now)
                await self._plan(agreement, done=month.name)

    async def _is_awaited(self, month: Month, agreement: str) -> bool:
        figures = await self._records.figures_of(agreement, month.start, month.end)
        return monthly.is_awaited(month, figures)

    async def _compile(self, agreement: Agreement, month: Month, now: datetime) -> None:
        version, id = month.version, report_id(agreement.id, month.name)
        text = texts.Agreement.model_validate(version.text)
        span = month.start.astimezone(UTC), month.end.astimezone(UTC)
        pack = await self._packs.compile(version, 0, "", span, now, month.name)
        # Those who take part in reviews read it, else those who signed.
        named = await self._people.of(version)
        token, title = secrets.token_urlsafe(32), text.metadata.title
        report = Report(
            id, agreement.id, month.name, version.version, version.provider, version.customer,
            None if title is None else title.model_dump(exclude_none=True), *span,
            named.taking_part(text) or named.signatories, freeze(pack), digest(token), now + monthly.READ_FOR, now,
        )  # fmt: skip
        url = f"{self._public_url}/v1/monthly-reports/{token}"
        await self._reports.keep(report, url)

    async def _plan(self, agreement: Agreement, *, anew: bool = False, done: str | None = None) -> None:
        await self._reports.schedules.execute(
            agreement.id, lambda known, now: monthly.plan(known, agreement, now, anew=anew, done=done), by="sepakat"
        )


def _put_off(month: Month, known: Schedule | None, now: datetime) -> Sequence[Planned]:
    return [] if known is None else monthly.put_off(known, month, now)
