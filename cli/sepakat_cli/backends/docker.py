"""The images of Apache Kafka and MongoDB, started by testcontainers where a container engine answers."""

import importlib.util
from pathlib import Path
from typing import Any

from sepakat_cli.backends.base import Backend, free_port, wait_for_broker, wait_for_database

_KAFKA_IMAGE, _MONGO_IMAGE = "apache/kafka:4.1.0", "mongo:8.0"


class Docker(Backend):
    """Published on free loopback ports that stay the same over restarts; gone, with their data, when stopped."""

    name = "docker"
    keeps_events = True

    def __init__(self, _data: Path) -> None:
        self._kafka_port, self._mongo_port = free_port(), free_port()
        self.kafka = f"127.0.0.1:{self._kafka_port}"
        self.mongo = f"mongodb://127.0.0.1:{self._mongo_port}"
        self._broker: Any = None
        self._database: Any = None

    @staticmethod
    def missing() -> str | None:
        if importlib.util.find_spec("testcontainers") is None:
            return "the docker backend needs testcontainers; `make setup` installs it"
        import docker
        from docker.errors import DockerException

        try:
            docker.from_env(timeout=5).ping()
        except DockerException as error:
            return f"no container engine answers ({error})"
        return None

    def start_broker(self) -> None:
        if self._broker is None:
            self._broker = _container(_KAFKA_IMAGE, 9092, self._kafka_port, self._kafka_settings())
        else:
            self._broker.get_wrapped_container().start()
        wait_for_broker(self.kafka, None)

    def stop_broker(self, *, kill: bool = False) -> None:
        _end(self._broker, kill)

    def start_database(self) -> None:
        if self._database is None:
            self._database = _container(_MONGO_IMAGE, 27017, self._mongo_port, {})
        else:
            self._database.get_wrapped_container().start()
        wait_for_database(self.mongo, None)

    def stop_database(self, *, kill: bool = False) -> None:
        _end(self._database, kill)

    def stop(self) -> None:
        """Stop and remove both containers."""
        for container in (self._broker, self._database):
            if container is not None:
                container.stop()
        self._broker = self._database = None

    def _kafka_settings(self) -> dict[str, str]:
        # Giving the image one setting takes all its defaults away: this is the whole set.
        return {
            "KAFKA_PROCESS_ROLES": "broker,controller",
            "KAFKA_NODE_ID": "1",
            "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
            "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
            "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{self.kafka}",
            "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
            "KAFKA_INTER_BROKER_LISTENER_NAME": "PLAINTEXT",
            "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
            "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
            "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
            "KAFKA_LOG_DIRS": "/tmp/kraft-combined-logs",  # noqa: S108 - inside the container, where the image has it
        }


def _container(image: str, port: int, published: int, settings: dict[str, str]) -> Any:
    from testcontainers.core.container import DockerContainer

    container = DockerContainer(image, env=settings).with_bind_ports(port, published)
    container.start()
    return container


def _end(container: Any, kill: bool) -> None:
    if container is not None:
        wrapped = container.get_wrapped_container()
        if kill:
            wrapped.kill()
        else:
            wrapped.stop()
