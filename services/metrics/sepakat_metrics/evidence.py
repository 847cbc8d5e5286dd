"""Evidence: everything that a figure follows from, in one signed file, and its recomputation from that alone. Pure.

A pack holds the agreement's text, the indicator, what was granted and corrected, the counted time, the buckets day by
day (each hashed with the one before), and the figure. It is canonical JSON (RFC 8785), signed with Ed25519.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sepakat_metrics.buckets import Delta
from sepakat_metrics.cases import Step, is_of
from sepakat_metrics.evaluation import evaluate
from sepakat_metrics.explanation import explained
from sepakat_metrics.figures import shown, span_of
from sepakat_metrics.history import History
from sepakat_metrics.losses import losses
from sepakat_metrics.terms import Adjustments, Announced, Terms
from sepakat_metrics.windows import Interval
from sepakat_shared import signatures
from sepakat_shared.calendars import from_ms, to_ms
from sepakat_shared.contracts import texts
from sepakat_shared.contracts.counting import COUNTING
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.hashes import canonical_hash

FORMAT: Final = "sepakat-evidence/1"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: whether it is right, and what was found."""

    name: str
    ok: bool
    finding: str


@dataclass(frozen=True)
class Verification:
    """What came of a pack: every check, the figure as recomputed (None where that failed), and how it is arrived at."""

    checks: tuple[Check, ...]
    figure: dict[str, Any] | None
    arithmetic: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)


