"""The post-incident note: what happened, why, what will change, and who does what by when. Pure.

The responsible party drafts it, publishes it to the other party, and may amend it; every version stays. Follow-ups are
obligations of that party: each is open until it is done, and it shows for ever that one was overdue. Where the
agreement asks for the note, it has a deadline, too.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal, assert_never

from sepakat_incidents.identity import Identity
from sepakat_shared.errors import Conflict, FieldProblem, Forbidden, Invalid, NotFound
from sepakat_shared.words import line_problem, text_problem

LONGEST = 20_000
_MOST_FOLLOW_UPS = 50


@dataclass(frozen=True)
class Planned:
    """A follow-up as it is written: `id` is None for a new one."""

    id: str | None
    text: str
    owner: str
    due_at: datetime


@dataclass(frozen=True)
class Content:
    what_happened: str
    why: str
    what_will_change: str
    follow_ups: tuple[Planned, ...] = ()


@dataclass(frozen=True)
class FollowUp:
    """`reminded_at` and `overdue_at` are when its owner was told; a new due date begins both anew."""

    id: str
    text: str
    owner: str
    due_at: datetime
    promised_at: datetime
    reminded_at: datetime | None = None
    overdue_at: datetime | None = None
    done_at: datetime | None = None
    done_note: str | None = None

    def status(self, now: datetime) -> str:
        """done, overdue or open; one that was done too late says so by its instants."""
        if self.done_at is not None:
            return "done"
        return "overdue" if now > self.due_at else "open"


@dataclass(frozen=True)
class Expectation:
    """The agreement asks for the note until `due_at`, and for a reminder before it."""

    due_at: datetime
    remind_at: datetime | None
    reminded_at: datetime | None = None
    overdue_at: datetime | None = None


@dataclass(frozen=True)
class Postmortem:
    """`author` is the party that is responsible for the incident. Past versions are in the commits."""

    about: Identity
    author: str
    expected: Expectation | None = None
    draft: Content | None = None
    versions: int = 0
    content: Content | None = None
    follow_ups: tuple[FollowUp, ...] = ()
    published_at: datetime | None = None
    """Of the first version."""

    @property
    def is_written(self) -> bool:
        """Whether there is something of it to read, and not only a time by which it is awaited."""
        return self.draft is not None or self.versions > 0

    @property
    def late(self) -> bool:
        """Whether the first version came after its deadline, or has not come and one was told so."""
        if self.expected is None:
            return False
        return self.published_at > self.expected.due_at if self.published_at else self.expected.overdue_at is not None


# -- events ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Expected:
    about: Identity
    author: str
    due_at: datetime
    remind_at: datetime | None


@dataclass(frozen=True)
class NoLongerExpected:
    """The incident goes on, by itself or as part of another one: the note is asked for when that is over."""

    why: Literal["reopened", "merged"]
    at: datetime


@dataclass(frozen=True)
class Drafted:
    about: Identity
    author: str
    content: Content
    by: str
    at: datetime


@dataclass(frozen=True)
class Published:
    """A version, the first or an amended one; every follow-up in `content` has an id."""

    about: Identity
    version: int
    content: Content
    by: str
    at: datetime


@dataclass(frozen=True)
class Reminded:
    """The note has not come: it is due soon, or `late`."""

    late: bool
    at: datetime


@dataclass(frozen=True)
class FollowUpReminded:
    follow_up: str
    late: bool
    at: datetime


@dataclass(frozen=True)
class FollowUpDone:
    follow_up: str
    note: str | None
    by: str
    at: datetime


Event = Expected | NoLongerExpected | Drafted | Published | Reminded | FollowUpReminded | FollowUpDone
EVENTS: Final[tuple[type[Event], ...]] = (
    Expected, NoLongerExpected, Drafted, Published, Reminded, FollowUpReminded, FollowUpDone,
)  # fmt: skip


def apply(note: Postmortem | None, event: Event) -> Postmortem:
    match event:
        case Expected(about, author, due_at, remind_at):
            base = note or Postmortem(about, author)
            return replace(base, about=about, expected=Expectation(due_at, remind_at))
        case Drafted(about, author, content):
            return replace(note or Postmortem(about, author), about=about, draft=content)
    if note is None:
        raise ValueError(f"{type(event).__name__} of a note that does not exist")
    match event:
        case NoLongerExpected():
            return replace(note, expected=None)
        case Published(about, version, content, _, at):
            return replace(
                note, about=about, draft=None, versions=version, content=content,
                follow_ups=_promised(note.follow_ups, content, at), published_at=note.published_at or at,
            )  # fmt: skip
        case Reminded(late, at):
            if note.expected is None:
                return note
            told = replace(note.expected, overdue_at=at) if late else replace(note.expected, reminded_at=at)
            return replace(note, expected=told)
        case FollowUpReminded(id, True, at):
            return _with(note, id, lambda each: replace(each, overdue_at=at))
        case FollowUpReminded(id, _, at):
            return _with(note, id, lambda each: replace(each, reminded_at=at))
        case FollowUpDone(id, said, _, at):
            return _with(note, id, lambda each: replace(each, done_at=at, done_note=said))
        case _:
            assert_never(event)


def _promised(known: tuple[FollowUp, ...], content: Content, at: datetime) -> tuple[FollowUp, ...]:
    before = {each.id: each for each in known}
    return tuple(_as_written(before.get(each.id or ""), each, at) for each in content.follow_ups)


def _as_written(known: FollowUp | None, planned: Planned, at: datetime) -> FollowUp:
    if known is None:
        return FollowUp(planned.id or "", planned.text, planned.owner, planned.due_at, at)
    changed = replace(known, text=planned.text, owner=planned.owner, due_at=planned.due_at)
    return changed if planned.due_at == known.due_at else replace(changed, reminded_at=None, overdue_at=None)


def _with(note: Postmortem, id: str, change: Callable[[FollowUp], FollowUp]) -> Postmortem:
    return replace(note, follow_ups=tuple(change(each) if each.id == id else each for each in note.follow_ups))


# -- decisions ---------------------------------------------------------------------------------------------------------


def expect(
    note: Postmortem | None, about: Identity, author: str, within: timedelta, remind: timedelta, resolved_at: datetime
) -> Sequence[Event]:
    """The agreement asks for it, `within` so long from the resolution: of the last one, where it was reopened."""
    due_at = resolved_at + within
    if note is not None and (note.versions or (note.expected is not None and note.expected.due_at >= due_at)):
        return []
    return [Expected(about, author, due_at, due_at - remind if remind < within else None)]


def go_on(note: Postmortem | None, why: Literal["reopened", "merged"], now: datetime) -> Sequence[Event]:
    """Its incident is not over, so no deadline runs. One that was published in time or late stays so."""
    if note is None or note.expected is None or note.versions:
        return []
    return [NoLongerExpected(why, now)]


def draft(
    note: Postmortem | None, about: Identity, author: str, content: Content, party: str, by: str, now: datetime
) -> Sequence[Event]:
    """Write it down for one's own party. Raises Forbidden for the other one, Invalid with every field and its rule."""
    _must_be(note.author if note else author, party)
    _check(note, content, now)
    return [Drafted(about, author, content, by, now)]


