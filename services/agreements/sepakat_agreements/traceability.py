"""From needs to what serves them, and back: what is not covered, and what serves nobody. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from sepakat_agreements.need import Need, Priority, Verdict
from sepakat_shared.contracts import texts
from sepakat_shared.hashes import canonical_hash


@dataclass(frozen=True)
class Traced:
    """A need of the text, of the customer's intake, or of both by the same id, and what of the text serves it.

    `digest` is of the need as it stands; `unknown` are the objectives and obligations that an answer names and the
    text does not have.
    """

    id: str
    priority: Priority
    in_text: bool
    stated: bool
    answer: Verdict | None
    served_by: tuple[str, ...]
    unknown: tuple[str, ...]
    digest: str

    @property
    def is_covered(self) -> bool:
        return bool(self.served_by)


@dataclass(frozen=True)
class Traceability:
    """`serves` maps every objective and obligation to the needs that it serves."""

    needs: tuple[Traced, ...]
    serves: Mapping[str, tuple[str, ...]]
    objectives_without_need: tuple[str, ...]
    obligations_without_owner: tuple[str, ...]

    @property
    def uncovered(self) -> tuple[str, ...]:
        return tuple(each.id for each in self.needs if not each.is_covered)


def trace(text: texts.Agreement, stated: Sequence[Need]) -> Traceability:
    """`stated` are the needs of the customer's intake for this agreement; those withdrawn count no more."""
    serving = [each.id for each in text.objectives] + [each.id for each in text.obligations]
    written = {each.id: each for each in text.needs}
    asked = {each.name: each for each in stated if each.withdrawn_at is None}
    needs = tuple(_traced(id, written.get(id), asked.get(id), serving) for id in dict.fromkeys([*written, *asked]))
    serves = {id: tuple(each.id for each in needs if id in each.served_by) for id in serving}
    return Traceability(
        needs,
        serves,
        tuple(each.id for each in text.objectives if not serves[each.id]),
        tuple(each.id for each in text.obligations if each.owner is None),
    )


def _traced(id: str, written: texts.Need | None, asked: Need | None, serving: Sequence[str]) -> Traced:
    answer = asked.answer if asked else None
    named = list(dict.fromkeys([*(written.served_by if written else ()), *(answer.served_by if answer else ())]))
    # What the customer said weighs more than what a draft makes of it: nobody else may turn a must into a could.
    priority: Priority = asked.stated.priority if asked else written.priority if written else "could"
    return Traced(
        id, priority, written is not None, asked is not None, answer.verdict if answer else None,
        tuple(each for each in named if each in serving), tuple(each for each in named if each not in serving),
        _digest(written, asked),
    )  # fmt: skip


def _digest(written: texts.Need | None, asked: Need | None) -> str:
    """Of the need itself, not of what serves it: a waiver is of this need, whatever else changes in the text."""
    need: dict[str, Any] = {}
    if written is not None:
        need["written"] = written.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"served_by"})
    if asked is not None:
        need["stated"] = msgspec.to_builtins(asked.stated)
    return canonical_hash(need)
