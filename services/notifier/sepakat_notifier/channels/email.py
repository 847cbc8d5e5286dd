"""E-mail over SMTP: plain text and HTML in the reader's language, with the acknowledge link where one is asked for."""

from collections.abc import Sequence
from dataclasses import replace
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import Any

import aiosmtplib

from sepakat_notifier import gists, letters, notices, reporter_letters
from sepakat_notifier.addressees import called
from sepakat_notifier.branding import Branding
from sepakat_notifier.brandings import Brandings, letter_of
from sepakat_notifier.channels import NotYet, Permanent, Reached, Transient, Unreachable, Unwanted
from sepakat_notifier.channels.dialling import trust
from sepakat_notifier.digests import Digests
from sepakat_notifier.directory import Directory, Forgotten, Reader, Unknown
from sepakat_notifier.gathering import GATHERED
from sepakat_notifier.invitations import attach, work_of
from sepakat_notifier.notification import OPERATOR, Notification
from sepakat_notifier.offers import address_of, ends_at, offered
from sepakat_notifier.own_reactions import first_of, window_of
from sepakat_notifier.preference import may_be_left_out
from sepakat_notifier.preferences import Preferences
from sepakat_notifier.reply_words import ReadBy
from sepakat_notifier.routing import fact_of, replies_are_shared, subject_of
from sepakat_notifier.settings import NotifierSettings
from sepakat_notifier.store import Notifications
from sepakat_notifier.vault import Link, Vault
from sepakat_shared.clock import Clock
from sepakat_shared.contracts.fact import Fact
from sepakat_shared.contracts.feedback import IncidentFeedbackAsked
from sepakat_shared.contracts.maintenance import _MaintenanceEvent
from sepakat_shared.contracts.notifications import EndpointDisabled, NotificationGivenUp
from sepakat_shared.contracts.reports import _ReportEvent
from sepakat_shared.contracts.reviews import MonthlyReportCompiled
from sepakat_shared.telemetry import current_traceparent

_SHUTTING_DOWN = 421


