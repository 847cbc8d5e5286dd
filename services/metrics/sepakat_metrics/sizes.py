"""How many bytes what is told may take at most when it is stored, and how many an event may. Pure."""

from typing import Final

from sepakat_metrics.events import BadEvent, Fact

MOST_OF_AN_EVENT: Final = 6_000_000
"""With a checkpoint that is just not full, and both with a day that is not, it fits into the 16 MB of a document."""


OF_A_SAMPLE: Final = 64
"""Bytes that one takes at most in what is stored."""


def weight_of(fact: Fact, thresholds: int) -> int:
    """How many bytes a fact takes at most in what is stored: a letter has up to four, a number up to nine.

    Each minute of measurements stores its sum and what was compared with each threshold, in up to 25 digits; a value
    stores its bin, in five bytes for the first of a bin and less for those that follow.
    """
    if fact.kind == "ratio":
        return OF_A_SAMPLE * len(fact.samples)
    if fact.kind == "measurement":
        return fact.minutes() * (64 + 40 * thresholds) + 8 * len(fact.values)
    words = fact.source + fact.id + fact.ticket + fact.priority + fact.reason + fact.agreement
    return 64 + 4 * len(words)


def fits(fact: Fact, thresholds: int) -> bool:
    """Whether it can be stored at once. Only columns of measurements may be too much: in few bytes, each row names a
    minute, which takes an entry for each threshold. All else is stored in no more bytes than it was told in."""
    return not fact.instants or weight_of(fact, thresholds) <= MOST_OF_AN_EVENT


def check_size(fact: Fact, thresholds: int) -> None:
    """Raises BadEvent for what does not fit."""
    if not fits(fact, thresholds):
        rule = (
            f"is of {fact.minutes()} minutes, each compared with {thresholds} thresholds: stored, that may be"
            f" {weight_of(fact, thresholds)} bytes, and at most {MOST_OF_AN_EVENT} are taken; send it in parts"
        )
        raise BadEvent("data.columns.offset", rule)
