"""One cluster for all of these tests; each has an agreement and an indicator of its own."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from world import World, opened

from sepakat_cli.backends import Backend


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def shared(package_backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with opened(package_backend, tmp_path_factory.mktemp("world")) as world:
        yield world


@pytest.fixture
def world(shared: World, request: pytest.FixtureRequest) -> World:
    return shared.named(request.function.__name__.removeprefix("test_").replace("_", "-")[:40])
