"""Files by reference: what one is and where it lies. The bytes are never taken, and never fetched. Pure.

Whoever opens one opens it from the other party's server. Which kinds are taken is for whoever takes them to say.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from sepakat_shared.errors import FieldProblem, Invalid

_LARGEST: Final = 100 * 1024**3
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_NAMED: Final = 5


@dataclass(frozen=True)
class Reference:
    """`size` in bytes, `sha256` in hexadecimal: whoever follows the https `url` can tell whether it is still that."""

    name: str
    media_type: str
    size: int
    sha256: str
    url: str


def check(
    given: Sequence[Reference], pointer: str, most: int, rules: Callable[[Reference], Mapping[str, str | None]]
) -> None:
    """`rules` say by field which rule it breaks, or None. Raises Invalid with every field that breaks one."""
    problems = [
        FieldProblem(f"{pointer}/{i}/{field}", rule)
        for i, each in enumerate(given) for field, rule in rules(each).items() if rule is not None
    ]  # fmt: skip
    if len(given) > most:
        problems.append(FieldProblem(pointer, f"must be {most} at most"))
    if problems:
        raise Invalid.of(problems, named=_NAMED)


def numbers(given: Reference) -> dict[str, str | None]:
    """The rules that hold for every kind, by field."""
    return {
        "size": None if 0 <= given.size <= _LARGEST else f"must be 0 to {_LARGEST} bytes",
        "sha256": None if _SHA256.fullmatch(given.sha256) else "must be 64 hexadecimal digits in lower case",
    }


def url_problem(url: str) -> str | None:
    """Why it is no https address that anybody may follow."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "must be an address"
    if parts.scheme != "https" or not parts.hostname:
        return "must be an https address"
    if parts.username is not None or parts.password is not None:
        return "must not have a name or a password in it"
    return None
