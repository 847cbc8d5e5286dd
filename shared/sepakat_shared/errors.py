"""Errors that a caller can do something about. Each maps to one RFC 9457 problem type."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class FieldProblem:
    """One rule that one field breaks; `pointer` is a JSON Pointer (RFC 6901) into what was sent."""

    pointer: str
    rule: str


def sentence_of(problems: Sequence[FieldProblem], named: int | None = None) -> str:
    """The first `named` of them, or every one, as words."""
    return "; ".join(f"{each.pointer or '/'}: {each.rule}" for each in problems[:named])


class SepakatError(Exception):
    """`status` and `slug` (the last part of the problem's `type`) are the class's; the sentence says what to do."""

    status = 500
    slug = "internal"
    title = "Internal error"

    def __init__(self, detail: str, problems: Sequence[FieldProblem] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.problems = tuple(problems)


class Invalid(SepakatError):
    status, slug, title = 422, "invalid", "The content breaks a rule"

    @classmethod
    def at(cls, pointer: str, rule: str) -> "Invalid":
        """Of the one field at that JSON Pointer."""
        return cls(f"{pointer}: {rule}", [FieldProblem(pointer, rule)])

    @classmethod
    def of(cls, problems: Sequence[FieldProblem], named: int | None = None) -> "Invalid":
        """Of all of them; the sentence has the first `named`, or every one."""
        return cls(sentence_of(problems, named), problems)


class Malformed(SepakatError):
    status, slug, title = 400, "malformed", "The request cannot be read"

    @classmethod
    def at(cls, pointer: str, rule: str) -> "Malformed":
        """Of the one place at that JSON Pointer."""
        problem = FieldProblem(pointer, rule)
        return cls(sentence_of([problem]), [problem])

    @classmethod
    def whole(cls, rule: str) -> "Malformed":
        """Of all that was sent, in which no place can be named."""
        return cls(rule, [FieldProblem("", rule)])


class Unauthenticated(SepakatError):
    status, slug, title = 401, "unauthenticated", "A valid API key is needed"


class Forbidden(SepakatError):
    status, slug, title = 403, "forbidden", "The key does not allow this"


class NotFound(SepakatError):
    status, slug, title = 404, "not-found", "There is nothing here that you may see"


class Conflict(SepakatError):
    status, slug, title = 409, "conflict", "The present state does not allow this"


class TookEffect(SepakatError):
    status, slug, title = 409, "took-effect", "It was done before, and its answer was lost"


class Gone(SepakatError):
    status, slug, title = 410, "gone", "This is no longer valid"


class Stale(SepakatError):
    status, slug, title = 412, "stale", "The document has changed since it was read"


class TooLarge(SepakatError):
    status, slug, title = 413, "too-large", "The body is too large"


class PreconditionRequired(SepakatError):
    status, slug, title = 428, "precondition-required", "If-Match is needed"


class Unavailable(SepakatError):
    status, slug, title = 503, "unavailable", "Not ready; try again soon"
