"""How a message leaves: each channel sends one notification, or says why it could not."""

from typing import Protocol

from sepakat_notifier.notification import Notification


class Transient(Exception):
    """The attempt failed; the same one may work later."""


class Permanent(Exception):
    """The recipient's side refused it for good, or no attempt can work."""


class Unwanted(Exception):
    """It must not be sent, and the text says why."""


class NotYet(Exception):
    """What the attempt needs has not been heard of yet."""


class Sender(Protocol):
    async def send(self, notification: Notification) -> str:
        """Send it once. Returns the party that was reached; raises one of the four above."""
        ...
