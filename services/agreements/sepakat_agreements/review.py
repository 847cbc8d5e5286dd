"""A review: what it is of, what was said in it and what was decided. Pure.

The pack is frozen into it when it opens, and once more when it closes; a closed review never changes.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, assert_never

from sepakat_agreements.clauses import Change
from sepakat_agreements.feedback import Answer, with_answer
from sepakat_agreements.meetings import Because
from sepakat_agreements.suggesting import Suggestion


@dataclass(frozen=True)
class Frozen:
    """A pack as it was compiled: `content` is its JSON, packed; `hash` (`sha256:…`) is that of the JSON."""

    content: str
    hash: str
    at: datetime


@dataclass(frozen=True)
class Comment:
    number: int
    party: str
    by: str
    text: str
    at: datetime


@dataclass(frozen=True)
class ChangedNeed:
    """A need that was stated in a review: its id in the intake, and which revision of it that made."""

    need: str
    revision: int
    at: datetime


@dataclass(frozen=True)
class Amendment:
    """What a decision changes in the text: `words` tell it (`words_id` in Indonesian).

    `backtest` with its suggestions is `behind` it.
    `version` is the draft that it became, and `proposal` the number of the proposal about one that was there already.
    """

    changes: tuple[Change, ...]
    words: tuple[str, ...]
    backtest: str | None = None
    behind: tuple[Suggestion, ...] = ()
    version: int | None = None
    proposal: int | None = None
    words_id: tuple[str, ...] = ()

    def told(self, language: str) -> tuple[str, ...]:
        """The words in that language; those of what was decided before there were any are in English."""
        return self.words_id or self.words if language == "id" else self.words


@dataclass(frozen=True)
class Decision:
    """`owner` (`party/contact`) sees to it until the end of the day `due` (ISO 8601)."""

    number: int
    text: str
    owner: str
    due: str
    party: str
    by: str
    at: datetime
    amendment: Amendment | None = None


@dataclass(frozen=True)
class Review:
    """`since` and `until` bound what it is of; `meeting` is the day (ISO 8601), over at `meeting_ends`.

    People are `party/contact`. `overdue` counts how often it was told that it is late. The customer's people are asked
    for feedback until `feedback_until`. `backtest` is the one that was asked for last, for suggestions.
    """

    id: str
    token: str
    agreement: str
    number: int
    version: int
    provider: str
    customer: str
    because: Because
    since: datetime
    until: datetime
    meeting: str
    meeting_ends: datetime
    opened_at: datetime
    by: str
    pack: Frozen
    reason: str | None = None
    agreement_title: dict[str, str] | None = None
    chair: str | None = None
    participants: tuple[str, ...] = ()
    signatories: tuple[str, ...] = ()
    feedback_until: datetime | None = None
    feedback: tuple[Answer, ...] = ()
    needs: tuple[ChangedNeed, ...] = ()
    backtest: str | None = None
    comments: tuple[Comment, ...] = ()
    decisions: tuple[Decision, ...] = ()
    reminded: bool = False
    overdue: int = 0
    closed_at: datetime | None = None
    closed_by: str | None = None
    closing_party: str | None = None
    conclusion: str | None = None
    closing_pack: Frozen | None = None

    @property
    def parties(self) -> tuple[str, str]:
        return self.provider, self.customer

    @property
    def state(self) -> Literal["open", "overdue", "closed"]:
        if self.closed_at is not None:
            return "closed"
        return "overdue" if self.overdue else "open"

    @property
    def frozen(self) -> Frozen:
        """The pack as it was frozen last."""
        return self.closing_pack or self.pack

    @property
    def people(self) -> tuple[str, ...]:
        """Who takes part; those who signed where the text names nobody."""
        named = ([self.chair] if self.chair else []) + list(self.participants)
        return tuple(dict.fromkeys(named)) or self.signatories

    @property
    def of_customer(self) -> tuple[str, ...]:
        """The customer's people among them; those who signed for it where nobody else is named."""
        taking_part = tuple(each for each in self.people if each.startswith(f"{self.customer}/"))
        return taking_part or tuple(each for each in self.signatories if each.startswith(f"{self.customer}/"))


def review_id(agreement: str, number: int) -> str:
    return f"{agreement}.{number:04d}"


# -- events ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Opened:
    review: Review


@dataclass(frozen=True)
class Commented:
    comment: Comment


@dataclass(frozen=True)
class Decided:
    decision: Decision


@dataclass(frozen=True)
class FeedbackGiven:
    answer: Answer


@dataclass(frozen=True)
class NeedStated:
    need: ChangedNeed


@dataclass(frozen=True)
class BacktestAsked:
    """Suggestions are made by this one from now on."""

    backtest: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Drafted:
    """A decision has become a draft, or a proposal about one."""

    decision: int
    version: int
    proposal: int | None
    by: str
    at: datetime


@dataclass(frozen=True)
class Reminded:
    at: datetime


@dataclass(frozen=True)
class Overdue:
    """`level` is 1 where those who take part are told, and 2 where all who signed are."""

    level: int
    at: datetime


@dataclass(frozen=True)
class Closed:
    conclusion: str | None
    pack: Frozen
    party: str
    by: str
    at: datetime


Event = (
    Opened | Commented | Decided | FeedbackGiven | NeedStated | BacktestAsked | Drafted | Reminded | Overdue | Closed
)  # fmt: skip
EVENTS: Final = (Opened, Commented, Decided, FeedbackGiven, NeedStated, BacktestAsked, Drafted, Reminded, Overdue,
                 Closed)  # fmt: skip


def apply(review: Review | None, event: Event) -> Review:
    if isinstance(event, Opened):
        return event.review
    if review is None:
        raise ValueError("a review begins with its opening")
    match event:
        case Commented(comment):
            return replace(review, comments=(*review.comments, comment))
        case Decided(decision):
            return replace(review, decisions=(*review.decisions, decision))
        case FeedbackGiven(answer):
            return replace(review, feedback=with_answer(review.feedback, answer))
        case NeedStated(need):
            others = tuple(each for each in review.needs if each.need != need.need)
            return replace(review, needs=(*others, need))
        case BacktestAsked(backtest):
            return replace(review, backtest=backtest)
        case Drafted():
            return replace(review, decisions=tuple(_drafted(each, event) for each in review.decisions))
        case Reminded():
            return replace(review, reminded=True)
        case Overdue(level):
            return replace(review, reminded=True, overdue=level)
        case Closed(conclusion, pack, party, by, at):
            return replace(
                review, conclusion=conclusion, closing_pack=pack, closing_party=party, closed_by=by, closed_at=at
            )
        case _:
            assert_never(event)


def _drafted(decision: Decision, event: Drafted) -> Decision:
    if decision.number != event.decision or decision.amendment is None:
        return decision
    return replace(decision, amendment=replace(decision.amendment, version=event.version, proposal=event.proposal))
