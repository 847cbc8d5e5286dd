"""Who reports a problem, and what may be written in a report: every field with its rule. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from sepakat_shared.errors import FieldProblem, Invalid
from sepakat_shared.words import line_problem, text_problem

Language = Literal["en", "id"]
LONGEST_NAME, LONGEST_SUMMARY, LONGEST_DETAILS = 80, 200, 10_000
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS: Final = re.compile(
    rf"[a-z0-9!#$%&'*+/=?^_`{{|}}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{{|}}~-]+)*@{_LABEL}(\.{_LABEL})+", re.IGNORECASE
)
"""An address as the mail servers of the world take them (RFC 5321, without quoting and address literals)."""


@dataclass(frozen=True)
class Reporter:
    name: str
    email: str
    language: Language


def check(reporter: Reporter | None, summary: str, details: str, at: str = "") -> None:
    """Raises Invalid with every field that breaks a rule; `at` is where those of the reporter are."""
    problems = list(_problems(reporter, summary, details, at))
    if problems:
        raise Invalid.of(problems)


def _problems(reporter: Reporter | None, summary: str, details: str, at: str) -> Iterator[FieldProblem]:
    found = {
        f"{at}/name": None if reporter is None else _of_name(reporter.name),
        f"{at}/email": None if reporter is None else _of_email(reporter.email),
        "/summary": line_problem(summary, LONGEST_SUMMARY),
        "/details": text_problem(details, LONGEST_DETAILS),
    }
    for pointer, rule in found.items():
        if rule is not None:
            yield FieldProblem(pointer, rule)


def _of_name(name: str) -> str | None:
    # It greets whoever has the address, which may be somebody else: no room for an advertisement.
    return "must not be an address" if re.search(r"://|www\.|@", name, re.IGNORECASE) else line_problem(
        name, LONGEST_NAME
    )  # fmt: skip


def _of_email(email: str) -> str | None:
    if len(email) > 254 or len(email.partition("@")[0]) > 64 or not _ADDRESS.fullmatch(email):
        return "must be an e-mail address, such as budi@example.com"
    return None
