"""Where the broker and the database come from: started here, or only reached."""

from pathlib import Path

from sepakat_cli.backends.base import Backend, BackendFailed
from sepakat_cli.backends.embedded import Embedded
from sepakat_cli.backends.external import External

NAMES = ("embedded", "external")


def available(name: str) -> str | None:
    """None when the backend can be used on this machine, else one sentence that says why not."""
    if name == "embedded":
        return Embedded.missing()
    if name == "external":
        return External.missing()
    return f"there is no backend {name!r}; there are {', '.join(NAMES)}"


def open_backend(name: str, data: Path) -> Backend:
    """The backend called `name`, not started yet, with its data under `data`. Raises BackendFailed."""
    reason = available(name)
    if reason is not None:
        raise BackendFailed(reason)
    return Embedded(data) if name == "embedded" else External()


__all__ = ["NAMES", "Backend", "BackendFailed", "available", "open_backend"]
