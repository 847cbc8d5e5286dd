"""What `notifier` publishes."""

from typing import ClassVar, Literal

from sepakat_shared.contracts.fact import Fact, Instant


class _NotificationEvent(Fact):
    """`party` is the recipient's; it is missing while nobody has told of the contact."""

    notification: str
    channel: str
    recipient: str
    about: str
    about_type: str
    party: str | None = None
    at: Instant


class NotificationDelivered(_NotificationEvent):
    """The recipient's server took it. `within`: in a message that gathers several; `tells_of`: so many it gathers."""

    type: ClassVar[str] = "sepakat.notification.delivered.v1"
    attempts: int
    within: str | None = None
    tells_of: int | None = None


class NotificationGivenUp(_NotificationEvent):
    """Every attempt failed, or none can work; `reason` says which."""

    type: ClassVar[str] = "sepakat.notification.given_up.v1"
    attempts: int
    reason: str


class NotificationSuppressed(_NotificationEvent):
    """It was not sent on purpose; `reason` says why.

    `by_choice`: its recipient can be reached, and does not want it or needs no message of its own.
    """

    type: ClassVar[str] = "sepakat.notification.suppressed.v1"
    reason: str
    by_choice: bool | None = None


class NotificationAcknowledged(_NotificationEvent):
    """A person pressed the acknowledge link of a message about an incident."""

    type: ClassVar[str] = "sepakat.notification.acknowledged.v1"
    party: str
    incident: str
    contact: str


class NotificationAnswered(_NotificationEvent):
    """A person pressed another link of a message about an incident than that which acknowledges it.

    They work on it too (`join`), nobody is to be called before `until` (`snooze`), or it is over (`resolve`), as `note`
    says.
    """

    type: ClassVar[str] = "sepakat.notification.answered.v1"
    party: str
    incident: str
    contact: str
    answer: Literal["join", "snooze", "resolve"]
    until: Instant | None = None
    note: str | None = None


class NotificationPauseAnswered(_NotificationEvent):
    """A person said by a link of a message that the clocks of an incident stood still as `request` has it, or not."""

    type: ClassVar[str] = "sepakat.notification.pause_answered.v1"
    party: str
    incident: str
    contact: str
    request: str
    granted: bool


class NotificationFeedbackGiven(_NotificationEvent):
    """A person said behind the link of a letter what they think of an incident: `mark` is 1 to 5, 5 is best."""

    type: ClassVar[str] = "sepakat.notification.feedback_given.v1"
    party: str
    incident: str
    contact: str
    mark: int
    words: str | None = None


class NotificationReplied(_NotificationEvent):
    """Somebody has answered a message about an incident by e-mail: `body`, and `quoted` of the mails before it.

    `shared`: both parties read it, else that of `contact` alone. `left_out` counts what else came with it. `dkim` and
    `spf` are results of RFC 8601; `sender_known` says that it is from the address that the message went to.
    """

    type: ClassVar[str] = "sepakat.notification.replied.v1"
    party: str
    incident: str
    contact: str
    reply: str
    body: str
    quoted: str | None = None
    shared: bool
    left_out: int = 0
    sender_known: bool
    dkim: str
    spf: str


class NotificationFailing(_NotificationEvent):
    """Several attempts have failed, and it is still tried: where there is another way, it is told that way as well."""

    type: ClassVar[str] = "sepakat.notification.failing.v1"
    attempts: int
    reason: str


class EndpointDisabled(Fact):
    """Nothing is posted to a webhook endpoint any more: it failed for days (`failed`), or somebody asked for that."""

    type: ClassVar[str] = "sepakat.endpoint.disabled.v1"
    endpoint: str
    party: str
    host: str
    reason: str
    failed: bool
    failing_since: Instant | None = None
    at: Instant
