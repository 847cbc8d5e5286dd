"""Signing keys, which stay with their party, and API keys, which `agreements` issues."""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, get_args

import typer
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.commands.apply import read_documents
from sepakat_cli.files import text_of, why_not
from sepakat_cli.output import AsJson, BadInput, CommandFailed, explained, print_json, print_line, say
from sepakat_shared import signatures
from sepakat_shared.auth import SCOPES
from sepakat_shared.contracts import texts
from sepakat_shared.contracts.agreements import Role

_OF_A_PARTY: Final = tuple(scope for scope in SCOPES if scope not in ("events:write", "alerts:write"))
_NEEDED: Final = {
    "provider": _OF_A_PARTY,
    "customer": _OF_A_PARTY,
    "publisher": ("events:write",),
    "auditor": tuple(scope for scope in SCOPES if scope.endswith(":read")),
    "mediator": ("disputes:read", "disputes:write"),
}
"""By role; operators need none. What reports from outside is a key of its own: a leaked one opens nothing else."""

keys = typer.Typer(
    no_args_is_help=True,
    help=explained(
        "Ed25519 keys to sign agreements with; the private half never leaves you.",
        "sepakat keys new rina.pem",
        "sepakat keys show rina.pem",
    ),
)
apikeys = typer.Typer(
    no_args_is_help=True,
    help=explained(
        "API keys: who may ask the services what. Needs an operator's key.",
        "sepakat apikeys issue rina --party nusantara --role provider > rina.key",
    ),
)


@keys.command("new")
def new_key(
    file: Annotated[Path, typer.Argument(help="where the private key goes; it must not exist yet")],
    as_json: AsJson = False,
) -> None:
    """Make a signing key: the private half into FILE (readable by you alone), the public half on standard output.

    The public half is what stands as `key` under `signatories` in the agreement.

    **Example**

      sepakat keys new rina.pem
    """
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(pem)
    except FileExistsError as error:
        raise BadInput(f"{file} exists already, and a key is never overwritten; name another file") from error
    except OSError as error:
        raise BadInput(f"{file} can't be written: {why_not(error)}") from error
    _show_public(private, as_json)


@keys.command("show")
def show_key(
    file: Annotated[Path, typer.Argument(help="a private key made by `sepakat keys new`")], as_json: AsJson = False
) -> None:
    """Print the public half of a signing key again.

    **Example**

      sepakat keys show rina.pem
    """
    _show_public(read_private(file), as_json)


def _show_public(private: Ed25519PrivateKey, as_json: bool) -> None:
    public = signatures.public_key(private)
    if as_json:
        print_json({"key": public})
    else:
        print_line(public)


def read_private(file: Path) -> Ed25519PrivateKey:
    """The Ed25519 key in a PEM file. Raises BadInput."""
    pem = text_of(file)
    try:
        private = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        # What the parser says names the format's inner workings, and may repeat some of what it read.
        raise BadInput(f"{file} holds no private key without a password; make one with `sepakat keys new`") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise BadInput(f"{file} holds another kind of key; make one with `sepakat keys new`")
    return private


