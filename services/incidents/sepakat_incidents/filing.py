"""What a report, a form or an opened incident is made from: the agreement in force, and the service that is named."""

from datetime import datetime

from sepakat_incidents.incident import About
from sepakat_incidents.report import Degree, Report
from sepakat_incidents.reports import report_number
from sepakat_incidents.wordings import Wording, Wordings
from sepakat_shared.auth import Principal
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.contracts.texts import Agreement
from sepakat_shared.errors import Conflict, Forbidden, Invalid, NotFound


async def service_of(wordings: Wordings, agreement: str, service: str, asking: Principal) -> tuple[About, Agreement]:
    """The service, with the text in force of its agreement. Raises as `in_force`, and Invalid for one it lacks."""
    wording, _ = await in_force(wordings, agreement, asking)
    return about_service(wording.text, service), wording.text


async def in_force(wordings: Wordings, agreement: str, asking: Principal) -> tuple[Wording, str]:
    """The text that governs the agreement now, and the party of it that asks.

    Raises NotFound also for an agreement of others, Forbidden for an operator, Conflict for one that has ended.
    """
    asking.require("incidents:write")
    if asking.party is None:
        rule = "a report, a form for reports, and an incident that is opened are a party's; use a key that acts for one"
        raise Forbidden(rule)
    wording = await wordings.in_force(agreement)
    parties = wording.text.parties
    if asking.party not in (parties.provider, parties.customer):
        raise NotFound(f"there is no agreement {agreement!r} of yours")
    if wording.ended_at is not None:
        ended = rfc3339(wording.ended_at)
        raise Conflict(f"agreement {agreement!r} ended at {ended}; nothing is reported by it any more")
    return wording, asking.party


def about_service(text: Agreement, service: str) -> About:
    """Raises Invalid."""
    found = next((each for each in text.services if each.id == service), None)
    if found is None:
        rule = f"must be a service of the agreement ({', '.join(each.id for each in text.services)})"
        raise Invalid.at("/service", rule)
    title = text.metadata.title
    return About(
        text.metadata.id, service, text.parties.provider, text.parties.customer,
        None if title is None else title.model_dump(exclude_none=True), found.description.model_dump(exclude_none=True),
    )  # fmt: skip


def reported(
    id: str, about: About, zone: str, party: str, by: str, form: str | None, summary: str, details: str,
    impact: Degree, urgency: Degree, other: bool, now: datetime, priority: str = "",
) -> Report:  # fmt: skip
    """A report as it is filed: by a key, or by `form`."""
    return Report(
        id=id, number=report_number(id), about=about, zone=zone, party=party, via="api" if form is None else "form",
        by=by, form=form, summary=summary, details=details, impact=impact, urgency=urgency, other=other, filed_at=now,
        priority=priority,
    )  # fmt: skip
