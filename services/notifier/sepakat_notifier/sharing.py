"""One room, or one mailbox, that several people read: it is told once, as the most eager of them wants it. Pure.

What one of them puts off, gathers or leaves out must not keep it from the others.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from sepakat_notifier.addressees import Person
from sepakat_notifier.preference import Tell

_AT_ONCE: Final = datetime.min.replace(tzinfo=UTC)


def most_eager(wishes: Sequence[Tell]) -> Tell:
    """The wish by which they hear of it first; of several the first, and one that waits for no digest before others."""
    return min(wishes, key=lambda each: (each.at or _AT_ONCE, each.digest is not None))


def told_by(tells: Mapping[Person, Tell], mailboxes: Mapping[Person, str]) -> dict[Person, str]:
    """Of those whose mailbox somebody else reads who is told earlier, or before them in the order: who that is."""
    sharing: dict[str, list[Person]] = {}
    for key, mailbox in mailboxes.items():
        if key in tells:
            sharing.setdefault(mailbox, []).append(key)
    found: dict[Person, str] = {}
    for keys in sharing.values():
        first = most_eager([tells[each] for each in keys])
        # By identity: equal wishes of two people are two.
        told = next(each for each in keys if tells[each] is first)
        found |= {each: told[1] for each in keys if each != told}
    return found
