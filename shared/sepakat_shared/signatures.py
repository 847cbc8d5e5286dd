"""Ed25519 signatures: of agreement texts by the parties, who hold their keys; of evidence by the service that measures.

The text pins the public keys of both.
"""

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sepakat_shared.errors import FieldProblem, Invalid

_PREFIX = "ed25519:"
TEXT = b"sepakat agreement text v1\n"
EVIDENCE = b"sepakat evidence v1\n"
"""What is signed; it keeps a signature of one thing from being taken for that of another."""


def public_key(private: Ed25519PrivateKey) -> str:
    """The public half as it stands in a text's `signatories`: `ed25519:` and base64 of its 32 bytes."""
    return _PREFIX + base64.b64encode(private.public_key().public_bytes_raw()).decode()


def sign(private: Ed25519PrivateKey, hash: str, purpose: bytes = TEXT) -> str:
    """Base64 of the signature of that exact text or pack, named by its hash (`sha256:…`)."""
    return base64.b64encode(private.sign(purpose + hash.encode())).decode()


def is_valid(key: str, hash: str, signature: str, purpose: bytes) -> bool:
    """Whether `signature` is `key`'s over that hash, for that purpose, both written as `public_key` and `sign` do."""
    if not key.startswith(_PREFIX):
        return False
    try:
        public = Ed25519PublicKey.from_public_bytes(_bytes(key.removeprefix(_PREFIX)))
        public.verify(_bytes(signature), purpose + hash.encode())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _bytes(encoded: str) -> bytes:
    """What base64 holds. Raises ValueError: the last letter may be written in several ways, of which one is right."""
    decoded = base64.b64decode(encoded, validate=True)
    if base64.b64encode(decoded).decode() != encoded:
        raise ValueError("is base64 with bits that nothing stands for")
    return decoded


def verify(key: str, text_hash: str, signature: str) -> None:
    """Raise Invalid, naming the field, unless `signature` is `key`'s over that text."""
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.removeprefix(_PREFIX), validate=True))
    except (ValueError, binascii.Error) as error:
        rule = "the text pins no usable Ed25519 key for this signatory; make one with `sepakat keys new`"
        raise Invalid(rule, [FieldProblem("/contact", rule)]) from error
    try:
        public.verify(base64.b64decode(signature, validate=True), TEXT + text_hash.encode())
    except (InvalidSignature, binascii.Error, ValueError) as error:
        rule = "is not this signatory's signature of this text"
        raise Invalid(rule, [FieldProblem("/signature", rule)]) from error
