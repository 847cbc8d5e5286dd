"""Documents of another format, read part by part: what nobody asked for is known afterwards, and so can be listed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from sepakat_shared.contracts.structure import escaped


@dataclass(frozen=True)
class Note:
    """What is not as it was, with its JSON Pointer in the stream that was read."""

    pointer: str
    words: str


class Part:
    """A mapping of which the fields are taken; `leftover` are those that were not."""

    def __init__(self, raw: dict[str, Any], at: str) -> None:
        self.raw, self.at = raw, at
        self._taken: set[str] = set()
        self._inside: list[Part] = []
        self._strange: list[str] = []
        """Where a mapping was asked for and something else stands."""

    def take(self, name: str) -> Any:
        self._taken.add(name)
        return self.raw.get(name)

    def take_all(self) -> None:
        """The part as a whole: none of its fields is left over."""
        self._taken.update(self.raw)

    def is_taken(self, name: str) -> bool:
        return name in self._taken

    def text(self, name: str) -> str | None:
        value = self.take(name)
        return None if value is None else str(value)

    def part(self, name: str) -> "Part | None":
        value = self.take(name)
        return self._into(value, f"{self.at}/{escaped(name)}")

    def parts(self, name: str) -> list["Part"]:
        value = self.take(name)
        if value is not None and not isinstance(value, list):
            self._strange.append(f"{self.at}/{escaped(name)}")
            return []
        found = [self._into(each, f"{self.at}/{escaped(name)}/{i}") for i, each in enumerate(value or ())]
        return [each for each in found if each is not None]

    def _into(self, value: Any, at: str) -> "Part | None":
        if not isinstance(value, dict):
            if value is not None:
                self._strange.append(at)
            return None
        inside = Part(value, at)
        self._inside.append(inside)
        return inside

    def leftover(self) -> Iterator[str]:
        """The pointers of all fields that were not taken, or could not be."""
        yield from self._strange
        for name in self.raw:
            if name not in self._taken:
                yield f"{self.at}/{escaped(name)}"
        for inside in self._inside:
            yield from inside.leftover()


# -- durations and numbers ---------------------------------------------------------------------------------------------

_SHORTHAND: Final = re.compile(r"([1-9]\d*)([mhdwMQY])")
_UNITS: Final = {
    "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(days=7),
    "M": timedelta(days=30), "Q": timedelta(days=90), "Y": timedelta(days=365),
}  # fmt: skip
_INEXACT: Final = "MQY"


def shorthand(text: str) -> tuple[timedelta, bool] | None:
    """A duration such as `4w`, and whether it always has that length: a month, a quarter and a year do not."""
    found = _SHORTHAND.fullmatch(text)
    return None if found is None else (int(found[1]) * _UNITS[found[2]], found[2] not in _INEXACT)


def as_shorthand(duration: timedelta) -> str | None:
    """None where it is no whole number of minutes."""
    for unit in "dhm":
        if duration and duration % _UNITS[unit] == timedelta(0):
            return f"{duration // _UNITS[unit]}{unit}"
    return None


def iso(duration: timedelta) -> str:
    """ISO 8601, in the greatest units that are whole."""
    minutes = duration // timedelta(minutes=1)
    days, rest = divmod(minutes, 1440)
    hours, left = divmod(rest, 60)
    clock = (f"{hours}H" if hours else "") + (f"{left}M" if left else "")
    return "P" + (f"{days}D" if days else "") + (f"T{clock}" if clock else "")


def minutes(size: object) -> timedelta | None:
    """The length of a slice: a number of minutes, or a duration."""
    number = exact(size)
    if number is not None:
        return timedelta(minutes=int(number)) if number == number.to_integral_value() and number > 0 else None
    read = shorthand(str(size))
    return read[0] if read is not None else None


def exact(value: object) -> Decimal | None:
    """A number as it was written: `0.98`, not what a machine makes of it."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


def plain(value: Decimal) -> str:
    """Without an exponent, and without noughts that say nothing."""
    said = f"{value:f}"
    return said.rstrip("0").rstrip(".") if "." in said else said


def slug(name: str) -> str:
    """An id of ours from a name of theirs."""
    made = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:63].rstrip("-")
    return made or "unnamed"
