"""The hash by which two readers know that they look at the same."""

import hashlib
from typing import Any

import rfc8785


def canonical_hash(value: Any) -> str:
    """`sha256:` and the hash of the canonical JSON (RFC 8785) of `value`."""
    return "sha256:" + hashlib.sha256(rfc8785.dumps(value)).hexdigest()
