"""`sepakat apply`, `keys` and `sign`: what is sent, and what is left alone."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from samples import agreement_dict
from stand import Asked, Run, Stand, answer, problem

from sepakat_shared import signatures
from sepakat_shared.auth import SCOPES
from sepakat_shared.contracts import texts

PARTY = {"apiVersion": "sepakat/v1", "kind": "Party", "metadata": {"id": "nusantara"}, "name": "PT Nusantara",
         "contacts": [{"id": "rina", "name": "Rina", "email": "rina@nusantara.example", "language": "id"}]}  # fmt: skip
INDICATOR = {"apiVersion": "sepakat/v1", "kind": "Indicator", "metadata": {"id": "nusantara/checkout-state"},
             "kindOfEvents": "state"}  # fmt: skip
PLACES = ["/v1/parties/nusantara", "/v1/indicators/nusantara/checkout-state", "/v1/agreements/toko-checkout"]


def write(*documents: dict[str, Any]) -> Path:
    path = Path("all.yaml")
    path.write_text(yaml.safe_dump_all(documents))
    return path


def outcomes(result: Any) -> list[str]:
    return [each["result"] for each in json.loads(result.stdout)["items"]]


def text_of(raw: dict[str, Any]) -> texts.Agreement:
    return texts.Agreement.model_validate(raw)


def test_parties_come_first_and_agreements_last(stand: Stand, run: Run) -> None:
    for place in PLACES:
        stand.on("PUT", place, answer({}, 201))
    result = run("apply", "-f", write(agreement_dict(), INDICATOR, PARTY), "--json")
    assert (result.exit_code, outcomes(result)) == (0, ["created"] * 3)
    puts = [each for each in stand.asked if each.method == "PUT"]
    assert [each.path for each in puts] == PLACES
    assert all("if-match" not in each.headers for each in puts)
    assert puts[2].json == texts.as_text(text_of(agreement_dict()))


def test_what_the_services_hold_already_is_left_alone(stand: Stand, run: Run) -> None:
    details = {"name": "Rina", "title": None, "email": "rina@nusantara.example", "phone": None, "language": "id",
               "time_zone": None}  # fmt: skip
    held = {"id": "nusantara", "name": "PT Nusantara", "address": None, "contacts": {"rina": details}}
    stand.on("GET", PLACES[0], answer(held, etag='"1"'))
    stand.on("GET", PLACES[1], answer(texts.as_text(texts.Indicator.model_validate(INDICATOR)), etag='"1"'))
    stand.on("GET", PLACES[2], answer({"hash": texts.text_hash(text_of(agreement_dict()))}, etag='"1"'))
    result = run("apply", "-f", write(PARTY, INDICATOR, agreement_dict()), "--json")
    assert (result.exit_code, outcomes(result)) == (0, ["unchanged"] * 3)
    assert {each.method for each in stand.asked} == {"GET"}


def test_a_change_names_the_version_that_was_read(stand: Stand, run: Run) -> None:
    stand.on("GET", PLACES[2], answer({"hash": "sha256:other"}, etag='"4"'))
    stand.on("PUT", PLACES[2], answer({}, 200))
    result = run("apply", "-f", write(agreement_dict()))
    assert (result.exit_code, result.stdout) == (0, "Agreement toko-checkout: changed\n")
    assert stand.of("PUT", PLACES[2])[0].headers["if-match"] == '"4"'


def test_a_refused_document_does_not_hold_up_the_others(stand: Stand, run: Run) -> None:
    stand.on("PUT", PLACES[0], problem(403, "this key does not act for party 'nusantara'"))
    stand.on("PUT", PLACES[1], answer({}, 201))
    result = run("apply", "-f", write(PARTY, INDICATOR))
    assert result.exit_code == 4
    assert "does not act for party" in result.stderr
    assert "Indicator nusantara/checkout-state: created" in result.stdout
    assert run("apply", "-f", write(PARTY)).exit_code == 1


def test_nothing_is_sent_when_one_document_is_wrong(stand: Stand, run: Run) -> None:
    result = run("apply", "-f", write(PARTY, agreement_dict(surprise=1)))
    assert result.exit_code == 2
    assert "/1/surprise" in result.stderr
    assert stand.asked == []


def test_advice_is_said_and_holds_up_nothing(stand: Stand, run: Run) -> None:
    unfed = {**INDICATOR, "kindOfEvents": "ticket", "sources": ["/sepakat/incidents"]}
    stand.on("PUT", PLACES[1], answer({}, 201))
    result = run("apply", "-f", write(unfed))
    assert (result.exit_code, result.stdout) == (0, "Indicator nusantara/checkout-state: created\n")
    assert "Indicator nusantara/checkout-state: advice: /metadata/id: is never fed" in result.stderr


def test_a_file_comes_by_standard_input_too(stand: Stand, run: Run) -> None:
    stand.on("PUT", PLACES[1], answer({}, 201))
    assert run("apply", "-f", "-", input=json.dumps(INDICATOR)).exit_code == 0
    assert run("apply", "-f", "-", input="").exit_code == 2


# -- signing -----------------------------------------------------------------------------------------------------------


def key(run: Run, name: str = "rina.pem") -> str:
    result = run("keys", "new", name)
    assert result.exit_code == 0, result.stderr
    return result.stdout.strip()


def hold(stand: Stand, raw: dict[str, Any], hashed: str | None = None) -> None:
    text = text_of(raw)
    stand.on(
        "GET", PLACES[2], answer({"text": texts.as_text(text), "hash": hashed or texts.text_hash(text)}, etag='"1"')
    )


def signed_text(public: str) -> dict[str, Any]:
    return agreement_dict(signatories=[{"party": "nusantara", "contact": "rina", "key": public}])


SIGN = ["sign", "toko-checkout", "--party", "nusantara", "--contact", "rina", "--key", "rina.pem"]


def test_a_key_is_private_and_never_overwritten(run: Run) -> None:
    public = key(run)
    assert public.startswith("ed25519:")
    assert Path("rina.pem").stat().st_mode & 0o777 == 0o600
    before = Path("rina.pem").read_bytes()
    assert run("keys", "new", "rina.pem").exit_code == 2
    assert Path("rina.pem").read_bytes() == before
    assert json.loads(run("keys", "show", "rina.pem", "--json").stdout) == {"key": public}
    assert run("keys", "show", "nowhere.pem").exit_code == 2


def test_what_is_sent_is_a_signature_of_the_text_that_was_read(stand: Stand, run: Run) -> None:
    public = key(run)
    hold(stand, signed_text(public))

    def take(asked: Asked) -> Any:
        given = asked.json
        signatures.verify(public, given["hash"], given["signature"])
        return answer({"status": "draft", "signatures": [{"party": given["party"]}]}, 201)

    stand.on("POST", PLACES[2] + "/signatures", take)
    Path("read.yaml").write_text(yaml.safe_dump(signed_text(public)))
    result = run(*SIGN, "--text", "read.yaml")
    assert (result.exit_code, result.stdout) == (0, "toko-checkout: draft, signed by nusantara\n")


@pytest.mark.parametrize("trap", ["another hash", "another text", "another key", "nobody"])
def test_a_text_that_is_not_what_it_should_be_is_not_signed(stand: Stand, run: Run, trap: str) -> None:
    public = key(run)
    other = key(run, "other.pem")
    pinned = other if trap == "another key" else public
    held = signed_text(pinned) if trap != "nobody" else agreement_dict()
    hold(stand, held, "sha256:00" if trap == "another hash" else None)
    read = {**signed_text(public), "needs": []} if trap == "another text" else held
    Path("read.yaml").write_text(yaml.safe_dump(read))
    result = run(*SIGN, "--text", "read.yaml")
    assert result.exit_code == (2 if trap in ("another key", "nobody") else 1)
    assert {each.method for each in stand.asked} == {"GET"}


def test_an_api_key_is_printed_alone(stand: Stand, run: Run) -> None:
    stand.on("POST", "/v1/keys", answer({"id": "probe", "secret": "spk_x"}, 201))
    arguments = ["apikeys", "issue", "probe", "--party", "nusantara", "--role", "publisher", "--scope", "events:write"]
    result = run(*arguments, "--expires", "2027-01-01T00:00:00Z")
    assert (result.exit_code, result.stdout) == (0, "spk_x\n")
    assert stand.asked[0].json == {"id": "probe", "party": "nusantara", "roles": ["publisher"],
                                   "scopes": ["events:write"], "sources": [],
                                   "expires_at": "2027-01-01T00:00:00+00:00"}  # fmt: skip
    assert run(*arguments, "--expires", "tomorrow").exit_code == 2
    mediator = ["--mediates", "toko-checkout/arbiter", "--scope", "disputes:read", "--scope", "disputes:write"]
    assert run("apikeys", "issue", "arbiter", *mediator).exit_code == 0
    assert (stand.asked[-1].json["mediates"], stand.asked[-1].json["roles"]) == ("toko-checkout/arbiter", [])


def test_a_key_opens_what_its_role_needs_where_nobody_says_it(stand: Stand, run: Run) -> None:
    stand.on("POST", "/v1/keys", answer({"id": "rina", "secret": "spk_x"}, 201))
    roles = [("provider", "--party", "nusantara"), ("publisher", "--party", "nusantara"),
             ("auditor", "--party", "toko-maju"), ("operator",)]  # fmt: skip
    said = [run("apikeys", "issue", "rina", "--role", *each).stderr for each in roles]
    provider, publisher, auditor, operator = (asked.json["scopes"] for asked in stand.asked)
    assert set(SCOPES) - set(provider) == {"events:write", "alerts:write"}
    assert (publisher, operator) == (["events:write"], [])
    assert {each.partition(":")[2] for each in auditor} == {"read"}
    assert "opens events:write" in said[1]
    assert "opens everything" in said[3]
    run("apikeys", "issue", "arbiter", "--mediates", "toko-checkout/arbiter")
    assert stand.asked[-1].json["scopes"] == ["disputes:read", "disputes:write"]