def publish(note: Postmortem | None, about: Identity, is_over: bool, party: str, by: str, now: datetime) -> list[Event]:
    """Give the other party what is drafted, as the next version. Raises Conflict, Forbidden, Invalid."""
    if note is None or note.draft is None:
        raise Conflict("there is no draft to publish; write one first")
    _must_be(note.author, party)
    if not is_over:
        raise Conflict(f"incident {about.number} goes on; its note is published when it is resolved")
    _check(note, note.draft, now)
    return [Published(about, note.versions + 1, _numbered(note, note.draft), by, now)]


def done(note: Postmortem | None, id: str, said: str | None, party: str, by: str, now: datetime) -> Sequence[Event]:
    """A follow-up was done; again, nothing happens. Raises NotFound, Forbidden."""
    found = next((each for each in note.follow_ups if each.id == id), None) if note else None
    if note is None or found is None:
        raise NotFound(f"there is no follow-up {id!r} of this incident")
    _must_be(note.author, party)
    return [] if found.done_at is not None else [FollowUpDone(id, said, by, now)]


def _must_be(author: str, party: str) -> None:
    if party != author:
        raise Forbidden(
            f"the note is {author}'s, which is responsible for the incident; say what you think in a comment"
        )


def _numbered(note: Postmortem, content: Content) -> Content:
    highest = max((int(each.id) for each in note.follow_ups), default=0)
    given: list[Planned] = []
    for each in content.follow_ups:
        highest += each.id is None
        given.append(each if each.id is not None else replace(each, id=str(highest)))
    return replace(content, follow_ups=tuple(given))


def _check(note: Postmortem | None, content: Content, now: datetime) -> None:
    problems = list(_problems(note, content, now))
    if problems:
        raise Invalid.of(problems, named=5)


def _problems(note: Postmortem | None, content: Content, now: datetime) -> Iterator[FieldProblem]:
    for field in ("what_happened", "why", "what_will_change"):
        text = getattr(content, field)
        rule = text_problem(text, LONGEST) or (None if text.strip() else "must not be empty")
        if rule is not None:
            yield FieldProblem(f"/{field}", rule)
    if len(content.follow_ups) > _MOST_FOLLOW_UPS:
        yield FieldProblem("/follow_ups", f"must be {_MOST_FOLLOW_UPS} at most")
    known = {each.id: each for each in note.follow_ups} if note else {}
    named = [each.id for each in content.follow_ups if each.id is not None]
    for i, each in enumerate(content.follow_ups):
        yield from _of_follow_up(f"/follow_ups/{i}", each, known, now)
    missing = [id for id in known if id not in named]
    if missing:
        yield FieldProblem("/follow_ups", f"must keep what was promised: {', '.join(missing)}")
    if len(set(named)) < len(named):
        yield FieldProblem("/follow_ups", "must not name one of them twice")


def _of_follow_up(
    pointer: str, planned: Planned, known: dict[str, FollowUp], now: datetime
) -> Iterator[FieldProblem]:  # fmt: skip
    before = known.get(planned.id or "")
    if planned.id is not None and before is None:
        yield FieldProblem(f"{pointer}/id", "is none of the follow-ups that were published; leave it out for a new one")
    if (rule := line_problem(planned.text, 500)) is not None:
        yield FieldProblem(f"{pointer}/text", rule)
    # What is there may be past already; what is promised anew may not.
    if planned.due_at <= now and (before is None or planned.due_at != before.due_at):
        yield FieldProblem(f"{pointer}/due", "must be in the future")
