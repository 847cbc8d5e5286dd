"""What people answer by e-mail to a message about an incident: it becomes a comment, once."""

from collections.abc import Sequence
from datetime import datetime

from sepakat_incidents import comments
from sepakat_incidents.discussion import Discussion, Event, Mail, Visibility
from sepakat_incidents.discussions import Discussions
from sepakat_incidents.identity import Identity
from sepakat_incidents.store import Incidents
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.notifications import NotificationReplied
from sepakat_shared.errors import NotFound
from sepakat_shared.messages import Envelope
from sepakat_shared.reacting import Reaction
from sepakat_shared.words import in_lines


class ReplyReactions:
    def __init__(self, discussions: Discussions, incidents: Incidents) -> None:
        self._discussions = discussions
        self._incidents = incidents

    def all(self) -> list[Reaction]:
        return [Reaction(topics.NOTIFICATIONS, NotificationReplied, self.on_replied)]

    async def on_replied(self, fact: NotificationReplied, cause: Envelope) -> None:
        """Of an incident in whatever state, as any other comment. Raises NotFound for one that is not here."""
        incident = await self._incidents.find(fact.incident)
        if incident is None:
            raise NotFound(f"a reply is about an incident {fact.incident!r} that is not here")
        about = Identity.of(incident)
        visibility: Visibility = "shared" if fact.shared else "internal"
        mail = Mail(fact.quoted, fact.left_out, fact.sender_known, fact.dkim, fact.spf)

        def decide(discussion: Discussion | None, now: datetime) -> Sequence[Event]:
            body = in_lines(fact.body)
            return comments.comment(discussion, about, visibility, body, (), fact.party, fact.contact, now, mail)

        await self._discussions.all.execute(fact.incident, decide, by=f"{fact.party}/{fact.contact}", cause=cause)
