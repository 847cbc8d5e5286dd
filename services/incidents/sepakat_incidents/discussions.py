"""Discussions in the database, and what the other party is told of them: never what is internal."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sepakat_incidents import comments as domain
from sepakat_incidents.discussion import (
    Comment,
    Commented,
    Discussion,
    Event,
    Tally,
    Visibility,
    apply,
    is_seen_by,
    tally,
)
from sepakat_incidents.identity import Identity
from sepakat_incidents.incident import Incident
from sepakat_shared.aggregate import Kind, Loaded
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import Principal
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import incidents as contract
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.errors import Conflict
from sepakat_shared.messages import Message
from sepakat_shared.references import Reference


def _fields(discussion: Discussion) -> Mapping[str, Any]:
    return {"parties": list(discussion.about.parties), "agreement": discussion.about.about.agreement}


def _messages(event: Event, _discussion: Discussion) -> Iterable[Message]:
    comment = event.comment
    if comment.visibility == "internal":
        return []  # both parties' webhooks are told of what is published
    fact = contract.IncidentCommented(
        **event.about.as_fact(comment.at), comment=comment.number, by=comment.by, party=comment.party,
        body=comment.body, for_reporters=True if comment.visibility == "reporters" else None,
        attachments=tuple(contract.AttachmentReference(**attachment_view(each)) for each in comment.attachments),
    )  # fmt: skip
    return [Message.of(topics.INCIDENTS, event.about.id, fact)]


DISCUSSION: Kind[Discussion, Event] = Kind("discussion", Discussion, (Commented,), apply, _fields, _messages)


class Discussions:
    """What is said about every incident; each reading is narrowed to what the asking party may see."""

    def __init__(self, commits: Commits) -> None:
        self.all = Aggregates(commits, DISCUSSION)

    async def comment(
        self, incident: Incident, visibility: Visibility, body: str, attachments: Sequence[Reference], party: str,
        by: str,
    ) -> Comment:  # fmt: skip
        """The comment as it was kept. Raises Invalid."""
        about = Identity.of(incident)
        made: list[Event] = []

        def decide(discussion: Discussion | None, now: Any) -> Sequence[Event]:
            made[:] = domain.comment(discussion, about, visibility, body, attachments, party, by, now)
            return made

        await self.all.execute(incident.id, decide, by=by)
        if not made:
            raise Conflict("nothing was said")
        return made[0].comment

    async def read(self, incident: str, asking: Principal) -> list[Comment]:
        """Those that `asking` may see, in order: from the commits, so nothing can be taken out of them."""
        found = [event.comment for each in await self.all.committed(incident) for event in each.events]
        return [each for each in found if is_seen_by(each, asking.party)]

    async def tallies(self, asking: Principal, agreement: str | None) -> dict[str, tuple[Tally, ...]]:
        """By incident, what was said of those that `asking` may see."""
        query = asking.restrict({} if agreement is None else {"agreement": agreement})
        found = [self.all.read(each) for each in await self.all.states.find(query).to_list(None)]
        return {each.id: await self._tallies_of(each) for each in found}

    async def _tallies_of(self, loaded: Loaded[Discussion]) -> tuple[Tally, ...]:
        if loaded.state.is_counted:
            return loaded.state.tallies
        counted: tuple[Tally, ...] = ()
        for commit in await self.all.committed(loaded.id):
            for event in commit.events:
                counted = tally(counted, event.comment)
        return counted

    async def timeline(self, incident: Incident, asking: Principal) -> list[dict[str, Any]]:
        """The comments as entries of the incident's timeline."""
        return [
            {"at": rfc3339(each.at), "by": each.by, "what": "Commented", **_said(each)}
            for each in await self.read(incident.id, asking)
        ]


def comment_view(comment: Comment) -> dict[str, Any]:
    """A comment as the API shows it."""
    return {"at": rfc3339(comment.at), "by": comment.by, **_said(comment)}


def _said(comment: Comment) -> dict[str, Any]:
    return {
        "number": comment.number, "party": comment.party, "visibility": comment.visibility, "body": comment.body,
        "attachments": [attachment_view(each) for each in comment.attachments],
        "mail": asdict(comment.mail) if comment.mail is not None else None,
    }  # fmt: skip


def attachment_view(attachment: Reference) -> dict[str, Any]:
    return {
        "name": attachment.name, "media_type": attachment.media_type, "size": attachment.size,
        "sha256": attachment.sha256, "url": attachment.url,
    }  # fmt: skip
