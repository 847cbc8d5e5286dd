"""Whether a mail is from who it says: by the relay that took it in, or by its own signature (DKIM, RFC 6376).

SPF can be checked only where the sender's own server connects. That is the operator's relay, so its result is taken
from there (Authentication-Results, RFC 8601), and from nobody else.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import compat32
from typing import Final, get_args

import dkim

from sepakat_notifier.reply import Verdict

_CHECKS_FOR: Final = 10
"""Seconds."""
_MOST_SIGNATURES: Final = 3
_RESULT = re.compile(r"\s*(spf|dkim)(?:\s*/\s*\d+)?\s*=\s*([a-z]+)(?=\s|$)", re.IGNORECASE)
_PROPERTY = re.compile(r"\s+([\w.-]+)\s*=\s*(\S+)")
_VOUCHING: Final = {"spf": ("smtp.mailfrom",), "dkim": ("header.d", "header.i")}
"""The property that names the domain that passed; of several the first that is there."""
_DOMAIN = re.compile(r"[\w-]+(\.[\w-]+)*")
_THREADS = ThreadPoolExecutor(16, "dkim")
"""A name server that does not answer keeps its thread; it must be none that others look names up in."""
_log = logging.getLogger("sepakat_notifier.dkim")
_log.setLevel(logging.CRITICAL)  # what is wrong with a stranger's signature is in the verdict

Resolve = Callable[..., bytes | None]
"""The TXT record of a name, as dkimpy asks for it: `(name, timeout=…)`."""


@dataclass(frozen=True)
class Checked:
    """`domains` are those that a check has passed for."""

    dkim: Verdict = "none"
    spf: Verdict = "none"
    domains: frozenset[str] = frozenset()

    def vouches_for(self, sender: str) -> bool:
        """Whether something has passed for the domain of that address, or one above or below it."""
        of = sender.rpartition("@")[2].lower()
        return any(each == of or of.endswith(f".{each}") or each.endswith(f".{of}") for each in self.domains)


class Senders:
    def __init__(self, authserv: str | None, resolve: Resolve | None = None) -> None:
        self._authserv = authserv.lower() if authserv else None
        self._resolve = resolve

    async def check(self, content: bytes) -> Checked:
        """By the first result of the relay that is trusted; by the mail's own signatures where none is named."""
        if self._authserv is not None:
            return _by_relay(content, self._authserv)
        try:
            async with asyncio.timeout(_CHECKS_FOR * _MOST_SIGNATURES):
                return await asyncio.get_running_loop().run_in_executor(_THREADS, self._by_signatures, content)
        except TimeoutError:
            return Checked(dkim="temperror")

    def _by_signatures(self, content: bytes) -> Checked:
        more = {} if self._resolve is None else {"dnsfunc": self._resolve}
        verdict: Verdict = "none"
        passed = set[str]()
        try:
            signed = dkim.DKIM(content, logger=_log, timeout=_CHECKS_FOR)
            signatures = [value for name, value in signed.headers if name.lower() == b"dkim-signature"]
        except dkim.DKIMException:
            return Checked(dkim="permerror")
        for each in range(min(len(signatures), _MOST_SIGNATURES)):
            try:
                good = signed.verify(idx=each, **more)
            except dkim.DnsTimeoutError:
                verdict = verdict if passed else "temperror"
                continue
            except (dkim.DKIMException, ValueError, LookupError, OSError):
                verdict = verdict if passed else "fail"
                continue
            if good:
                passed.add(signed.domain.decode("ascii", "replace").lower())
            verdict = "pass" if passed else "fail"
        return Checked(dkim=verdict, domains=frozenset(passed))


def _by_relay(content: bytes, authserv: str) -> Checked:
    mail = message_from_bytes(content, policy=compat32)
    for header in mail.get_all("Authentication-Results", []):
        says = _bare(" ".join(str(header).split()))
        if says is None:
            return Checked()  # it may be the relay's own, and what is below it anybody's
        by, _, results = says.partition(";")
        if by.split() and by.split()[0].lower() == authserv:
            return _read(results)
    return Checked()


def _bare(says: str) -> str | None:
    """Without comments, and with a single quote for each quoted string: what is in these is the sender's to choose.

    None where one of them does not end.
    """
    bare = list[str]()
    depth, quoted, escaped = 0, False, False
    for each in says:
        if escaped:
            escaped = False
        elif each == "\\" and (quoted or depth):
            escaped = True
        elif quoted:
            quoted = each != '"'
        elif each == "(":
            depth += 1
        elif each == ")" and depth:
            depth -= 1
            bare.append(" ")
        elif not depth:
            quoted = each == '"'
            bare.append(each)
    return None if depth or quoted else "".join(bare)


def _read(results: str) -> Checked:
    found: dict[str, Verdict] = {}
    passed = set[str]()
    for method, verdict, domain in _each(results):
        if found.get(method) != "pass":
            found[method] = verdict
        if verdict == "pass" and domain is not None:
            passed.add(domain)
    return Checked(found.get("dkim", "none"), found.get("spf", "none"), frozenset(passed))


def _each(results: str) -> Iterator[tuple[str, Verdict, str | None]]:
    for part in results.split(";"):
        result = _RESULT.match(part)
        if result is None:
            continue
        method, said = result[1].lower(), result[2].lower()
        for known in get_args(Verdict):
            if known == said:
                yield method, known, _domain(method, part[result.end() :])


def _domain(method: str, properties: str) -> str | None:
    """That of which the result is; None where any of it does not parse."""
    found, at = dict[str, str](), 0
    while properties[at:].strip():
        read = _PROPERTY.match(properties, at)
        if read is None:
            return None
        found.setdefault(read[1].lower(), read[2])
        at = read.end()
    value = next((found[each] for each in _VOUCHING[method] if each in found), "")
    domain = value.rpartition("@")[2].lower()
    return domain if _DOMAIN.fullmatch(domain) else None