class MailSender:
    def __init__(
        self, settings: NotifierSettings, directory: Directory, notifications: Notifications, preferences: Preferences,
        vault: Vault, clock: Clock, brandings: Brandings | None = None,
    ) -> None:  # fmt: skip
        self._brandings = brandings
        self._settings = settings
        self._digests = Digests(notifications, directory, vault, settings, clock)
        self._notifications = notifications
        self._preferences = preferences
        self._trust = None if settings.notifier_smtp_tls == "none" else trust(settings.notifier_authorities)
        self._directory = directory
        self._vault = vault
        domain = settings.reply_domain
        self._replies = None if domain is None else vault.reply_addresses(domain)
        self._clock = clock

    async def send(self, notification: Notification) -> str | Reached:
        host = self._settings.notifier_smtp_host
        if host is None:
            raise Unwanted("no mail server is set (SEPAKAT_NOTIFIER_SMTP_HOST)")
        fact = None if notification.occasion.type == GATHERED else fact_of(notification)
        try:
            reader, letter, is_news, told = await self._what_is_sent(notification, fact)
        except Unknown as error:
            raise NotYet(f"neither party has told of a contact {notification.recipient!r}") from error
        except Forgotten as error:
            raise Unwanted(f"contact {notification.recipient!r} was erased") from error
        if reader.email is None:
            raise Unwanted(f"contact {notification.recipient!r} has no e-mail address")
        try:
            unsubscribe = self._unsubscribe(reader) if is_news else None
            message = self._message(notification, fact, reader, letter, unsubscribe)
        except (ValueError, IndexError) as error:
            raise Permanent(f"no mail can be addressed to contact {reader.contact!r}: {error}") from error
        await self._hand_over(host, message, reader.email)
        return Reached(reader.party, told) if told else reader.party

    async def _what_is_sent(
        self, notification: Notification, fact: Fact | None
    ) -> tuple[Reader, letters.Letter, bool, tuple[str, ...]]:
        """Who it is for, what they read, whether that is news, and which messages it tells of besides: of one that
        gathers others there is no `fact`.

        Raises Unknown or Forgotten.
        """
        if fact is None:
            gathered = await self._digests.members(notification)
            reader = await self._reader_of_gathered(notification)
            unsubscribe = self._unsubscribe(reader)
            look = await self._branding(reader.party)
            letter = await self._digests.letter(notification, gathered, reader, unsubscribe, look)
            return reader, letter, True, tuple(each.id for each in gathered)
        return *await self._written(notification, fact), may_be_left_out(fact), ()

    async def _reader_of_gathered(self, notification: Notification) -> Reader:
        data = notification.occasion.data
        parties = notification.parties if notification.party is None else (notification.party,)
        reader = await self._reader(notification, parties, data["agreement"])
        return replace(reader, time_zone=data.get("time_zone", reader.time_zone))

    async def _written(self, notification: Notification, fact: Fact) -> tuple[Reader, letters.Letter]:
        """Who it is for, and what they read. Raises Unknown or Forgotten."""
        if isinstance(fact, _ReportEvent):
            reader, page = await self._directory.reporter(fact.report, fact.customer, fact.agreement)
            return reader, reporter_letters.compose(fact, reader, page)
        if isinstance(fact, NotificationGivenUp):
            return await self._what_was_given_up(fact)
        if isinstance(fact, EndpointDisabled):
            names = await self._directory.names([fact.party])
            reader = await self._reader(notification, (fact.party,), "")
            return reader, notices.of_endpoint(fact, reader, names[fact.party])
        if not gists.is_told(fact):
            raise Unwanted(f"there is no letter about {fact.type}")
        subject = subject_of(fact)
        parties = subject.parties if notification.party is None else (notification.party,)
        reader = await self._reader(notification, parties, subject.agreement)
        names = await self._directory.names(called(fact))
        unsubscribe = self._unsubscribe(reader) if may_be_left_out(fact) else None
        gist = gists.gist_of(fact, reader, names)
        look = await self._branding(reader.party)
        link, others = self._links(notification, fact, reader)
        read_by = self._read_by(notification, fact)
        return reader, letter_of(fact.type, gist, reader, link, unsubscribe, look, others, read_by)

    async def _branding(self, party: str) -> Branding | None:
        chosen = await self._brandings.find(party) if self._brandings else None
        return chosen.state if chosen else None

    async def _reader(self, notification: Notification, parties: Sequence[str], agreement: str) -> Reader:
        if notification.recipient == OPERATOR and notification.party == OPERATOR:
            return self._operator()
        reader = await self._directory.reader(parties, notification.recipient, agreement)
        loaded = await self._preferences.find(reader.party, reader.contact)
        chosen = loaded.state.language if loaded else None
        return reader if chosen is None else replace(reader, language=chosen)

    def _unsubscribe(self, reader: Reader) -> str:
        token = self._vault.subscriber_token(reader.party, reader.contact, reader.language)
        return f"{self._settings.public_url.rstrip('/')}/u/{token}"

    def _operator(self) -> Reader:
        return Reader(OPERATOR, OPERATOR, "Operator", self._settings.notifier_operator_mail, "en", "UTC")

    async def _what_was_given_up(self, fact: NotificationGivenUp) -> tuple[Reader, letters.Letter]:
        """All that was given up since the mail before this one."""
        begun = window_of(fact.at)
        before = await self._notifications.all.find(first_of(begun))
        since = before.state.ended_at if before else None
        latest, count = await self._notifications.given_up_since(since or begun, notices.MOST_LISTED)
        reader = self._operator()
        return reader, notices.of_given_up(fact, reader, latest, count)

    def _links(self, notification: Notification, fact: Fact, reader: Reader) -> tuple[str | None, dict[str, str]]:
        """The link that acknowledges, where somebody is asked to, and by what they say the others that are theirs.

        Where somebody is asked what they think, the link to that form; to the report that a letter tells of.
        """
        if isinstance(fact, MonthlyReportCompiled):
            return f"{fact.url}?lang={reader.language}", {}
        if isinstance(fact, IncidentFeedbackAsked):
            said = Link(notification.id, fact.incident, reader.party, reader.contact, fact.answer_by.timestamp())
            return f"{self._settings.public_url.rstrip('/')}/feedback/{self._vault.link_token(said, 'feedback')}", {}
        until = ends_at(fact, notification.created_at, self._settings.notifier_link_lifetime)
        link = Link(notification.id, notification.about, reader.party, reader.contact, until.timestamp())
        base = self._settings.public_url
        links: dict[str, str] = {
            each: address_of(base, each, self._vault.link_token(link, each)) for each in offered(fact, reader.party)
        }
        return links.pop("acknowledge", None), links

    def _read_by(self, notification: Notification, fact: Fact) -> ReadBy | None:
        """Who reads a reply to it; None where none is taken."""
        if self._replies is None or notification.about_type != "incident":
            return None
        return "shared" if replies_are_shared(fact) else "internal"

    def _message(
        self, notification: Notification, fact: Fact | None, reader: Reader, letter: letters.Letter,
        unsubscribe: str | None,
    ) -> EmailMessage:  # fmt: skip
        name, sender = parseaddr(self._settings.notifier_mail_from)
        domain = sender.rpartition("@")[2]
        message = EmailMessage()
        message["From"] = Address(name or "Sepakat", addr_spec=sender)
        message["To"] = Address(reader.name, addr_spec=reader.email)
        if self._replies is not None and notification.about_type == "incident":
            message["Reply-To"] = Address(name or "Sepakat", addr_spec=self._replies.of(notification.id))
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(self._clock.now())
        # The same on every attempt, so that a mail that arrives twice is shown once; one thread for one subject.
        message["Message-ID"] = f"<{notification.id}@{domain}>"
        message["References"] = f"<{notification.about.replace('/', '.')}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        if unsubscribe is not None and (reader.email or "").isascii():
            message["List-Unsubscribe"] = f"<{unsubscribe}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        if traceparent := current_traceparent():
            message["X-Sepakat-Trace"] = traceparent.split("-")[1]
        message.set_content(letter.text, cte="quoted-printable")
        message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
        if isinstance(fact, _MaintenanceEvent):
            attach(message, work_of(fact, letter.subject), self._clock.now())
        # Before the parts are there, this would become the first one's alone.
        message["Content-Language"] = reader.language
        return message

    async def _hand_over(self, host: str, message: EmailMessage, recipient: str) -> None:
        settings = self._settings
        password = settings.notifier_smtp_password
        try:
            await aiosmtplib.send(
                _written(message),
                sender=parseaddr(settings.notifier_mail_from)[1],
                recipients=[recipient],
                hostname=host,
                port=settings.notifier_smtp_port,
                username=settings.notifier_smtp_user,
                password=password.get_secret_value() if password else None,
                use_tls=settings.notifier_smtp_tls == "tls",
                start_tls=settings.notifier_smtp_tls == "starttls",
                tls_context=self._trust,
                timeout=settings.notifier_attempt_timeout.total_seconds(),
            )
        except aiosmtplib.SMTPAuthenticationError as error:
            # That is the operator's to mend, not the recipient's refusal.
            raise Unreachable(f"the mail server refused the login: {error}") from error
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refusal(error.recipients[0].code, error.recipients[0].message) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _refusal(error.code, error.message) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unreachable(f"{type(error).__name__}: {error}") from error


class _Whole(EmailPolicy):
    """Leaves a long address in a header whole: encoded in words, as others are, no mail program would know it."""

    def fold(self, name: str, value: Any) -> str:
        return f"{name}: {value}{self.linesep}" if name == "List-Unsubscribe" else super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        return (
            self.fold(name, value).encode("ascii") if name == "List-Unsubscribe" else super().fold_binary(name, value)
        )


_WHOLE = _Whole(linesep="\r\n", cte_type="7bit")


def _written(message: EmailMessage) -> EmailMessage | bytes:
    return message.as_bytes(policy=_WHOLE) if "List-Unsubscribe" in message else message


def _refusal(code: int, message: str) -> Exception:
    # 421: it closes the connection, whoever the mail is for.
    kind = Permanent if code >= 500 else Unreachable if code == _SHUTTING_DOWN else Transient
    return kind(f"the mail server answered {code} {message}")
