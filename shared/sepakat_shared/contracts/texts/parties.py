"""An organisation and its people."""

from typing import Annotated, Literal

from pydantic import Field

from sepakat_shared.contracts.texts.values import API_VERSION, Id, Metadata, Text, TimeZone


class Contact(Text):
    """A person or role of a party. Erasable; agreements name only the id."""

    id: Id
    name: str = Field(min_length=1, max_length=200)
    title: str | None = None
    email: Annotated[str, Field(pattern=r"^[^@\s\r\n]+@[^@\s\r\n]+$", max_length=254)] | None = None
    phone: str | None = None
    language: Literal["en", "id"] = "en"
    time_zone: TimeZone | None = None


class Party(Text):
    """An organisation: provider or customer."""

    api_version: Literal["sepakat/v1"] = API_VERSION
    kind: Literal["Party"] = "Party"
    metadata: Metadata
    name: str = Field(min_length=1, max_length=200)
    address: str | None = None
    contacts: tuple[Contact, ...] = ()
