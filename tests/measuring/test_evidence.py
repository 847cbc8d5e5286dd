"""Evidence packs: recomputed from the file alone, and any edit of one is found."""

import base64
import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from samples import agreement
from typer.testing import CliRunner

from sepakat_cli.__main__ import app
from sepakat_metrics import evidence
from sepakat_metrics.buckets import Delta
from sepakat_metrics.events import Fact
from sepakat_metrics.terms import Adjustments, Announced, Terms
from sepakat_shared import signatures
from sepakat_shared.calendars import to_ms
from sepakat_shared.hashes import canonical_hash

NOVEMBER = to_ms(datetime(2026, 10, 31, 17, tzinfo=UTC))
DECEMBER = NOVEMBER + 30 * 86_400_000
HOUR, MINUTE = 3_600_000, 60_000
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
OF = "nusantara/checkout-state"


def fact(id: int, at: int, kind: str, **more: Any) -> Fact:
    return Fact(OF, "/probe", f"{id:04d}", at, kind, **more)


FACTS = {
    "time": [fact(0, NOVEMBER, "state", state="up", weight=1_000_000),
             fact(1, NOVEMBER + 30 * HOUR, "state", state="down", weight=0),
             fact(2, NOVEMBER + 31 * HOUR, "state", state="up", weight=1_000_000)],
    "occurrences": [fact(i, NOVEMBER + i * HOUR, "ratio", samples=((NOVEMBER + i * HOUR, 98, 100),)) for i in range(9)],
    "percentile": [fact(i, NOVEMBER + i * MINUTE, "measurement", values=(i * 17_000_000,), unit="ms")
                   for i in range(1, 200)],
    "per-case": [fact(0, NOVEMBER, "ticket", ticket="T-1", step="opened", priority="P1"),
                 fact(1, NOVEMBER + HOUR, "ticket", ticket="T-1", step="responded")],
}  # fmt: skip
OBJECTIVES: dict[str, dict[str, Any]] = {
    "time": {"target": "99.9"},
    "occurrences": {"target": "99"},
    "percentile": {"percentile": "95", "target": {"atMost": 1500, "unit": "ms"}},
    "per-case": {"target": "95", "threshold": {"atMost": "PT15M"}, "clock": {"from": "opened", "until": "responded"}},
}


