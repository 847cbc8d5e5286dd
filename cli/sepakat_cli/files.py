"""Files that a command is given: what can't be read is told in words, and no secret that a file holds is repeated."""

import sys
from collections.abc import Sequence
from pathlib import Path

from sepakat_cli.output import BadInput


def text_of(file: Path) -> str:
    """The text of a file; of standard input for `-`. Raises BadInput."""
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file}: {why_not(error)}") from error


def require(files: Sequence[Path]) -> None:
    """Raises BadInput that names every one of them that is not there."""
    missing = [str(file) for file in files if str(file) != "-" and not file.exists()]
    if missing:
        raise BadInput("\n".join(f"{name}: there is no such file" for name in missing))


def api_key_of(file: Path) -> str:
    """The API key in a file. Raises BadInput, which says nothing of what the file holds."""
    return checked_api_key(text_of(file), str(file))


def checked_api_key(text: str, origin: str) -> str:
    """One word that a header can carry. Raises BadInput, which says nothing of the text."""
    key = text.strip()
    if key.startswith("-----BEGIN"):
        raise BadInput(
            f"{origin} holds no API key but a key to sign with, which only `sepakat sign --key` takes; "
            "an operator issues API keys (`sepakat apikeys issue`)"
        )
    if not key or len(key.split()) != 1 or not (key.isascii() and key.isprintable()):
        raise BadInput(
            f"{origin} holds no API key, which is one word on one line, "
            "as `sepakat apikeys issue` prints it to standard output"
        )
    return key


def why_not(error: OSError | UnicodeDecodeError) -> str:
    """Why a file can't be read or written, without its name."""
    match error:
        case FileNotFoundError():
            return "there is no such file"
        case IsADirectoryError():
            return "is a directory, not a file"
        case PermissionError():
            return "its permissions keep you from it"
        case UnicodeDecodeError():
            return "is not text in UTF-8"
    return error.strerror or str(error)
