"""How letters to a party's own people look, and what they say in the party's own words. Pure.

What a letter is about, its figures, its links and why one gets it are not the party's to change.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sepakat_notifier.wording import Wording

_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_LEAST_CONTRAST: Final = 4.5
"""Of white text on it: WCAG 2, level AA."""


@dataclass(frozen=True)
class Branding:
    """`name` stands at the head of a letter on `colour` (`#rrggbb`); `footer_en`, `footer_id` at its end."""

    party: str
    name: str | None = None
    colour: str | None = None
    footer_en: str | None = None
    footer_id: str | None = None
    wordings: tuple[Wording, ...] = ()

    def footer(self, language: str) -> str | None:
        return self.footer_id if language == "id" else self.footer_en

    def wording(self, type: str, language: str) -> Wording | None:
        return next((each for each in self.wordings if (each.type, each.language) == (type, language)), None)


@dataclass(frozen=True)
class Chosen:
    branding: Branding


Event = Chosen


def apply(_branding: Branding | None, event: Event) -> Branding:
    return event.branding


def choose(branding: Branding | None, chosen: Branding) -> Sequence[Event]:
    return [] if chosen == branding else [Chosen(chosen)]


def problem_of_colour(colour: str) -> str | None:
    """The rule that it breaks, if it does."""
    if not _COLOUR.fullmatch(colour):
        return "must be #rrggbb"
    contrast = 1.05 / (_luminance(colour) + 0.05)
    if contrast < _LEAST_CONTRAST:
        return f"white text on it has a contrast of {contrast:.1f}, and {_LEAST_CONTRAST} is the least that can be read"
    return None


def _luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else float(((each + 0.055) / 1.055) ** 2.4) for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
