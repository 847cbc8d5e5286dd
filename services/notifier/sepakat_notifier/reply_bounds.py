"""How much of a mail's headers is read. Pure.

The time that Python takes for a header grows faster than the header, and it reads those that say what a part is while
it takes a mail apart. So each is measured before anybody looks into it, those of all parts together.
"""

from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    _Policy = EmailPolicy[EmailMessage]
else:
    _Policy = EmailPolicy
_MOST: Final = 500
_LONGEST_TOGETHER: Final = 64 * 1024
_LOOKED_INTO: Final[Mapping[str, int]] = {
    "message-id": 1_000, "in-reply-to": 4_000, "references": 16_000, "auto-submitted": 1_000,
    "precedence": 1_000, "mime-version": 1_000,
}  # fmt: skip
"""Bytes of each of these, with its name; of those that begin with Content-, `_LONGEST_OF_PART`."""
_LONGEST_OF_PART: Final = 2_000
_LONGEST_OF_PARTS_TOGETHER: Final = 20_000


class Refused(Exception):
    """The answer of the SMTP server: `code` and a sentence."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(f"{code} {why}")


class _Measured:
    """What there was of headers so far, in one mail."""

    def __init__(self) -> None:
        self._count = self._together = self._of_parts = 0

    def add(self, name: str, length: int) -> None:
        """Raises Refused."""
        name = name.strip().lower()
        self._count += 1
        self._together += length
        is_of_part = name.startswith("content-")
        self._of_parts += length if is_of_part else 0
        most = _LONGEST_OF_PART if is_of_part else _LOOKED_INTO.get(name, _LONGEST_TOGETHER)
        if self._count > _MOST:
            raise Refused("552 5.3.4", f"a mail may have {_MOST} headers at most, with those of its parts")
        if length > most:
            raise Refused("552 5.3.4", f"the header {name[:30]} may have {most} bytes at most")
        if self._together > _LONGEST_TOGETHER or self._of_parts > _LONGEST_OF_PARTS_TOGETHER:
            raise Refused("552 5.3.4", "the headers of this mail are too long")


class Bounded(_Policy):
    """Reads one mail as the default policy does, and refuses it where its headers are too much."""

    measured: _Measured | None = None

    @classmethod
    def once(cls) -> "Bounded":
        """For one mail alone."""
        measured: dict[str, Any] = {"measured": _Measured()}
        return cls().clone(**measured)

    def header_source_parse(self, sourcelines: Sequence[str]) -> tuple[str, str]:
        """Raises Refused."""
        if self.measured is not None:
            self.measured.add(sourcelines[0].partition(":")[0], sum(len(each) for each in sourcelines))
        return super().header_source_parse(list(sourcelines))
