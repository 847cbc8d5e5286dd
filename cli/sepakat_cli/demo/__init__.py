"""`sepakat demo`: the whole story on real servers, with a real outage of a real little shop."""

import asyncio
import json
import os
import secrets
import signal
from pathlib import Path

import typer
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from sepakat_cli.backends import BackendFailed, open_backend
from sepakat_cli.commands.servers import announced, kept_secret
from sepakat_cli.demo import desk as desks
from sepakat_cli.demo.desk import Desk
from sepakat_cli.demo.story import Story
from sepakat_cli.demo.telling import StoryFailed, Teller
from sepakat_cli.launcher import Launcher
from sepakat_cli.preparing import prepare

_INTERRUPTED = 130


def run(once: bool, data: Path) -> int:
    """Play it. Returns the exit code: 0 only when every step was seen."""
    return asyncio.run(_run(once, data))


async def _run(once: bool, data: Path) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    teller = Teller(live=not once and os.isatty(2))
    playing = asyncio.create_task(_play(once, data, teller))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([playing, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not playing.done():
        playing.cancel()
        await asyncio.wait([playing])
        return _INTERRUPTED if once else 0
    return playing.result()


async def _play(once: bool, data: Path, teller: Teller) -> int:
    backend = os.environ.get("SEPAKAT_BACKEND", "embedded")
    key = kept_secret(data / "operator.key")
    teller.say(f"           starting broker, database ({backend}) and four services; data in {data}")

    async def prepared(kafka: str, mongo: str) -> None:
        await prepare(kafka, mongo, key)

    with desks.opened(data / "inbox") as desk:
        tracer = TracerProvider(resource=Resource.create({"service.name": "probe"}))
        tracer.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{desk.url}/v1/traces")))
        try:
            async with Launcher(
                open_backend(backend, data), data, env=_environment(data, desk), prepare=prepared
            ) as cluster:
                await cluster.until_known(key)
                with announced(cluster.urls, data / "operator.key"):
                    story = Story(cluster, desk, teller, key, tracer.get_tracer("demo"), data, by_itself=once)
                    teller.step(f"all ready; logs are in {data / 'logs'}")
                    teller.start()
                    try:
                        result = await story.play()
                    finally:
                        teller.stop()
                        await story.close()
        except (StoryFailed, BackendFailed) as failure:
            teller.say(f"the demo stops here: {failure}")
            return 1
        finally:
            tracer.shutdown()
    typer.echo(json.dumps(result, ensure_ascii=False))
    return 0


def _environment(data: Path, desk: Desk) -> dict[str, str]:
    return {
        "SEPAKAT_NOTIFIER_SECRET_KEY": kept_secret(data / "notifier.key", lambda: secrets.token_urlsafe(48)),
        "SEPAKAT_NOTIFIER_SMTP_HOST": "127.0.0.1",
        "SEPAKAT_NOTIFIER_SMTP_PORT": str(desk.smtp_port),
        "SEPAKAT_NOTIFIER_MAIL_FROM": "Sepakat <sepakat@demo.example>",
        # The customer's system of the demo listens on this machine.
        "SEPAKAT_NOTIFIER_ALLOW_NETWORKS": "127.0.0.0/8",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{desk.url}/v1/traces",
    }
