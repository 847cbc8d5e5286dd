"""Ed25519 signatures of agreement texts. Parties hold their private keys; the text pins the public ones."""

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sepakat_shared.errors import FieldProblem, Invalid

_PREFIX = "ed25519:"
_PURPOSE = b"sepakat agreement text v1\n"
"""Keeps a signature of a text from being taken for a signature of anything else."""


def public_key(private: Ed25519PrivateKey) -> str:
    """The public half as it stands in a text's `signatories`: `ed25519:` and base64 of its 32 bytes."""
    return _PREFIX + base64.b64encode(private.public_key().public_bytes_raw()).decode()


def sign(private: Ed25519PrivateKey, text_hash: str) -> str:
    """Base64 of the signature of that exact text, named by its hash (`sha256:…`)."""
    return base64.b64encode(private.sign(_PURPOSE + text_hash.encode())).decode()


def verify(key: str, text_hash: str, signature: str) -> None:
    """Raise Invalid, naming the field, unless `signature` is `key`'s over that text."""
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.removeprefix(_PREFIX), validate=True))
    except (ValueError, binascii.Error) as error:
        rule = "the text pins no usable Ed25519 key for this signatory; make one with `sepakat keys new`"
        raise Invalid(rule, [FieldProblem("/contact", rule)]) from error
    try:
        public.verify(base64.b64decode(signature, validate=True), _PURPOSE + text_hash.encode())
    except (InvalidSignature, binascii.Error, ValueError) as error:
        rule = "is not this signatory's signature of this text"
        raise Invalid(rule, [FieldProblem("/signature", rule)]) from error
