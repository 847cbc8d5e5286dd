"""Backends for the tests that need servers: `SEPAKAT_TEST_BACKENDS` names them, `embedded` where nothing is said.

Where several workers share the tests (`pytest -n`), the tests of a file, or of a directory that shares a cluster, stay
together, and those that start whole processes come first: they take the longest.
"""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import hypothesis
import pytest
from typer.main import get_command
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from sepakat_cli.backends import Backend, available, open_backend
from sepakat_cli.backends.base import Children

# A broker lives for minutes here: where the JVM compiles quickly and not well, it starts in two thirds of the time.
os.environ.setdefault("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")


def _wanted() -> list[str]:
    return [name.strip() for name in os.environ.get("SEPAKAT_TEST_BACKENDS", "embedded").split(",") if name.strip()]


def pytest_report_header() -> list[str]:
    return [f"sepakat backend {name}: {available(name) or 'runs'}" for name in _wanted()]


# No test is about a time: one that a slow machine, or one with other work, takes long for has not failed.
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for fixture, scope in (("backend", None), ("own_backend", "function"), ("cold_backend", "function"),
                           ("module_backend", "module"), ("package_backend", "package")):  # fmt: skip
        if fixture in metafunc.fixturenames:
            metafunc.parametrize(fixture, _wanted(), indirect=True, scope=scope)


class _TogetherScheduling(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return "tests/pipeline" if nodeid.startswith("tests/pipeline/") else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    return _TogetherScheduling(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session", autouse=True)
def commands_are_made_once() -> Iterator[None]:
    """Typer's runner makes all commands anew each time it runs one, which takes longer than nearly all of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("typer.testing._get_command", cache(get_command))
        yield


def _open(name: str, data: Path) -> Backend:
    reason = available(name)
    if reason is not None:
        pytest.skip(reason)
    return open_backend(name, data)


@pytest.fixture(scope="session")
def backend(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """Servers shared by the whole run; use names of your own in them, and kill neither."""
    cold = _open(request.param, tmp_path_factory.mktemp(request.param))
    if isinstance(cold, Children):
        cold.syncs = False  # a write takes a fifth of the time, and only a kill or a loss of power could lose it
    with cold as started:
        yield started


@pytest.fixture
def cold_backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    """Servers for one test alone, which are not started yet."""
    return _open(request.param, tmp_path)


@pytest.fixture(scope="module")
def module_backend(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Backend:
    """Servers for the tests of one module, which are not started yet."""
    return _open(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="package")
def package_backend(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Backend:
    """Servers for the tests of one directory, which are not started yet."""
    return _open(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture
def own_backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    """Servers for one test alone, which may kill them."""
    with _open(request.param, tmp_path) as started:
        yield started
