"""Apache Kafka on the JVM (KRaft, one node) and FerretDB on SQLite, built from `deploy/native` and kept in a cache.

Both keep what they were given over a restart, also over SIGKILL.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from pathlib import Path

from sepakat_cli.backends.base import BackendFailed, Children, free_port, wait_for_broker, wait_for_database
from sepakat_cli.children import Child

_ROOT = Path(__file__).parents[3]
_SOURCES = _ROOT / "deploy" / "native"
_CACHE = _ROOT / ".cache" / "native"
_TOOLS = {"java": "a JVM", "mvn": "Maven", "go": "Go"}


class Native(Children):
    """Apache Kafka and FerretDB."""

    name = "native"
    keeps_events = True

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self._controller_port = free_port()

    @staticmethod
    def missing() -> str | None:
        if not _SOURCES.is_dir():
            return "the native backend is built from the source tree; clone the repository to use it"
        missing = [f"{tool} ({what})" for tool, what in _TOOLS.items() if shutil.which(tool) is None]
        return f"the native backend needs {', '.join(missing)}" if missing else None

    def start_broker(self) -> None:
        jars = _kafka_jars()
        directory = self._data / "kafka"
        directory.mkdir(parents=True, exist_ok=True)
        properties = directory / "server.properties"
        properties.write_text(self._properties(directory / "log"))
        if not (directory / "log" / "meta.properties").exists():
            cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
            command = [
                *_java(jars),
                "kafka.tools.StorageTool",
                "format",
                f"--cluster-id={cluster}",
                "-c",
                str(properties),
            ]
            _run("formatting the broker's storage", command)
        self._broker = Child([*_java(jars), "kafka.Kafka", str(properties)], self._data / "logs" / "broker.log")
        wait_for_broker(self.kafka, self._broker)

    def start_database(self) -> None:
        program = _ferretdb()
        directory = self._data / "ferretdb"
        directory.mkdir(parents=True, exist_ok=True)
        command = [str(program), "-listen", f"127.0.0.1:{self._mongo_port}", "-data", str(directory)]
        self._database = Child(command, self._data / "logs" / "database.log")
        wait_for_database(self.mongo, self._database)

    def _properties(self, log: Path) -> str:
        settings = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{self._controller_port}",
            "listeners": f"PLAINTEXT://{self.kafka},CONTROLLER://127.0.0.1:{self._controller_port}",
            "advertised.listeners": f"PLAINTEXT://{self.kafka}",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": str(log),
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            # A killed broker is back as soon as its old session has ended.
            "broker.session.timeout.ms": "2000",
            "broker.heartbeat.interval.ms": "500",
        }
        return "".join(f"{name}={value}\n" for name, value in settings.items())


def _java(jars: Path) -> list[str]:
    return ["java", "-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{jars}/*"]


def _kafka_jars() -> Path:
    """The directory of Kafka's jars; resolved by Maven when there is none for the present POM."""
    pom = _SOURCES / "pom.xml"
    jars = _CACHE / f"kafka-{_digest(pom)}"
    if not jars.is_dir():
        with tempfile.TemporaryDirectory(dir=_made(_CACHE)) as made:
            command = [
                "mvn",
                "-q",
                "-B",
                "-f",
                str(pom),
                "dependency:copy-dependencies",
                f"-DoutputDirectory={made}/jars",
            ]
            _run("resolving the jars of Apache Kafka by Maven, once", command)
            _keep(Path(made) / "jars", jars)
    return jars


def _ferretdb() -> Path:
    """The database's program; built by Go when there is none of the present sources."""
    sources = [_SOURCES / name for name in ("main.go", "go.mod", "go.sum")]
    program = _CACHE / f"ferretdb-{_digest(*sources)}"
    if not program.is_file():
        with tempfile.TemporaryDirectory(dir=_made(_CACHE)) as made:
            _run(
                "building FerretDB by Go, once (a minute or two)",
                ["go", "build", "-o", f"{made}/program", "."],
                _SOURCES,
            )
            _keep(Path(made) / "program", program)
    return program


def _digest(*files: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def _made(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def _keep(made: Path, place: Path) -> None:
    """Put it in its place, unless another process was faster."""
    try:
        made.rename(place)
    except OSError:
        if not place.exists():
            raise


def _run(what: str, command: Sequence[str], directory: Path | None = None) -> None:
    sys.stderr.write(f"{what}\n")
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True)
    if done.returncode != 0:
        raise BackendFailed(f"{what} failed:\n{(done.stdout + done.stderr)[-2000:]}")
