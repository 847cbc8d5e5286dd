"""What the outside world is in the demo, on one desk: a mail server with an inbox page, the customer's webhook receiver
and a receiver of traces. Real protocols on loopback ports, each heard by what it received.
"""

import contextlib
import html
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import uvicorn
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from standardwebhooks import Webhook, WebhookVerificationError

from sepakat_cli.backends.base import free_port

_LISTENS_WITHIN = 60.0
"""Seconds; aiosmtpd gives up after five, which are few on a busy machine."""


@dataclass(frozen=True)
class Mail:
    """`at` is when it was received."""

    at: datetime
    message: EmailMessage

    @property
    def to(self) -> str:
        return str(self.message["To"].addresses[0].addr_spec)

    @property
    def subject(self) -> str:
        return str(self.message["Subject"]).strip()

    def body(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return "" if part is None else str(part.get_content())


@dataclass(frozen=True)
class Hook:
    """One request to the receiver; `verified` says whether the signature was right."""

    at: datetime
    verified: bool
    trace: str | None
    event: dict[str, Any]


@dataclass
class Desk:
    """Everything received so far. Written by the servers' threads, only appended to."""

    inbox: Path
    smtp_port: int
    url: str
    secret: str | None = None
    mails: list[Mail] = field(default_factory=list)
    hooks: list[Hook] = field(default_factory=list)
    spans: dict[str, set[str]] = field(default_factory=dict)
    """Span ids by trace id, both in hexadecimal."""

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        raw = envelope.original_content or b""
        message = message_from_bytes(raw, policy=policy.default)
        if not isinstance(message, EmailMessage):
            return "554 not a message"
        mail = Mail(datetime.now(UTC), message)
        (self.inbox / f"{mail.at:%Y%m%dT%H%M%S%f}.eml").write_bytes(raw)
        self.mails.append(mail)
        return "250 kept"

    def take_hook(self, body: bytes, headers: dict[str, str]) -> bool:
        if self.secret is None:
            return False
        try:
            event = Webhook(self.secret).verify(body, headers)
        except WebhookVerificationError:
            self.hooks.append(Hook(datetime.now(UTC), False, None, {}))
            return False
        self.hooks.append(Hook(datetime.now(UTC), True, headers.get("x-sepakat-trace"), event))
        return True

    def take_spans(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self.spans.setdefault(span.trace_id.hex(), set()).add(span.span_id.hex())


def _web(desk: Desk) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.post("/hook")
    async def hook(request: Request) -> Response:
        return Response(status_code=204 if desk.take_hook(await request.body(), dict(request.headers)) else 401)

    @app.post("/v1/traces")
    async def traces(request: Request) -> Response:
        desk.take_spans(await request.body())
        return Response(b"", media_type="application/x-protobuf")

    @app.get("/")
    async def inbox() -> HTMLResponse:
        rows = "".join(
            f"<tr><td>{mail.at:%H:%M:%S}<td>{html.escape(mail.to)}"
            f"<td><a href=/mails/{n}>{html.escape(mail.subject)}</a>"
            for n, mail in enumerate(desk.mails)
        )
        return HTMLResponse(_PAGE.format(rows=rows or "<tr><td>no mail yet"))

    @app.get("/mails/{n}")
    async def mail(n: int) -> HTMLResponse:
        if n >= len(desk.mails):
            return HTMLResponse("there is no such mail", 404)
        return HTMLResponse(desk.mails[n].body("html"))

    return app


_PAGE = """<!doctype html><html lang=en><meta charset=utf-8><meta http-equiv=refresh content=2><title>Inbox</title>
<style>body{{font:16px/1.5 system-ui;max-width:50rem;margin:2rem auto;padding:0 1rem}}
td{{padding:.3rem 1rem .3rem 0}}</style>
<h1>Inbox</h1><table>{rows}</table></html>"""


@contextlib.contextmanager
def opened(inbox: Path) -> Iterator[Desk]:
    """A desk whose servers listen; mails are also kept as files in `inbox`."""
    inbox.mkdir(parents=True, exist_ok=True)
    web_port = free_port()
    desk = Desk(inbox, free_port(), f"http://127.0.0.1:{web_port}")
    smtp = Controller(desk, hostname="127.0.0.1", port=desk.smtp_port, ready_timeout=_LISTENS_WITHIN)
    config = uvicorn.Config(_web(desk), host="127.0.0.1", port=web_port, log_level="error", lifespan="off")
    web = uvicorn.Server(config)
    # uvicorn leaves signals alone in a thread: Ctrl-C is the story's to handle.
    thread = threading.Thread(target=web.run, name="desk", daemon=True)
    smtp.start()
    thread.start()
    try:
        while not web.started and thread.is_alive():
            time.sleep(0.01)
        if not web.started:
            raise RuntimeError(f"the desk cannot listen at {desk.url}")
        yield desk
    finally:
        web.should_exit = True
        thread.join(10)
        smtp.stop()
