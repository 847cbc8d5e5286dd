"""The services' HTTP APIs as a command sees them: where they are, with whose key, and what their refusals say."""

import json
import os
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Self
from urllib.parse import quote, urlsplit

import httpx
import typer

from sepakat_cli.files import api_key_of, checked_api_key
from sepakat_cli.output import BadInput, Refused, Unreachable

SERVICES = ("agreements", "metrics", "incidents", "notifier")
CLUSTER = Path(".sepakat/cluster.json")
_PAGE = 100

Urls = Annotated[
    list[str] | None,
    typer.Option(
        "--url", metavar="[SERVICE=]URL",
        help="where a service listens (repeat for more), or one address in front of all; "
        "else SEPAKAT_CLI_METRICS_URL and the like, SEPAKAT_CLI_URL, or what `sepakat up` wrote into "
        ".sepakat/cluster.json",
    ),
]  # fmt: skip
ApiKeyFile = Annotated[
    Path | None,
    typer.Option(
        "--api-key-file",
        help="file with the API key; else SEPAKAT_CLI_API_KEY, SEPAKAT_CLI_API_KEY_FILE, or the key of `sepakat up`",
    ),
]


def segment(text: str) -> str:
    """One segment of a path."""
    return quote(text, safe="")


# -- where they are, and who asks --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cluster:
    """What `sepakat up` wrote down: each service's address, and the file with the operator's key."""

    urls: Mapping[str, str]
    key_file: Path | None

    @classmethod
    def find(cls, below: Path) -> "Cluster":
        """The cluster of the nearest directory from `below` upwards that has one. Raises BadInput."""
        for directory in (below, *below.parents):
            path = directory / CLUSTER
            if path.exists():
                return cls._read(path)
        return cls({}, None)

    @classmethod
    def _read(cls, path: Path) -> "Cluster":
        try:
            written = json.loads(path.read_text())
            return cls(dict(written["urls"]), Path(written["key_file"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadInput(f"{path} can't be read ({error}); `sepakat up` writes it anew") from error


def addresses(given: Sequence[str], environment: Mapping[str, str], cluster: Cluster) -> dict[str, str]:
    """Each service's address: as given on the command line, else from the environment, else the cluster's."""
    found = dict(cluster.urls)
    if "SEPAKAT_CLI_URL" in environment:
        found |= dict.fromkeys(SERVICES, _checked(environment["SEPAKAT_CLI_URL"]))
    for service in SERVICES:
        url = environment.get(f"SEPAKAT_CLI_{service.upper()}_URL")
        if url:
            found[service] = _checked(url)
    for each in sorted(given, key=_names_a_service):
        service, equals, url = each.partition("=")
        if not _names_a_service(each):
            found |= dict.fromkeys(SERVICES, _checked(each))
        elif equals and service in SERVICES:
            found[service] = _checked(url)
        else:
            raise BadInput(f"--url: {service!r} is not a service; there are {', '.join(SERVICES)}")
    return found


def _names_a_service(given: str) -> bool:
    return "=" in given.partition("://")[0]


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise BadInput(f"{url!r} is not an address such as http://127.0.0.1:8000")
    return url.rstrip("/")


def api_key(file: Path | None, environment: Mapping[str, str], cluster: Cluster) -> str | None:
    """The API key of the file given, else of the environment, else of the cluster. Raises BadInput."""
    if file is None and environment.get("SEPAKAT_CLI_API_KEY"):
        return checked_api_key(environment["SEPAKAT_CLI_API_KEY"], "SEPAKAT_CLI_API_KEY")
    named = environment.get("SEPAKAT_CLI_API_KEY_FILE")
    path = file or (Path(named) if named else cluster.key_file)
    return api_key_of(path) if path is not None else None


# -- asking ------------------------------------------------------------------------------------------------------------


@cache
def _trusted() -> ssl.SSLContext:
    """Read once: the authorities take longer to read than most questions to answer."""
    return httpx.create_ssl_context()


class Client:
    """Asks the services. What they refuse is raised as Refused, with all that the problem details say."""

    def __init__(self, urls: Mapping[str, str], key: str | None) -> None:
        self.urls = urls
        headers = {"User-Agent": "sepakat-cli"} | ({"Authorization": f"Bearer {key}"} if key else {})
        self._has_key = key is not None
        self._http = httpx.Client(
            headers=headers, timeout=httpx.Timeout(30, connect=5), follow_redirects=False, verify=_trusted()
        )

    @classmethod
    def of(cls, urls: Sequence[str] | None, key_file: Path | None) -> Self:
        """A client from a command's options, the environment and the cluster of this directory."""
        cluster = Cluster.find(Path.cwd())
        found = addresses(urls or (), os.environ, cluster)
        return cls(found, api_key(key_file, os.environ, cluster))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, service: str, path: str, **params: object) -> Any:
        """The JSON of a GET; parameters that are None are left out."""
        return self._json(service, self.ask("GET", service, path, params=_given(params)))

    def find(self, service: str, path: str) -> httpx.Response | None:
        """The answer to a GET, or None where there is no such thing."""
        response = self.exchange("GET", service, path)
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        return self._accepted(service, response)

    def items(self, service: str, path: str, **params: object) -> Iterator[dict[str, Any]]:
        """The items of every page."""
        cursor: str | None = None
        while True:
            page = self.get(service, path, limit=_PAGE, cursor=cursor, **params)
            yield from page["items"]
            cursor = page.get("next")
            if cursor is None:
                return

    def post(self, service: str, path: str, body: object = None) -> Any:
        """The JSON of a POST."""
        return self._json(service, self.ask("POST", service, path, json=body))

    def post_as_read(self, service: str, path: str, what: str) -> Any:
        """The JSON of a POST of `what` about a document, as it is read now: with If-Match."""
        etag = self.ask("GET", service, path).headers["etag"]
        return self._json(service, self.ask("POST", service, f"{path}/{what}", headers={"If-Match": etag}))

    def ask(self, method: str, service: str, path: str, **request: Any) -> httpx.Response:
        """An answer that is not a refusal. Raises Refused, Unreachable."""
        return self._accepted(service, self.exchange(method, service, path, **request))

    def exchange(self, method: str, service: str, path: str, **request: Any) -> httpx.Response:
        """The answer, whatever it says. Raises Unreachable."""
        url = self.urls.get(service)
        if url is None:
            raise Unreachable(
                f"where {service} listens is not known; start it with `sepakat up`, or say where it is: "
                f"--url {service}=http://… or SEPAKAT_CLI_{service.upper()}_URL"
            )
        try:
            return self._http.request(method, url + path, **request)
        except httpx.TransportError as error:
            raise Unreachable(
                f"{service} does not answer at {url} ({str(error) or type(error).__name__}); "
                f"is it running (`sepakat up`)? Another address: --url {service}=http://…"
            ) from error

    def _accepted(self, service: str, response: httpx.Response) -> httpx.Response:
        if response.is_success:
            return response
        reason = problem_text(response)
        if response.status_code == httpx.codes.UNAUTHORIZED and not self._has_key:
            reason += " (set SEPAKAT_CLI_API_KEY, or give --api-key-file)"
        raise Refused(f"{service} said {response.status_code}: {reason}", response.status_code)

    def _json(self, service: str, response: httpx.Response) -> Any:
        try:
            return response.json()
        except ValueError as error:
            raise Refused(
                f"what answers for {service} at {response.url} is no Sepakat service", response.status_code
            ) from error


def _given(params: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in params.items() if value is not None}


def problem_text(response: httpx.Response) -> str:
    """What a refusal says: its detail, and each field with its rule (RFC 9457)."""
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return response.text.strip()[:500] or response.reason_phrase
    detail = str(body.get("detail") or body.get("title") or response.reason_phrase)
    problems = [f"{each.get('pointer') or '/'}: {each.get('detail')}" for each in body.get("errors", [])]
    return "\n  ".join([detail, *[each for each in problems if each not in detail]])