def packed(
    measure: str, key: str | None = None, adjustments: Adjustments | None = None,
    objective: dict[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    text = agreement(
        needs=[], evidenceKey=key,
        objectives=[{"id": "o", "indicator": OF, "measure": measure, "window": {"calendar": "month"},
                     **OBJECTIVES[measure], **(objective or {})}],
    )  # fmt: skip
    terms = Terms(text, text.objectives[0], None, adjustments or Adjustments(), FACTS[measure][0].kind)
    whole = Delta([terms.threshold] if terms.threshold is not None else [])
    for each in FACTS[measure]:
        whole.add(each)
    span = NOVEMBER, DECEMBER
    pack = evidence.pack(
        terms, "toko-checkout", 1, evidence.within(whole.by_day(), span, "toko-checkout"), span, DECEMBER, KEY
    )
    read: dict[str, Any] = json.loads(json.dumps(pack))
    return read


def test_a_pack_holds_no_ticket_of_another_agreement() -> None:
    """The indicator of a provider's service may serve several customers, and none may read of another's tickets."""
    day = Delta()
    for ticket, of, step in (("T-1", "", "opened"), ("T-2", "toko-checkout", "opened"),
                             ("T-3", "other", "opened"), ("T-3", "", "responded")):  # fmt: skip
        day.add(fact(1, NOVEMBER, "ticket", ticket=ticket, step=step, agreement=of))
    own = evidence.within(day.by_day(), (NOVEMBER, DECEMBER), "toko-checkout")
    kept = [step for delta in own.values() for step in delta.to_document()["steps"]]
    assert [(step[3], len(step), step[-1]) for step in kept] == [("T-1", 7, ""), ("T-2", 8, "toko-checkout")]


def edited(pack: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    """The pack with one leaf changed."""
    changed = deepcopy(pack)
    here = changed
    for name in path[:-1]:
        here = here[name]
    was = here[path[-1]]
    here[path[-1]] = was + 1 if isinstance(was, int) and not isinstance(was, bool) else f"{was}x"
    return changed


@pytest.mark.parametrize("measure", OBJECTIVES)
def test_a_pack_holds_by_itself(measure: str) -> None:
    found = evidence.verify(packed(measure))
    assert found.ok, [check for check in found.checks if not check.ok]
    assert found.figure == packed(measure)["figure"]
    assert found.figure["met"] is False


def test_the_arithmetic_is_told_step_by_step() -> None:
    steps = evidence.verify(packed("time")).arithmetic
    counted = "2588400 of 2592000 = 719/720 = 99.861111 %, < 99.9000 %"
    assert f"seconds up, degraded by weight, of seconds counted: {counted}" in steps
    assert "so the target is missed" in steps
    assert "budget 2592.0000 seconds, of which 3600.0000 are lost and -1008.0000 left" in steps


def every_edit(pack: dict[str, Any], part: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[str, dict[str, Any]]]:
    """The pack with each leaf changed in turn, each field gone, and one more beside those of each object. Of a list,
    which holds what is alike, its last one."""
    fields: list[tuple[Any, Any]] = list(part.items()) if isinstance(part, dict) else []
    children = list(enumerate(part))[-1:] if isinstance(part, list) else fields
    if not children:
        yield f"{path} is another one", edited(pack, path)
    for name, each in children:
        yield from every_edit(pack, each, (*path, name))
        yield f"{(*path, name)} is gone", without(pack, (*path, name))
    if isinstance(part, dict):
        yield f"{path} has one more", edited_at(pack, (*path, "added"), "x")


def test_cases_that_began_before_an_amendment_are_recomputed_by_the_text_of_their_time() -> None:
    def of(limit: str) -> Terms:
        changed = {**OBJECTIVES["per-case"], "threshold": {"atMost": limit}}
        objective = {"id": "o", "indicator": OF, "measure": "per-case", "window": {"calendar": "month"}, **changed}
        text = agreement(needs=[], objectives=[objective])
        return Terms(text, text.objectives[0], None, kind="ticket")

    terms, whole = replace(of("PT15M"), earlier=((NOVEMBER + 30 * MINUTE, of("PT2H")),)), Delta()
    for each in FACTS["per-case"]:
        whole.add(each)
    span = NOVEMBER + 30 * MINUTE, DECEMBER
    pack = json.loads(json.dumps(evidence.pack(terms, "toko", 2, whole.by_day(), span, DECEMBER, KEY)))
    found = evidence.verify(pack)
    assert found.ok, [check for check in found.checks if not check.ok]
    assert pack["figure"]["met"] is True
    assert "case T-1: 3600 s on its clock, met by the terms until 2026-10-31T17:30:00.000Z" in found.arithmetic
    edits = {what: evidence.verify(changed).ok for what, changed in every_edit(pack, pack["earlier"], ("earlier",))}
    assert edits
    assert [what for what, ok in edits.items() if ok] == []
    other = signed_anew(edited_at(pack, ("earlier", 0, "hash"), "sha256:other"))
    until = "agreement until 2026-10-31T17:30:00.000Z"
    assert [check.name for check in evidence.verify(other).checks if not check.ok] == [until]
    foreign = edited_at(pack, ("earlier", 0, "text", "metadata", "id"), "another")
    assert until in [check.name for check in evidence.verify(signed_anew(foreign)).checks if not check.ok]

    # Who signs anew can put in another text, but not one that both parties signed.
    now, before = pack["agreement"]["hash"], pack["earlier"][0]["hash"]
    assert evidence.verify(pack, agreed=(now, before)).ok
    assert [check.name for check in evidence.verify(pack, agreed=(now,)).checks if not check.ok] == [until]


def edited_at(pack: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed = deepcopy(pack)
    inside(changed, path)[path[-1]] = value
    return changed


def without(pack: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    changed = deepcopy(pack)
    del inside(changed, path)[path[-1]]
    return changed


def signed_anew(pack: dict[str, Any], key: Ed25519PrivateKey = KEY) -> dict[str, Any]:
    body = {name: value for name, value in pack.items() if name not in ("hash", "signature")}
    hashed = canonical_hash(body)
    signature = {"key": signatures.public_key(key), "value": signatures.sign(key, hashed, signatures.EVIDENCE)}
    return {**body, "hash": hashed, "signature": signature}


def inside(pack: Any, path: tuple[Any, ...]) -> Any:
    for name in path[:-1]:
        pack = pack[name]
    return pack


def test_every_edit_is_found_whatever_of_the_pack_it_is_of() -> None:
    first, last = (NOVEMBER, NOVEMBER + HOUR), (DECEMBER - HOUR, DECEMBER)
    granted = Adjustments(
        (first,), (last,), ((NOVEMBER, 1, 2),), (("T-1", 5),), ((NOVEMBER, DECEMBER, "7.5"),), (Announced(*first),)
    )
    pack = packed("time", signatures.public_key(KEY), granted)
    found = {what: evidence.verify(changed).ok for what, changed in every_edit(pack, pack)}
    assert len(found) > 150
    assert [what for what, ok in found.items() if ok] == []


@pytest.mark.parametrize("measure", sorted(set(OBJECTIVES) - {"time"}))
def test_every_edit_of_buckets_and_figures_is_found_for_every_kind_of_event(measure: str) -> None:
    pack = packed(measure)
    edits = [each for name in ("buckets", "figure") for each in every_edit(pack, pack[name], (name,))]
    found = {what: evidence.verify(changed).ok for what, changed in edits}
    assert len(found) > 25
    assert [what for what, ok in found.items() if ok] == []


@pytest.mark.parametrize("field", ["key", "value"])
def test_every_letter_of_a_signature_counts_also_the_last_of_which_base64_leaves_bits_free(field: str) -> None:
    pack = packed("time")
    written = pack["signature"][field]
    assert evidence.verify(pack).ok
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=:"
    others = [f"{written[:i]}{letter}{written[i + 1:]}" for i in (0, 12, len(written) - 3, len(written) - 2)
              for letter in letters if letter != written[i]]  # fmt: skip
    for other in (*others, written.removeprefix("ed25519:") if field == "key" else f"{written}\n", f" {written}"):
        key, value = (pack["signature"] | {field: other}).values()
        assert not signatures.is_valid(key, pack["hash"], value, signatures.EVIDENCE), other


def test_a_field_that_is_there_twice_is_refused_since_people_may_read_the_other_one(tmp_path: Path) -> None:
    text = json.dumps(packed("time"))
    twice = text.replace('"figure": {', '"figure": {"attainment": "100.0000", ', 1)
    assert evidence.verify(json.loads(twice)).ok, "whoever reads the last one finds nothing"
    path = tmp_path / "pack.json"
    path.write_text(twice)
    told = CliRunner().invoke(app, ["verify", str(path)])
    assert (told.exit_code, "'attainment' is there twice" in " ".join(told.output.split())) == (2, True)


def test_an_object_of_very_many_fields_is_read_in_the_time_that_it_takes_to_read_them() -> None:
    text = json.dumps({f"field {n}": n for n in range(100_000)})
    assert len(evidence.read(text)) == 100_000
    with pytest.raises(ValueError, match="'field 7' is there twice"):
        evidence.read(f'{text[:-1]}, "field 7": 0}}')


def test_who_signed_it_and_what_was_agreed_may_be_known_from_elsewhere() -> None:
    pack = packed("time")
    key, agreed = signatures.public_key(KEY), [pack["agreement"]["hash"]]
    assert evidence.verify(pack, key, agreed).ok
    for others, failed in (((signatures.public_key(OTHER), agreed), "signer"), ((key, ["sha256:0"]), "agreement")):
        assert [check.name for check in evidence.verify(pack, *others).checks if not check.ok] == [failed]


def test_a_bucket_that_was_changed_is_named_even_when_everything_is_signed_anew() -> None:
    pack = packed("time")
    pack["buckets"][1]["data"]["transitions"].pop()
    found = evidence.verify(signed_anew(pack, OTHER))
    failed = {check.name: check.finding for check in found.checks if not check.ok}
    assert set(failed) == {"buckets", "figure"}
    assert pack["buckets"][1]["day"] in failed["buckets"]


def test_a_key_that_the_agreement_does_not_pin_is_found() -> None:
    assert evidence.verify(packed("time", signatures.public_key(KEY))).ok
    found = evidence.verify(packed("time", signatures.public_key(OTHER)))
    assert [check.name for check in found.checks if not check.ok] == ["key"]


def test_what_was_granted_is_in_the_pack() -> None:
    excluded = Adjustments(excluded=((NOVEMBER + 30 * HOUR, NOVEMBER + 31 * HOUR),))
    found = evidence.verify(packed("time", adjustments=excluded))
    assert found.ok
    assert found.figure is not None
    assert (found.figure["met"], found.figure["excluded_seconds"]) == (True, 3600)


def test_announced_maintenance_is_in_the_pack_with_what_it_is_of() -> None:
    hour = NOVEMBER + 30 * HOUR, NOVEMBER + 31 * HOUR
    for of, met in ({"services": ("checkout",)}, True), ({"objectives": ("another",)}, False):
        pack = packed("time", adjustments=Adjustments(announced=(Announced(*hour, False, **of),)))
        found = evidence.verify(json.loads(json.dumps(pack)))
        assert found.ok, found.checks
        assert found.figure is not None and found.figure["met"] is met
    pack["adjustments"]["announced"][0][4] = ["availability"]
    assert not evidence.verify(pack).ok, "what it is of can't be changed"


def test_a_credit_that_a_dispute_ended_in_is_in_the_pack_beside_what_the_figure_gives() -> None:
    agreed = Adjustments(credits=((NOVEMBER, DECEMBER, "7.5"),))
    tiers = {"credits": {"of": "fee", "tiers": [{"below": "99.9", "percent": "10"}]}}
    pack = packed("time", adjustments=agreed, objective=tiers)
    found = evidence.verify(pack)
    assert found.ok and found.figure is not None
    assert (found.figure["credit"]["percent"], found.figure["credit"]["measured_percent"]) == ("7.5", "10")
    assert any("agreed in a dispute" in line for line in found.arithmetic)
    pack["adjustments"]["credits"] = []
    assert "figure" in [check.name for check in evidence.verify(pack).checks if not check.ok]
    assert "credits" not in packed("time")["adjustments"], "a pack without one is as it was before"


@pytest.mark.parametrize("given", [None, [], {}, {"format": "sepakat-evidence/1"}, {"format": "other"}])
def test_what_is_no_pack_is_a_failed_check_and_no_crash(given: Any) -> None:
    assert not evidence.verify(given).ok


def test_the_command_prints_the_arithmetic_and_ends_with_1_where_a_pack_does_not_hold(tmp_path: Path) -> None:
    path = tmp_path / "pack.json"
    path.write_text(json.dumps(packed("time")))
    held = CliRunner().invoke(app, ["verify", str(path)])
    assert (held.exit_code, "719/720" in held.stdout) == (0, True)
    changed = edited(packed("time"), ("figure", "attainment"))
    path.write_text(json.dumps(changed))
    broken = CliRunner().invoke(app, ["verify", str(path), "--json"])
    assert (broken.exit_code, json.loads(broken.stdout)["ok"]) == (1, False)
    path.write_text("{")
    assert CliRunner().invoke(app, ["verify", str(path)]).exit_code == 2


def test_a_signature_of_a_text_is_none_of_evidence() -> None:
    pack = packed("time")
    pack["signature"]["value"] = signatures.sign(KEY, pack["hash"])
    assert base64.b64decode(pack["signature"]["value"])
    assert [check.name for check in evidence.verify(pack).checks if not check.ok] == ["signature"]
