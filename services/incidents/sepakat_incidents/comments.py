"""Saying something about an incident, to one's own party or to the other. Pure."""

from collections.abc import Sequence
from datetime import datetime

from sepakat_incidents import attachments as references
from sepakat_incidents.discussion import Comment, Commented, Discussion, Event, Mail, Visibility
from sepakat_incidents.identity import Identity
from sepakat_shared.errors import FieldProblem, Invalid
from sepakat_shared.references import Reference
from sepakat_shared.words import text_problem

LONGEST = 10_000


def comment(
    discussion: Discussion | None, about: Identity, visibility: Visibility, body: str,
    attachments: Sequence[Reference], party: str, by: str, now: datetime, mail: Mail | None = None,
) -> Sequence[Event]:  # fmt: skip
    """Say `body`, of an incident in whatever state; with `mail`, it came by e-mail.

    Raises Invalid with every field that breaks a rule.

    What those who reported it read has no attachments: they have no key to be asked who they are.
    """
    problem = text_problem(body, LONGEST)
    if problem is None and not body.strip() and not attachments:
        problem = "must not be empty where nothing is attached"
    if problem is not None:
        raise Invalid(f"/body: {problem}", [FieldProblem("/body", problem)])
    references.check(attachments)
    if visibility == "reporters" and (attachments or not body.strip()):
        rule = "must be empty, and the body must not, where the reporters read it"
        raise Invalid.at("/attachments", rule)
    number = (discussion.count if discussion else 0) + 1
    return [Commented(about, Comment(number, party, by, visibility, body, tuple(attachments), now, mail))]
