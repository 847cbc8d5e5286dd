"""What pages for whoever has a link have in common."""

from typing import Any

import pytest
from fastapi import Request

from sepakat_shared.public_pages import language_of


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [("id", "en", "id"), ("fr", None, "en"), (None, "fr-FR, id;q=0.8, en;q=0.5", "id"), (None, "in-ID", "id"),
     (None, "en-GB,en;q=0.9", "en"), (None, ";;,,", "en")],
)  # fmt: skip
def test_the_language_is_the_one_asked_for_or_the_browsers_or_english(asked: Any, accepted: Any, language: str) -> None:
    headers = [] if accepted is None else [(b"accept-language", accepted.encode())]
    assert language_of(Request({"type": "http", "headers": headers}), asked) == language
