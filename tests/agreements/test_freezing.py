"""What holidays and time zones a text names is kept as it was when both had signed."""

from agreements.test_agreement import BUDI, RINA, START, after, signed_by, text

from sepakat_agreements import signing
from sepakat_agreements.freezing import Offset, freeze
from sepakat_agreements.publish import of_agreement
from sepakat_shared import signatures
from sepakat_shared.contracts import texts

OFFICE = {
    "id": "office", "timeZone": "Europe/Berlin", "weekly": {"mon-fri": "08:00-17:00"},
    "holidays": {"country": "ID", "add": ["2026-05-04"], "remove": ["2026-08-17"]},
}  # fmt: skip


def test_holidays_are_days_with_what_the_text_adds_and_removes() -> None:
    (office,) = freeze(text(calendars=[OFFICE])).calendars
    assert office.calendar == "office"
    assert {"2026-01-01", "2026-05-04", "2026-12-25"} <= set(office.holidays)
    assert "2026-08-17" not in office.holidays
    assert all("2026-01-01" <= each <= "2026-12-31" for each in office.holidays)
    assert freeze(text(calendars=[{**OFFICE, "holidays": None}])).calendars == ()


def test_clocks_are_kept_with_every_instant_at_which_they_change() -> None:
    jakarta, berlin = freeze(text(calendars=[OFFICE])).zones
    assert (jakarta.zone, jakarta.offsets) == ("Asia/Jakarta", (Offset("2025-12-31T17:00:00Z", 25_200),))
    assert berlin.offsets == (
        Offset("2025-12-31T23:00:00Z", 3600), Offset("2026-03-29T01:00:00Z", 7200),
        Offset("2026-10-25T01:00:00Z", 3600),
    )  # fmt: skip


def test_a_term_without_a_real_end_is_expanded_for_ten_years() -> None:
    endless = text(term={"from": "2026-01-01", "until": "9999-12-31", "timeZone": "Asia/Jakarta"})
    assert freeze(endless).last_day == "2036-01-09"


def test_it_is_kept_with_the_last_signature_beside_the_hash_and_told_with_the_text() -> None:
    written = text(calendars=[OFFICE])
    state = after(None, signing.draft(None, "toko-checkout", texts.as_text(written), texts.text_hash(written)))
    one = signed_by(state, "nusantara", "rina", RINA, START)
    assert one.frozen is None
    events = signing.sign(one, "toko-maju", "budi", one.hash, signatures.sign(BUDI, one.hash), START)
    both = after(one, events)
    assert both.frozen == freeze(written) and both.hash == texts.text_hash(written)
    told = [message for event in events for message in of_agreement(event, both)]
    (data,) = [each.data for each in told if each.type == "sepakat.agreement-text.published.v1"]
    assert data is not None and data["frozen"]["calendars"][0]["calendar"] == "office"
    assert data["frozen"]["zones"][0]["offsets"] == [{"since": "2025-12-31T17:00:00.000Z", "seconds": 25200}]
    assert set(data["frozen"]["tables"]) == {"holidays"}
    assert data["frozen"]["counting"] == "sepakat-counting/1"
    again = text(term={"from": "2026-01-01", "until": "2027-12-31", "timeZone": "Asia/Jakarta"})
    assert freeze(again).last_day == "2027-12-31"
