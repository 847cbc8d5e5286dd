"""What the figures that `metrics` tells do to credits."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sepakat_agreements import crediting, figure, term
from sepakat_agreements.agreement import Agreement
from sepakat_agreements.credit import Account, Event
from sepakat_agreements.credit_store import CreditAccounts
from sepakat_agreements.crediting import Told, Wording
from sepakat_agreements.store import Agreements
from sepakat_shared.contracts import compliance, texts, topics
from sepakat_shared.contracts.fact import Title
from sepakat_shared.messages import Envelope, Poison
from sepakat_shared.reacting import Reaction

Fact = compliance.PeriodClosed | compliance.PeriodCorrected


class CreditReactions:
    def __init__(self, agreements: Agreements, accounts: CreditAccounts) -> None:
        self._agreements = agreements
        self._accounts = accounts

    def all(self) -> list[Reaction]:
        return [
            Reaction(topics.COMPLIANCE, compliance.PeriodClosed, self.on_figure),
            Reaction(topics.COMPLIANCE, compliance.PeriodCorrected, self.on_figure),
        ]

    async def on_figure(self, fact: Fact, cause: Envelope) -> None:
        """A correction of a period that is not closed waits for that: the figure that closes it holds it already."""
        if fact.credit_percent is None or not figure.is_final(fact):
            return
        loaded = await self._agreements.all.find(fact.agreement)
        if loaded is None:
            raise Poison(f"agreement: there is no {fact.agreement!r} here")
        wording = _wording(loaded.state, fact.version)
        period = _told(fact, cause)

        def decide(account: Account | None, now: datetime) -> Sequence[Event]:
            return crediting.told(account, wording, period, now)

        account = crediting.account_id(fact.agreement, fact.period.start, wording.zone)
        await self._accounts.all.execute(account, decide, by=cause.source, cause=cause)


def _wording(agreement: Agreement, number: int) -> Wording:
    """Raises Poison for a version that does not exist."""
    version = agreement.get(number)
    if version is None:
        raise Poison(f"version: agreement {agreement.id!r} has no version {number}")
    ends = agreement.ended_at or term.ends_at(agreement)
    return Wording(
        texts.Agreement.model_validate(version.text), (agreement.versions[0].effective_from, ends),
        version.contacts(version.provider), version.contacts(version.customer),
    )  # fmt: skip


def _told(fact: Fact, cause: Envelope) -> Told:
    at = datetime.fromisoformat(cause.time) if cause.time else fact.at
    return Told(
        fact.objective, fact.service, fact.episode.removeprefix(f"{fact.agreement}/"), fact.period.start,
        fact.period.end, fact.version, _owed(fact), at, fact.dispute, _plain(fact.agreement_title),
        _plain(fact.objective_title),
    )  # fmt: skip


def _owed(fact: Fact) -> Decimal:
    """The percentage that was told; none where too little was seen to judge by, unless a dispute has ended in one."""
    agreed = fact.measured_credit_percent is not None or fact.dispute is not None
    return Decimal(fact.credit_percent or 0) if fact.met is not None or agreed else Decimal(0)


def _plain(title: Title | None) -> dict[str, str] | None:
    return None if title is None else title.model_dump(exclude_none=True)
