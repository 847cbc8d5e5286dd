"""Where a chat message goes: what an address that somebody gave stands for. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import parse_qs, unquote, urlsplit

Native = Literal["slack", "teams"]
CHANGES: Final = ("slack-bot",)
"""The services where what was said can be changed: one message for one thing, however often it is told of."""
_SLACK_API: Final = "https://slack.com/api"
_HOSTS: Final[dict[str, Native]] = {
    "hooks.slack.com": "slack", "hooks.slack-gov.com": "slack", ".webhook.office.com": "teams",
    ".logic.azure.com": "teams", ".powerplatform.com": "teams", ".powerautomate.com": "teams",
}  # fmt: skip
_BOTS_TOKENS: Final = ("xoxb-", "xoxe.xoxb-")
_PARTS_OF_A_HOOK: Final = 3


@dataclass(frozen=True)
class Hook:
    """An address that takes the body of its service as it is, and can do nothing else."""

    service: Native
    url: str


@dataclass(frozen=True)
class SlackBot:
    """Slack's API: what was said can be changed there, and replied to."""

    api: str
    token: str
    channel: str


@dataclass(frozen=True)
class ByApprise:
    """Any other service, by the scheme of an Apprise URL."""

    service: str
    address: str


Way = Hook | SlackBot | ByApprise


def way_of(address: str, service: Native | None = None) -> Way:
    """What `address` stands for; `service` says what a hook at a host takes that is not known as Slack's or Teams'.

    Raises ValueError with the rule that it breaks, and never quotes it: it is secret.
    """
    try:
        parsed = urlsplit(address)
        host = parsed.hostname or ""
    except ValueError as error:
        raise ValueError("is no address that can be read") from error
    if parsed.scheme in ("http", "https"):
        native = service or _by_host(host)
        if native is None:
            raise ValueError("leads to no service that is known by its host; say slack or teams, or give a scheme")
        return Hook(native, address)
    if parsed.scheme == "slack":
        return _slack(address)
    return ByApprise(parsed.scheme.lower(), address)


def _by_host(host: str) -> Native | None:
    return next((_HOSTS[each] for each in _HOSTS if host == each or (each[0] == "." and host.endswith(each))), None)


def _slack(address: str) -> Hook | SlackBot:
    """`slack://xoxb-…/#channel`, or `slack://A/B/C` for the hook at `hooks.slack.com/services/A/B/C`."""
    rest, _, query = address.removeprefix("slack://").partition("?")
    parts = [unquote(each) for each in rest.split("/") if each]
    first = parts[0].rpartition("@")[2] if parts else ""
    if first.startswith(_BOTS_TOKENS):
        if len(parts) != _PARTS_OF_A_HOOK - 1:
            raise ValueError("must name one channel after the bot's token: slack://xoxb-…/#incidents")
        api = parse_qs(query).get("api", [_SLACK_API])[0].rstrip("/")
        return SlackBot(api, first, parts[1])
    if len(parts) != _PARTS_OF_A_HOOK:
        raise ValueError("must be slack://, then a bot's token and a channel, or the three parts of a hook")
    return Hook("slack", f"https://hooks.slack.com/services/{first}/{parts[1]}/{parts[2]}")


def service_of(way: Way) -> str:
    """What an endpoint is called that goes this way."""
    return "slack-bot" if isinstance(way, SlackBot) else way.service


def dialled(way: Way) -> Sequence[str]:
    """The URLs of it that somebody chose, to be checked before it is kept; Apprise's are checked when dialled."""
    match way:
        case Hook(_, url):
            return [url]
        case SlackBot(api, _, _):
            return [api]
        case ByApprise():
            return []
