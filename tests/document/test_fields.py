"""Every field of a text has words in both languages."""

from collections.abc import Iterator
from typing import Any

from sepakat_document.fields import label, part
from sepakat_shared.contracts import texts


def names(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for each in schema.values():
            yield from names(each)
    if isinstance(schema, list):
        for each in schema:
            yield from names(each)


def test_every_field_of_an_agreement_has_a_word_of_its_own_in_indonesian() -> None:
    fields = set(names(texts.Agreement.model_json_schema(by_alias=True))) - {"P1", "P2", "P3", "P4", "P5"}
    assert len(fields) > 150
    alike = {each for each in fields if label(each, "id") == label(each, "en")}
    assert alike <= {"forum", "per", "target"}, "these are the same in both languages"
    assert label("acknowledgeWithin", "en") == "acknowledge within"
    assert label("own-name", "id") == "own-name"


def test_a_part_of_a_list_has_a_word_in_both_languages() -> None:
    assert (part("tiers", "en"), part("tiers", "id"), part("nothing", "id")) == ("tier", "tingkatan", None)
