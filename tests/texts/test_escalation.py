"""The example of the page about escalation is a text that can be signed, and says what the page says."""

import re
from datetime import UTC, datetime
from pathlib import Path

import yaml
from samples import agreement_dict

from sepakat_incidents import rotations
from sepakat_incidents.handling import handling
from sepakat_shared.contracts import reading, texts

PAGE = Path(__file__).parents[2] / "docs" / "escalation.md"


def test_the_example_is_read_and_a_night_is_londons() -> None:
    block = re.search(r"```yaml\n(.*?)```", PAGE.read_text(), re.S)
    assert block is not None
    (text,) = reading.parse_documents(yaml.safe_dump(agreement_dict(**yaml.safe_load(block[1]))))
    assert isinstance(text, texts.Agreement)
    since = datetime(2026, 1, 1, tzinfo=UTC)
    primary, database = (rotations.apply(None, each) for each in rotations.declared_in(text, 1, since))
    noon, night = datetime(2026, 11, 24, 5, tzinfo=UTC), datetime(2026, 11, 24, 18, tzinfo=UTC)
    assert (rotations.on_call(primary, noon), rotations.on_call(primary, night)) == ("rina", "tom")
    assert rotations.on_call(database, noon) in ("ana", "dewi")
    first = handling(text, 1, "checkout", "P1")
    assert [(each.measures, each.limit_seconds) for each in first.clocks] == [
        ("first-response", 900), ("restore", 14_400), ("update", 1800),
    ]  # fmt: skip
    assert first.ladder.rotations == {"primary": "nusantara/primary", "database": "nusantara/database"}
    third = handling(text, 1, "checkout", "P3")
    assert third.clocks[0].pause_while == ("waiting-for-customer", "waiting-for-parts")
    assert third.clocks[0].calendar is not None
