"""`sepakat up` and `sepakat init`: the servers, and what they need before the services start."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Annotated

import typer
from aiokafka.errors import KafkaError
from pymongo.errors import PyMongoError

from sepakat_cli.backends import BackendFailed, open_backend
from sepakat_cli.launcher import Launcher
from sepakat_cli.output import BAD_INPUT, FAILED, UNREACHABLE, fail, words
from sepakat_cli.preparing import prepare
from sepakat_shared.auth import new_secret

DATA = Path(".sepakat/data")


def kept_secret(path: Path) -> str:
    """The secret in `path`; made at first, readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(new_secret())
    except FileExistsError:
        return path.read_text().strip()
    return path.read_text().strip()


def up(
    data: Annotated[Path, typer.Option(help="where everything is kept")] = DATA,
    backend: Annotated[str, typer.Option(envvar="SEPAKAT_BACKEND", help="embedded or external")] = "embedded",
) -> None:
    """Run broker, database and services on this machine until Ctrl-C.

    Example: sepakat up --data ./data
    """
    try:
        asyncio.run(_up(data, backend))
    except BackendFailed as error:
        fail(FAILED, str(error))


async def _up(data: Path, backend: str) -> None:
    key = kept_secret(data / "operator.key")
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    async def prepared(kafka: str, mongo: str) -> None:
        await prepare(kafka, mongo, key)

    words.print(f"starting the {backend} backend and the services (data in {data})")
    async with Launcher(open_backend(backend, data), data, prepare=prepared) as cluster:
        for name, url in cluster.urls.items():
            words.print(f"  {name:<11} {url}/docs")
        words.print(f"  the operator's API key is in {data / 'operator.key'}; Ctrl-C stops everything")
        await stop.wait()
        words.print("stopping")


def init(
    key: Annotated[
        str | None, typer.Option(envvar="SEPAKAT_ADMIN_KEY", help="the operator's key; else one is made")
    ] = None,
) -> None:
    """Create the topics and the first operator's API key on servers of your own; again, nothing changes.

    Example: SEPAKAT_KAFKA=kafka:9092 SEPAKAT_MONGO=mongodb://mongo sepakat init
    """
    kafka, mongo = os.environ.get("SEPAKAT_KAFKA"), os.environ.get("SEPAKAT_MONGO")
    if not kafka or not mongo:
        fail(BAD_INPUT, "set SEPAKAT_KAFKA and SEPAKAT_MONGO to the addresses of your servers")
    secret = key or new_secret()
    try:
        created, issued = asyncio.run(prepare(kafka, mongo, secret))
    except (KafkaError, PyMongoError, OSError) as error:
        fail(UNREACHABLE, f"the servers do not answer: {error}")
    words.print(f"topics created: {len(created)}")
    if issued and key is None:
        words.print("the operator's API key, shown this once:")
        typer.echo(secret)
