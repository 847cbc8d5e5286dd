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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sepakat_cli.backends.base import BackendFailed, Children, free_port, wait_for_broker, wait_for_database
from sepakat_cli.children import Child

_ROOT = Path(__file__).parents[3]
_SOURCES = _ROOT / "deploy" / "native"
_CACHE = _ROOT / ".cache" / "native"
_TOOLS = {"java": "a JVM", "mvn": "Maven", "go": "Go"}


class _CacheNotWritable(BackendFailed):
    """What is not in the cache yet cannot be put there."""


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
        first: Path | None
        try:
            first = _first_of(jars)
        except _CacheNotWritable:
            first = None
        directory = self._data / "kafka"
        directory.mkdir(parents=True, exist_ok=True)
        properties = directory / "server.properties"
        properties.write_text(self._properties(directory / "log"))
        _make_storage(directory, jars, first)
        known = [] if first is None else [f"-XX:SharedArchiveFile={first / 'classes.jsa'}"]
        command = [*_java(jars, *known), "kafka.Kafka", str(properties)]
        self._broker = Child(command, self._data / "logs" / "broker.log")
        wait_for_broker(self.kafka, self._broker)

    def start_database(self) -> None:
        program = _ferretdb()
        directory = self._data / "ferretdb"
        directory.mkdir(parents=True, exist_ok=True)
        command = [
            str(program), "-listen", f"127.0.0.1:{self._mongo_port}", "-data", str(directory),
            *([] if self.syncs else ["-nosync"]),
        ]  # fmt: skip
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
        return _as_properties(settings)


def build() -> None:
    """Fetch and build what a first start would wait for: minutes, once. Raises BackendFailed."""
    _first_of(_kafka_jars())
    _ferretdb()


def _java(jars: Path, *options: str) -> list[str]:
    return ["java", "-Xmx512m", *options, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{jars}/*"]


def _kafka_jars() -> Path:
    """The directory of Kafka's jars; resolved by Maven when there is none for the present POM."""
    pom = _SOURCES / "pom.xml"
    jars = _CACHE / f"kafka-{_digest(pom)}"
    if not jars.is_dir():
        with _place_in_cache() as made:
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
            _keep(made / "jars", jars)
    return jars


def _first_of(jars: Path) -> Path:
    """A broker's storage as Kafka's own tool formats it (`log`), and the classes that the tool loaded (`classes.jsa`).

    Made once: the tool is a JVM of its own, and with the classes at hand a broker starts in half the processor time.
    A JVM of another version passes them over. Raises BackendFailed.
    """
    first = jars.with_name(f"{jars.name}-first")
    if not first.is_dir():
        with _place_in_cache() as made:
            broker = made / "first"
            _format(broker, _java(jars, f"-XX:ArchiveClassesAtExit={broker / 'classes.jsa'}"))
            _keep(broker, first)
    return first


def _format(broker: Path, java: Sequence[str]) -> None:
    """Let Kafka's own tool make a storage, as `log` in that directory."""
    broker.mkdir()
    properties = broker / "server.properties"
    properties.write_text(Native(broker)._properties(broker / "log"))
    named = f"--cluster-id={_new_id()}"
    _run(
        "formatting a broker's storage, once",
        [*java, "kafka.tools.StorageTool", "format", named, "-c", str(properties)],
    )


def _make_storage(directory: Path, jars: Path, first: Path | None) -> None:
    """A broker's storage in `log`, where there is none yet: whole or not at all, whenever this is ended.

    It is a copy of the `first` one, or formatted here where the cache has none and cannot be written.
    `meta.properties` comes last in whatever makes one: a `log` without it was never a broker's.
    """
    log, new = directory / "log", directory / "new"
    if (log / "meta.properties").exists():
        return
    for unfinished in (log, new):
        if unfinished.exists():
            shutil.rmtree(unfinished)
    if first is None:
        _format(new, _java(jars))
    else:
        shutil.copytree(first / "log", new / "log", ignore=shutil.ignore_patterns("meta.properties"))
        (new / "log" / "meta.properties").write_text(_identity())
    (new / "log").rename(log)
    shutil.rmtree(new)


def _identity() -> str:
    """What names a broker's storage: no two of them are the same cluster."""
    return _as_properties({"version": "1", "cluster.id": _new_id(), "node.id": "1", "directory.id": _new_id()})


def _new_id() -> str:
    return urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def _as_properties(settings: Mapping[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def _ferretdb() -> Path:
    """The database's program; built by Go when there is none of the present sources."""
    sources = [_SOURCES / name for name in ("main.go", "go.mod", "go.sum")]
    program = _CACHE / f"ferretdb-{_digest(*sources)}"
    if not program.is_file():
        with _place_in_cache() as made:
            _run(
                "building FerretDB by Go, once (a minute or two)",
                ["go", "build", "-o", f"{made}/program", "."],
                _SOURCES,
            )
            _keep(made / "program", program)
    return program


def _digest(*files: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


@contextmanager
def _place_in_cache() -> Iterator[Path]:
    """A directory beside what is kept, gone at the end. Raises BackendFailed where the cache cannot be written."""
    try:
        _CACHE.mkdir(parents=True, exist_ok=True)
        made = tempfile.TemporaryDirectory(dir=_CACHE)
    except OSError as error:
        needed = f"{_CACHE} lacks a part of the native backend and cannot be written ({error.strerror})"
        raise _CacheNotWritable(f"{needed}; make it writable for one start") from error
    with made as place:
        yield Path(place)


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
