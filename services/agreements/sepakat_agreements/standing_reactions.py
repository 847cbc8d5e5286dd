"""What counts as a miss: a period that closed with its target missed, an obligation that was not met in time."""

from sepakat_agreements import figure, shortfalls
from sepakat_agreements.agreement import Version
from sepakat_agreements.shortfalls import Terms
from sepakat_agreements.standing import Miss
from sepakat_agreements.standing_store import Standings
from sepakat_agreements.store import Agreements
from sepakat_shared.contracts import compliance, obligations, topics
from sepakat_shared.contracts.fact import Title, rfc3339
from sepakat_shared.messages import Envelope, Poison
from sepakat_shared.reacting import Reaction

_Figure = compliance.PeriodClosed | compliance.PeriodCorrected
_Unmet = obligations.ObligationOverdue | obligations.ObligationMet
_Forgiven = obligations.ObligationExcused | obligations.ObligationVoided


class StandingReactions:
    def __init__(self, agreements: Agreements, standings: Standings) -> None:
        self._agreements = agreements
        self._standings = standings

    def all(self) -> list[Reaction]:
        return [
            Reaction(topics.COMPLIANCE, compliance.PeriodClosed, self.on_figure, "standings"),
            Reaction(topics.COMPLIANCE, compliance.PeriodCorrected, self.on_figure, "standings"),
            Reaction(topics.AGREEMENTS, obligations.ObligationOverdue, self.on_unmet),
            Reaction(topics.AGREEMENTS, obligations.ObligationMet, self.on_unmet),
            Reaction(topics.AGREEMENTS, obligations.ObligationExcused, self.on_forgiven),
            Reaction(topics.AGREEMENTS, obligations.ObligationVoided, self.on_forgiven),
        ]

    async def on_figure(self, fact: _Figure, cause: Envelope) -> None:
        """A correction of a period that is not closed waits for that. What was seen too little of is no miss."""
        if not figure.is_final(fact):
            return
        terms = shortfalls.of_target(await self._version(fact.agreement, fact.version), fact.objective)
        id = f"{fact.objective}/{rfc3339(fact.period.start)}"
        if fact.met is False and terms is not None:
            miss = Miss(id, terms.rule, "target", fact.objective, fact.provider, fact.period.end,
                        _plain(fact.objective_title))  # fmt: skip
            await self._standings.count(terms, miss, cause)
        elif fact.met is not False:
            await self._standings.discount(fact.agreement, terms, id, cause)

    async def on_unmet(self, fact: _Unmet, cause: Envelope) -> None:
        if isinstance(fact, obligations.ObligationMet) and (not fact.late or fact.anew):
            return
        terms = await self._of_obligation(fact)
        if terms is not None:
            miss = Miss(fact.occurrence, terms.rule, "obligation", fact.obligation, fact.party, fact.due_at,
                        _plain(fact.text))  # fmt: skip
            await self._standings.count(terms, miss, cause)

    async def on_forgiven(self, fact: _Forgiven, cause: Envelope) -> None:
        terms = await self._of_obligation(fact)
        await self._standings.discount(fact.agreement, terms, fact.occurrence, cause)

    async def _of_obligation(self, fact: _Unmet | _Forgiven) -> Terms | None:
        return shortfalls.of_obligation(await self._version(fact.agreement, fact.version), fact.obligation)

    async def _version(self, agreement: str, number: int) -> Version:
        """Raises Poison for one that does not exist."""
        loaded = await self._agreements.all.find(agreement)
        version = loaded.state.get(number) if loaded else None
        if version is None:
            raise Poison(f"version: there is no version {number} of {agreement!r} here")
        return version


def _plain(title: Title | None) -> dict[str, str] | None:
    return None if title is None else title.model_dump(exclude_none=True)
