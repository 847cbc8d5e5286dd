"""Webhooks by Standard Webhooks: the event as CloudEvents JSON, signed, to an address that was checked."""

import json
from collections.abc import Sequence
from datetime import timedelta
from ipaddress import ip_address
from typing import Any

import httpx
from cryptography.fernet import InvalidToken
from standardwebhooks import Webhook

from sepakat_notifier.channels import Gone, Permanent, Unreachable, Unwanted
from sepakat_notifier.channels.addresses import Network, NotAllowed, Unresolved, check, resolve
from sepakat_notifier.endpoint import Endpoint, sealed_secrets
from sepakat_notifier.endpoints import Endpoints
from sepakat_notifier.notification import Notification
from sepakat_notifier.vault import Vault
from sepakat_shared.clock import Clock
from sepakat_shared.errors import Invalid
from sepakat_shared.messages import STRUCTURED
from sepakat_shared.telemetry import current_traceparent

_MOST_OF_AN_ANSWER = 64 * 1024
_MOST_DIGITS = 9


class WebhookSender:
    def __init__(
        self, endpoints: Endpoints, vault: Vault, allowed: Sequence[Network], timeout: timedelta, clock: Clock
    ) -> None:
        self._endpoints = endpoints
        self._vault = vault
        self._allowed = allowed
        self._clock = clock
        # Proxies of the environment would dial for us, unchecked. A connection is not used again: the next request to
        # the same address may be for another name, whose certificate it has not shown.
        self._http = httpx.AsyncClient(
            trust_env=False, follow_redirects=False, timeout=timeout.total_seconds(),
            limits=httpx.Limits(max_keepalive_connections=0),
        )  # fmt: skip

    async def send(self, notification: Notification) -> str:
        endpoint = await self._endpoints.of(notification.recipient)
        if endpoint is None:
            raise Unwanted("the endpoint was removed")
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
        body = json.dumps(_event(notification), ensure_ascii=False)
        headers = {
            "content-type": STRUCTURED,
            "user-agent": "Sepakat",
            "webhook-id": notification.id,
            "webhook-timestamp": str(int(now.timestamp())),
            # While a secret is being replaced there are two: whoever verifies takes either.
            "webhook-signature": " ".join(Webhook(each).sign(notification.id, now, body) for each in secrets),
        }
        if traceparent := current_traceparent():
            headers |= {"traceparent": traceparent, "x-sepakat-trace": traceparent.split("-")[1]}
        await self._post(endpoint.url, body.encode(), headers)

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> None:
        wanted = httpx.URL(url)
        port = wanted.port or (443 if wanted.scheme == "https" else 80)
        try:
            addresses = await resolve(wanted.host, port, self._allowed)
        except NotAllowed as error:
            raise Permanent(str(error)) from error
        except Unresolved as error:
            raise Unreachable(str(error)) from error
        problem: Exception | None = None
        for address in addresses:
            # The checked address itself is dialled; the name goes along for TLS and as Host.
            request = self._http.build_request(
                "POST", wanted.copy_with(host=address), content=body,
                headers=headers | {"host": wanted.netloc.decode()}, extensions={"sni_hostname": wanted.host},
            )  # fmt: skip
            try:
                await self._judged(request)
                return
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                problem = error
            except httpx.HTTPError as error:
                raise Unreachable(f"{type(error).__name__}: {error}") from error
        raise Unreachable(f"cannot connect: {problem}") from problem

    async def _judged(self, request: httpx.Request) -> None:
        response = await self._http.send(request, stream=True)
        try:
            read = 0
            async for chunk in response.aiter_raw():
                read += len(chunk)
                if read > _MOST_OF_AN_ANSWER:
                    break
        finally:
            await response.aclose()
        if response.is_success:
            return
        if response.status_code == httpx.codes.GONE:
            raise Gone("the endpoint answered 410 Gone")
        moved = "; redirects are not followed" if response.is_redirect else ""
        raise Unreachable(f"the endpoint answered {response.status_code}{moved}", _asked_for(response))


def _asked_for(response: httpx.Response) -> timedelta | None:
    """How long it wants to be left alone, where it says so in seconds."""
    named = response.headers.get("retry-after", "")
    return timedelta(seconds=int(named)) if named.isascii() and named.isdigit() and len(named) < _MOST_DIGITS else None


def _event(notification: Notification) -> dict[str, Any]:
    occasion = notification.occasion
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
