"""Who of several readers of one room or mailbox decides when it is told. All of it is pure."""

from datetime import datetime, timedelta

from facts import NOW
from hypothesis import given
from hypothesis import strategies as st

from sepakat_notifier.addressees import Person
from sepakat_notifier.preference import Tell
from sepakat_notifier.sharing import most_eager, told_by
from sepakat_notifier.subscription import Digest

NIGHT, HOUR = NOW + timedelta(hours=8), NOW + timedelta(hours=1)
DIGEST = Digest("hour", "UTC")


def test_who_wants_it_at_once_comes_before_who_waits_and_the_shorter_wait_before_the_longer() -> None:
    night, digest, at_once = Tell("a", NIGHT), Tell("b", HOUR, DIGEST), Tell("c")
    assert most_eager([night, digest, at_once]) is at_once
    assert most_eager([night, digest]) is digest
    assert most_eager([digest, alone := Tell("d", HOUR)]) is alone, "by itself rather than among others"
    assert most_eager([at_once, Tell("e")]) is at_once, "of equals the first"


_WISHES = st.lists(st.tuples(st.sampled_from([None, HOUR, NIGHT]), st.sampled_from(["x", "y", None])), max_size=8)


@given(_WISHES)
def test_each_mailbox_is_told_exactly_once_and_nobody_waits_for_another(
    drawn: list[tuple[datetime | None, str | None]],
) -> None:
    tells: dict[Person, Tell] = {("p", f"c{n}"): Tell(f"c{n}", at) for n, (at, _) in enumerate(drawn)}
    mailboxes: dict[Person, str] = {("p", f"c{n}"): box for n, (_, box) in enumerate(drawn) if box is not None}
    left_out = told_by(tells, mailboxes)
    for box in ("x", "y"):
        readers = [key for key, each in mailboxes.items() if each == box]
        told = [key for key in readers if key not in left_out]
        assert len(told) == min(1, len(readers))
        assert all((tells[told[0]].at or NOW) <= (tells[key].at or NOW) for key in readers)
        assert {left_out[key] for key in readers if key in left_out} <= {key[1] for key in told}
    assert all(key in mailboxes for key in left_out), "who has no address that is known is told alone"
