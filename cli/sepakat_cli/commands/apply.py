"""`sepakat apply`: parties, indicators and agreements from files, as often as you like."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from sepakat_cli.client import ApiKeyFile, Client, Urls, segment
from sepakat_cli.files import require, text_of
from sepakat_cli.output import AsJson, BadInput, CommandFailed, InPart, Refused, print_json, print_line, say
from sepakat_shared.contracts import reading, rules, texts
from sepakat_shared.errors import SepakatError

_ORDER = {"Party": 0, "Indicator": 1, "Agreement": 2}


def apply(
    files: Annotated[
        list[Path], typer.Option("--file", "-f", help="YAML or JSON with one or more documents; - for standard input")
    ],
    url: Urls = None,
    api_key_file: ApiKeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Make the services hold what the files say; what they hold already is left alone.

    Documents of kind Party and Agreement go to agreements, those of kind Indicator to metrics: parties first, then
    indicators, then agreements, whatever their order. Within one file `---` stands between documents. Every file is
    read and checked before anything is sent; advice (see `sepakat validate`) holds up nothing. Exit code 4: some of it
    was done, and some refused.

    **Examples**

      sepakat apply -f agreement.yaml

      sepakat apply -f parties.yaml -f agreement.yaml --json
    """
    require(files)
    documents = [document for file in files for document in read_documents(file)]
    documents.sort(key=lambda document: _ORDER[document.kind])
    _advise(documents)
    results = []
    with Client.of(url, api_key_file) as client:
        for document in documents:
            results.append(_result(client, document))
            if not as_json:
                _tell(results[-1])
    if as_json:
        print_json({"items": results})
    _end(results)


def _advise(documents: Sequence[texts.Document]) -> None:
    alone = [(each, pointer, words) for each in documents for pointer, words in rules.advise(each)]
    together = [(documents[i], pointer, words) for i, pointer, words in rules.advise_together(documents)]
    for document, pointer, words in alone + together:
        say(f"{document.kind} {document.metadata.id}: advice: {pointer}: {words}")


def read_documents(file: Path) -> list[texts.Document]:
    """The documents of a file. Raises BadInput with the field and its rule."""
    try:
        documents = reading.parse_documents(text_of(file))
    except SepakatError as error:
        raise BadInput(f"{file}: {error.detail}") from error
    if not documents:
        raise BadInput(f"{file} holds no document")
    return documents


def _result(client: Client, document: texts.Document) -> dict[str, Any]:
    named = {"kind": document.kind, "id": document.metadata.id}
    try:
        return {**named, "result": apply_document(client, document)}
    except Refused as refusal:
        return {**named, "result": "refused", "reason": str(refusal)}


def apply_document(client: Client, document: texts.Document) -> str:
    """`created`, `changed` or `unchanged`. Raises Refused, Unreachable."""
    service, path = _place(document)
    stored = client.find(service, path)
    if stored is not None and _same(document, stored.json()):
        return "unchanged"
    headers = {"If-Match": stored.headers["ETag"]} if stored is not None else {}
    answer = client.ask("PUT", service, path, json=texts.as_text(document), headers=headers)
    return "created" if answer.status_code == httpx.codes.CREATED else "changed"


def _place(document: texts.Document) -> tuple[str, str]:
    id = document.metadata.id
    match document:
        case texts.Party():
            return "agreements", f"/v1/parties/{segment(id)}"
        case texts.Indicator():
            return "metrics", "/v1/indicators/" + "/".join(segment(part) for part in id.split("/"))
        case texts.Agreement():
            return "agreements", f"/v1/agreements/{segment(id)}"


def _same(document: texts.Document, stored: dict[str, Any]) -> bool:
    match document:
        case texts.Party():
            contacts = {each.id: each.model_dump(exclude={"id"}) for each in document.contacts}
            return stored == {"id": document.metadata.id, "name": document.name, "address": document.address,
                              "contacts": contacts}  # fmt: skip
        case texts.Indicator():
            return stored == texts.as_text(document)
        case texts.Agreement():
            return bool(stored["hash"] == texts.text_hash(document))


def _tell(result: dict[str, Any]) -> None:
    print_line(f"{result['kind']} {result['id']}: {result['result']}")
    if "reason" in result:
        say(f"  {result['reason']}")


def _end(results: Iterable[dict[str, Any]]) -> None:
    """Raise unless every document was taken."""
    outcomes = [each["result"] for each in results]
    refused = outcomes.count("refused")
    if refused == len(outcomes):
        raise CommandFailed("nothing was applied: every document was refused")
    if refused:
        raise InPart(f"{refused} of {len(outcomes)} documents were refused")
