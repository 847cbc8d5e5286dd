"""Where the broker and the database come from: started here, or only reached."""

from pathlib import Path

from sepakat_cli.backends.base import Backend, BackendFailed
from sepakat_cli.backends.docker import Docker
from sepakat_cli.backends.embedded import Embedded
from sepakat_cli.backends.external import External
from sepakat_cli.backends.native import Native

_BACKENDS: dict[str, type[Embedded | Native | Docker | External]] = {
    each.name: each for each in (Embedded, Native, Docker, External)
}
NAMES = tuple(_BACKENDS)


def available(name: str) -> str | None:
    """None when the backend can be used on this machine, else one sentence that says why not."""
    if name not in _BACKENDS:
        return f"there is no backend {name!r}; there are {', '.join(NAMES)}"
    return _BACKENDS[name].missing()


def open_backend(name: str, data: Path) -> Backend:
    """The backend called `name`, not started yet, with its data under `data`. Raises BackendFailed."""
    reason = available(name)
    if reason is not None:
        raise BackendFailed(reason)
    return _BACKENDS[name](data)


__all__ = ["NAMES", "Backend", "BackendFailed", "available", "open_backend"]
