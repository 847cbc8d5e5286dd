"""Packs are compiled from what this service knows: what others told it, and what it keeps itself."""

from datetime import datetime, timedelta
from typing import Final

from sepakat_agreements.agreement import Version
from sepakat_agreements.credit_store import CreditAccounts
from sepakat_agreements.feedback_store import IncidentFeedback
from sepakat_agreements.figure import SETTLED_AFTER
from sepakat_agreements.maintenance_store import Diaries
from sepakat_agreements.need_store import Needs
from sepakat_agreements.obligation_store import Obligations
from sepakat_agreements.packing import Known, packed
from sepakat_agreements.records import Records
from sepakat_document.pack import Pack
from sepakat_shared import spans
from sepakat_shared.contracts import texts

_TREND_OVER: Final = 36
"""Months before a review: twelve quarters."""


class Packs:
    def __init__(
        self, records: Records, credits: CreditAccounts, needs: Needs, feedback: IncidentFeedback,
        obligations: Obligations, diaries: Diaries,
    ) -> None:  # fmt: skip
        self._records = records
        self._credits = credits
        self._needs = needs
        self._feedback = feedback
        self._obligations = obligations
        self._diaries = diaries

    async def compile(
        self, version: Version, review: int, meeting: str, span: tuple[datetime, datetime], now: datetime,
        month: str | None = None,
    ) -> Pack:  # fmt: skip
        """The pack of what was in `span`, by what is known now; of a `month` with the figures that ended in it."""
        waits = SETTLED_AFTER if month is None else timedelta(0)
        text = texts.Agreement.model_validate(version.text)
        agreement, (since, until) = text.metadata.id, span
        first = datetime.combine(spans.months_later(since.date(), -_TREND_OVER), since.timetz())
        figures = await self._records.figures_of(agreement, first, until)
        known = Known(
            figures=[each for each in figures if since < each.settled_after(waits) <= until],
            before=[each for each in figures if each.settled_after(waits) <= since],
            incidents=await self._records.incidents_of(agreement, since, until),
            disputes=await self._records.disputes_of(agreement, since, until),
            credits=await self._credits.of(agreement),
            needs=await self._needs.of(agreement, version.parties),
            feedback=await self._feedback.of(agreement),
            owed=await self._obligations.due_within(agreement, since, until),
            works=await self._diaries.scheduled(agreement, since, until),
        )
        return packed(text, version.version, review, meeting, span, known, now, waits, month)
