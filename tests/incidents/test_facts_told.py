"""What the facts of an incident say for those who read them: who said it, in which words, and why somebody is asked."""

from datetime import timedelta
from typing import Any

from story import Story

from sepakat_incidents import pressed
from sepakat_incidents.handling import Handling
from sepakat_shared.contracts.notifications import NotificationAnswered

PROVIDER = "nusantara"


def facts(story: Story, type: str) -> list[dict[str, Any]]:
    """The data of all of that type, in order."""
    return [each.data for each in story.told if each.type == f"sepakat.incident.{type}.v1" and each.data is not None]


def test_that_it_is_over_says_who_of_whom_has_said_so_and_how() -> None:
    story = Story(Handling("P1")).at("08:10")
    answered = NotificationAnswered(
        notification="n1", channel="email", recipient="rina", about=story.incident.id, about_type="incident",
        incident=story.incident.id, answer="resolve", party=PROVIDER, contact="rina", at=story.clock.now(),
        note="a bigger disk",
    )  # fmt: skip
    story.take(pressed.decide(story.known, answered, story.clock.now(), timedelta(days=1)))
    [over] = facts(story, "resolved")
    assert (over["by"], over["party"], over["note"]) == ("rina", PROVIDER, "a bigger disk")
    [over] = facts(Story(Handling("P1")).resolve(), "resolved")
    assert "party" not in over and "note" not in over, "an operator, without a word"
