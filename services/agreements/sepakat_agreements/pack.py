"""A pack as it is frozen into a review: its JSON, packed, with the hash of that. Pure."""

import base64
import hashlib
import zlib

import msgspec

from sepakat_agreements.review import Frozen
from sepakat_document.pack import Pack


def freeze(pack: Pack) -> Frozen:
    written = msgspec.json.encode(pack)
    packed = base64.b64encode(zlib.compress(written, 9)).decode()
    return Frozen(packed, "sha256:" + hashlib.sha256(written).hexdigest(), pack.compiled_at)


def written(frozen: Frozen) -> bytes:
    """The JSON of the pack, whose SHA-256 is the hash."""
    return zlib.decompress(base64.b64decode(frozen.content))


def thawed(frozen: Frozen) -> Pack:
    return msgspec.json.decode(written(frozen), type=Pack)
