"""How incidents stand to each other, as both of them show it."""

from typing import Any, Final

from sepakat_incidents import merging
from sepakat_incidents.incident import Incident, LinkKind
from sepakat_incidents.store import Incidents

_SEEN_FROM_THERE: Final[dict[LinkKind, str]] = {
    "related": "related", "caused-by": "causes", "duplicates": "duplicated-by",
}  # fmt: skip


class Relations:
    def __init__(self, incidents: Incidents) -> None:
        self._incidents = incidents

    async def shown(self, incident: Incident) -> list[dict[str, Any]]:
        """The links of an incident: its own, then those that others have to it."""
        own = [{"kind": each.kind, "incident": each.to, "number": each.number} for each in incident.links]
        others = [
            {"kind": _SEEN_FROM_THERE[link.kind], "incident": each.id, "number": each.number}
            for each in await self._incidents.linking_to(incident.id)
            for link in each.links
            if link.to == incident.id
        ]
        return own + [each for each in others if each not in own]

    async def would_lead_back(self, id: str, kind: LinkKind, to: str) -> bool:
        """Whether the incident would be its own cause, or its own duplicate, with that link."""
        known: dict[str, list[tuple[LinkKind, str]]] = {id: [(kind, to)]}
        left = [to]
        while left:
            at = left.pop()
            if at in known:
                continue
            found = await self._incidents.find(at)
            known[at] = [(each.kind, each.to) for each in found.links] if found is not None else []
            left.extend(other for name, other in known[at] if name == kind)
        return merging.leads_back(id, kind, known)
