"""`sepakat up` and `sepakat init`: the servers, and what they need before the services start."""

import asyncio
import contextlib
import json
import os
import secrets
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer
from aiokafka.errors import KafkaError
from pymongo.errors import PyMongoError

from sepakat_cli.backends import NAMES, BackendFailed, open_backend
from sepakat_cli.client import CLUSTER
from sepakat_cli.files import api_key_of, checked_api_key
from sepakat_cli.launcher import Launcher
from sepakat_cli.output import AsJson, BadInput, CommandFailed, Unreachable, print_json, print_line, say
from sepakat_cli.preparing import prepare
from sepakat_shared.auth import new_secret

DATA = Path(".sepakat/data")


def kept_secret(path: Path, make: Callable[[], str] = new_secret) -> str:
    """The secret in `path`; made at first, readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        write_private(path, make(), os.O_EXCL)
    return path.read_text().strip()


def write_private(path: Path, text: str, how: int = os.O_TRUNC) -> None:
    """Write a file that only its owner can read. With O_EXCL raises FileExistsError."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o600), "w") as file:
        file.write(text)


# -- up ----------------------------------------------------------------------------------------------------------------


def up(
    data: Annotated[Path, typer.Option(help="where everything is kept")] = DATA,
    backend: Annotated[str, typer.Option(envvar="SEPAKAT_BACKEND", help=" or ".join(NAMES))] = "embedded",
    as_json: AsJson = False,
) -> None:
    """Run broker, database and services on this machine until Ctrl-C.

    Other commands in this directory, or below it, find the services and the operator's key by .sepakat/cluster.json.
    A second start finds the data of the first, and the services listen where they did, so that links in mails go on
    leading here: ports.json, beside the data, keeps their ports.

    **Examples**

      sepakat up

      SEPAKAT_KAFKA=kafka:9092 SEPAKAT_MONGO=mongodb://mongo sepakat up --backend external
    """
    try:
        asyncio.run(_up(data, backend, as_json))
    except BackendFailed as error:
        raise CommandFailed(str(error)) from error


async def _up(data: Path, backend: str, as_json: bool) -> None:
    key_file = data / "operator.key"
    key = kept_secret(key_file)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    async def prepared(kafka: str, mongo: str) -> None:
        await prepare(kafka, mongo, key)

    say(f"starting the {backend} backend and the services (data in {data})")
    env = {"SEPAKAT_NOTIFIER_SECRET_KEY": kept_secret(data / "notifier.key", lambda: secrets.token_urlsafe(48))}
    async with Launcher(open_backend(backend, data), data, env=env, prepare=prepared) as cluster:
        await cluster.until_known(key)
        with announced(cluster.urls, key_file):
            if as_json:
                print_json({"urls": cluster.urls, "key_file": str(key_file)})
            for name, url in cluster.urls.items():
                say(f"  {name:<11} {url}/docs")
            if not os.environ.get("SEPAKAT_NOTIFIER_SMTP_HOST"):
                say("  no mail server: mails are suppressed, and a ladder that reaches nobody is soon at its end;")
                say("  set SEPAKAT_NOTIFIER_SMTP_HOST (and the like, docs/reference/settings.md) and start again")
            say(f"  the operator's API key is in {key_file}, logs are in {data / 'logs'}; Ctrl-C stops everything")
            await stop.wait()
        say("stopping")


@contextlib.contextmanager
def announced(urls: Mapping[str, str], key_file: Path) -> Iterator[None]:
    """Let other commands find this cluster for as long as it runs."""
    CLUSTER.parent.mkdir(parents=True, exist_ok=True)
    written = json.dumps({"urls": dict(urls), "key_file": str(key_file.resolve())}, indent=2)
    CLUSTER.unlink(missing_ok=True)
    write_private(CLUSTER, written)
    try:
        yield
    finally:
        # Another cluster may have been started from this directory since.
        if CLUSTER.exists() and CLUSTER.read_text() == written:
            CLUSTER.unlink()


# -- init --------------------------------------------------------------------------------------------------------------


def init(
    kafka: Annotated[str | None, typer.Option(envvar="SEPAKAT_KAFKA", help="bootstrap servers, host:port")] = None,
    mongo: Annotated[str | None, typer.Option(envvar="SEPAKAT_MONGO", help="MongoDB connection string")] = None,
    key_file: Annotated[
        Path | None, typer.Option("--admin-key-file", help="file with the key to be the operator's")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Create the topics and the first operator's API key on servers of your own; again, nothing changes.

    The key is that of --admin-key-file or of SEPAKAT_ADMIN_KEY. Without either, one is made and printed, this once,
    unless there is an operator's key already.

    **Example**

      SEPAKAT_KAFKA=kafka:9092 SEPAKAT_MONGO=mongodb://mongo sepakat init > operator.key
    """
    if not kafka or not mongo:
        raise BadInput("set SEPAKAT_KAFKA and SEPAKAT_MONGO to the addresses of your servers, or --kafka and --mongo")
    given = _given_key(key_file)
    try:
        prepared = asyncio.run(prepare(kafka, mongo, given))
    except (KafkaError, PyMongoError, OSError) as error:
        raise Unreachable(
            f"the servers at {kafka} and {_without_password(mongo)} do not answer: {str(error) or type(error).__name__}"
        ) from error
    say(f"topics created: {', '.join(prepared.topics) or 'none, all are there'}")
    say("an operator's API key " + ("was issued" if prepared.issued else "is there already"))
    made = prepared.issued if given is None else None
    if as_json:
        print_json({"topics": prepared.topics, "issued": prepared.issued is not None, "key": made})
    elif made is not None:
        print_line(made)


def _given_key(file: Path | None) -> str | None:
    if file is None:
        given = os.environ.get("SEPAKAT_ADMIN_KEY")
        return checked_api_key(given, "SEPAKAT_ADMIN_KEY") if given else None
    text = api_key_of(file)
    if len(text) < 20:
        raise BadInput(f"the key in {file} is too short to be a secret; leave the option out to have one made")
    return text


def _without_password(uri: str) -> str:
    scheme, separator, rest = uri.partition("://")
    return scheme + separator + rest.rpartition("@")[2]
