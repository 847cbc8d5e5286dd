"""How a message leaves: each channel sends one notification, or says why it could not."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from sepakat_notifier.notification import Notification


class Transient(Exception):
    """The attempt failed; the same one may work later, `after` a time where the other side has named one."""

    def __init__(self, reason: str, after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.after = after


class Unreachable(Transient):
    """Nothing gets through to that endpoint or server at present: what else is meant for it would fail too."""


class Permanent(Exception):
    """The recipient's side refused it for good, or no attempt can work."""


class Gone(Permanent):
    """The endpoint says that it is not there any more: nothing else is meant to be sent there either."""


class Unwanted(Exception):
    """It must not be sent, and the text says why."""


class NotYet(Exception):
    """What the attempt needs has not been heard of yet."""


@dataclass(frozen=True)
class Reached:
    """`told` are the messages that this one told of, where it gathers several; `reference` is what it is changed by."""

    party: str
    told: tuple[str, ...] = ()
    reference: str | None = None


class Sender(Protocol):
    async def send(self, notification: Notification) -> str | Reached:
        """Send it once. Returns the party that was reached, and what else there is to say of it.

        Raises one of those above.
        """
        ...
