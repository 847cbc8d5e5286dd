"""Requests become commands here, and errors problem details."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sepakat_agreements import signing
from sepakat_agreements.agreement import Agreement
from sepakat_agreements.need_store import Needs
from sepakat_agreements.party_store import Parties
from sepakat_agreements.store import Agreements
from sepakat_agreements.version_view import version_view, whole_view
from sepakat_shared import auth, paging, web
from sepakat_shared.aggregate import Loaded
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import Principal
from sepakat_shared.clock import Clock
from sepakat_shared.commits import Commits, first_broken
from sepakat_shared.contracts import reading, texts
from sepakat_shared.contracts.agreements import Role
from sepakat_shared.errors import Conflict, Forbidden, Invalid, NotFound
from sepakat_shared.idempotency import IdempotentPosts, Repeatable
from sepakat_shared.web import Asking, RequestedInstant, Versioned

Id = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class SignatureIn(BaseModel):
    """One party's approval of one exact text."""

    model_config = ConfigDict(extra="forbid")

    party: str
    contact: str = Field(description="the signatory's id in the text")
    hash: str = Field(description="`sha256:…` of the canonical text, as in the agreement's `hash`")
    signature: str = Field(description="base64 Ed25519 signature, made by `sepakat sign`")


class KeyIn(BaseModel):
    """What a new API key may do, and for whom."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    party: str | None = None
    roles: list[Role] = Field([], description="one at least, but for a mediator's key, which has none")
    scopes: list[str] = []
    sources: list[str] = Field([], description="CloudEvents sources it may publish as; empty: any the indicator allows")
    expires_at: RequestedInstant | None = None
    mediates: str | None = Field(
        None, pattern=r"^[a-z0-9-]+/[a-z0-9-]+$",
        description="`agreement/contact`: the mediator whom that agreement's dispute procedure names",
    )  # fmt: skip

    def check(self) -> None:
        """Raises Invalid naming the field and the rule."""
        unknown = [scope for scope in self.scopes if scope not in auth.SCOPES]
        if unknown:
            raise Invalid(f"/scopes: {unknown[0]!r} is not a scope; there are {', '.join(auth.SCOPES)}")
        if self.mediates is not None:
            self._check_mediator()
        elif not self.roles:
            raise Invalid("/roles: one is required at least")
        elif "operator" not in self.roles and self.party is None:
            raise Invalid("/party: is required for every role but operator")

    def _check_mediator(self) -> None:
        if self.party is not None or self.roles:
            raise Invalid("/mediates: a mediator acts for no party and in no other role")
        if beyond := [each for each in self.scopes if not each.startswith("disputes:")]:
            raise Invalid(f"/scopes: {beyond[0]!r} is beyond a mediator, who has disputes:read and disputes:write")


def router(
    agreements: Agreements, parties: Parties, needs: Needs, keys: Aggregates[auth.Key, auth.Issued | auth.Revoked],
    commits: Commits, posts: IdempotentPosts, clock: Clock,
) -> APIRouter:  # fmt: skip
    routes = APIRouter(prefix="/v1")
    _party_routes(routes, parties)
    _agreement_routes(routes, agreements)
    _signature_routes(routes, agreements, needs, posts, clock)
    _key_routes(routes, keys, agreements)
    return routes


def _party_routes(routes: APIRouter, parties: Parties) -> None:
    @routes.put("/parties/{id}", tags=["parties"])
    async def put_party(id: Id, party: texts.Party, request: Versioned, asking: Asking) -> Response:
        """Record an organisation and its contacts. If-Match is needed once it exists; a contact left out is erased."""
        asking.require("agreements:write")
        asking.require_party(id)
        _same_id(id, party.metadata.id)
        existing = await parties.all.find(id)
        version = web.expected_version(request) if existing else 0
        contacts = {contact.id: _contact_details(contact) for contact in party.contacts}
        loaded = await parties.record(id, party.name, party.address, contacts, asking.id, version)
        return JSONResponse(
            {"id": id, "name": loaded.state.name, "contacts": contacts},
            200 if existing else 201,
            {"ETag": web.etag(loaded.version)},
        )

    @routes.get("/parties/{id}", tags=["parties"])
    async def get_party(id: Id, asking: Asking) -> Response:
        """An organisation with its contacts."""
        asking.require("agreements:read")
        loaded = await parties.visible(id, asking)
        body = {"id": id, "name": loaded.state.name, "address": loaded.state.address}
        return JSONResponse(body | {"contacts": await parties.details(id)}, headers={"ETag": web.etag(loaded.version)})


def _agreement_routes(routes: APIRouter, agreements: Agreements) -> None:
    @routes.put("/agreements/{id}", tags=["agreements"])
    async def put_agreement(id: Id, request: Versioned, asking: Asking) -> Response:
        """Write down the text (YAML or JSON), or replace a draft (with If-Match): that voids its signatures."""
        asking.require("agreements:write")
        text = _one_agreement(await request.body())
        _same_id(id, text.metadata.id)
        if not asking.sees([text.parties.provider, text.parties.customer]):
            raise Forbidden("this key acts for neither party of that text")
        existing = await agreements.all.find(id)
        version = web.expected_version(request) if existing else 0
        loaded = await agreements.all.execute(
            id,
            lambda agreement, _now: signing.draft(agreement, id, texts.as_text(text), texts.text_hash(text)),
            by=asking.id,
            expected_version=version,
        )
        return _shown(loaded, 200 if existing else 201)

    @routes.get("/agreements", tags=["agreements"])
    async def list_agreements(
        request: Request, asking: Asking, cursor: str | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
    ) -> Response:
        """Those that the key's party is a party of."""
        asking.require("agreements:read")
        found = await agreements.page(asking, paging.read_text_cursor(cursor), limit + 1)
        items = [_summary(loaded.state) for loaded in found]
        return paging.page(request, items, limit, key=lambda item: item["id"])

    @routes.get("/agreements/{id}", tags=["agreements"])
    async def get_agreement(
        id: Id, asking: Asking, as_of: Annotated[RequestedInstant | None, Query(alias="as-of")] = None
    ) -> Response:
        """The text with its hash, signatures and status: the version in force, or the one of the instant `as-of`."""
        asking.require("agreements:read")
        loaded = await agreements.visible(id, asking)
        if as_of is None:
            return _shown(loaded, 200)
        version = loaded.state.as_of(as_of)
        if version is None:
            raise NotFound(f"no version of {id} is in force at {as_of.isoformat()}")
        return JSONResponse(whole_view(loaded.state, version))

    @routes.get("/agreements/{id}/history", tags=["agreements"])
    async def get_history(id: Id, asking: Asking) -> dict[str, Any]:
        """Who did what and when; `intact` says whether the chain of hashes is unbroken."""
        asking.require("agreements:read")
        await agreements.visible(id, asking)
        commits = await agreements.history(id)
        shown = ("n", "at", "by", "cause", "hash", "previous")
        items = [
            {**{name: commit[name] for name in shown}, "events": [event["type"] for event in commit["events"]]}
            for commit in commits
        ]
        return {"items": items, "intact": first_broken(commits) is None}


