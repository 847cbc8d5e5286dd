"""When maintenance is and was under an agreement: the windows of its text and what was announced, together. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sepakat_agreements.agreement import Agreement, Status
from sepakat_agreements.maintenance import Diary, State
from sepakat_shared import maintenance
from sepakat_shared.calendars import from_ms, to_ms
from sepakat_shared.contracts import texts


@dataclass(frozen=True)
class Occurrence:
    """`id` is that of a window of the text, or of what was announced; `counts` whether it is agreed maintenance.

    It is of all that is agreed where neither `services` nor `objectives` name something.
    """

    source: Literal["text", "announced"]
    id: str
    start: datetime
    end: datetime
    state: str
    services: tuple[str, ...] = ()
    objectives: tuple[str, ...] = ()
    reason: str | None = None
    revision: int = 1

    @property
    def counts(self) -> bool:
        return self.state in ("agreed", State.ANNOUNCED.value)


def occurrences(agreement: Agreement, diary: Diary, start: datetime, end: datetime) -> list[Occurrence]:
    """All that touch `[start, end)`, in order. What was called off before it began is not among them."""
    found = [*_in_text(agreement, start, end), *_announced(diary, start, end)]
    return sorted(found, key=lambda each: (each.start, each.source, each.id))


def _in_text(agreement: Agreement, start: datetime, end: datetime) -> Iterable[Occurrence]:
    """The windows of each version for as long as it governs; one over a change of versions is the earlier one's."""
    binding = [each for each in agreement.versions if each.status is not Status.DRAFT and each.effective_from]
    found: dict[tuple[str, int], Occurrence] = {}
    for i, version in enumerate(binding):
        following = binding[i + 1].effective_from if i + 1 < len(binding) else agreement.ended_at
        begins = max(to_ms(start), to_ms(version.effective_from or start))
        ends = min(to_ms(end), to_ms(following)) if following else to_ms(end)
        for window, (a, b) in maintenance.windows(texts.Agreement.model_validate(version.text), begins, ends):
            one = Occurrence("text", window.id, from_ms(a), from_ms(b), "agreed", objectives=window.objectives)
            found.setdefault((window.id, a), one)
    return found.values()


def _announced(diary: Diary, start: datetime, end: datetime) -> Iterator[Occurrence]:
    for work in diary.works:
        concern = work.concern.services, work.concern.objectives
        over = [(each.start, each.end, State.ANNOUNCED.value) for each in work.kept]
        planned = [(each.start, each.end, work.state.value) for each in work.plan.occurrences]
        for begins, ends, state in [*over, *(planned if work.state is not State.CANCELLED else ())]:
            if begins < end and ends > start:
                yield Occurrence("announced", work.id, begins, ends, state, *concern, work.reason, work.revision)
