"""Since when something has changed: what those who keep sums must add anew."""

_KEPT = 4096
EVER = -(2**62)


class Changes:
    """The earliest instant (ms) changed between one look and the next, for any number of onlookers."""

    def __init__(self) -> None:
        self._earliest: int | None = None
        self._marks: list[int] = []
        self._dropped = 0

    def note(self, at: int) -> None:
        if self._earliest is None or at < self._earliest:
            self._earliest = at

    def since(self, cursor: int) -> tuple[int | None, int]:
        """The earliest instant changed since `cursor` (0 at first), None where nothing has; and the next cursor."""
        if self._earliest is not None:
            self._marks.append(self._earliest)
            self._earliest = None
            if len(self._marks) > _KEPT:
                self._dropped += _KEPT // 2
                del self._marks[: _KEPT // 2]
        end = self._dropped + len(self._marks)
        if cursor < self._dropped:
            return EVER, end
        return min(self._marks[cursor - self._dropped :], default=None), end