def _signature_routes(
    routes: APIRouter, agreements: Agreements, needs: Needs, posts: IdempotentPosts, clock: Clock
) -> None:
    @routes.post("/agreements/{id}/signatures", tags=["agreements"], status_code=201)
    async def post_signature(id: Id, given: SignatureIn, request: Repeatable, asking: Asking) -> Response:
        """Approve that exact text. With both signatures it binds from the first day of its term.

        While a need that must be met is served by nothing, and not both parties waived it, this is refused.
        """
        asking.require("agreements:write")
        asking.require_party(given.party)
        stated = await needs.of(id, (await agreements.visible(id, asking)).state.parties)

        async def do() -> JSONResponse:
            loaded = await agreements.change(
                id,
                lambda agreement, now: signing.sign(
                    agreement, given.party, given.contact, given.hash, given.signature, now, stated
                ),
                asking.id,
            )
            signed = next(each for each in reversed(loaded.state.versions) if each.hash == given.hash)
            body = {**_summary(loaded.state), **whole_view(loaded.state, signed)}
            return JSONResponse(body, 201, {"ETag": web.etag(loaded.version)})

        return await posts.once(request, asking, clock.now(), do)


def _key_routes(
    routes: APIRouter, keys: Aggregates[auth.Key, auth.Issued | auth.Revoked], agreements: Agreements
) -> None:
    @routes.post("/keys", tags=["keys"], status_code=201)
    async def post_key(wanted: KeyIn, asking: Asking) -> dict[str, str]:
        """Issue an API key. Its secret is in this answer and nowhere else."""
        _operator_only(asking)
        wanted.check()
        if wanted.mediates is not None:
            await _check_named(agreements, wanted.mediates)
        secret = auth.new_secret()

        def decide(key: auth.Key | None, _now: object) -> list[auth.Issued | auth.Revoked]:
            if key is not None:
                raise Conflict(f"there is a key {wanted.id!r} already; choose another id")
            issued = auth.issue(
                wanted.id, secret, wanted.party, wanted.roles, wanted.scopes, wanted.sources, wanted.expires_at,
                wanted.mediates,
            )  # fmt: skip
            return [issued]

        await keys.execute(wanted.id, decide, by=asking.id)
        return {"id": wanted.id, "secret": secret}

    @routes.delete("/keys/{id}", tags=["keys"], status_code=204)
    async def delete_key(id: str, asking: Asking) -> None:
        """Revoke a key: it opens nothing from now on."""
        _operator_only(asking)
        await keys.get(id)
        await keys.execute(id, lambda key, _now: auth.revoke(key), by=asking.id)


