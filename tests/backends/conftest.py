"""A database of its own for each test that asks for one."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sepakat_cli.backends import Backend
from sepakat_shared import mongo
from sepakat_shared.settings import ServiceSettings


@pytest.fixture
async def database(backend: Backend) -> AsyncIterator[Any]:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    yield client[f"t{uuid.uuid4().hex[:8]}"]
    await mongo.close_client(client)
