"""Settings of the notifier service."""

import ssl
from datetime import timedelta
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from sepakat_shared.settings import ServiceSettings


class NotifierSettings(ServiceSettings):
    """`SEPAKAT_NOTIFIER_…`; durations in ISO 8601."""

    notifier_secret_key: SecretStr = Field(
        min_length=32, description="signs the links in messages and encrypts webhook secrets; 32 characters or more"
    )
    notifier_smtp_host: str | None = Field(
        None, description="mail server; without one, mails are suppressed and say so"
    )
    notifier_smtp_port: int = Field(25, ge=1, le=65535, description="its port")
    notifier_smtp_tls: Literal["none", "starttls", "tls"] = Field("none", description="how its connection is protected")
    notifier_smtp_user: str | None = Field(None, description="user to log in as, where it asks for one")
    notifier_smtp_password: SecretStr | None = Field(None, description="that user's password")
    notifier_mail_from: str = Field("sepakat@localhost", description="address that mails come from")
    notifier_allow_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (), description="networks that webhooks may reach though they are not public, comma-separated CIDR"
    )
    notifier_authorities: Path | None = Field(
        None, description="file in PEM: authorities of your own that mail servers and webhooks may be certified by"
    )
    notifier_link_lifetime: timedelta = Field(timedelta(days=7), description="how long an acknowledge link works")
    notifier_attempt_timeout: timedelta = Field(timedelta(seconds=15), description="longest that one attempt may take")
    notifier_first_retry: timedelta = Field(timedelta(seconds=1), description="pause after the first failed attempt")
    notifier_longest_retry: timedelta = Field(timedelta(minutes=5), description="longest pause between two attempts")
    notifier_give_up_after: timedelta = Field(timedelta(hours=24), description="how long failed attempts are repeated")
    notifier_wait_for_contact: timedelta = Field(
        timedelta(hours=1), description="how long an unknown contact is awaited"
    )
    notifier_concurrency: int = Field(
        32, ge=1, le=1000, description="attempts under way at once; one that takes over a second counts no more"
    )
    notifier_endpoint_concurrency: int = Field(4, ge=1, le=100, description="of them, to one webhook endpoint")
    notifier_mail_concurrency: int = Field(8, ge=1, le=100, description="of them, to the mail server")
    notifier_endpoint_rate: int | None = Field(
        None, ge=1, description="most attempts a minute to one webhook endpoint; empty: any number"
    )
    notifier_mail_rate: int | None = Field(None, ge=1, description="most mails a minute; empty: any number")
    notifier_circuit_failures: int = Field(
        5, ge=1, description="failures in a row after which an endpoint or the mail server is left alone for a while"
    )
    notifier_circuit_pause: timedelta = Field(
        timedelta(seconds=10), description="how long, at first; it doubles up to the longest pause between attempts"
    )
    notifier_fallback_after: int = Field(
        3,
        ge=1,
        description="failed attempts after which a webhook's event is mailed to its endpoint's fallback contact",
    )
    notifier_disable_after: timedelta = Field(
        timedelta(days=5), description="how long a webhook endpoint may fail before it is disabled"
    )
    notifier_summary_window: timedelta = Field(
        timedelta(minutes=2), description="how long news about one thing are gathered once there are too many"
    )
    notifier_summary_after: int = Field(
        5, ge=1, description="news about one thing in that time, to one recipient, that are each sent by themselves"
    )
    notifier_summary_after_of_agreement: int = Field(20, ge=1, description="the same, about anything in one agreement")
    notifier_secret_overlap: timedelta = Field(
        timedelta(days=1), description="how long the secret before it signs too when a webhook endpoint's is replaced"
    )
    notifier_feed_keep: timedelta = Field(
        timedelta(days=3), description="how long events are kept for readers of the feed who come back"
    )
    notifier_feed_readers: int = Field(200, ge=1, description="readers of the feed at once, of one instance")
    notifier_operator_mail: str | None = Field(
        None, description="who runs this service: told by mail of messages given up and of disabled endpoints"
    )

    notifier_inbound_port: int | None = Field(
        None, ge=1, le=65535, description="port of the SMTP server that takes replies; empty: none are taken"
    )
    notifier_inbound_host: str = Field("127.0.0.1", description="address that it listens on")
    notifier_inbound_domain: str | None = Field(
        None, description="domain of the addresses that replies go to; empty: that of the address mails come from"
    )
    notifier_inbound_max_bytes: int = Field(
        1024 * 1024, ge=4096, description="largest reply that is taken, with all that is attached to it"
    )
    notifier_inbound_certificate: Path | None = Field(
        None, description="file in PEM, certificate and key, by which it takes replies over TLS; empty: it does not"
    )
    notifier_inbound_connections: int = Field(
        20, ge=1, le=50, description="connections to it at once from one address; all together have 50"
    )
    notifier_inbound_rate: int = Field(300, ge=1, description="replies a minute from one address")
    notifier_inbound_authserv: str | None = Field(
        None,
        description="name by which your relay signs its Authentication-Results, which are believed then; it must take "
        "foreign ones of that name away. Empty: none are believed, and DKIM is checked here",
    )
    notifier_reply_lifetime: timedelta = Field(
        timedelta(days=30), description="how long after it was made a message can be replied to"
    )

    @property
    def reply_domain(self) -> str | None:
        """Where replies go; None where none are taken."""
        if self.notifier_inbound_port is None:
            return None
        return self.notifier_inbound_domain or parseaddr(self.notifier_mail_from)[1].rpartition("@")[2]

    @field_validator("notifier_inbound_certificate")
    @classmethod
    def _readable(cls, value: Path | None) -> Path | None:
        if value is not None:
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(value, password="")
            except OSError as error:
                raise ValueError(f"no certificate with its key, in the clear, can be read there: {error}") from error
        return value

    @field_validator("notifier_allow_networks", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
