"""What somebody has said, as far as one line of a digest or a summary holds it. Pure."""

from collections.abc import Mapping
from typing import Final

from sepakat_notifier.incident_words import reason_of, waited_for
from sepakat_notifier.words import Words
from sepakat_shared.contracts import incidents
from sepakat_shared.contracts.fact import Fact

LONGEST: Final = 300
"""Characters; the rest is read elsewhere."""
_REASON: Final = {"en": "Reason given: {}", "id": "Alasannya: {}"}
_REST: Final = {"en": "{}… (the rest is on the timeline of {})", "id": "{}… (selengkapnya di linimasa {})"}
_ATTACHED: Final = {"en": "{} (attached: {})", "id": "{} (lampiran: {})"}
_DUE: Final = {"en": "{} of {}: due by {}", "id": "{} {}: batas waktunya {}"}


def excerpt(fact: Fact, words: Words, names: Mapping[str, str]) -> str:
    """Whose words and which, on one line, or what a forecast is of; nothing where its subject says it all.

    `names` are those of the parties.
    """
    said = " ".join(_said(fact, words, names).split())
    if len(said) <= LONGEST or not isinstance(fact, incidents._IncidentEvent):
        return said
    return _REST[words.language].format(said[:LONGEST].rstrip(), fact.number)


def _said(fact: Fact, words: Words, names: Mapping[str, str]) -> str:
    match fact:
        case incidents.IncidentUpdated(party=party, note=note):
            return f"{names.get(party, party)}: {note}"
        case incidents.IncidentCommented(party=party, body=body):
            attached = ", ".join(each.name for each in fact.attachments)
            said = _ATTACHED[words.language].format(body, attached) if attached else body
            return f"{names.get(party, party)}: {said}"
        case incidents.IncidentResolved(note=str(note)):
            return f"{names.get(fact.party, fact.party) if fact.party else fact.by}: {note}"
        case incidents.IncidentOpened(party=party, description=str(description)):
            return f"{names.get(party, party)}: {description}" if party else description
        case incidents.IncidentPrioritised():
            return _REASON[words.language].format(reason_of(fact, words))
        case incidents.IncidentReopened() | incidents.IncidentMerged() if fact.reason:
            return _REASON[words.language].format(fact.reason)
        case incidents.ClocksPaused(owed_by=None) if fact.reason != "waiting-for-customer":
            return waited_for(fact.reason, names.get(fact.customer, fact.customer), words)
        case incidents.ClockForecast(due_at=due_at) if due_at is not None:
            return _DUE[words.language].format(words.clock(fact.clock), fact.number, words.when(due_at))
        case _:
            return ""