def pack(
    terms: Terms, agreement: str, version: int, days: Mapping[str, Delta], span: Interval, as_of: int,
    key: Ed25519PrivateKey, signed_with: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The evidence of one objective over `span`, as of an instant (ms): what `verify` takes.

    `signed_with` is the way of counting that there was when the agreement was signed.
    """
    figure = evaluate(terms, _history(days), as_of, span)
    body: dict[str, Any] = {
        "format": FORMAT,
        "agreement": {
            "id": agreement,
            "version": version,
            "hash": texts.text_hash(terms.text),
            "text": texts.as_text(terms.text),
            "counting": signed_with,
        },
        **_earlier(terms),
        "counting": COUNTING,
        "indicator": None if terms.indicator is None else texts.as_text(terms.indicator),
        "kind": terms.kind,
        "objective": terms.objective.id,
        "period": span_of(span),
        "as_of": rfc3339(from_ms(as_of)),
        "adjustments": _adjustments(terms.adjustments),
        "counted": [list(each) for each in terms.timeline.counted(*span)],
        "buckets": list(_chained(days)),
        "figure": shown(terms.text, figure),
    }
    hashed = canonical_hash(body)
    signature = {"key": signatures.public_key(key), "value": signatures.sign(key, hashed, signatures.EVIDENCE)}
    return {**body, "hash": hashed, "signature": signature}


def _earlier(terms: Terms) -> dict[str, Any]:
    """The texts that cases keep which began before an amendment; nothing where there are none."""
    if not terms.earlier:
        return {}
    found = [
        {"until": rfc3339(from_ms(until)), "hash": texts.text_hash(each.text), "text": texts.as_text(each.text)}
        for until, each in terms.earlier
    ]
    return {"earlier": found}


def read(text: str) -> Any:
    """The pack in a file. Raises ValueError for what is no JSON, or names a field twice: of the two, a person may read
    one while the other is recomputed."""
    return json.loads(text, object_pairs_hook=_named_once)


def _named_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for name, value in pairs:
        if name in named:
            raise ValueError(f"the field {name!r} is there twice")
        named[name] = value
    return named


def verify(given: Any, key: str | None = None, agreed: Collection[str] = ()) -> Verification:
    """Recompute a pack from nothing but itself. Whatever is wrong with it is a check that failed, not an error.

    Whoever signs anew with a key of their own can change all of it: `key` is the one that must have signed it, and
    `agreed` the hashes of the texts that both parties signed, as somebody knows them from elsewhere.
    """
    if not isinstance(given, dict) or given.get("format") != FORMAT:
        return Verification((Check("format", False, f"is not {FORMAT}"),), None, ())
    try:
        return _verify(given, key, agreed)
    except Exception as error:  # noqa: BLE001 - whatever somebody wrote into a file is a finding, not a crash
        return Verification((Check("content", False, f"can't be read: {type(error).__name__}: {error}"),), None, ())


def _verify(given: dict[str, Any], key: str | None, agreed: Collection[str]) -> Verification:
    terms = _terms(given)
    span = to_ms(_instant(given["period"]["start"])), to_ms(_instant(given["period"]["end"]))
    as_of = to_ms(_instant(given["as_of"]))
    days = {each["day"]: Delta.from_document(each["data"]) for each in given["buckets"]}
    history = _history(days)
    figure = evaluate(terms, history, as_of, span)
    recomputed = shown(terms.text, figure)
    checks = [*_about_the_file(given), *_about_the_texts(given, terms, agreed), *_about_the_key(given, terms, key)]
    checks.append(_about_time(given, terms, span))
    checks += _about_counting(given)
    differing = sorted(name for name in recomputed if recomputed[name] != given["figure"].get(name))
    checks.append(
        Check("figure", not differing, "follows from the buckets" if not differing else
              f"does not follow: {differing[0]} is {recomputed[differing[0]]}, the pack says "
              f"{given['figure'].get(differing[0])}")
    )  # fmt: skip
    return Verification(tuple(checks), recomputed, tuple(explained(terms, figure, losses(terms, history, figure))))


def _about_the_file(given: dict[str, Any]) -> Iterator[Check]:
    body = {name: value for name, value in given.items() if name not in ("hash", "signature")}
    hashed = canonical_hash(body)
    yield Check("hash", hashed == given["hash"], f"the content is {hashed}")
    chained = list(_chained({each["day"]: Delta.from_document(each["data"]) for each in given["buckets"]}))
    broken = next((was["day"] for was, now in zip(given["buckets"], chained, strict=True) if was != now), None)
    yield Check("buckets", broken is None, "each day follows from the one before" if broken is None else
                f"day {broken} was changed, or one before it is missing")  # fmt: skip
    signature = given["signature"]
    # It stands beside what is hashed: whatever else was written there is nobody's word.
    beside = sorted(set(signature) - {"key", "value"})
    valid = not beside and signatures.is_valid(signature["key"], hashed, signature["value"], signatures.EVIDENCE)
    finding = f"{'signed' if valid else 'not signed'} by {signature['key']}"
    yield Check("signature", valid, f"{beside[0]} is no field of a signature" if beside else finding)


def _about_the_texts(given: dict[str, Any], terms: Terms, agreed: Collection[str]) -> Iterator[Check]:
    yield _about_a_text("agreement", terms.text, given["agreement"]["hash"], agreed)
    for named, (_, each) in zip(given.get("earlier", ()), terms.earlier, strict=True):
        name = f"agreement until {named['until']}"
        if each.text.metadata.id != terms.text.metadata.id:
            yield Check(name, False, f"is another agreement, {each.text.metadata.id}")
        else:
            yield _about_a_text(name, each.text, named["hash"], agreed)


def _about_a_text(name: str, text: texts.Agreement, named: str, agreed: Collection[str]) -> Check:
    hashed = texts.text_hash(text)
    if hashed != named:
        return Check(name, False, f"the text is {hashed}, not the one that is named")
    if not agreed:
        return Check(name, True, f"the text is {hashed}; compare that with what both parties signed")
    known = hashed in agreed
    found = "one that was agreed" if known else f"not {' or '.join(sorted(agreed))}, which was agreed"
    return Check(name, known, f"the text is {hashed}, {found}")


def _about_the_key(given: dict[str, Any], terms: Terms, expected: str | None) -> Iterator[Check]:
    pinned, used = terms.text.evidence_key, given["signature"]["key"]
    if pinned is not None:
        found = "the agreement pins this key" if pinned == used else f"the agreement pins {pinned}"
        yield Check("key", pinned == used, found)
    if expected is not None:
        yield Check("signer", expected == used, "the key that was expected" if expected == used else f"not {expected}")
    elif pinned is None:
        # No failure: before it is pinned, the parties know it from the service.
        yield Check("key", True, "the agreement pins none: compare it with the one that the service tells")


def _about_counting(given: dict[str, Any]) -> Iterator[Check]:
    """Packs of before the way of counting had a name say nothing of it, and are recomputed all the same."""
    used, signed_with = given.get("counting"), given["agreement"].get("counting")
    if used is None:
        return
    found = [f"counted by {used}"]
    if signed_with is not None:
        found.append(
            "as the agreement was signed" if signed_with == used else f"the agreement was signed with {signed_with}"
        )
    if used != COUNTING:
        found.append(f"this program counts by {COUNTING}: recompute it with a release that has the other one")
    yield Check("counting", used == COUNTING and signed_with in (None, used), "; ".join(found))


def _about_time(given: dict[str, Any], terms: Terms, span: Interval) -> Check:
    counted = [list(each) for each in terms.timeline.counted(*span)]
    same = counted == given["counted"]
    return Check("time", same, "counts as the calendar and the exclusions say" if same else
                 "is laid out otherwise here: compare the time zone rules and holidays of both sides")  # fmt: skip


def _terms(given: dict[str, Any]) -> Terms:
    indicator = None if given["indicator"] is None else texts.Indicator.model_validate(given["indicator"])
    adjusted = given["adjustments"]
    adjustments = Adjustments(
        excluded=tuple((a, b) for a, b in adjusted["excluded"]),
        down=tuple((a, b) for a, b in adjusted["down"]),
        events=tuple((at, good, total) for at, good, total in adjusted["events"]),
        cases=tuple((ticket, ms) for ticket, ms in adjusted["cases"]),
        credits=tuple((start, end, percent) for start, end, percent in adjusted.get("credits", ())),
        announced=tuple(
            Announced(a, b, beyond, tuple(services), tuple(objectives))
            for a, b, beyond, services, objectives in adjusted.get("announced", ())
        ),
    )

    def of(text: Any, earlier: tuple[tuple[int, Terms], ...] = ()) -> Terms:
        agreed = texts.Agreement.model_validate(text)
        objective = next(each for each in agreed.objectives if each.id == given["objective"])
        return Terms(agreed, objective, indicator, adjustments, given["kind"], earlier)

    earlier = tuple((to_ms(_instant(each["until"])), of(each["text"])) for each in given.get("earlier", ()))
    return of(given["agreement"]["text"], earlier)


def _adjustments(adjustments: Adjustments) -> dict[str, Any]:
    agreed: dict[str, Any] = {}
    if adjustments.credits:
        agreed["credits"] = [list(each) for each in adjustments.credits]
    if adjustments.announced:
        agreed["announced"] = [
            [each.start, each.end, each.beyond_allowance, list(each.services), list(each.objectives)]
            for each in adjustments.announced
        ]
    return {
        **agreed,
        "excluded": [list(each) for each in adjustments.excluded],
        "down": [list(each) for each in adjustments.down],
        "events": [list(each) for each in adjustments.events],
        "cases": [list(each) for each in adjustments.cases],
    }


def _history(days: Mapping[str, Delta]) -> History:
    return History.of(days[day] for day in sorted(days))


def _chained(days: Mapping[str, Delta]) -> Iterator[dict[str, Any]]:
    """Each day in order, with the hash of it and of the one before."""
    previous = ""
    for day in sorted(days):
        data = _sorted(days[day].to_document())
        previous = canonical_hash({"previous": previous, "day": day, "data": data})
        yield {"day": day, "data": data, "hash": previous}


def _sorted(document: dict[str, Any]) -> dict[str, Any]:
    """The same whatever order its events came in."""
    measured = [[minute, count, total, sorted(bins), sorted(under)]
                for minute, count, total, bins, under in document["measured"]]  # fmt: skip
    return {**document, "counts": sorted(document["counts"]), "measured": sorted(measured)}


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def within(days: Mapping[str, Delta], span: Interval, agreement: str) -> dict[str, Delta]:
    """What of the days a pack for `span` needs: nothing that came after it, and no ticket of another agreement."""
    tickets: dict[str, list[Step]] = defaultdict(list)
    for delta in days.values():
        for step in delta.steps:
            tickets[step.ticket].append(step)
    own = {ticket for ticket, steps in tickets.items() if is_of(steps, agreement)}
    found: dict[str, Delta] = {}
    for day, delta in days.items():
        part = Delta()
        part.counts = {minute: each for minute, each in delta.counts.items() if minute * 60_000 < span[1]}
        part.measured = {minute: each for minute, each in delta.measured.items() if minute * 60_000 < span[1]}
        part.transitions = {each for each in delta.transitions if each[0] < span[1]}
        part.steps = {each for each in delta.steps if each.at < span[1] and each.ticket in own}
        found[day] = part
    return found
