"""The ports of a data directory's services: drawn once, since links that were mailed name them for months."""

import json
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from sepakat_cli.backends.base import BackendFailed, free_port, hold, is_free
from sepakat_cli.output import say

_DRAWN_FROM: Final = range(20_000, 32_768)
"""Below those that systems give to outgoing connections, one of which might have a port when it is needed again."""
_TRIES: Final = 50


def kept_ports(file: Path, names: Sequence[str]) -> dict[str, int]:
    """Each one's port as `file` has it; drawn, and written there, where it has none. Raises BackendFailed.

    The caller alone uses the file. A port that another program has taken stays in it: where that has ended by the next
    start, links lead here again.
    """
    kept = _read(file)
    new = {name: _drawn() for name in names if name not in kept}
    if new:
        _write(file, kept | new)
    return {name: new[name] if name in new else _kept(file, name, kept[name]) for name in names}


def _kept(file: Path, name: str, port: int) -> int:
    if hold(port):
        return port
    instead = _drawn()
    say(
        f"port {port} of {name}, kept in {file}, is taken by another program: this time {name} listens on {instead}, "
        f"and links mailed before are dead. Stop what has port {port} and start again, and they lead here; "
        f"or take {name} out of {file}, for a port that is kept from then on"
    )
    return instead


def _drawn() -> int:
    for _ in range(_TRIES):
        port = secrets.choice(_DRAWN_FROM)
        if is_free(port) and hold(port):
            return port
    return free_port()


def _read(file: Path) -> dict[str, int]:
    try:
        ports = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise BackendFailed(_not_read(file, str(error))) from error
    if not isinstance(ports, dict) or not all(type(port) is int and 0 < port < 2**16 for port in ports.values()):
        raise BackendFailed(_not_read(file, 'it is not as {"notifier": 23456}'))
    return ports


def _not_read(file: Path, why: str) -> str:
    return f"{file}, which keeps the services' ports, cannot be read ({why}); mend it, or delete it: links mailed die"


def _write(file: Path, ports: Mapping[str, int]) -> None:
    """Whole or not at all."""
    made = file.with_suffix(".new")
    made.write_text(json.dumps(ports, indent=2) + "\n", encoding="utf-8")
    made.replace(file)
