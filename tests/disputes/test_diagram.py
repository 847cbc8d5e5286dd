"""The drawn machine is the one that decides."""

import re
import subprocess
import sys
from pathlib import Path

from sepakat_incidents.dispute import Status

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
ARROWS = re.findall(r"^    (\S+) --> (\S+?)(?:: (.*))?$", (REFERENCE / "disputes.md").read_text(), re.M)


def test_the_diagram_is_what_the_decisions_allow() -> None:
    subprocess.run([sys.executable, REFERENCE / "disputes.py", "--check"], check=True)


def test_every_state_is_reached_and_only_the_ends_lead_nowhere() -> None:
    assert {end for _, end, _ in ARROWS} == {*[each.value for each in Status], "[*]"}
    for status in Status:
        onward = {end for start, end, _ in ARROWS if start == status.value}
        assert (onward == {"[*]"}) is (status in (Status.SETTLED, Status.WITHDRAWN))
        assert onward


def test_a_third_decides_only_with_the_mediator_or_the_forum_and_time_leads_out_of_every_step() -> None:
    decided = {start for start, _, what in ARROWS if "decided" in what.split("<br>")}
    assert decided == {"decide", "forum"}
    assert {start for start, _, what in ARROWS if "time passed" in what} == {"answer", "settle", "decide"}
    assert {start for start, _, what in ARROWS if "refused" in what} == {"answer"}
