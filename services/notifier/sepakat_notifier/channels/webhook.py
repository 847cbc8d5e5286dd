"""Webhooks by Standard Webhooks: the event as CloudEvents JSON, signed, to an address that was checked."""

import json
from collections.abc import Sequence
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
from cryptography.fernet import InvalidToken
from standardwebhooks import Webhook

from sepakat_notifier.channels import Permanent, Unwanted
from sepakat_notifier.channels.addresses import Network, NotAllowed, check
from sepakat_notifier.channels.calling import Client
from sepakat_notifier.endpoint import Endpoint, sealed_secrets
from sepakat_notifier.endpoints import Endpoints
from sepakat_notifier.notification import Notification, Occasion
from sepakat_notifier.routing import no_endpoint
from sepakat_notifier.vault import Vault
from sepakat_shared.clock import Clock
from sepakat_shared.errors import Invalid
from sepakat_shared.messages import STRUCTURED
from sepakat_shared.telemetry import current_traceparent


class WebhookSender:
    def __init__(
        self, endpoints: Endpoints, vault: Vault, allowed: Sequence[Network], timeout: timedelta, clock: Clock,
        authorities: Path | None = None,
    ) -> None:  # fmt: skip
        self._endpoints = endpoints
        self._vault = vault
        self._clock = clock
        self._client = Client(allowed, timeout, authorities)

    async def close(self) -> None:
        """Close the connections that are kept."""
        await self._client.close()

    async def send(self, notification: Notification) -> str:
        endpoint = await self._endpoints.of(notification.recipient)
        if endpoint is None:
            raise Unwanted("the endpoint was removed")
        # A level may name any id, also that of somebody else's endpoint.
        if endpoint.party not in notification.parties:
            raise Unwanted(no_endpoint(notification.parties))
        if endpoint.disabled_at is not None:
            raise Unwanted("the endpoint is disabled; enable it and replay what it has missed")
        await self.post(endpoint, notification)
        return endpoint.party

    async def post(self, endpoint: Endpoint, notification: Notification) -> None:
        """Post it there, whether or not the endpoint is disabled. Raises as `send` does."""
        now = self._clock.now()
        try:
            secrets = [self._vault.unseal(each) for each in sealed_secrets(endpoint, now)]
        except InvalidToken as error:
            raise Permanent("the endpoint's secret was encrypted with another SEPAKAT_NOTIFIER_SECRET_KEY") from error
        body = body_of(notification.occasion)
        headers = {
            "content-type": STRUCTURED,
            "user-agent": "Sepakat",
            "webhook-id": notification.id,
            "webhook-timestamp": str(int(now.timestamp())),
            # While a secret is being replaced there are two: whoever verifies takes either.
            "webhook-signature": " ".join(Webhook(each).sign(notification.id, now, body.decode()) for each in secrets),
        }
        if traceparent := current_traceparent():
            headers |= {"traceparent": traceparent, "x-sepakat-trace": traceparent.split("-")[1]}
        await self._client.post(endpoint.url, body, headers)


def body_of(occasion: Occasion) -> bytes:
    """The event as it is posted: CloudEvents, in JSON."""
    return json.dumps(_event(occasion), ensure_ascii=False).encode()


def _event(occasion: Occasion) -> dict[str, Any]:
    attributes = {"subject": occasion.subject, "time": occasion.time}
    return {
        "specversion": "1.0",
        "id": occasion.id,
        "source": occasion.source,
        "type": occasion.type,
        **{name: value for name, value in attributes.items() if value is not None},
        "datacontenttype": "application/json",
        "data": occasion.data,
    }


def checked_url(url: str, allowed: Sequence[Network]) -> str:
    """`url`, if it can be an endpoint's. Raises Invalid; what its name resolves to is checked at each attempt."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise Invalid(f"/url: {error}") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise Invalid("/url: must be an absolute http or https URL")
    if parsed.userinfo or parsed.fragment:
        raise Invalid("/url: may hold neither a user nor a fragment; every request is signed instead")
    try:
        address = ip_address(parsed.host)
    except ValueError:
        return url
    try:
        check(address, allowed)
    except NotAllowed as error:
        raise Invalid(f"/url: {error}; an operator allows one with SEPAKAT_NOTIFIER_ALLOW_NETWORKS") from error
    return url