def sign(
    agreement: Annotated[str, typer.Argument(help="the agreement's id")],
    party: Annotated[str, typer.Option(help="the party that signs")],
    contact: Annotated[str, typer.Option(help="the signatory's id in the text")],
    key: Annotated[Path, typer.Option(help="the signatory's private key, from `sepakat keys new`")],
    text: Annotated[Path | None, typer.Option(help="the text as you read it; another one is not signed")] = None,
    version: Annotated[int | None, typer.Option(help="else the one that is not signed by both yet")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Sign the text of an agreement, or of its amendment. With both parties' signatures it binds from its first day.

    The hash that is signed is computed here, from the text that `agreements` shows.

    **Example**

      sepakat sign toko-checkout --party nusantara --contact rina --key rina.pem --text agreement.yaml
    """
    private = read_private(key)
    read = _the_agreement(text) if text is not None else None
    with Client.of(url, api_key_file) as client:
        stored = _unsigned(client, agreement, version)
        held = texts.Agreement.model_validate(stored["text"])
        hashed = texts.text_hash(held)
        _check(held, hashed, stored["hash"], read)
        _check_pinned(held, party, contact, signatures.public_key(private))
        body = {"party": party, "contact": contact, "hash": hashed, "signature": signatures.sign(private, hashed)}
        signed = client.post("agreements", f"/v1/agreements/{segment(agreement)}/signatures", body)
    say(f"{party} has signed {hashed}")
    if as_json:
        print_json(signed)
    else:
        signers = ", ".join(each["party"] for each in signed["signatures"])
        print_line(f"{agreement}: {signed['status']}, signed by {signers}")


def _unsigned(client: Client, agreement: str, version: int | None) -> dict[str, Any]:
    """The version asked for, else the one that is being written, else the one in force."""
    stored: dict[str, Any] = client.get("agreements", f"/v1/agreements/{segment(agreement)}")
    number = version or stored.get("open_version")
    if number in (None, stored.get("version")):
        return stored
    found: dict[str, Any] = client.get("agreements", f"/v1/agreements/{segment(agreement)}/versions/{number}")
    return found


def _the_agreement(file: Path) -> texts.Agreement:
    found = [each for each in read_documents(file) if isinstance(each, texts.Agreement)]
    if len(found) != 1:
        raise BadInput(f"{file} must hold exactly one document of kind Agreement; it holds {len(found)}")
    return found[0]


def _check(held: texts.Agreement, hashed: str, claimed: str, read: texts.Agreement | None) -> None:
    if hashed != claimed:
        raise CommandFailed(f"the service names {claimed}, but its text has {hashed}; nothing was signed")
    if read is not None and texts.text_hash(read) != hashed:
        raise CommandFailed(f"the service holds another text of {held.metadata.id} than your file; nothing was signed")


def _check_pinned(held: texts.Agreement, party: str, contact: str, public: str) -> None:
    pinned = next((each.key for each in held.signatories if (each.party, each.contact) == (party, contact)), None)
    if pinned is None:
        named = ", ".join(f"{each.party}/{each.contact}" for each in held.signatories) or "nobody"
        raise BadInput(f"{party}/{contact} is not a signatory of this text; it names {named}")
    if pinned != public:
        raise BadInput(f"the text pins {pinned} for {party}/{contact}, but this key is {public}")


# -- API keys ----------------------------------------------------------------------------------------------------------


@apikeys.command("issue")
def issue_key(
    id: Annotated[str, typer.Argument(help="a name for the key: small letters, digits, hyphens")],
    role: Annotated[list[str] | None, typer.Option(help=f"one of {', '.join(get_args(Role))}; may be repeated")] = None,
    party: Annotated[str | None, typer.Option(help="the party it acts for; operators act for none")] = None,
    scope: Annotated[
        list[str] | None, typer.Option(help=f"{', '.join(SCOPES)}; may be repeated; else what the role needs")
    ] = None,
    source: Annotated[
        list[str] | None, typer.Option(help="CloudEvents source it may publish as; else any its indicators allow")
    ] = None,
    mediates: Annotated[
        str | None, typer.Option(help="AGREEMENT/CONTACT: the key of the mediator whom that agreement names; no role")
    ] = None,
    expires: Annotated[str | None, typer.Option(help="instant from which it opens nothing (RFC 3339)")] = None,
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Issue an API key. Its secret is printed this once and kept nowhere.

    Without --scope, providers and customers get all that a party may do, publishers events:write, auditors all that is
    read, and a mediator the disputes. An operator may do everything.

    **Examples**

      sepakat apikeys issue rina --party nusantara --role provider > rina.key

      sepakat apikeys issue probe --party nusantara --role publisher --source /probe > probe.key

      sepakat apikeys issue arbiter --mediates toko-checkout/arbiter --scope disputes:read --scope disputes:write
    """
    scopes = scope or scopes_of(["mediator"] if mediates is not None else role or [])
    body = {
        "id": id, "party": party, "roles": role or [], "scopes": scopes, "sources": source or [],
        "expires_at": instant(expires, "--expires").isoformat() if expires else None,
        **({"mediates": mediates} if mediates is not None else {}),
    }  # fmt: skip
    with Client.of(url, api_key_file) as client:
        issued = client.post("agreements", "/v1/keys", body)
    if as_json:
        print_json(issued)
    else:
        print_line(issued["secret"])
        opens = "everything" if "operator" in (role or ()) else ", ".join(scopes)
        say(f"the key {issued['id']} opens {opens}")
        say("it is shown this once; the services know it within a second or so")


def scopes_of(roles: Sequence[str]) -> list[str]:
    """What keys in these roles need where nobody says it, in the order of SCOPES."""
    needed = {scope for role in roles for scope in _NEEDED.get(role, ())}
    return [scope for scope in SCOPES if scope in needed]


@apikeys.command("revoke")
def revoke_key(
    id: Annotated[str, typer.Argument(help="the key's name")],
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Revoke an API key: it opens nothing from now on.

    **Example**

      sepakat apikeys revoke probe
    """
    with Client.of(url, api_key_file) as client:
        client.ask("DELETE", "agreements", f"/v1/keys/{segment(id)}")
    if as_json:
        print_json({"id": id, "revoked": True})
    else:
        print_line(f"{id}: revoked")


def instant(text: str, option: str) -> datetime:
    """An RFC 3339 instant. Raises BadInput."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise BadInput(f"{option}: {text!r} is not an RFC 3339 instant with its offset, such as 2026-11-01T00:00:00Z")
    return at