async def _check_named(agreements: Agreements, mediator: str) -> None:
    """Raises Invalid where the agreement names no such mediator."""
    agreement, _, contact = mediator.partition("/")
    loaded = await agreements.all.find(agreement)
    procedure = None if loaded is None else texts.Agreement.model_validate(loaded.state.text).disputes
    if procedure is None or contact not in [each.contact for each in procedure.steps if each.by == "mediator"]:
        raise Invalid(f"/mediates: no step of {agreement}'s disputes names the mediator {contact!r}")


def _operator_only(asking: Principal) -> None:
    if not asking.is_operator:
        raise Forbidden("this needs an operator's key")


def _one_agreement(body: bytes) -> texts.Agreement:
    documents = reading.parse_documents(body.decode("utf-8", "replace"))
    if len(documents) != 1 or not isinstance(documents[0], texts.Agreement):
        raise Invalid("send exactly one document of kind Agreement")
    return documents[0]


def _same_id(path: str, text: str) -> None:
    if path != text:
        raise Invalid.at("/metadata/id", f"is {text!r}, but the path says {path!r}")


def _contact_details(contact: texts.Contact) -> dict[str, Any]:
    return {
        "name": contact.name,
        "title": contact.title,
        "email": contact.email,
        "phone": contact.phone,
        "language": contact.language,
        "time_zone": contact.time_zone,
    }


def _summary(agreement: Agreement) -> dict[str, Any]:
    open_version = agreement.open.version if agreement.open else None
    return {**version_view(agreement, agreement), "open_version": open_version, "last_version": agreement.last.version}


def _shown(loaded: Loaded[Agreement] | None, status: int) -> JSONResponse:
    if loaded is None:
        raise Conflict("there is no such agreement")
    body = {**_summary(loaded.state), **whole_view(loaded.state, loaded.state)}
    return JSONResponse(body, status, {"ETag": web.etag(loaded.version)})
