"""What one party sends alone hinders nobody else: over HTTP on a real database."""

import pytest
from agreeing import PATH, opened

from sepakat_cli.backends import Backend

pytestmark = pytest.mark.servers


async def test_a_patch_that_copies_is_refused_and_so_is_one_of_too_many_operations(backend: Backend) -> None:
    async with opened(backend) as world:
        await world.ask("nusantara", "PUT", PATH, 201, json=world.text())
        copy = {"op": "copy", "from": "/title", "path": "/title/en"}
        again = {"op": "replace", "path": "/target", "value": "99.95"}
        for patch in ([copy], [again] * 201):
            change = {"clause": "objectives/availability", "patch": patch}
            refused = await world.post("toko-maju", "/proposals", 422, changes=[change])
            assert refused["errors"][0]["pointer"].startswith("/changes/0/patch"), refused
        change = {"clause": "objectives/availability", "patch": [again] * 200}
        await world.post("toko-maju", "/proposals", changes=[change])
